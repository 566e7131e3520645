/**
 * Top-k selection. Keys are magnitudes as bit patterns (31 bits); thresholds are keys of at least 1,
 * so zeros, and with them the padding of a window, are never selected. Selected are pairs of an index
 * and a value, in two lists; values keep their sign.
 */
import { maxMagnitude } from "./scan";

const SIGN: u32 = 0x7fffffff;

/** Elements by which windows are padded with zeros. */
const GROUP_BYTES: usize = 64;

/** Counters of a histogram. */
const BINS: u32 = 2048;

// @ts-ignore: decorator
@inline
function above(x: usize, offset: usize, below: v128): v128 {
  return i32x4.gt_s(v128.and(v128.load(x + offset), i32x4.splat(SIGN)), below);
}

/** How many of `count` floats (a multiple of 16) have a key of at least `threshold`. */
export function countAtLeast(x: usize, count: u32, threshold: u32): u32 {
  const below = i32x4.splat(threshold - 1);
  let a = i32x4.splat(0);
  let b = a;
  const end = x + ((count as usize) << 2);
  for (; x < end; x += GROUP_BYTES) {
    a = i32x4.add(a, i32x4.add(above(x, 0, below), above(x, 16, below)));
    b = i32x4.add(b, i32x4.add(above(x, 32, below), above(x, 48, below)));
  }
  a = i32x4.add(a, b);
  a = i32x4.add(a, i32x4.shuffle(a, a, 2, 3, 0, 1));
  return -(i32x4.extract_lane(a, 0) + i32x4.extract_lane(a, 1));
}

/**
 * A threshold of at least `least` that `wanted` or more of `count` floats (a multiple of 16) reach,
 * and at most `wanted + slack` unless keys are equal: then it is the key of the wanted-th largest.
 * `least` where fewer than `wanted` reach more. By bisection, so for data that fit the first cache
 * levels.
 */
export function findThreshold(x: usize, count: u32, wanted: u32, slack: u32, least: u32): u32 {
  let low = least;
  let high = max(low, maxMagnitude(x, count)) + 1;
  while (high - low > 1) {
    const middle = low + ((high - low) >> 1);
    const reached = countAtLeast(x, count, middle);
    if (reached < wanted) {
      high = middle;
    } else {
      low = middle;
      if (reached <= wanted + slack) break;
    }
  }
  return low;
}

/** Copies `count` runs of 16 floats, which begin at elements `starts` of `x`, to a list. */
export function gatherLines(x: usize, starts: usize, count: u32, out: usize): void {
  const end = starts + ((count as usize) << 2);
  for (; starts < end; starts += 4, out += GROUP_BYTES) {
    const from = x + ((load<u32>(starts) as usize) << 2);
    v128.store(out, v128.load(from));
    v128.store(out, v128.load(from, 16), 16);
    v128.store(out, v128.load(from, 32), 32);
    v128.store(out, v128.load(from, 48), 48);
  }
}

/** One bit for each of 16 floats: key above `below`. */
// @ts-ignore: decorator
@inline
function reachMask(x: usize, below: v128): u64 {
  const low = i16x8.narrow_i32x4_s(above(x, 0, below), above(x, 16, below));
  const high = i16x8.narrow_i32x4_s(above(x, 32, below), above(x, 48, below));
  return i8x16.bitmask(i8x16.narrow_i16x8_s(low, high)) as u64;
}

/**
 * Appends `base` + position and value of the floats whose key is at least `threshold` to two lists.
 * How many bits a mask has is what the processor cannot foresee: two places, then four at a time,
 * are written whatever it has, so that few masks cost a wrong guess.
 * @param count a multiple of 64
 * @param indices room for 6 more than there are
 * @returns how many there are
 */
