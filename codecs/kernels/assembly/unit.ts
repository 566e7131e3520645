/**
 * Statistics of a block and the unit that follows from them (reference/unit.ts), and the segment
 * records that quantising works from.
 *
 * Statistics record, 40 bytes: u32 largest magnitude, u32 smallest magnitude (bit patterns), f64
 * sums of squares over index modulo 4.
 * Segment record, 16 bytes: f32 factor (2¹⁵ / unit), u32 threshold (magnitudes up to it count as
 * zero), u32 flags, f32 scale sent for decoding.
 */
import { maxLane, minLane } from "./lanes";

const FLOAT32_MAX: f64 = 3.4028234663852886e38;
const SMALLEST_NORMAL: u32 = 0x00800000;
const INFINITY_BITS: u32 = 0x7f800000;
const COARSE_MASK: u32 = 0xfff;
const TINY_UNIT: f64 = 7.888609052210118e-31; // 2^-100
const TINY_SCALE: f64 = 79228162514264337593543950336.0; // 2^96

/** Segment flag: some products would be denormal: mask what leads to them. */
export const MASK: u32 = 1;
/** Segment flag: multiply by 2^96 before quantising. */
export const LIFT: u32 = 2;
/** Segment flag: values may exceed the last level: clamp them. */
export const CLAMP: u32 = 4;

const NORM_L2: u32 = 1;
const COARSE: u32 = 2;
const SQUARES: u32 = 4;

/** Empty statistics. */
export function resetStatistics(record: usize): void {
  store<u32>(record, 0);
  store<u32>(record, 0x7fffffff, 4);
  for (let i: usize = 8; i < 40; i += 8) store<f64>(record + i, 0);
}

/**
 * Adds `count` floats to a statistics record. Their first index in the block is a multiple of 4, so
 * `count` is one too but for the block's last part.
 */
export function addStatistics(record: usize, x: usize, count: u32, mode: u32): void {
  if (mode & (NORM_L2 | SQUARES)) addAll(record, x, count);
  else addRange(record, x, count);
}

function addRange(record: usize, x: usize, count: u32): void {
  const sign = i32x4.splat(0x7fffffff);
  let most = i32x4.splat(0);
  let most2 = most;
  let least = sign;
  let least2 = sign;
  const end = x + ((count as usize) << 2);
  for (; x + 64 <= end; x += 64) {
    const a = v128.and(v128.load(x), sign);
    const b = v128.and(v128.load(x, 16), sign);
    const c = v128.and(v128.load(x, 32), sign);
    const d = v128.and(v128.load(x, 48), sign);
    most = i32x4.max_s(most, i32x4.max_s(a, b));
    most2 = i32x4.max_s(most2, i32x4.max_s(c, d));
    least = i32x4.min_s(least, i32x4.min_s(a, b));
    least2 = i32x4.min_s(least2, i32x4.min_s(c, d));
  }
  for (; x + 16 <= end; x += 16) {
    const a = v128.and(v128.load(x), sign);
    most = i32x4.max_s(most, a);
    least = i32x4.min_s(least, a);
  }
  storeRange(record, i32x4.max_s(most, most2), i32x4.min_s(least, least2));
  for (; x < end; x += 4) addOne(record, x);
}

