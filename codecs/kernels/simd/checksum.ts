/** The payload checksum by SIMD (proto/checksum.ts is the definition). */
import { foldLanes, laneChecksum, seedLane, STRIPE_BYTES } from '../../../proto/checksum.ts';
import { inputAt, locate, WINDOW, type SimdMemory } from './memory.ts';

/** Below this many bytes the plain loop is faster than the way into the module. */
const WORTHWHILE = 512;
const WINDOW_BYTES = 4 * WINDOW;

/** Checksum of `bytes`, chained to `seed`. */
export function checksum(memory: SimdMemory, bytes: Uint8Array, seed: number): number {
  const { length } = bytes;
  if (length < WORTHWHILE) return laneChecksum(bytes, seed);
  const { wasm, at, lanes } = memory;
  for (let i = 0; i < lanes.length; i++) lanes[i] = seedLane(seed, i);
  const whole = length & -STRIPE_BYTES;
  const located = locate(memory, bytes);
  for (let start = 0; start < whole; start += WINDOW_BYTES) {
    const size = Math.min(WINDOW_BYTES, whole - start);
    wasm.absorb(at.lanes, inputAt(memory, located, start, size), size / STRIPE_BYTES);
  }
  if (whole < length) {
    memory.bytes.set(bytes.subarray(whole), at.packed);
    memory.bytes.fill(0, at.packed + length - whole, at.packed + STRIPE_BYTES);
    wasm.absorb(at.lanes, at.packed, 1);
  }
  return foldLanes(lanes, seed, length);
}