export function compact(
  x: usize,
  count: u32,
  threshold: u32,
  base: u32,
  indices: usize,
  values: usize,
): u32 {
  const below = i32x4.splat(threshold - 1);
  const first = indices;
  const origin = x - ((base as usize) << 2);
  const end = x + ((count as usize) << 2);
  for (; x < end; x += 4 * GROUP_BYTES, base += 64) {
    let mask = reachMask(x, below) | (reachMask(x + 64, below) << 16);
    mask |= (reachMask(x + 128, below) << 32) | (reachMask(x + 192, below) << 48);
    const next = indices + ((popcnt(mask) as usize) << 2);
    store<u32>(indices, base + (ctz(mask) as u32));
    mask &= mask - 1;
    store<u32>(indices, base + (ctz(mask) as u32), 4);
    mask &= mask - 1;
    while (mask != 0) {
      store<u32>(indices, base + (ctz(mask) as u32), 8);
      mask &= mask - 1;
      store<u32>(indices, base + (ctz(mask) as u32), 12);
      mask &= mask - 1;
      store<u32>(indices, base + (ctz(mask) as u32), 16);
      mask &= mask - 1;
      store<u32>(indices, base + (ctz(mask) as u32), 20);
      mask &= mask - 1;
      indices += 16;
    }
    indices = next;
  }
  for (let index = first; index < indices; index += 4, values += 4)
    store<u32>(values, load<u32>(origin + ((load<u32>(index) as usize) << 2)));
  return ((indices - first) >> 2) as u32;
}

/**
 * Keeps, of two lists, the elements with a key above `threshold` and the first `ties` with that key,
 * in place.
 * @param ties address of their number, which is lowered by those kept
 * @param orders 16 byte orders that bring the lanes of a four-bit mask to the front
 * @returns how many are kept, at the beginning of the lists
 */
export function keepAbove(
  indices: usize,
  values: usize,
  count: u32,
  threshold: u32,
  ties: usize,
  orders: usize,
): u32 {
  const first = indices;
  const sign = i32x4.splat(SIGN);
  const limit = i32x4.splat(threshold);
  let kept = indices;
  let keptValues = values;
  const end = indices + ((count as usize) << 2);
  while (indices < end) {
    const four = v128.load(values);
    const keys = v128.and(four, sign);
    if (indices + 16 <= end && !v128.any_true(i32x4.eq(keys, limit))) {
      const mask = i32x4.bitmask(i32x4.gt_s(keys, limit));
      const order = v128.load(orders + ((mask as usize) << 4));
      v128.store(kept, i8x16.swizzle(v128.load(indices), order));
      v128.store(keptValues, i8x16.swizzle(four, order));
      const step = (popcnt(mask) as usize) << 2;
      kept += step;
      keptValues += step;
      indices += 16;
      values += 16;
      continue;
    }
    for (const stop = min(end, indices + 16); indices < stop; indices += 4, values += 4) {
      const value = load<u32>(values);
      const key = value & SIGN;
      const left = load<u32>(ties);
      const tie = u32(key == threshold) & u32(left != 0);
      store<u32>(ties, left - tie);
      store<u32>(kept, load<u32>(indices));
      store<u32>(keptValues, value);
      const step = ((u32(key > threshold) | tie) as usize) << 2;
      kept += step;
      keptValues += step;
    }
  }
  return ((kept - first) >> 2) as u32;
}

/** Largest magnitude of each of count / rows groups of `rows` floats; count a multiple of 4 · rows. */
function groupMaxima(x: usize, count: u32, rows: u32, out: usize): void {
  const sign = i32x4.splat(SIGN);
  const end = x + ((count as usize) << 2);
  const step = (rows as usize) << 4;
  for (; x < end; out += 16) {
    let most = i32x4.splat(0);
    for (const stop = x + step; x < stop; x += 64) {
      const a = i32x4.max_s(v128.and(v128.load(x), sign), v128.and(v128.load(x, 16), sign));
      const b = i32x4.max_s(v128.and(v128.load(x, 32), sign), v128.and(v128.load(x, 48), sign));
      most = i32x4.max_s(most, i32x4.max_s(a, b));
    }
    v128.store(out, most);
  }
}

/** Zeros the floats behind `count` up to a multiple of 16, which is returned. */
// @ts-ignore: decorator
@inline
function padTo16(x: usize, count: u32): u32 {
  const padded = (count + 15) & ~15;
  memory.fill(x + ((count as usize) << 2), 0, ((padded - count) as usize) << 2);
  return padded;
}

