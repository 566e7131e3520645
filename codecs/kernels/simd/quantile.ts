/** Signs and two magnitudes by WebAssembly, a window at a time (reference/quantile.ts defines them). */
import type { Plane, QuantilePlan } from '../kernels.ts';
import { packPlane as packPlainly } from '../reference/planes.ts';
import {
  encodeQuantile as encodePlainly,
  fitQuantile as fitPlainly,
  patternNotBelow,
  RATIO_STEPS,
  sumHalves,
  twoMeans,
} from '../reference/quantile.ts';
import { partOf, SWEEP, WINDOW, type SimdMemory } from './memory.ts';

/** Calls `use(start, count)` with parts of a vector that hold whole blocks. */
function forEachBlocks(
  length: number,
  block: number,
  use: (start: number, count: number) => void,
): void {
  const step = Math.floor(WINDOW / block) * block;
  for (let start = 0; start < length; start += step) use(start, Math.min(step, length - start));
}

/** |x| / (mean |x| of its block), how many are not zero, and the smallest that is not. */
function relateToMeans(
  memory: SimdMemory,
  x: Float32Array,
  block: number,
  relative: Float32Array,
): { nonZero: number; least: number } {
  const { wasm, at, words, floats } = memory;
  const statistics = at.sums >>> 2;
  words.fill(0, statistics, statistics + 2);
  forEachBlocks(x.length, block, (start, count) => {
    memory.x.set(partOf(x, start, count));
    wasm.relateToMeans(at.x, count, block, at.y, at.sums);
    relative.set(partOf(memory.y, 0, count), start);
  });
  return { nonZero: words[statistics]!, least: floats[statistics + 1]! };
}

/**
 * Sum and number of the values from `split` on. Exact, if any order of adding them up is.
 */
function sumFrom(
  memory: SimdMemory,
  values: Float32Array,
  split: number,
): { sum: number; count: number } {
  const { wasm, at, words, sweepX } = memory;
  const result = at.sums >>> 2;
  const pattern = patternNotBelow(split);
  words.fill(0, result, result + 3);
  for (let start = 0; start < values.length; start += SWEEP) {
    const count = Math.min(SWEEP, values.length - start);
    sweepX.set(partOf(values, start, count));
    sweepX.fill(0, count, (count + 3) & -4);
    wasm.sumFrom(at.sweepX, (count + 3) & -4, pattern, at.sums);
  }
  return { sum: memory.doubles[at.sums >>> 3]!, count: words[result + 2]! };
}

/** `Kernels.fitQuantile` */
export function fitQuantile(
  memory: SimdMemory,
  x: Float32Array,
  block: number,
  relative: Float32Array,
): number {
  if (block > WINDOW) return fitPlainly(x, block, relative);
  const { nonZero, least } = relateToMeans(memory, x, block, relative);
  // Values are multiples of `least` · 2⁻²⁴ or more, and their sum is below 2 · length, for the mean of
  // each block is 1. Below 2⁵³ such multiples float64 adds without rounding.
  if (least * 2 ** 28 < x.length)
    return twoMeans(nonZero, (split, halves) => sumHalves(relative, split, halves));
  const total = sumFrom(memory, relative, 0).sum;
  return twoMeans(nonZero, (split, halves) => {
    const high = sumFrom(memory, relative, split);
    halves.highSum = high.sum;
    halves.highCount = high.count;
    halves.lowSum = total - high.sum;
  });
}

/** `Kernels.encodeQuantile` */
export function encodeQuantile(
  memory: SimdMemory,
  x: Float32Array,
  plan: QuantilePlan,
  scales: Uint8Array,
  codes: Uint8Array,
): void {
  const { bits, block, steps } = plan;
  if (block > WINDOW) {
    encodePlainly(x, plan, scales, codes);
    return;
  }
  const { wasm, at, bytes, doubles } = memory;
  doubles[at.sums >>> 3] = steps / RATIO_STEPS;
  doubles[(at.sums >>> 3) + 1] = 1;
  forEachBlocks(x.length, block, (start, count) => {
    memory.x.set(partOf(x, start, count));
    wasm.encodeQuantile(at.x, count, block, bits, at.sums, at.scales, at.codes);
    const scaleBytes = 2 * Math.ceil(count / block);
    scales.set(bytes.subarray(at.scales, at.scales + scaleBytes), (2 * start) / block);
    codes.set(bytes.subarray(at.codes, at.codes + count), start);
  });
}

/** Codes of a window of planes: whole groups of all widths. */
const CODES = WINDOW;

/** `Kernels.packPlane` */
export function packPlane(
  memory: SimdMemory,
  codes: Uint8Array,
  count: number,
  plane: Plane,
  out: Uint8Array,
  offset: number,
): void {
  const { bits, shift } = plane;
  if (bits === 8) {
    packPlainly(codes, count, plane, out, offset);
    return;
  }
  const { wasm, at, bytes } = memory;
  const group = 128 / bits;
  for (let start = 0; start < count; start += CODES) {
    const part = Math.ceil(Math.min(CODES, count - start) / group) * group;
    bytes.set(codes.subarray(start, start + part), at.codes);
    wasm.packPlane(at.codes, part, bits, shift, at.packed);
    const packed = bytes.subarray(at.packed, at.packed + (part * bits) / 8);
    out.set(packed, offset + (start * bits) / 8);
  }
}

/** `Kernels.unpackPlane` */
export function unpackPlane(
  memory: SimdMemory,
  packed: Uint8Array,
  offset: number,
  { bits, shift }: Plane,
  codes: Uint8Array,
  count: number,
): void {
  const { wasm, at, bytes } = memory;
  const group = 128 / bits;
  for (let start = 0; start < count; start += CODES) {
    const part = Math.ceil(Math.min(CODES, count - start) / group) * group;
    const from = offset + (start * bits) / 8;
    bytes.set(packed.subarray(from, from + (part * bits) / 8), at.packed);
    wasm.unpackPlane(at.packed, part, bits, shift, at.codes);
    codes.set(bytes.subarray(at.codes, at.codes + part), start);
  }
}
