/**
 * Exchange of values that may be summed without decoding (`none`; random-k, whose ranks share the
 * choice of elements): an all-reduce of the values, no requantisation.
 *
 * Cost (P ranks, v values): those of the all-reduce of 4v bytes.
 */
import { streamsFor, type AdditiveValues } from '../../codecs/index.ts';
import { kernels } from '../../codecs/kernels/index.ts';
import { NonFiniteGradientError } from '../../proto/errors.ts';
import type { Communicator, OperationOptions } from '../collective/communicator.ts';
import { timed, type ExchangeCounts } from './meter.ts';
import type { Residual, UnitContext, UnitExchange } from './unit.ts';

/**
 * Vectors up to this many bytes may take fewer steps at the price of more bytes; longer ones go round the
 * ring, which sends the fewest. Bytes are what this library is about.
 */
const LATENCY_BOUND_BYTES = 16 * 1024;

/** Mean over ranks of a float32 vector, in place. Takes one operation number, synchronously. */
export async function allReduceMean(
  communicator: Communicator,
  vector: Float32Array,
  counts: ExchangeCounts,
  options: OperationOptions,
): Promise<void> {
  const start = performance.now();
  const algorithm = vector.byteLength > LATENCY_BOUND_BYTES ? 'ring' : 'auto';
  await communicator.allReduce(vector, { ...options, algorithm });
  counts.stageMilliseconds.transfer += performance.now() - start;
  timed(counts, 'decode', () => {
    kernels.divide(vector, communicator.size);
  });
}

/** Additive state of one unit on one rank. */
export class Additive implements UnitExchange {
  readonly #context: UnitContext;
  readonly #additive: AdditiveValues;
  readonly #values: Float32Array;
  readonly #residual: Float32Array | undefined;

  /** @param additive `values` of the unit's codec */
  constructor(context: UnitContext, additive: AdditiveValues) {
    const { unit, space } = context;
    this.#context = context;
    this.#additive = additive;
    this.#values = space.vector(additive.count(unit.length));
    if (unit.codec.traits.feedback) this.#residual = space.vector(unit.length);
  }

  async run(
    gradient: Float32Array,
    step: number,
    counts: ExchangeCounts,
    options: OperationOptions,
  ): Promise<void> {
    const { communicator, unit, seed } = this.#context;
    const { shared } = streamsFor({ seed, step, bucket: unit.index });
    timed(counts, 'encode', () => {
      this.#compensate(gradient);
      this.#additive.project(gradient, this.#values, shared);
      this.#keep(gradient, shared);
    });
    counts.encodedBytes += this.#values.byteLength;
    counts.encodedElements += unit.length;
    await allReduceMean(communicator, this.#values, counts, options);
    timed(counts, 'decode', () => this.#additive.expand(this.#values, gradient, shared));
  }

  /** gradient += residual. @throws NonFiniteGradientError before anything changes */
  #compensate(gradient: Float32Array): void {
    const residual = this.#residual;
    if (!residual) return;
    for (let i = 0; i < residual.length; i++) {
      const sum = Math.fround(gradient[i]! + residual[i]!);
      if (!Number.isFinite(sum)) throw new NonFiniteGradientError(i, sum, 'gradient + residual');
    }
    for (let i = 0; i < residual.length; i++) gradient[i] = gradient[i]! + residual[i]!;
  }

  /** residual = gradient − what the values stand for; uses up `gradient`. */
  #keep(gradient: Float32Array, shared: { low: number; high: number }): void {
    const residual = this.#residual;
    if (!residual) return;
    residual.set(gradient);
    this.#additive.expand(this.#values, gradient, shared);
    for (let i = 0; i < residual.length; i++) residual[i] = residual[i]! - gradient[i]!;
  }

  rescale(factor: number): void {
    const residual = this.#residual ?? [];
    for (let i = 0; i < residual.length; i++) residual[i] = residual[i]! * factor;
  }

  copyResidual({ own }: Residual): void {
    if (this.#residual) own.set(this.#residual);
  }

  holdBack(residual: Float32Array): void {
    this.#residual?.set(residual);
  }

  residuals(): readonly Float32Array[] {
    return this.#residual ? [this.#residual] : [];
  }
}
