/**
 * Threads for codecs, in Node.
 * @example
 * ```ts
 * import { allocateBytes, allocateVector, parseCodec, streamsFor } from 'gradwire/codecs';
 * import { startThreads } from 'gradwire/threads';
 *
 * const threads = await startThreads();
 * const codec = parseCodec('qsgd');
 * const gradient = allocateVector(25_000_000);
 * const payload = allocateBytes(codec.maxBytes(gradient.length));
 * codec.encodeInto(gradient, payload, streamsFor({ seed: 1 })); // on all of them
 * await threads.close();
 * ```
 * @module
 */
export { startThreads, type CodecThreads, type ThreadsOptions } from './threads.ts';
