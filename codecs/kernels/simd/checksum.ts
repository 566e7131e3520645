/** The payload checksum by SIMD (proto/checksum.ts is the definition). */
import { foldLanes, laneChecksum, seedLane, STRIPE_BYTES } from '../../../proto/checksum.ts';
import { WINDOW, type SimdMemory } from './memory.ts';

/** Below this many bytes the plain loop is faster than the way into the module. */
const WORTHWHILE = 512;
const WINDOW_BYTES = 4 * WINDOW;

/** Checksum of `bytes`, chained to `seed`. */
export function checksum(memory: SimdMemory, bytes: Uint8Array, seed: number): number {
  const { length } = bytes;
  if (length < WORTHWHILE) return laneChecksum(bytes, seed);
  const { wasm, at, lanes } = memory;
  for (let i = 0; i < lanes.length; i++) lanes[i] = seedLane(seed, i);
  for (let start = 0; start < length; start += WINDOW_BYTES) {
    const end = Math.min(length, start + WINDOW_BYTES);
    memory.bytes.set(bytes.subarray(start, end), at.x);
    const padded = (end - start + STRIPE_BYTES - 1) & -STRIPE_BYTES;
    memory.bytes.fill(0, at.x + end - start, at.x + padded);
    wasm.absorb(at.lanes, at.x, padded / STRIPE_BYTES);
  }
  return foldLanes(lanes, seed, length);
}
