/**
 * Signs and two magnitudes, the reference: codecs/quantile.ts says what for. All sums are in float64
 * and in index order.
 */
import type { QuantilePlan } from '../kernels.ts';
import { bitsOf } from './scan.ts';

/** Ratios are multiples of 1 / this. */
export const RATIO_STEPS = 64;
const FIT_ROUNDS = 6;
/** Largest 16-bit scale that is finite. */
export const LARGEST_SCALE = 0xfeff;
const FLOAT32_MAX = 3.4028234663852886e38;

const pattern = new Int32Array(1);
const patternFloat = new Float32Array(pattern.buffer);

/** Nearest 16-bit scale of a non-negative value, saturating. */
function toScale(value: number): number {
  patternFloat[0] = Math.min(value, FLOAT32_MAX);
  return Math.min(LARGEST_SCALE, (pattern[0]! + 0x3fff + ((pattern[0]! >>> 15) & 1)) >>> 15);
}

function meanMagnitude(x: Float32Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += Math.abs(x[i]!);
  return sum / Math.max(1, end - start);
}

/** Bit pattern of the smallest float32 that is not below `value` ≥ 0, up to Infinity. */
export function patternNotBelow(value: number): number {
  patternFloat[0] = value;
  return patternFloat[0] < value ? pattern[0]! + 1 : pattern[0]!;
}

/** Writes |v| / (mean |v| of its block) to relative[0..length); returns how many are not zero. */
function relateToMeans(x: Float32Array, block: number, relative: Float32Array): number {
  const { length } = x;
  let nonZero = 0;
  for (let start = 0; start < length; start += block) {
    const end = Math.min(length, start + block);
    const mean = meanMagnitude(x, start, end);
    for (let i = start; i < end; i++) {
      const value = mean === 0 ? 0 : Math.fround(Math.abs(x[i]!) / mean);
      relative[i] = value;
      if (value !== 0) nonZero++;
    }
  }
  return nonZero;
}

const PART = 512;
const lowPart = new Float32Array(PART);
const highPart = new Float32Array(PART);
const lowPatterns = new Int32Array(lowPart.buffer);
const highPatterns = new Int32Array(highPart.buffer);

/** Sums of the values below `split` and of the others, each in index order, and their numbers. */
export interface Halves {
  lowSum: number;
  highSum: number;
  highCount: number;
}

/**
 * Either half is added up with zeros in place of the other: which half a value belongs to is as good
 * as random, so branches would be mispredicted and cost more than the additions.
 */
export function sumHalves(values: Float32Array, split: number, halves: Halves): void {
  const patterns = bitsOf(values);
  const splitPattern = patternNotBelow(split);
  let lowSum = 0;
  let highSum = 0;
  let highCount = 0;
  for (let start = 0; start < patterns.length; start += PART) {
    const count = Math.min(PART, patterns.length - start);
    for (let i = 0; i < count; i++) {
      const bits = patterns[start + i]!;
      const isLow = (bits - splitPattern) >> 31;
      lowPatterns[i] = bits & isLow;
      highPatterns[i] = bits & ~isLow;
      highCount += 1 + isLow;
    }
    for (let i = 0; i < count; i++) {
      lowSum += lowPart[i]!;
      highSum += highPart[i]!;
    }
  }
  halves.lowSum = lowSum;
  halves.highSum = highSum;
  halves.highCount = highCount;
}

/**
 * Two-means, from 0.5 and 1.5; returns 64 · low / high, at least 1.
 * @param nonZero how many values are not zero
 * @param sum splits the values and adds up the halves
 */
export function twoMeans(nonZero: number, sum: (split: number, halves: Halves) => void): number {
  const halves: Halves = { lowSum: 0, highSum: 0, highCount: 0 };
  let low = 0.5;
  let high = 1.5;
  for (let round = 0; round < FIT_ROUNDS; round++) {
    sum((low + high) / 2, halves);
    const lowCount = nonZero - halves.highCount;
    if (lowCount === 0 || halves.highCount === 0) return RATIO_STEPS;
    low = halves.lowSum / lowCount;
    high = halves.highSum / halves.highCount;
  }
  return Math.max(1, Math.min(RATIO_STEPS, Math.round((RATIO_STEPS * low) / high)));
}

/** `Kernels.fitQuantile` */
export function fitQuantile(x: Float32Array, block: number, relative: Float32Array): number {
  const nonZero = relateToMeans(x, block, relative);
  return twoMeans(nonZero, (split, halves) => sumHalves(relative, split, halves));
}

/** The two magnitudes in units of the scale, and their squares. */
const magnitudes = Float64Array.of(0, 1);
const squares = Float64Array.of(0, 1);

/**
 * Splits and scales one block; writes codes[at..) and returns the least-squares scale. The split
 * starts from the scale that the mean suggests and is repeated once with the fitted one. No branch
 * depends on a value: it would be mispredicted half the time.
 * @param patterns bit patterns of `x`
 */
function encodeBlock(
  x: Float32Array,
  patterns: Int32Array,
  start: number,
  end: number,
  ratio: number,
  bits: number,
  codes: Uint8Array,
): number {
  magnitudes[0] = ratio;
  squares[0] = ratio * ratio;
  let scale = meanMagnitude(x, start, end) / (bits === 1 ? 1 : (1 + ratio) / 2);
  for (let round = 0; round < 2; round++) {
    const split = bits === 1 ? 0 : patternNotBelow((scale * (1 + ratio)) / 2);
    let dot = 0;
    let energy = 0;
    for (let i = start; i < end; i++) {
      const magnitude = patterns[i]! & 0x7fffffff;
      const isHigh = 1 + ((magnitude - split) >> 31);
      dot += Math.abs(x[i]!) * magnitudes[isHigh]!;
      energy += squares[isHigh]!;
      // −0 is not negative.
      const isNegative = (patterns[i]! >>> 31) & (-magnitude >>> 31);
      codes[i] = isNegative | ((isHigh << 1) & bits);
    }
    scale = dot / energy;
  }
  if (scale <= FLOAT32_MAX) return scale;
  // Most values are at the smaller magnitude and near the range's end: the larger one, which the
  // scale stands for, would overflow. One magnitude will do.
  for (let i = start; i < end; i++) codes[i] = codes[i]! | 2;
  return meanMagnitude(x, start, end);
}

/** `Kernels.encodeQuantile` */
export function encodeQuantile(
  x: Float32Array,
  { bits, block, steps }: QuantilePlan,
  scales: Uint8Array,
  codes: Uint8Array,
): void {
  const patterns = bitsOf(x);
  const { length } = x;
  for (let start = 0, b = 0; start < length; start += block, b++) {
    const end = Math.min(length, start + block);
    const scale = toScale(encodeBlock(x, patterns, start, end, steps / RATIO_STEPS, bits, codes));
    scales[2 * b] = scale;
    scales[2 * b + 1] = scale >>> 8;
  }
}