/** Range and squares; the four sums are the ones that reference/scan.ts keeps. */
function addAll(record: usize, x: usize, count: u32): void {
  const sign = i32x4.splat(0x7fffffff);
  let most = i32x4.splat(0);
  let least = sign;
  let low = v128.load(record, 8);
  let high = v128.load(record, 24);
  const end = x + ((count as usize) << 2);
  for (; x + 16 <= end; x += 16) {
    const v = v128.load(x);
    const magnitude = v128.and(v, sign);
    most = i32x4.max_s(most, magnitude);
    least = i32x4.min_s(least, magnitude);
    const a = f64x2.promote_low_f32x4(v);
    const b = f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  v128.store(record, low, 8);
  v128.store(record, high, 24);
  storeRange(record, most, least);
  for (let sum = record + 8; x < end; x += 4, sum += 8) {
    addOne(record, x);
    const value = load<f32>(x) as f64;
    store<f64>(sum, load<f64>(sum) + value * value);
  }
}

function storeRange(record: usize, most: v128, least: v128): void {
  store<u32>(record, max(load<u32>(record), maxLane(most)));
  store<u32>(record, min(load<u32>(record, 4), minLane(least)), 4);
}

function addOne(record: usize, x: usize): void {
  const magnitude = load<u32>(x) & 0x7fffffff;
  store<u32>(record, max(load<u32>(record), magnitude));
  store<u32>(record, min(load<u32>(record, 4), magnitude), 4);
}

/** Smallest float32 not below `value`, at most the largest finite one; as bits. */
function roundUpBits(value: f64): u32 {
  const float = min(value, FLOAT32_MAX) as f32;
  const bits = reinterpret<u32>(float);
  return (float as f64) < value && (float as f64) < FLOAT32_MAX ? bits + 1 : bits;
}

function roundUp(value: f64): f64 {
  return reinterpret<f32>(roundUpBits(value)) as f64;
}

/** Rounded up to 12 significant bits, denormals kept, down at the top of the range. */
function roundUpCoarse(value: f64): f64 {
  const bits = roundUpBits(value);
  if (bits < SMALLEST_NORMAL) return reinterpret<f32>(bits) as f64;
  const up = (bits + COARSE_MASK) & ~COARSE_MASK;
  return reinterpret<f32>(up < INFINITY_BITS ? up : bits & ~COARSE_MASK) as f64;
}

function normOf(record: usize, count: u32, mode: u32, clip: f64): f64 {
  const squares =
    load<f64>(record, 8) + load<f64>(record, 16) + (load<f64>(record, 24) + load<f64>(record, 32));
  if (mode & NORM_L2) return Math.sqrt(squares);
  const largest = load<f32>(record) as f64;
  if (!(mode & SQUARES)) return largest;
  return min(largest, clip * Math.sqrt(squares / (count as f64)));
}

/**
 * Writes the segment record of a block of `count` elements with these statistics.
 * @param mode bit 0: L2 norm; bit 1: coarse scales; bit 2: clip
 */
export function computeUnit(
  statistics: usize,
  segment: usize,
  count: u32,
  levels: f64,
  mode: u32,
  clip: f64,
  divisor: f64,
): void {
  writeUnit(statistics, segment, count, levels, largestUnit(levels), mode, clip, divisor);
}

/** Units are capped so that `levels` of them stay finite. */
function largestUnit(levels: f64): f64 {
  const cap = ((FLOAT32_MAX / levels) as f32) as f64;
  return cap * levels > FLOAT32_MAX ? cap * (1.0 - 1.1920928955078125e-7) : cap;
}

function writeUnit(
  statistics: usize,
  segment: usize,
  count: u32,
  levels: f64,
  largest: f64,
  mode: u32,
  clip: f64,
  divisor: f64,
): void {
  const step = normOf(statistics, count, mode, clip) / levels;
  const exact = divisor == 1.0 && mode & COARSE ? roundUpCoarse(step) : roundUp(step);
  const unit = min(exact, largest);
  const decode = divisor == 1.0 ? unit : roundUpCoarse(unit / divisor);
  store<f32>(segment, decode as f32, 12);
  writeFactor(segment, unit, load<u32>(statistics, 4), unit < step || (mode & SQUARES) != 0);
}

function writeFactor(segment: usize, unit: f64, smallest: u32, exceeds: bool): void {
  const tiny = unit < TINY_UNIT;
  const lifted = tiny ? (((unit * TINY_SCALE) as f32) as f64) : unit;
  const factor = unit == 0 ? <f32>0 : ((32768.0 / lifted) as f32);
  // Products below the normal range count as zero; computing them would be slow.
  let threshold: u32 = SMALLEST_NORMAL - 1;
  if (factor < 1) threshold = max(threshold, reinterpret<u32>(<f32>1.1754943508222875e-38 / factor));
  store<f32>(segment, factor);
  store<u32>(segment, threshold, 4);
  const lift = tiny && unit != 0;
  const mask = tiny || smallest <= threshold;
  store<u32>(segment, (mask ? MASK : 0) | (lift ? LIFT : 0) | (exceeds ? CLAMP : 0), 8);
}

/**
 * Segment records of `blocks` consecutive blocks of `block` elements each (for one shorter block,
 * its length); their scales also go to `scales`.
 * @returns the largest magnitude of all, as a bit pattern
 */
export function computeUnits(
  x: usize,
  blocks: u32,
  block: u32,
  statistics: usize,
  segment: usize,
  scales: usize,
  levels: f64,
  mode: u32,
  clip: f64,
  divisor: f64,
): u32 {
  const largest = largestUnit(levels);
  let most: u32 = 0;
  for (let b: u32 = 0; b < blocks; b++) {
    resetStatistics(statistics);
    addStatistics(statistics, x, block, mode);
    most = max(most, load<u32>(statistics));
    writeUnit(statistics, segment, block, levels, largest, mode, clip, divisor);
    store<f32>(scales, load<f32>(segment, 12));
    x += (block as usize) << 2;
    segment += 16;
    scales += 4;
  }
  return most;
}
