/** The codec contract: what every codec promises, whoever wrote it. */
import type { EncodeRandom, RandomStream } from './random.ts';

/**
 * What is known about a codec, for those who choose an algorithm or assert a law. `length` is in
 * elements; the norms are Euclidean.
 */
export interface CodecTraits {
  /** E[decode(encode(x))] = x, up to 2⁻¹⁶ of a quantisation step. */
  readonly unbiased: boolean;
  /** `sparse`: most decoded elements are zero, and a payload holds indices or a key for them. */
  readonly support: 'dense' | 'sparse';
  /** The spec ends in `+ef`: encode through `errorFeedback`, which keeps the residual. */
  readonly feedback: boolean;
  /** Unbiased codecs: E‖decode − x‖² ≤ ω‖x‖², the exact supremum where theory has one. */
  omega?(length: number): number;
  /** Contractions: E‖decode − x‖² ≤ (1 − δ)‖x‖². */
  delta?(length: number): number;
  /** Elements that share one scale: cutting a gradient elsewhere costs extra scales. Absent = 1. */
  readonly block?: number;
  /** One scale covers the whole payload: it pays to give tensors of different size one each. */
  readonly wholeScale?: boolean;
  /** Sparse codecs: the largest share of elements kept. */
  density?(length: number): number;
  /**
   * Formats narrower than float32: magnitudes above `largest` are saturated, and below `smallest`
   * the error is up to `smallest`/2 per element instead of relative.
   */
  readonly range?: { readonly smallest: number; readonly largest: number };
}

/** Values of payloads that may be summed without decoding. Lengths are in elements. */
export interface AdditiveValues {
  /** How many values stand for a gradient of `length` elements. */
  count(length: number): number;
  /** Writes the values of `gradient` to values[0..count). */
  project(gradient: Float32Array, values: Float32Array, shared: RandomStream): void;
  /** Writes the gradient that the values stand for to `out`. */
  expand(values: Float32Array, out: Float32Array, shared: RandomStream): void;
}

/**
 * Gradient ⇄ payload. Pure and synchronous; callers own the buffers; nothing is allocated in
 * proportion to the gradient after the first call.
 */
export interface Codec {
  /** Canonical spec: parsing it gives an equal codec. */
  readonly spec: string;
  readonly traits: CodecTraits;
  /** Largest payload of a gradient of `length` elements, in bytes, header included. */
  maxBytes(length: number): number;
  /**
   * Encodes `gradient` to the front of `out`.
   * @param out at least `maxBytes(gradient.length)` bytes
   * @param random streams to draw from (`streamsFor`)
   * @returns payload length in bytes
   * @throws NonFiniteGradientError before a byte is written
   * @throws BufferTooSmallError, ArgumentTypeError
   */
  encodeInto(gradient: Float32Array, out: Uint8Array, random: EncodeRandom): number;
  /**
   * Decodes a payload of this codec into `out`, whose length must be the payload's.
   * @throws PayloadError before an element is written
   */
  decodeInto(payload: Uint8Array, out: Float32Array): void;
  /**
   * sum[i] += weight · decoded[i], in one sweep and in float32.
   * @param weight finite as a float32, 1 if omitted
   * @throws PayloadError before an element is changed
   */
  decodeAdd(payload: Uint8Array, sum: Float32Array, weight?: number): void;
  /**
   * out[i] = Σ weight · decoded[i] over payloads, added in their order and in float32: the bits that zeros
   * have after a `decodeAdd` of each. Sparse codecs need one sweep over `out` for all of them. All codecs
   * of this library have it.
   * @param weight finite as a float32, 1 if omitted
   * @throws PayloadError; what dense codecs have added of the payloads before is then in `out`
   */
  decodeSum?(payloads: readonly Uint8Array[], out: Float32Array, weight?: number): void;
  /** Present exactly when payloads may be summed without decoding. */
  readonly values?: AdditiveValues;
}
