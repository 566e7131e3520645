/**
 * The seam between codecs and hot loops. A back end implements `Kernels`; every back end yields the
 * same bytes for the same input, so callers never ask which one they have.
 */
import type { Checksum } from '../../proto/checksum.ts';
import type { RandomStream } from '../random.ts';

/** How a level codec measures a block. */
export type BlockNorm = 'max' | 'l2';

/** Everything that determines the body of a level codec (QSGD, TernGrad) but the data. */
export interface LevelsPlan {
  /** Elements of the vector. */
  readonly length: number;
  /** Elements that share one scale; the last block may be shorter. */
  readonly block: number;
  /** Positive levels s: codes are 0..2s, and s stands for zero. */
  readonly levels: number;
  readonly norm: BlockNorm;
  /** Clip the norm to this many root mean squares of the block; undefined = no clipping. */
  readonly clip: number | undefined;
  /** Decoded values are divided by this (1 + ω under error feedback, else 1). */
  readonly divisor: number;
  /** Round the stored scale to 12 significant bits, so that residual arithmetic stays exact. */
  readonly coarseScale: boolean;
  readonly packing: 'planes' | 'trits';
}

/** The operations codecs are built from. Vectors are in elements, bodies in bytes. */
export interface Kernels {
  readonly name: 'reference' | 'simd';
  /** Index of the first NaN or ±Infinity in `x`, or −1. */
  firstNonFinite(x: Float32Array): number;
  /** Index of the first i where x[i] + y[i], rounded to float32, is not finite, or −1. */
  firstNonFiniteSum(x: Float32Array, y: Float32Array): number;
  /**
   * Writes scales and packed codes of `x` to `body` (layout: kernels/levels-layout.ts); with a
   * residual, those of x + residual in float32, and leaves in the residual what they do not say.
   * @returns −1, or the index of the first element (of the sums) that is not finite: then nothing
   * was written
   */
  encodeLevels(
    x: Float32Array,
    plan: LevelsPlan,
    stream: RandomStream,
    body: Uint8Array,
    residual?: Float32Array,
  ): number;
  /** Writes the decoded vector to out[0..plan.length). */
  decodeLevels(body: Uint8Array, plan: LevelsPlan, out: Float32Array): void;
  /** sum[i] += weight · decoded[i]. */
  addLevels(body: Uint8Array, plan: LevelsPlan, sum: Float32Array, weight: number): void;
  /** Largest code in the body: what a decoder must know before it trusts an extreme scale. */
  maxCode(body: Uint8Array, plan: LevelsPlan): number;
  /** counts[c] += how often code c occurs among the elements of a body; `counts` holds 256. */
  countCodes(body: Uint8Array, plan: LevelsPlan, counts: Uint32Array): void;
  /**
   * Elias codes (reference/elias.ts) of a body's codes to section[0..).
   * @returns their bytes, or −1 where `section` is too short for them and holds anything
   */
  encodeElias(body: Uint8Array, plan: LevelsPlan, section: Uint8Array): number;
  /**
   * Reads Elias codes, which must fill `section`, and packs them behind the scales of `body`. Any
   * bytes may be given.
   * @throws PayloadError; the codes of `body` are then undefined
   */
  decodeElias(section: Uint8Array, plan: LevelsPlan, body: Uint8Array): void;
  /**
   * rANS states and words (reference/rans.ts) of a body's codes to the end of `section`.
   * @param frequencies of every code, 2¹² in all; those of codes that occur are not 0
   * @returns their bytes, or −1 where `section` is too short for them and holds anything
   */
  encodeRans(
    body: Uint8Array,
    plan: LevelsPlan,
    frequencies: Uint16Array,
    section: Uint8Array,
  ): number;
  /**
   * Reads rANS states and words, which must fill `section`, and packs the codes behind the scales
   * of `body`. Any bytes may be given, but the frequencies must be sound.
   * @throws PayloadError; the codes of `body` are then undefined
   */
  decodeRans(
    section: Uint8Array,
    plan: LevelsPlan,
    frequencies: Uint16Array,
    body: Uint8Array,
  ): void;
  /** Rounds to 16 bits, little endian; returns how many finite values were saturated. */
  encodeHalf(x: Float32Array, format: HalfFormat, body: Uint8Array): number;
  decodeHalf(body: Uint8Array, format: HalfFormat, out: Float32Array): void;
  addHalf(body: Uint8Array, format: HalfFormat, sum: Float32Array, weight: number): void;
  /** Index of the first 16-bit pattern that is NaN or ±Infinity, or −1. */
  firstNonFiniteHalf(body: Uint8Array, format: HalfFormat): number;
  /** Index of the first little-endian float32 of `body` that is NaN or ±Infinity, or −1. */
  firstNonFiniteRaw(body: Uint8Array): number;
  /** sum[i] += weight · the i-th little-endian float32 of `body`. */
  addRaw(body: Uint8Array, sum: Float32Array, weight: number): void;
  /** x[i] = 0 */
  clear(x: Float32Array): void;
  /** x[i] /= divisor, rounded to float32. */
  divide(x: Float32Array, divisor: number): void;
  /** sum[i] += x[i] */
  addVector(x: Float32Array, sum: Float32Array): void;
  /** sum[i] += x[i], but sum[kept.indices[j]] = kept.values[j] for each value. */
  addVectorBut(x: Float32Array, sum: Float32Array, kept: Kept): void;
  /** The payload checksum of proto/checksum.ts. */
  checksum: Checksum;
  /**
   * The largest magnitudes of each block of `block` elements of x + y, ties by lowest index, zeros
   * never; NaN and ±Infinity are larger than any number.
   * @param keep how many of a block of so many elements; the last block may be shorter
   * @param kept room for all of them, filled from the front
   * @returns how many there are
   */
  selectTopK(source: Summands, block: number, keep: (length: number) => number, kept: Kept): number;
  /** Rice quotients of the gaps between indices, added up for `parameter` and the next three. */
  quotientSums(indices: Uint32Array, count: number, parameter: number): QuotientSums;
  /** Writes an index list at out[offset..); its size is `remainderBytes + quotientBytes`. */
  encodeIndices(
    indices: Uint32Array,
    count: number,
    plan: RicePlan,
    out: Uint8Array,
    offset: number,
  ): void;
  /**
   * Reads `count` ascending indices below `length` from `bytes`, which holds exactly one list.
   * @throws PayloadError when the bits do not describe such a list, in canonical form
   */
  decodeIndices(
    bytes: Uint8Array,
    parameter: number,
    count: number,
    length: number,
    indices: Uint32Array,
  ): void;
  /** Writes an index from each of the k strata [⌊jn/k⌋, ⌊(j+1)n/k⌋): k draws. */
  pickStratified(k: number, n: number, stream: RandomStream, indices: Uint32Array): void;
  /** Writes a k-subset of 0..n − 1, every one equally likely (Knuth TAOCP 2, §3.4.2 S): n draws. */
  pickUniform(k: number, n: number, stream: RandomStream, indices: Uint32Array): void;
  /**
   * values[j] = element indices[j] of the source, indices ascending.
   * @returns whether all elements of the source are finite, kept or not
   */
  gather(source: Summands, indices: Uint32Array, values: Float32Array): boolean;
  /**
   * The ratio of the two magnitudes that fits |x| / (mean |x| of its block), in 64ths, at least 1.
   * @param relative scratch as long as x
   */
  fitQuantile(x: Float32Array, block: number, relative: Float32Array): number;
  /**
   * Splits and scales each block of x.
   * @param scales two bytes for each block, low byte first
   * @param codes a byte for each value; bit 0: negative, bit 1: high
   */
  encodeQuantile(x: Float32Array, plan: QuantilePlan, scales: Uint8Array, codes: Uint8Array): void;
  /** Packs a plane of codes[0..count) to out[offset..); codes behind, to the end of the group, are 0. */
  packPlane(codes: Uint8Array, count: number, plane: Plane, out: Uint8Array, offset: number): void;
  /** Reads a plane with shift 0 into codes[0..count), and behind to the end of the group. */
  unpackPlane(
    bytes: Uint8Array,
    offset: number,
    plane: Plane,
    codes: Uint8Array,
    count: number,
  ): void;
}

