/**
 * Gradient codecs: gradient ⇄ payload, with bits really packed, and error feedback.
 *
 * Everything here is pure and synchronous and runs in browsers too.
 * @example
 * ```ts
 * import { decode, encode, errorFeedback } from 'gradwire/codecs';
 *
 * const gradient = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i));
 * const payload = encode('qsgd:levels=7', gradient, { seed: 1 });
 * decode(payload);                          // an unbiased estimate of the gradient, from 4 bits each
 *
 * const feedback = errorFeedback('topk:density=0.01', gradient.length);
 * feedback.encode(gradient, { seed: 1 });   // what is not sent now is sent later
 * ```
 * @module
 */
export {
  decode,
  encode,
  inspect,
  type DecodeOptions,
  type EncodeOptions,
  type NonFinitePolicy,
  type PayloadInfo,
} from './api.ts';
export {
  firstNonFinite,
  kernelBackend,
  KernelsUnavailableError,
  selectKernels,
  type KernelChoice,
} from './backend.ts';
export type { AdditiveValues, Codec, CodecTraits } from './codec.ts';
export { defineCodec, type CodecDefinition } from './custom.ts';
export { errorFeedback, FeedbackCodec, type FeedbackOptions } from './feedback/feedback.ts';
export { allocateBytes, allocateVector, releaseMemory } from './memory.ts';
export { parseCodec, type ParseOptions } from './parse.ts';
export {
  streamsFor,
  type EncodeRandom,
  type RandomStream,
  type StreamCoordinates,
} from './random.ts';
export { registry } from './registry.ts';
export type { Section } from './stage.ts';
export {
  ArgumentRangeError,
  ArgumentTypeError,
  BufferTooSmallError,
  CodecSpecError,
  GradwireError,
  isGradwireError,
  NonFiniteGradientError,
  PayloadError,
  SnapshotError,
  type ErrorCode,
  type PayloadErrorCode,
} from '../proto/errors.ts';
