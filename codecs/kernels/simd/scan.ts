/** Search for non-finite values, a window at a time. */
import {
  firstNonFinite as search,
  firstNonFiniteSum as searchSum,
  INFINITY_BITS,
} from '../reference/scan.ts';
import { locate, partOf, WINDOW, type SimdMemory } from './memory.ts';
import { load, loadSum } from './vector.ts';

/** Index of the first NaN or ±Infinity in `x`, or −1. */
export function firstNonFinite(memory: SimdMemory, x: Float32Array): number {
  const vector = locate(memory, x);
  for (let start = 0; start < x.length; start += WINDOW) {
    const count = Math.min(WINDOW, x.length - start);
    if (memory.wasm.maxMagnitude(load(memory, vector, start, count), count) >= INFINITY_BITS)
      return start + search(partOf(x, start, count));
  }
  return -1;
}

/** Index of the first i where x[i] + y[i], rounded to float32, is not finite, or −1. */
export function firstNonFiniteSum(memory: SimdMemory, x: Float32Array, y: Float32Array): number {
  const vector = locate(memory, x);
  const other = locate(memory, y);
  for (let start = 0; start < x.length; start += WINDOW) {
    const count = Math.min(WINDOW, x.length - start);
    const sums = loadSum(memory, vector, other, start, count, memory.at.x);
    if (memory.wasm.maxMagnitude(sums, count) >= INFINITY_BITS)
      return start + searchSum(partOf(x, start, count), partOf(y, start, count));
  }
  return -1;
}
