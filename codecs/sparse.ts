/**
 * A chain of a select stage and a value stage: kept values, and indices where they must be sent.
 *
 * Body with indices: 16 bytes { u32 kept, u32 value bytes, u32 index bytes, u8 Rice parameter, 0, 0,
 * 0 }, the value stage's body, the index list (kernels/reference/rice.ts; absent when everything is
 * kept). Body of a keyed stage: the value stage's body alone.
 */
import type { PayloadHeader } from '../proto/payload.ts';
import { bodyError, checkBodyLength, Scratch } from './body.ts';
import type { AdditiveValues, CodecTraits } from './codec.ts';
import { kernels, sweptOnce, type Kept, type Summands } from './kernels/index.ts';
import { MAX_RICE_PARAMETER, maxIndexBytes, planIndices } from './kernels/reference/rice.ts';
import { assertFiniteElements } from './non-finite.ts';
import type { EncodeRandom, RandomStream } from './random.ts';
import type { EncodeReport, KeyedSelection, Section, SelectStage, ValueStage } from './stage.ts';
import type { BodyCodec, OpenedBody } from './staged.ts';

const SUBHEADER = 16;

/** Variance factor of quantising kept values: (1 + ω_select)(1 + ω_value) − 1. */
function sparseOmega(select: SelectStage, value: ValueStage): CodecTraits['omega'] {
  if (!select.unbiased || !value.unbiased || !select.omega || !value.omega) return undefined;
  return (length) => (1 + select.omega!(length)) * (1 + value.omega!(select.count(length))) - 1;
}

/**
 * Contraction of the value stage for up to `kept` values (zeros are not kept, so there may be
 * fewer): its own, or 1 − ω of an unbiased one.
 */
function valueDelta(value: ValueStage, kept: number): number | undefined {
  if (value.deltaUpTo) return value.deltaUpTo(kept);
  if (value.delta) return value.delta(kept);
  const omega = value.omega?.(kept) ?? Infinity;
  return omega < 1 ? 1 - omega : undefined;
}

/**
 * ‖x − C(u)‖² = ‖x − u‖² + ‖u − C(u)‖² for the kept part u, so contraction factors multiply.
 * Undefined for value stages that do not contract at every length.
 */
function sparseDelta(select: SelectStage, value: ValueStage): CodecTraits['delta'] {
  if (select.scale || valueDelta(value, 2 ** 20) === undefined) return undefined;
  return (length) => select.delta(length) * valueDelta(value, select.count(length))!;
}

function sparseTraits(select: SelectStage, value: ValueStage, feedback: boolean): CodecTraits {
  const omega = sparseOmega(select, value);
  const delta = sparseDelta(select, value);
  return {
    unbiased: select.unbiased && value.unbiased,
    support: 'sparse',
    feedback,
    density: (length) => (length === 0 ? 1 : select.count(length) / length),
    ...(omega && { omega }),
    ...(delta && { delta }),
    ...(value.range && { range: value.range }),
  };
}

/** Puts the values at their indices; `out` is zero elsewhere already. */
function scatter(values: Float32Array, indices: Uint32Array, out: Float32Array): void {
  for (let j = 0; j < values.length; j++) out[indices[j]!] = values[j]!;
}

/** Kept values, and the elements they belong to, ascending. */
interface Entries {
  readonly values: Float32Array;
  readonly indices: Uint32Array;
}

/** sum += weight · entries from the `first` one on, as far as they belong before `end`; returns the next one. */
function addEntries(
  { values, indices }: Entries,
  first: number,
  end: number,
  sum: Float32Array,
  weight: number,
): number {
  const w = Math.fround(weight);
  let j = first;
  for (; j < values.length && indices[j]! < end; j++)
    sum[indices[j]!] = sum[indices[j]!]! + Math.fround(values[j]! * w);
  return j;
}

/** Elements of a sum that are finished before the next ones are begun: they stay in the first cache. */
const REGION = 8192;

/** out = Σ weight · entries, added in order; a region of `out` at a time. */
function sumEntries(lists: readonly Entries[], out: Float32Array, weight: number): void {
  const next = new Uint32Array(lists.length);
  for (let start = 0; start < out.length; start += REGION) {
    const end = Math.min(out.length, start + REGION);
    kernels.clear(out.subarray(start, end));
    for (const [i, entries] of lists.entries())
      next[i] = addEntries(entries, next[i]!, end, out, weight);
  }
}

/** Where the parts of a body are. Lengths in bytes, `kept` in elements. */
interface BodyParts {
  readonly kept: number;
  readonly values: Uint8Array;
  readonly indices: Uint8Array;
  readonly parameter: number;
}

