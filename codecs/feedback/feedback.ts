/**
 * Error feedback: what encoding lost is kept and added to the next gradient (Seide et al. 2014,
 * "1-bit SGD"; Stich et al. 2018, arXiv 1809.07599; Karimireddy et al. 2019, arXiv 1901.09847, EF-SGD).
 *
 *   p = g + e          compensate
 *   c = C(p)           encode
 *   e ← p − c          keep the residual
 *
 * so that Σ sent + e_T = Σ g at every T (telescoping). With a contraction, ‖e‖ stays bounded by
 * G·√(1 − δ)/(1 − √(1 − δ)) for gradients of norm at most G.
 *
 * The residual is in gradient units. When the learning rate changes from a to b, call
 * `rescale(a / b)`, so that what was withheld is later applied at the size it was withheld at.
 */
import { assertFinite, assertFloat32Array, assertInteger } from '../../proto/assert.ts';
import { ArgumentRangeError, ArgumentTypeError } from '../../proto/errors.ts';
import { checkPolicy, randomFor, type EncodeOptions, type NonFinitePolicy } from '../api.ts';
import type { Codec } from '../codec.ts';
import { CustomCodec } from '../custom.ts';
import { withKernels } from '../kernels/index.ts';
import { parseBuiltIn } from '../parse.ts';
import type { EncodeRandom } from '../random.ts';
import { MAX_LENGTH, StagedCodec } from '../staged.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';

/** residual[i] += gradient[i]; elements whose sum is not finite keep their residual. */
function compensateFinite(residual: Float32Array, gradient: Float32Array): void {
  for (let i = 0; i < residual.length; i++) {
    const sum = Math.fround(residual[i]! + gradient[i]!);
    if (Number.isFinite(sum)) residual[i] = sum;
  }
}

/** Options of `errorFeedback`. */
export interface FeedbackOptions {
  /**
   * Array to keep the residual in, as long as the gradients; it is filled with zeros. One of
   * `allocateVector` is worked on in place. By default a new ordinary array.
   */
  readonly residual?: Float32Array | undefined;
  /**
   * Whether the residual is as it was after a gradient that is refused. Default true. Without, sparse
   * codecs need a sweep less, and a residual is of no use after an error.
   */
  readonly atomic?: boolean;
}

/** A codec with its residual: stateful, one object per bucket (or chunk) of one rank. */
export class FeedbackCodec {
  /** The codec, its spec ending in `+ef`. */
  readonly codec: Codec;
  /** Elements of every gradient. */
  readonly length: number;
  /** What encoding lost so far, in gradient units. Read it freely; writing to it changes the run. */
  readonly residual: Float32Array;
  readonly #codec: StagedCodec;
  /** Custom codecs may throw half-way: they work on a copy, and the residual changes at the end. */
  readonly #work: Float32Array;
  /** Whether the residual is as it was after a gradient that is refused. */
  readonly atomic: boolean;
  #step = 0;

  /** Use `errorFeedback`. */
  constructor(codec: StagedCodec, residual: Float32Array, atomic: boolean) {
    this.atomic = atomic;
    this.#codec = codec;
    this.codec = codec;
    this.length = residual.length;
    this.residual = residual;
    this.#work = codec instanceof CustomCodec ? new Float32Array(residual.length) : residual;
  }

  /** Canonical spec, ending in `+ef`. */
  get spec(): string {
    return this.codec.spec;
  }

  /** Gradients encoded so far; the default `step` of the next encoding. */
  get step(): number {
    return this.#step;
  }

