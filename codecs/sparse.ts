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
import {
  decodeIndices,
  encodeIndices,
  MAX_RICE_PARAMETER,
  maxIndexBytes,
  planIndices,
} from './kernels/reference/rice.ts';
import type { EncodeRandom, RandomStream } from './random.ts';
import type { EncodeReport, Section, SelectStage, ValueStage } from './stage.ts';
import type { BodyCodec } from './staged.ts';

const SUBHEADER = 16;
const FLOAT32_MAX = 3.4028234663852886e38;

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

/** values[j] = scale_j · gradient[indices[j]], saturating; returns how many were saturated. */
function gather(
  gradient: Float32Array,
  indices: Uint32Array,
  values: Float32Array,
  scale: SelectStage['scale'],
): number {
  if (!scale) {
    for (let j = 0; j < values.length; j++) values[j] = gradient[indices[j]!]!;
    return 0;
  }
  let saturated = 0;
  for (let j = 0; j < values.length; j++) {
    const value = Math.fround(gradient[indices[j]!]! * scale(j, gradient.length));
    if (Math.abs(value) <= FLOAT32_MAX) values[j] = value;
    else {
      values[j] = Math.sign(value) * FLOAT32_MAX;
      saturated++;
    }
  }
  return saturated;
}

/** Puts the values at their indices; `out` is zero elsewhere already. */
function scatter(values: Float32Array, indices: Uint32Array, out: Float32Array): void {
  for (let j = 0; j < values.length; j++) out[indices[j]!] = values[j]!;
}

function scatterAdd(
  values: Float32Array,
  indices: Uint32Array,
  sum: Float32Array,
  weight: number,
): void {
  const w = Math.fround(weight);
  for (let j = 0; j < values.length; j++)
    sum[indices[j]!] = sum[indices[j]!]! + Math.fround(values[j]! * w);
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
  declare readonly values?: AdditiveValues;
  readonly #select: SelectStage;
  readonly #value: ValueStage;
  readonly #scratch = new Scratch();

  constructor(select: SelectStage, value: ValueStage, feedback: boolean) {
    this.#select = select;
    this.#value = value;
    this.traits = sparseTraits(select, value, feedback);
    this.keyed = select.keyed;
    if (select.keyed && value.raw) this.values = this.#additive();
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
    const { length } = gradient;
    const indices = this.#scratch.indices(this.#select.count(length));
    const kept = this.#keep(gradient, random.shared, indices);
    const values = this.#scratch.floats(kept);
    report.saturated += gather(gradient, indices, values, this.#select.scale);
    if (this.keyed) return this.#value.encode(values, body, random, report);
    const room = body.subarray(SUBHEADER);
    const valueBytes = this.#value.encode(values, room, random, report);
    body.fill(0, 0, SUBHEADER);
    putWord(body, 0, kept);
    putWord(body, 4, valueBytes);
    if (kept === length) return SUBHEADER + valueBytes;
    const plan = planIndices(indices, kept, length, this.#select.count(length));
    encodeIndices(indices, kept, plan, body, SUBHEADER + valueBytes);
    const indexBytes = plan.remainderBytes + plan.quotientBytes;
    putWord(body, 8, indexBytes);
    body[12] = plan.parameter;
    return SUBHEADER + valueBytes + indexBytes;
  }

  /** Selected indices; when everything may be kept, everything is, zeros and −0 included. */
  #keep(gradient: Float32Array, shared: RandomStream, indices: Uint32Array): number {
    const { length } = gradient;
    if (this.#select.count(length) < length)
      return this.#select.select(gradient, length, shared, indices);
    for (let i = 0; i < length; i++) indices[i] = i;
    return length;
  }

  decodeBody(body: Uint8Array, header: PayloadHeader, out: Float32Array | undefined): Float32Array {
    const { values, indices } = this.#open(body, header);
    // A fresh array is zero already: a short payload of a long vector touches few of its pages.
    const target = out ? out.fill(0) : new Float32Array(header.length);
    scatter(values, indices, target);
    return target;
  }

  addBody(body: Uint8Array, header: PayloadHeader, sum: Float32Array, weight: number): void {
    const { values, indices } = this.#open(body, header);
    scatterAdd(values, indices, sum, weight);
  }

  /** Checks the body, then decodes values and indices into scratch. @throws PayloadError */
  #open(body: Uint8Array, header: PayloadHeader): { values: Float32Array; indices: Uint32Array } {
    const { length } = header;
    const maxKept = this.#select.count(length);
    const parts = this.keyed
      ? { kept: maxKept, values: body, indices: body.subarray(0, 0), parameter: 0 }
      : splitBody(body, maxKept);
    const checked = this.#value.check(parts.values, parts.kept);
    const indices = this.#scratch.indices(parts.kept);
    this.#readIndices(parts, header, indices);
    const values = this.#scratch.floats(parts.kept);
    this.#value.decode(checked, values);
    return { values, indices };
  }

  #readIndices(parts: BodyParts, header: PayloadHeader, indices: Uint32Array): void {
    const { length } = header;
    if (parts.kept === length) {
      if (parts.indices.length > 0) throw bodyError('an index list where everything is kept');
      for (let i = 0; i < length; i++) indices[i] = i;
    } else if (this.keyed) {
      this.#select.select(undefined, length, header.key!, indices);
    } else {
      decodeIndices(parts.indices, parts.parameter, parts.kept, length, indices);
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

  #additive(): AdditiveValues {
    const select = this.#select;
    const kept = (length: number, shared: RandomStream): Uint32Array => {
      const indices = this.#scratch.indices(select.count(length));
      select.select(undefined, length, shared, indices);
      return indices;
    };
    return {
      count: (length) => select.count(length),
      project: (gradient, values, shared) => {
        gather(gradient, kept(gradient.length, shared), values, select.scale);
      },
      expand: (values, out, shared) => scatter(values, kept(out.length, shared), out.fill(0)),
    };
  }
}

/** Bits to say which `kept` of `length` elements: n·H(k/n), an upper bound of log₂ C(n, k). */
function supportEntropy(kept: number, length: number): number {
  if (kept === 0 || kept === length) return 0;
  const f = kept / length;
  return -length * (f * Math.log2(f) + (1 - f) * Math.log2(1 - f));
}
