/** Windows over what a selection reads: a vector, or the sums of two. */
import type { Summands } from '../kernels.ts';
import { partOf, SWEEP, type SimdMemory } from './memory.ts';

/** Elements that a window is padded with zeros to a multiple of. */
const GROUP = 64;

/** `count` rounded up to whole groups. */
export function padded(count: number): number {
  return (count + GROUP - 1) & -GROUP;
}

/** Elements [start, end) of a vector or of a sum. */
export interface Range {
  readonly source: Summands;
  readonly start: number;
  readonly end: number;
}

/**
 * Address of elements [start, start + count) of a vector, at most `SWEEP`, followed by zeros up to whole
 * groups: in place where that is so, else in a window. What is there must not be changed.
 * @param window where to copy them
 */
function loadVector(
  memory: SimdMemory,
  window: Float32Array,
  vector: Float32Array,
  start: number,
  count: number,
): number {
  const own = memory.addressOf(vector);
  if (own >= 0 && count === padded(count)) return own + 4 * start;
  window.set(partOf(vector, start, count));
  window.fill(0, count, padded(count));
  return window.byteOffset;
}

/** `loadVector` of x, or of the sums where there is a y, which are left in y where that is asked for. */
export function load(
  memory: SimdMemory,
  { x, y, accumulate = false }: Summands,
  start: number,
  count: number,
): number {
  const { wasm, at, sweepX, sweepY } = memory;
  const first = loadVector(memory, sweepX, x, start, count);
  if (!y) return first;
  const second = loadVector(memory, sweepY, y, start, count);
  const isInPlace = accumulate && second !== at.sweepY;
  const sums = isInPlace ? second : at.sweepX;
  wasm.addVectors(first, second, padded(count), sums);
  if (accumulate && !isInPlace) y.set(partOf(sweepX, 0, count), start);
  return sums;
}

/** Calls `use(address, from, count)` with each window of the range, until it returns false. */
export function forEachWindow(
  memory: SimdMemory,
  { source, start, end }: Range,
  use: (address: number, from: number, count: number) => boolean | void,
): void {
  for (let from = start; from < end; from += SWEEP) {
    const count = Math.min(SWEEP, end - from);
    if (use(load(memory, source, from, count), from, count) === false) return;
  }
}
