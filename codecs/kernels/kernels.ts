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
  /** sum[i] += x[i] */
  addVector(x: Float32Array, sum: Float32Array): void;
  /** The payload checksum of proto/checksum.ts. */
  checksum: Checksum;
  /**
   * The k largest magnitudes of x[start..end), ties by lowest index, zeros never. Writes their
   * indices in x, ascending, from indices[at] on; returns how many there are (≤ k).
   */
  selectTopK(
    x: Float32Array,
    start: number,
    end: number,
    k: number,
    indices: Uint32Array,
    at: number,
  ): number;
}

/** A 16-bit float format. */
export type HalfFormat = 'bf16' | 'fp16';