/** What determines the codes of `quantile` but the data. */
export interface QuantilePlan {
  readonly bits: 1 | 2;
  /** Elements that share one scale. */
  readonly block: number;
  /** The lower magnitude in 64ths of the higher. */
  readonly steps: number;
}

/** One plane of a code: `bits` wide, taken from the code at `shift`. */
export interface Plane {
  readonly bits: 8 | 4 | 2 | 1;
  readonly shift: number;
}

/** The vector x, or the sums x[i] + y[i], each rounded to float32. */
export interface Summands {
  readonly x: Float32Array;
  readonly y?: Float32Array | undefined;
  /** A selection leaves the sums in y, which saves whoever wants them there a sweep. */
  readonly accumulate?: boolean;
}

/** What is left to read once the sums have been left in y, where they were to be. */
export function sweptOnce(source: Summands): Summands {
  return source.accumulate && source.y ? { x: source.y } : source;
}

/** Elements that a selection kept: their indices, ascending, and their values. */
export interface Kept {
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

/** Sums for four neighbouring Rice parameters. */
export type QuotientSums = readonly [number, number, number, number];

/** Size of an index list: bytes of the remainders and of the quotients, and the parameter used. */
export interface RicePlan {
  readonly parameter: number;
  readonly remainderBytes: number;
  readonly quotientBytes: number;
}

/** A 16-bit float format. */
export type HalfFormat = 'bf16' | 'fp16';
