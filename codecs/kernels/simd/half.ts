/** 16-bit floats by SIMD, a window at a time (reference/half.ts is the definition). */
import type { HalfFormat } from '../kernels.ts';
import { firstNonFiniteHalf as search } from '../reference/half.ts';
import { partOf, WINDOW, type SimdMemory } from './memory.ts';

const GROUP = 8;

function formatNumber(format: HalfFormat): number {
  return format === 'bf16' ? 0 : 1;
}

function padded(count: number): number {
  return (count + GROUP - 1) & -GROUP;
}

/** Brings words [start, start + count) of the body into the second window. */
function loadWords(memory: SimdMemory, body: Uint8Array, start: number, count: number): void {
  const { bytes, at } = memory;
  bytes.set(body.subarray(2 * start, 2 * (start + count)), at.y);
  bytes.fill(0, at.y + 2 * count, at.y + 2 * padded(count));
}

/** Rounds `x` into `body`; returns how many finite values lay beyond the format's range. */
export function encodeHalf(
  memory: SimdMemory,
  x: Float32Array,
  format: HalfFormat,
  body: Uint8Array,
): number {
  const { wasm, at, bytes } = memory;
  let saturated = 0;
  for (let start = 0; start < x.length; start += WINDOW) {
    const count = Math.min(WINDOW, x.length - start);
    memory.x.set(partOf(x, start, count));
    memory.x.fill(0, count, padded(count));
    saturated += wasm.encodeHalf(formatNumber(format), at.x, padded(count), at.y);
    body.set(bytes.subarray(at.y, at.y + 2 * count), 2 * start);
  }
  return saturated;
}

/** out[i] = the value of the i-th word. */
export function decodeHalf(
  memory: SimdMemory,
  body: Uint8Array,
  format: HalfFormat,
  out: Float32Array,
): void {
  const { wasm, at } = memory;
  for (let start = 0; start < out.length; start += WINDOW) {
    const count = Math.min(WINDOW, out.length - start);
    loadWords(memory, body, start, count);
    wasm.decodeHalf(formatNumber(format), at.y, padded(count), at.x);
    out.set(partOf(memory.x, 0, count), start);
  }
}

/** sum[i] += weight · the value of the i-th word. */
export function addHalf(
  memory: SimdMemory,
  body: Uint8Array,
  format: HalfFormat,
  sum: Float32Array,
  weight: number,
): void {
  const { wasm, at } = memory;
  for (let start = 0; start < sum.length; start += WINDOW) {
    const count = Math.min(WINDOW, sum.length - start);
    loadWords(memory, body, start, count);
    memory.x.set(partOf(sum, start, count));
    wasm.addHalf(formatNumber(format), at.y, padded(count), at.x, weight);
    sum.set(partOf(memory.x, 0, count), start);
  }
}

/** Index of the first word that is NaN or ±Infinity, or −1. */
export function firstNonFiniteHalf(
  memory: SimdMemory,
  body: Uint8Array,
  format: HalfFormat,
): number {
  const { wasm, at } = memory;
  const length = body.length >>> 1;
  for (let start = 0; start < length; start += WINDOW) {
    const count = Math.min(WINDOW, length - start);
    loadWords(memory, body, start, count);
    if (wasm.hasNonFiniteHalf(formatNumber(format), at.y, padded(count)))
      return start + search(body.subarray(2 * start, 2 * (start + count)), format);
  }
  return -1;
}
