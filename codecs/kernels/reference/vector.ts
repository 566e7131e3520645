/** Plain float32 vectors, and bodies of float32 words at any alignment, read through a window. */
import type { Kept } from '../kernels.ts';
import { firstNonFinite } from './scan.ts';

const WINDOW = 4096;
const window = new Float32Array(WINDOW);
const windowBytes = new Uint8Array(window.buffer);

/** Index of the first little-endian float32 of `body` that is NaN or ±Infinity, or −1. */
export function firstNonFiniteRaw(body: Uint8Array): number {
  const length = body.length >>> 2;
  for (let start = 0; start < length; start += WINDOW) {
    const count = Math.min(WINDOW, length - start);
    windowBytes.set(body.subarray(4 * start, 4 * (start + count)));
    const index = firstNonFinite(window.subarray(0, count));
    if (index >= 0) return start + index;
  }
  return -1;
}

/** sum[i] += weight · the i-th little-endian float32 of `body`. */
export function addRaw(body: Uint8Array, sum: Float32Array, weight: number): void {
  const w = Math.fround(weight);
  for (let start = 0; start < sum.length; start += WINDOW) {
    const count = Math.min(WINDOW, sum.length - start);
    windowBytes.set(body.subarray(4 * start, 4 * (start + count)));
    for (let i = 0; i < count; i++) sum[start + i] = sum[start + i]! + Math.fround(window[i]! * w);
  }
}

/** x[i] = 0 */
export function clear(x: Float32Array): void {
  x.fill(0);
}

/** x[i] /= divisor */
export function divide(x: Float32Array, divisor: number): void {
  const d = Math.fround(divisor);
  for (let i = 0; i < x.length; i++) x[i] = x[i]! / d;
}

/** sum[i] += x[i] */
export function addVector(x: Float32Array, sum: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + x[i]!;
}

/** sum[i] += x[i], but sum[kept.indices[j]] = kept.values[j] for each value. */
export function addVectorBut(x: Float32Array, sum: Float32Array, { indices, values }: Kept): void {
  addVector(x, sum);
  for (let j = 0; j < values.length; j++) sum[indices[j]!] = values[j]!;
}