function word(body: Uint8Array, offset: number): number {
  return (
    (body[offset]! |
      (body[offset + 1]! << 8) |
      (body[offset + 2]! << 16) |
      (body[offset + 3]! << 24)) >>>
    0
  );
}

function putWord(body: Uint8Array, offset: number, value: number): void {
  for (let i = 0; i < 4; i++) body[offset + i] = value >>> (8 * i);
}

/** Splits a body with indices. @throws PayloadError */
function splitBody(body: Uint8Array, maxKept: number): BodyParts {
  if (body.length < SUBHEADER) throw bodyError('shorter than its 16-byte sub-header');
  const kept = word(body, 0);
  const valueBytes = word(body, 4);
  const indexBytes = word(body, 8);
  const parameter = body[12]!;
  checkBodyLength(body, SUBHEADER + valueBytes + indexBytes);
  if (kept > maxKept) throw bodyError(`${kept} values kept where at most ${maxKept} can be`);
  if (parameter > MAX_RICE_PARAMETER) throw bodyError(`Rice parameter ${parameter} is too large`);
  return {
    kept,
    parameter,
    values: body.subarray(SUBHEADER, SUBHEADER + valueBytes),
    indices: body.subarray(SUBHEADER + valueBytes),
  };
}

/** Body codec of select ∘ value. */
export class SparseBody implements BodyCodec {
  readonly traits: CodecTraits;
  readonly keyed: boolean;
  readonly checksFinite = true;
  declare readonly values?: AdditiveValues;
  readonly #select: SelectStage;
  readonly #value: ValueStage;
  readonly #scratch = new Scratch();
  readonly #decoded = new Scratch();
  /** Of payloads that are added up together. */
  readonly #sums: Scratch[] = [];

  constructor(select: SelectStage, value: ValueStage, feedback: boolean) {
    this.#select = select;
    this.#value = value;
    this.traits = sparseTraits(select, value, feedback);
    this.keyed = select.keyed;
    if (select.keyed && value.raw) this.values = additiveValues(select, this.#scratch);
  }

  maxBodyBytes(length: number): number {
    const kept = this.#select.count(length);
    const values = this.#value.maxBodyBytes(kept);
    if (this.keyed) return values;
    return SUBHEADER + values + (kept < length ? maxIndexBytes(kept, length) : 0);
  }

  encodeBody(
    gradient: Float32Array,
    body: Uint8Array,
    random: EncodeRandom,
    report: EncodeReport,
  ): number {
    const kept = this.#keep({ x: gradient }, random.shared);
    if (this.#select.scale) report.saturated += this.#select.scale(kept.values, gradient.length);
    return this.#write(kept, gradient.length, body, random, report).bytes;
  }

  encodeWithResidual(
    gradient: Float32Array,
    residual: Float32Array,
    body: Uint8Array,
    random: EncodeRandom,
    report: EncodeReport,
    atomic: boolean,
  ): number {
    const source = { x: gradient, y: residual, accumulate: !atomic };
    const kept = this.#keep(source, random.shared);
    const { indices, values } = kept;
    const { bytes, valueBody } = this.#write(kept, gradient.length, body, random, report);
    this.#subtractDecoded(values, valueBody);
    if (atomic) kernels.addVectorBut(gradient, residual, { indices, values });
    else scatter(values, indices, residual);
    return bytes;
  }

  /** values −= what their body decodes to. */
  #subtractDecoded(values: Float32Array, valueBody: Uint8Array): void {
    if (this.#value.raw) {
      values.fill(0);
      return;
    }
    const decoded = this.#decoded.floats(values.length);
    this.#value.decode(this.#value.check(valueBody, values.length), decoded);
    for (let j = 0; j < values.length; j++) values[j] = values[j]! - decoded[j]!;
  }

  /** Writes a body; returns its length in bytes and the part that holds the values. */
  #write(
    { indices, values }: Kept,
    length: number,
    body: Uint8Array,
    random: EncodeRandom,
    report: EncodeReport,
  ): { bytes: number; valueBody: Uint8Array } {
    const start = this.keyed ? 0 : SUBHEADER;
    const valueBytes = this.#value.encode(values, body.subarray(start), random, report);
    const valueBody = body.subarray(start, start + valueBytes);
    if (this.keyed) return { bytes: valueBytes, valueBody };
    const kept = values.length;
    body.fill(0, 0, SUBHEADER);
    putWord(body, 0, kept);
    putWord(body, 4, valueBytes);
    let bytes = SUBHEADER + valueBytes;
    if (kept < length) {
      const most = this.#select.count(length);
      const plan = planIndices(indices, kept, length, most, kernels.quotientSums);
      kernels.encodeIndices(indices, kept, plan, body, bytes);
      const indexBytes = plan.remainderBytes + plan.quotientBytes;
      putWord(body, 8, indexBytes);
      body[12] = plan.parameter;
      bytes += indexBytes;
    }
    return { bytes, valueBody };
  }

