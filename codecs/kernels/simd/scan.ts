/** Search for non-finite values, a window at a time. */
import {
  firstNonFinite as search,
  firstNonFiniteSum as searchSum,
  INFINITY_BITS,
} from '../reference/scan.ts';
import type { Summands } from '../kernels.ts';
import { locate, partOf, WINDOW, type SimdMemory } from './memory.ts';
import { forEachWindow } from './sweep.ts';
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

/** `Kernels.gather`: elements are read while their window is near. */
export function gather(
  memory: SimdMemory,
  source: Summands,
  indices: Uint32Array,
  values: Float32Array,
): boolean {
  const range = { source, start: 0, end: source.x.length };
  let gathered = 0;
  let max = 0;
  forEachWindow(memory, range, (address, from, count) => {
    max = Math.max(max, memory.wasm.maxMagnitude(address, count));
    gathered = gatherUpTo(from + count, source, indices, values, gathered);
  });
  return max < INFINITY_BITS;
}

/** Gathers from the j-th index on those below `end`; returns how many are gathered then. */
function gatherUpTo(
  end: number,
  { x, y }: Summands,
  indices: Uint32Array,
  values: Float32Array,
  j: number,
): number {
  const count = values.length;
  if (y) for (; j < count && indices[j]! < end; j++) values[j] = x[indices[j]!]! + y[indices[j]!]!;
  else for (; j < count && indices[j]! < end; j++) values[j] = x[indices[j]!]!;
  return j;
}
