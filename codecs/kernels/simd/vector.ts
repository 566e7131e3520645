/** Plain float32 vectors and bodies of float32 words, a window at a time. */
import { firstNonFinite, INFINITY_BITS } from '../reference/scan.ts';
import { inputAt, locate, partOf, WINDOW, type Located, type SimdMemory } from './memory.ts';

/** Kernels on sums work in whole groups of this many elements. */
const GROUP = 4;

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
 * Writes the sums of elements [start, start + count) of two vectors to `out`, and perhaps up to
 * three values behind them; returns `out`.
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
  memory.wasm.sumFloats(from, to, (count + GROUP - 1) & -GROUP, out);
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

/** Adds weight · `count` floats at `from(start, count)` to each window of `sum`. */
function addWindows(
  memory: SimdMemory,
  sum: Float32Array,
  weight: number,
  from: (start: number, count: number) => number,
): void {
  const { wasm, at, x } = memory;
  const own = memory.addressOf(sum);
  for (let start = 0; start < sum.length; start += WINDOW) {
    const count = Math.min(WINDOW, sum.length - start);
    const values = from(start, count);
    if (own >= 0 && count % GROUP === 0) {
      wasm.addFloats(values, count, own + 4 * start, weight);
      continue;
    }
    x.set(partOf(sum, start, count));
    wasm.addFloats(values, count, at.x, weight);
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
  const located = locate(memory, body);
  addWindows(memory, sum, weight, (start, count) => inputAt(memory, located, 4 * start, 4 * count));
}

/** sum[i] += x[i] */
export function addVector(memory: SimdMemory, x: Float32Array, sum: Float32Array): void {
  const vector = locate(memory, x);
  addWindows(memory, sum, 1, (start, count) => loadInto(vector, start, count, memory.y));
}
