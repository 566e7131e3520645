/**
 * Signs and two magnitudes (codecs/quantile.ts). Sums are in float64 and in index order, as in the
 * reference, but those of `sumFrom`, which its caller knows to be exact in any order.
 */

const SIGN: u32 = 0x7fffffff;
const FLOAT32_MAX: f64 = 3.4028234663852886e38;
const LARGEST_SCALE: u32 = 0xfeff;

/** Σ |x|, in index order. */
function magnitudeSum(x: usize, count: u32): f64 {
  let sum: f64 = 0;
  const end = x + ((count as usize) << 2);
  for (; x < end; x += 4) sum += abs(load<f32>(x) as f64);
  return sum;
}

/**
 * Writes |x| / (mean |x| of its block) to `relative`, zeros for a block of zeros.
 * @param count whole blocks, or a single shorter one
 * @param statistics u32 number of results that are not zero, raised by these; u32 pattern of the
 *   smallest of them, lowered
 * @param relative room for two more than there are, like `x`
 */
export function relateToMeans(
  x: usize,
  count: u32,
  block: u32,
  relative: usize,
  statistics: usize,
): void {
  let nonZero = load<u32>(statistics);
  // A zero less one is the largest pattern of all.
  let least = load<u32>(statistics, 4) - 1;
  const end = x + ((count as usize) << 2);
  while (x < end) {
    const stop = min(end, x + ((block as usize) << 2));
    const blockStart = relative;
    const length = ((stop - x) >> 2) as u32;
    const mean = magnitudeSum(x, length) / (length as f64);
    const divisor = f64x2.splat(mean == 0 ? Infinity : mean);
    for (; x < stop; x += 8, relative += 8) {
      const pair = f64x2.promote_low_f32x4(f32x4.abs(v128.load64_zero(x)));
      const quotients = f32x4.demote_f64x2_zero(f64x2.div(pair, divisor));
      store<u64>(relative, i64x2.extract_lane(quotients, 0));
    }
    x = stop;
    relative = blockStart + ((length as usize) << 2);
    for (let at = blockStart; at < relative; at += 4) {
      const pattern = load<u32>(at);
      nonZero += u32(pattern != 0);
      least = min(least, pattern - 1);
    }
  }
  store<u32>(statistics, nonZero);
  store<u32>(statistics, least + 1, 4);
}

/**
 * Adds the non-negative floats whose pattern is at least `from` to a sum, and their number.
 * @param count a multiple of 4
 * @param result f64 sum, then u32 number
 */
export function sumFrom(x: usize, count: u32, from: u32, result: usize): void {
  const below = i32x4.splat(from - 1);
  let a = f64x2.splat(0);
  let b = a;
  let number = i32x4.splat(0);
  const end = x + ((count as usize) << 2);
  for (; x < end; x += 16) {
    const four = v128.load(x);
    const reached = i32x4.gt_s(four, below);
    const chosen = v128.and(four, reached);
    number = i32x4.sub(number, reached);
    a = f64x2.add(a, f64x2.promote_low_f32x4(chosen));
    b = f64x2.add(b, f64x2.promote_low_f32x4(i32x4.shuffle(chosen, chosen, 2, 3, 0, 1)));
  }
  a = f64x2.add(a, b);
  const sum = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
  number = i32x4.add(number, i32x4.shuffle(number, number, 2, 3, 0, 1));
  store<f64>(result, load<f64>(result) + sum);
  const found = i32x4.extract_lane(number, 0) + i32x4.extract_lane(number, 1);
  store<u32>(result, load<u32>(result, 8) + found, 8);
}

/** Pattern of the smallest float that is not below `value` ≥ 0, up to Infinity. */
// @ts-ignore: decorator
@inline
function patternNotBelow(value: f64): u32 {
  const nearest = value as f32;
  return reinterpret<u32>(nearest) + u32((nearest as f64) < value);
}

/** Nearest 16-bit scale of a non-negative value, saturating. */
// @ts-ignore: decorator
@inline
function toScale(value: f64): u32 {
  const pattern = reinterpret<u32>(min(value, FLOAT32_MAX) as f32);
  return min(LARGEST_SCALE, (pattern + 0x3fff + ((pattern >> 15) & 1)) >> 15);
}

/**
 * The least-squares scale of a block whose magnitudes are split at a pattern: those below count
 * as often as the first of two factors says, the ratio, the others once. They are looked up, for a
 * choice would be a branch. The sum of the squares has a closed form: they are small multiples of
 * 2⁻¹².
 */
function fitScale(x: usize, end: usize, split: u32, factors: usize): f64 {
  const ratio = load<f64>(factors);
  const count = ((end - x) >> 2) as u32;
  let dot: f64 = 0;
  let high: u32 = 0;
  for (; x < end; x += 4) {
    const magnitude = load<u32>(x) & SIGN;
    const isHigh = u32(magnitude >= split);
    dot += (reinterpret<f32>(magnitude) as f64) * load<f64>(factors + ((isHigh as usize) << 3));
    high += isHigh;
  }
  return dot / ((high as f64) + ((count - high) as f64) * (ratio * ratio));
}

/** Writes a code for each value: bit 0: negative, but not −0; `highBit` where not below the split. */
function writeCodes(x: usize, end: usize, split: u32, highBit: u32, codes: usize): void {
  for (; x < end; x += 4, codes++) {
    const pattern = load<u32>(x);
    const magnitude = pattern & SIGN;
    const isNegative = (pattern >> 31) & u32(magnitude != 0);
    store<u8>(codes, isNegative | (u32(magnitude >= split) * highBit));
  }
}

/**
 * Splits and scales blocks: u16 scales, and a byte for each code.
 * @param count whole blocks, or a single shorter one
 * @param bits 1: one magnitude; 2: two of them
 * @param factors the magnitudes in units of the scale: f64 ratio, f64 1
 */
export function encodeQuantile(
  x: usize,
  count: u32,
  block: u32,
  bits: u32,
  factors: usize,
  scales: usize,
  codes: usize,
): void {
  const ratio = load<f64>(factors);
  const end = x + ((count as usize) << 2);
  for (; x < end; scales += 2) {
    const stop = min(end, x + ((block as usize) << 2));
    const length = ((stop - x) >> 2) as u32;
    const mean = magnitudeSum(x, length) / (length as f64);
    let scale = mean;
    if (bits == 1) {
      writeCodes(x, stop, 0, 0, codes);
    } else {
      const half = (1 + ratio) / 2;
      scale = fitScale(x, stop, patternNotBelow(((mean / half) * (1 + ratio)) / 2), factors);
      const split = patternNotBelow((scale * (1 + ratio)) / 2);
      scale = fitScale(x, stop, split, factors);
      // Beyond the range one magnitude will do, as in the reference.
      const fits = scale <= FLOAT32_MAX;
      writeCodes(x, stop, fits ? split : 0, 2, codes);
      if (!fits) scale = mean;
    }
    store<u16>(scales, toScale(scale));
    codes += length as usize;
    x = stop;
  }
}
