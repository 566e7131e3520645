/** Plain float32 vectors and bodies of float32 words, a window at a time. */
import type { Kept } from '../kernels.ts';
import { firstNonFinite, INFINITY_BITS } from '../reference/scan.ts';
import { inputAt, locate, partOf, SWEEP, WINDOW, type Located, type SimdMemory } from './memory.ts';

/** Kernels on sums work in whole groups of this many elements. */
const GROUP = 8;

/** Address of elements [start, start + count) for reading: in place, or in the window `window`. */
function loadInto(
  { array, own }: Located<Float32Array>,
  start: number,
  count: number,
  window: Float32Array,
): number {
  if (own >= 0) return own + 4 * start;
  window.set(partOf(array, start, count));
  return window.byteOffset;
}

/** Address of elements [start, start + count) for reading: in place, or in the first window. */
export function load(
  memory: SimdMemory,
  vector: Located<Float32Array>,
  start: number,
  count: number,
): number {
  return loadInto(vector, start, count, memory.x);
}

/**
 * Writes the sums of elements [start, start + count) of two vectors to `out`, and more values to the
 * end of a whole group; returns `out`.
 */
export function loadSum(
  memory: SimdMemory,
  vector: Located<Float32Array>,
  other: Located<Float32Array>,
  start: number,
  count: number,
  out: number,
): number {
  const from = loadInto(vector, start, count, memory.y);
  const to = loadInto(other, start, count, memory.x);
  memory.wasm.addVectors(from, to, count, out);
  return out;
}

/** Index of the first little-endian float32 of `body` that is NaN or ±Infinity, or −1. */
export function firstNonFiniteRaw(memory: SimdMemory, body: Uint8Array): number {
  const length = body.length >>> 2;
  const located = locate(memory, body);
  for (let start = 0; start < length; start += WINDOW) {
    const count = Math.min(WINDOW, length - start);
    const words = inputAt(memory, located, 4 * start, 4 * count);
    if (memory.wasm.maxMagnitude(words, count) >= INFINITY_BITS) {
      memory.bytes.set(body.subarray(4 * start, 4 * (start + count)), memory.at.y);
      return start + firstNonFinite(partOf(memory.y, 0, count));
    }
  }
  return -1;
}

/** Calls `change` with the address of each window of `x`, in place or in a copy that is written back. */
function changeWindows(
  memory: SimdMemory,
  x: Float32Array,
  change: (address: number, start: number, count: number) => void,
): void {
  const own = memory.addressOf(x);
  for (let start = 0; start < x.length; start += WINDOW) {
    const count = Math.min(WINDOW, x.length - start);
    if (own >= 0 && count % GROUP === 0) {
      change(own + 4 * start, start, count);
      continue;
    }
    memory.x.set(partOf(x, start, count));
    change(memory.at.x, start, count);
    x.set(partOf(memory.x, 0, count), start);
  }
}

/** x[i] /= divisor */
export function divide(memory: SimdMemory, x: Float32Array, divisor: number): void {
  changeWindows(memory, x, (address, _start, count) => memory.wasm.divide(address, count, divisor));
}

/** Adds weight · `count` floats at `from(start, count)` to each window of `sum`. */
function addWindows(
  memory: SimdMemory,
  sum: Float32Array,
  weight: number,
  from: (start: number, count: number) => number,
): void {
  changeWindows(memory, sum, (address, start, count) =>
    memory.wasm.addFloats(from(start, count), count, address, weight),
  );
}

/** sum[i] += weight · the i-th float32 of `body`. */
export function addRaw(
  memory: SimdMemory,
  body: Uint8Array,
  sum: Float32Array,
  weight: number,
): void {
  const located = locate(memory, body);
  addWindows(memory, sum, weight, (start, count) => inputAt(memory, located, 4 * start, 4 * count));
}

/**
 * sum[i] += x[i], in place or a window at a time; `patch(sums, from, start, end)` changes sums
 * [start, end), of which the first is sums[from].
 */
function addWindowed(
  memory: SimdMemory,
  x: Float32Array,
  sum: Float32Array,
  patch?: (sums: Float32Array, from: number, start: number, end: number) => void,
): void {
  const { wasm, at, sweepX, sweepY } = memory;
  const summand = locate(memory, x);
  const own = memory.addressOf(sum);
  for (let start = 0; start < sum.length; start += SWEEP) {
    const count = Math.min(SWEEP, sum.length - start);
    const from = loadInto(summand, start, count, sweepX);
    if (own >= 0 && count % GROUP === 0) {
      wasm.addVectors(from, own + 4 * start, count, own + 4 * start);
      patch?.(sum, start, start, start + count);
      continue;
    }
    sweepY.set(partOf(sum, start, count));
    wasm.addVectors(from, at.sweepY, count, at.sweepY);
    patch?.(sweepY, 0, start, start + count);
    sum.set(sweepY.subarray(0, count), start);
  }
}

/** x[i] = 0; on shared memory `fill` goes word by word, which takes twice as long. */
export function clear(memory: SimdMemory, x: Float32Array): void {
  const own = memory.addressOf(x);
  if (own >= 0) memory.wasm.clear(own, x.byteLength);
  else x.fill(0);
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
  let j = 0;
  addWindowed(memory, x, sum, (sums, from, start, end) => {
    for (; j < values.length && indices[j]! < end; j++)
      sums[from + indices[j]! - start] = values[j]!;
  });
}