  /**
   * Encodes gradient + residual and keeps what was lost.
   * @param gradient `length` elements
   * @param options `step` defaults to the number of gradients encoded so far
   * @returns a new array, exactly as long as the payload
   * @throws NonFiniteGradientError, ArgumentTypeError, ArgumentRangeError; the residual is unchanged
   * (after a NonFiniteGradientError only where `atomic`)
   */
  encode(gradient: Float32Array, options: EncodeOptions = {}): Uint8Array {
    checkPolicy(options.nonFinite);
    const random = randomFor({ ...options, step: options.step ?? this.#step });
    const out = new Uint8Array(this.codec.maxBytes(this.length));
    const bytes = withKernels(options.kernels, () =>
      this.encodeInto(gradient, out, random, options.nonFinite),
    );
    return bytes === out.length ? out : out.slice(0, bytes);
  }

  /**
   * `encode` into the caller's buffer.
   * @param out at least `codec.maxBytes(length)` bytes
   * @returns payload length in bytes
   * @throws like `encode`, and BufferTooSmallError; nothing is written and the residual is unchanged
   */
  encodeInto(
    gradient: Float32Array,
    out: Uint8Array,
    random: EncodeRandom,
    nonFinite: NonFinitePolicy = 'throw',
  ): number {
    this.#checkGradient(gradient);
    this.#codec.checkOutput(this.length, out);
    const work = this.#work;
    if (work !== this.residual) work.set(this.residual);
    const bytes =
      nonFinite === 'zero'
        ? this.#encodeFinitePart(gradient, work, out, random)
        : this.#codec.encodeWithResidual(gradient, work, out, random, this.atomic);
    if (work !== this.residual) this.residual.set(work);
    this.#step++;
    return bytes;
  }

  /** Encodes what of gradient + residual is finite. */
  #encodeFinitePart(
    gradient: Float32Array,
    residual: Float32Array,
    out: Uint8Array,
    random: EncodeRandom,
  ): number {
    compensateFinite(residual, gradient);
    return this.#codec.encodeResidual(residual, out, random);
  }

  #checkGradient(gradient: Float32Array): void {
    assertFloat32Array(gradient, 'gradient');
    if (gradient.length !== this.length)
      throw new ArgumentRangeError(
        `"gradient" must have ${this.length} elements as the residual has, got ${gradient.length}`,
      );
  }

  /**
   * Multiplies the residual, for a change of the learning rate: factor = previous / next.
   * @throws ArgumentRangeError when factor is not positive and finite or the product overflows
   */
  rescale(factor: number): void {
    assertFinite(factor, 'factor');
    if (factor <= 0) throw new ArgumentRangeError(`"factor" must be positive, got ${factor}`);
    const overflow = this.residual.findIndex(
      (value) => !Number.isFinite(Math.fround(value * factor)),
    );
    if (overflow >= 0)
      throw new ArgumentRangeError(`"factor" ${factor} makes residual[${overflow}] overflow`);
    for (let i = 0; i < this.length; i++) this.residual[i] = this.residual[i]! * factor;
  }

  /** Residual, step, spec and length as bytes; `restore` takes them back. */
  snapshot(): Uint8Array {
    return writeSnapshot({ spec: this.spec, step: this.#step, residual: this.residual });
  }

  /**
   * Goes on from a snapshot of the same codec and length.
   * @throws SnapshotError when it is of another codec or length, or damaged; nothing changes
   */
  restore(bytes: Uint8Array): void {
    const { step, residual } = readSnapshot(bytes, this.spec, this.length);
    this.residual.set(residual);
    this.#step = step;
  }

  /** Forgets the residual and starts at step 0. */
  reset(): void {
    this.residual.fill(0);
    this.#step = 0;
  }
}

/**
 * A residual of zeros around a codec.
 * @param codec a codec or its spec; `+ef` is added where it is missing
 * @param length elements of every gradient
 * @throws CodecSpecError for codecs that cannot have feedback
 * @throws ArgumentTypeError, ArgumentRangeError for a residual of another type or length
 */
export function errorFeedback(
  codec: Codec | string,
  length: number,
  options: FeedbackOptions = {},
): FeedbackCodec {
  const base = typeof codec === 'string' ? parseBuiltIn(codec) : codec;
  if (!(base instanceof StagedCodec))
    throw new ArgumentTypeError('"codec" must come from parseCodec or defineCodec');
  assertInteger(length, 'length', 0, MAX_LENGTH);
  const { residual, atomic = true } = options;
  return new FeedbackCodec(base.withFeedback(), residualOf(length, residual), atomic);
}

/** Zeros, in the array that was given, if one was. */
function residualOf(length: number, given: Float32Array | undefined): Float32Array {
  if (given === undefined) return new Float32Array(length);
  assertFloat32Array(given, 'residual');
  if (given.length !== length)
    throw new ArgumentRangeError(`"residual" must have ${length} elements, got ${given.length}`);
  return given.fill(0);
}