  /**
   * What is kept; when everything may be kept, everything is, zeros and −0 included.
   * @throws NonFiniteGradientError
   */
  #keep(source: Summands, shared: RandomStream): Kept {
    const { length } = source.x;
    const select = this.#select;
    const most = select.count(length);
    const indices = this.#scratch.indices(most);
    const values = this.#scratch.floats(most);
    if (!select.keyed && most < length) {
      const kept = values.subarray(0, select.select(source, { indices, values }));
      if (kernels.firstNonFinite(kept) >= 0) assertFiniteElements(sweptOnce(source));
      return { indices, values: kept };
    }
    if (source.accumulate && source.y) kernels.addVector(source.x, source.y);
    const whole = sweptOnce(source);
    if (select.keyed && most < length) select.select(length, shared, indices);
    else for (let i = 0; i < length; i++) indices[i] = i;
    if (!kernels.gather(whole, indices, values)) assertFiniteElements(whole);
    return { indices, values };
  }

  decodeBody(body: Uint8Array, header: PayloadHeader, out: Float32Array | undefined): Float32Array {
    const { values, indices } = this.#open(body, header);
    // A fresh array is zero already: a short payload of a long vector touches few of its pages.
    if (out) kernels.clear(out);
    const target = out ?? new Float32Array(header.length);
    scatter(values, indices, target);
    return target;
  }

  addBody(body: Uint8Array, header: PayloadHeader, sum: Float32Array, weight: number): void {
    addEntries(this.#open(body, header), 0, sum.length, sum, weight);
  }

  sumBodies(parts: readonly OpenedBody[], out: Float32Array, weight: number): void {
    const lists = parts.map(({ body, header }, i) =>
      this.#open(body, header, (this.#sums[i] ??= new Scratch())),
    );
    sumEntries(lists, out, weight);
  }

  /** Checks the body, then decodes values and indices into scratch. @throws PayloadError */
  #open(body: Uint8Array, header: PayloadHeader, scratch = this.#scratch): Entries {
    const { length } = header;
    const maxKept = this.#select.count(length);
    const parts = this.keyed
      ? { kept: maxKept, values: body, indices: body.subarray(0, 0), parameter: 0 }
      : splitBody(body, maxKept);
    const checked = this.#value.check(parts.values, parts.kept);
    const indices = scratch.indices(parts.kept);
    this.#readIndices(parts, header, indices);
    const values = scratch.floats(parts.kept);
    this.#value.decode(checked, values);
    return { values, indices };
  }

  #readIndices(parts: BodyParts, header: PayloadHeader, indices: Uint32Array): void {
    const { length } = header;
    if (parts.kept === length) {
      if (parts.indices.length > 0) throw bodyError('an index list where everything is kept');
      for (let i = 0; i < length; i++) indices[i] = i;
    } else if (this.#select.keyed) {
      this.#select.select(length, header.key!, indices);
    } else {
      kernels.decodeIndices(parts.indices, parts.parameter, parts.kept, length, indices);
    }
  }

  sections(body: Uint8Array, header: PayloadHeader): Section[] {
    const { length } = header;
    if (this.keyed) return this.#value.sections(body, this.#select.count(length));
    const parts = splitBody(body, this.#select.count(length));
    return [
      { name: 'sub-header', bytes: SUBHEADER },
      ...this.#value.sections(parts.values, parts.kept),
      {
        name: 'indices',
        bytes: parts.indices.length,
        symbols: parts.kept,
        entropyBits: supportEntropy(parts.kept, length),
      },
    ];
  }
}

/** Values of a keyed stage, in the order of its indices. */
function additiveValues(select: KeyedSelection, scratch: Scratch): AdditiveValues {
  const kept = (length: number, shared: RandomStream): Uint32Array => {
    const indices = scratch.indices(select.count(length));
    select.select(length, shared, indices);
    return indices;
  };
  return {
    count: (length) => select.count(length),
    project: (gradient, values, shared) => {
      const indices = kept(gradient.length, shared);
      for (let j = 0; j < values.length; j++) values[j] = gradient[indices[j]!]!;
      select.scale?.(values, gradient.length);
    },
    expand: (values, out, shared) => {
      kernels.clear(out);
      scatter(values, kept(out.length, shared), out);
    },
  };
}

/** Bits to say which `kept` of `length` elements: n·H(k/n), an upper bound of log₂ C(n, k). */
function supportEntropy(kept: number, length: number): number {
  if (kept === 0 || kept === length) return 0;
  const f = kept / length;
  return -length * (f * Math.log2(f) + (1 - f) * Math.log2(1 - f));
}
