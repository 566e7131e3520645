/**
 * Building blocks of codecs. A codec is one value stage (what a number becomes), optionally behind
 * one select stage (which numbers are kept at all).
 */
import type { Kept, Summands } from './kernels/index.ts';
import type { EncodeRandom, RandomStream } from './random.ts';

/** Counts that an encoding reports beside its bytes. */
export interface EncodeReport {
  /** Finite values clipped to a narrower format's range. */
  saturated: number;
}

/** Part of a payload body, for `inspect`. */
export interface Section {
  readonly name: string;
  readonly bytes: number;
  /** Symbols coded in this section, and the bits an ideal coder of their frequencies would need. */
  readonly symbols?: number;
  readonly entropyBits?: number;
}

/** Numbers ⇄ bytes. Lengths are in elements, bodies hold exactly one vector. */
export interface ValueStage {
  readonly unbiased: boolean;
  omega?(length: number): number;
  delta?(length: number): number;
  /** Smallest delta of lengths 1..length; only where delta(length) is not the smallest. */
  deltaUpTo?(length: number): number;
  readonly range?: { readonly smallest: number; readonly largest: number };
  /** Elements that share one scale, where that is a fixed number. */
  readonly block?: number;
  /** One scale covers the whole body. */
  readonly wholeScale?: boolean;
  maxBodyBytes(length: number): number;
  /** `encode` refuses `x` that is not finite by itself, before it writes anything. */
  readonly checksFinite?: true;
  /** Writes the body of finite `x`; returns its length in bytes. */
  encode(x: Float32Array, body: Uint8Array, random: EncodeRandom, report: EncodeReport): number;
  /**
   * Encodes x + residual, sums in float32, and leaves in `residual` what was lost: for stages that do
   * so in fewer sweeps than adding, encoding and subtracting what was sent.
   * @throws NonFiniteGradientError before anything is written or changed
   */
  encodeWithResidual?(
    x: Float32Array,
    residual: Float32Array,
    body: Uint8Array,
    random: EncodeRandom,
    report: EncodeReport,
  ): number;
  /**
   * Reads a hostile body to its end.
   * @returns what `decode` and `add` take: the body, or what it stands for, in scratch that is good
   * until the next check
   * @throws PayloadError unless `body` is a body of `length` elements that decodes finitely
   */
  check(body: Uint8Array, length: number): Uint8Array;
  decode(body: Uint8Array, out: Float32Array): void;
  /** sum[i] += weight · decoded[i] */
  add(body: Uint8Array, sum: Float32Array, weight: number): void;
  sections(body: Uint8Array, length: number): Section[];
  /** The body is the float32 values themselves, so payloads may be summed as they are. */
  readonly raw?: boolean;
}

/** Which elements are kept. */
interface Selection {
  readonly unbiased: boolean;
  omega?(length: number): number;
  delta(length: number): number;
  /** Most elements kept of `length`. */
  count(length: number): number;
  /**
   * Multiplies all kept values of `length` elements by the inverse of their probability; returns how
   * many were beyond the float32 range, and are now the largest of it.
   */
  scale?(values: Float32Array, length: number): number;
}

/** Kept is what the values decide; the indices must be sent. */
export interface ValueSelection extends Selection {
  readonly keyed: false;
  /**
   * Writes what is kept, unless that may be everything; returns how many elements. Where there is NaN
   * or ±Infinity, one of them must be kept: that is how they are found.
   */
  select(source: Summands, kept: Kept): number;
}

/** Kept indices follow from the shared stream alone: none are sent, the payload has the key. */
export interface KeyedSelection extends Selection {
  readonly keyed: true;
  /** Writes the kept indices, ascending; returns how many. */
  select(length: number, shared: RandomStream, indices: Uint32Array): number;
}

export type SelectStage = ValueSelection | KeyedSelection;
