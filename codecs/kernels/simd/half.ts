/** 16-bit floats by SIMD, a window at a time (reference/half.ts is the definition). */
import type { HalfFormat } from '../kernels.ts';
import { firstNonFiniteHalf as search } from '../reference/half.ts';
import {
  flush,
  inputAt,
  locate,
  outputAt,
  partOf,
  WINDOW,
  type Located,
  type SimdMemory,
} from './memory.ts';
import { load } from './vector.ts';

const GROUP = 8;

function formatNumber(format: HalfFormat): number {
  return format === 'bf16' ? 0 : 1;
}

function padded(count: number): number {
  return (count + GROUP - 1) & -GROUP;
}

/**
 * Address of words [start, start + count) of the body, zeros behind them: in place where they are
 * whole groups, else in a window.
 */
function wordsAt(
  memory: SimdMemory,
  body: Located<Uint8Array>,
  start: number,
  count: number,
): number {
  const words = inputAt(memory, body, 2 * start, 2 * count);
  if (count === padded(count)) return words;
  const { bytes, at } = memory;
  bytes.set(body.array.subarray(2 * start, 2 * (start + count)), at.packed);
  bytes.fill(0, at.packed + 2 * count, at.packed + 2 * padded(count));
  return at.packed;
}

/** Rounds `x` into `body`; returns how many finite values lay beyond the format's range. */
export function encodeHalf(
  memory: SimdMemory,
  x: Float32Array,
  format: HalfFormat,
  body: Uint8Array,
): number {
  const { wasm, at, bytes } = memory;
  const located = locate(memory, body);
  const vector = locate(memory, x);
  let saturated = 0;
  for (let start = 0; start < x.length; start += WINDOW) {
    const count = Math.min(WINDOW, x.length - start);
    if (count === padded(count)) {
      const out = outputAt(memory, located, 2 * start);
      saturated += wasm.encodeHalf(
        formatNumber(format),
        load(memory, vector, start, count),
        count,
        out,
      );
      flush(memory, located, 2 * start, 2 * count);
      continue;
    }
    memory.x.set(partOf(x, start, count));
    memory.x.fill(0, count, padded(count));
    saturated += wasm.encodeHalf(formatNumber(format), at.x, padded(count), at.packed);
    body.set(bytes.subarray(at.packed, at.packed + 2 * count), 2 * start);
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
  const own = memory.addressOf(out);
  const located = locate(memory, body);
  for (let start = 0; start < out.length; start += WINDOW) {
    const count = Math.min(WINDOW, out.length - start);
    const words = wordsAt(memory, located, start, count);
    if (own >= 0 && count === padded(count)) {
      wasm.decodeHalf(formatNumber(format), words, count, own + 4 * start);
      continue;
    }
    wasm.decodeHalf(formatNumber(format), words, padded(count), at.x);
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
  const own = memory.addressOf(sum);
  const located = locate(memory, body);
  for (let start = 0; start < sum.length; start += WINDOW) {
    const count = Math.min(WINDOW, sum.length - start);
    const words = wordsAt(memory, located, start, count);
    if (own >= 0 && count === padded(count)) {
      wasm.addHalf(formatNumber(format), words, count, own + 4 * start, weight);
      continue;
    }
    memory.x.set(partOf(sum, start, count));
    wasm.addHalf(formatNumber(format), words, padded(count), at.x, weight);
    sum.set(partOf(memory.x, 0, count), start);
  }
}

/** Index of the first word that is NaN or ±Infinity, or −1. */
export function firstNonFiniteHalf(
  memory: SimdMemory,
  body: Uint8Array,
  format: HalfFormat,
): number {
  const length = body.length >>> 1;
  const located = locate(memory, body);
  for (let start = 0; start < length; start += WINDOW) {
    const count = Math.min(WINDOW, length - start);
    const words = wordsAt(memory, located, start, count);
    if (memory.wasm.hasNonFiniteHalf(formatNumber(format), words, padded(count)))
      return start + search(body.subarray(2 * start, 2 * (start + count)), format);
  }
  return -1;
}
