/** Plain float32 vectors and bodies of float32 words, a window at a time. */
import type { Kept } from '../kernels.ts';
import { firstNonFinite, INFINITY_BITS } from '../reference/scan.ts';
import { partOf, SWEEP, WINDOW, type SimdMemory } from './memory.ts';

/** Brings words [start, start + count) of a body of any alignment into the second window. */
function loadBody(memory: SimdMemory, body: Uint8Array, start: number, count: number): void {
  memory.bytes.set(body.subarray(4 * start, 4 * (start + count)), memory.at.y);
}

/** Index of the first little-endian float32 of `body` that is NaN or ±Infinity, or −1. */
export function firstNonFiniteRaw(memory: SimdMemory, body: Uint8Array): number {
  const length = body.length >>> 2;
  for (let start = 0; start < length; start += WINDOW) {
    const count = Math.min(WINDOW, length - start);
    loadBody(memory, body, start, count);
    if (memory.wasm.maxMagnitude(memory.at.y, count) >= INFINITY_BITS)
      return start + firstNonFinite(partOf(memory.y, 0, count));
  }
  return -1;
}

/** Adds weight · the window loaded by `load` to each window of `sum`. */
function addWindows(
  { wasm, at, x, y }: SimdMemory,
  sum: Float32Array,
  weight: number,
  load: (start: number, count: number) => void,
): void {
  for (let start = 0; start < sum.length; start += WINDOW) {
    const count = Math.min(WINDOW, sum.length - start);
    load(start, count);
    y.fill(0, count, (count + 3) & ~3);
    x.set(partOf(sum, start, count));
    wasm.addFloats(at.y, count, at.x, weight);
    sum.set(partOf(x, 0, count), start);
  }
}

/** sum[i] += weight · the i-th float32 of `body`. */
export function addRaw(
  memory: SimdMemory,
  body: Uint8Array,
  sum: Float32Array,
  weight: number,
): void {
  addWindows(memory, sum, weight, (start, count) => loadBody(memory, body, start, count));
}

/** sum[i] += x[i], a window at a time; `patch(start, end)` changes a window of sums. */
function addWindowed(
  { wasm, at, sweepX, sweepY }: SimdMemory,
  x: Float32Array,
  sum: Float32Array,
  patch?: (start: number, end: number) => void,
): void {
  for (let start = 0; start < sum.length; start += SWEEP) {
    const count = Math.min(SWEEP, sum.length - start);
    sweepX.set(partOf(x, start, count));
    sweepY.set(partOf(sum, start, count));
    wasm.addVectors(at.sweepX, at.sweepY, count, at.sweepY);
    patch?.(start, start + count);
    sum.set(sweepY.subarray(0, count), start);
  }
}

/** sum[i] += x[i] */
export function addVector(memory: SimdMemory, x: Float32Array, sum: Float32Array): void {
  addWindowed(memory, x, sum);
}

/** sum[i] += x[i], but sum[kept.indices[j]] = kept.values[j] for each value. */
export function addVectorBut(
  memory: SimdMemory,
  x: Float32Array,
  sum: Float32Array,
  { indices, values }: Kept,
): void {
  const { sweepY } = memory;
  let j = 0;
  addWindowed(memory, x, sum, (start, end) => {
    for (; j < values.length && indices[j]! < end; j++) sweepY[indices[j]! - start] = values[j]!;
  });
}