/**
 * A threshold that at least k keys of a block reach, and few more: of the block itself, or, where
 * k is small, of the maxima of groups of elements, which as many different elements reach.
 */
function blockThreshold(x: usize, count: u32, k: u32, scratch: usize): u32 {
  if (k > count >> 3) return findThreshold(x, count, k, 0, 1);
  const rows: u32 = k > count >> 5 ? 4 : 16;
  groupMaxima(x, count, rows, scratch);
  return findThreshold(scratch, padTo16(scratch, count / rows), k, k >> 3, 1);
}

/**
 * The k largest of each of `blocks` blocks, exactly, ties by lowest index. A block is first tried
 * with a threshold somewhat below the key that the one before ended at: neighbours are often alike.
 * "Somewhat" is what lets about three standard deviations of a count of k more through, where the
 * number of keys above a magnitude falls with its fifth power (normal tails: third to seventh).
 * @param block elements of a block; multiples of 64 are read where they are
 * @param base index of the first element
 * @param scratch room for two blocks, each rounded up to 64
 * @param indices room for all results and another block; the same for `values`
 * @param ties room for a number
 * @param orders as for `keepAbove`
 * @returns how many there are
 */
export function selectBlocks(
  x: usize,
  blocks: u32,
  block: u32,
  k: u32,
  base: u32,
  scratch: usize,
  indices: usize,
  values: usize,
  ties: usize,
  orders: usize,
): u32 {
  const padded = (block + 63) & ~63;
  const bytes = (block as usize) << 2;
  const copy = scratch + ((padded as usize) << 2);
  const first = indices;
  const margin = u32(6e6 / Mathf.sqrt(f32(k)));
  const most = k + (k >> 1) + 64;
  let guess: u32 = 0;
  for (let b: u32 = 0; b < blocks; b++, x += bytes, base += block) {
    let at = x;
    if (padded != block) {
      memory.copy(copy, x, bytes);
      memory.fill(copy + bytes, 0, ((padded - block) as usize) << 2);
      at = copy;
    }
    let found: u32 = 0;
    if (guess != 0) found = compact(at, padded, guess, base, indices, values);
    if (found < k || found > most) {
      guess = blockThreshold(at, padded, k, scratch);
      found = compact(at, padded, guess, base, indices, values);
    }
    if (found > k) {
      const candidates = padTo16(values, found);
      const threshold = findThreshold(values, candidates, k, 0, guess);
      store<u32>(ties, k - countAtLeast(values, candidates, threshold + 1));
      found = keepAbove(indices, values, found, threshold, ties, orders);
      guess = threshold > margin ? threshold - margin : 0;
    } else {
      guess = 0;
    }
    indices += (found as usize) << 2;
    values += (found as usize) << 2;
  }
  return ((indices - first) >> 2) as u32;
}

/**
 * Adds to a histogram the keys from `low` on, by (key − low) >> shift; what is beyond its last
 * counter is left out. Four histograms take turns, so that equal keys do not wait for each other.
 */
export function countKeys(x: usize, count: u32, low: u32, shift: u32, histograms: usize): void {
  const end = x + ((count as usize) << 2);
  let histogram = histograms;
  for (; x < end; x += 4) {
    const bin = ((load<u32>(x) & SIGN) - low) >> shift;
    if (bin < BINS) {
      const counter = histogram + ((bin as usize) << 2);
      store<u32>(counter, load<u32>(counter) + 1);
    }
    histogram = histograms + ((x & 12) << 11);
  }
}

/** Writes the keys of [low, low + span) to a list, which may begin at `x`; returns how many. */
export function collectKeys(x: usize, count: u32, low: u32, span: u32, keys: usize): u32 {
  const first = keys;
  const end = x + ((count as usize) << 2);
  for (; x < end; x += 4) {
    const key = load<u32>(x) & SIGN;
    store<u32>(keys, key);
    keys += (u32(key - low < span) as usize) << 2;
  }
  return ((keys - first) >> 2) as u32;
}
