/**
 * Top-k selection. Keys are magnitudes as bit patterns (31 bits); thresholds are keys of at least 1,
 * so zeros, and with them the padding of a window, are never selected.
 */
import { maxMagnitude } from "./scan";

const SIGN: u32 = 0x7fffffff;

/** Elements by which windows are padded with zeros. */
const GROUP_BYTES: usize = 64;

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
 * A threshold that at least `wanted` of `count` floats (a multiple of 16) reach, and at most
 * `wanted + slack` unless keys are equal: then it is the key of the wanted-th largest. 1 where fewer
 * than `wanted` are not zero. By bisection, so for data that fit the first cache levels.
 */
export function findThreshold(x: usize, count: u32, wanted: u32, slack: u32): u32 {
  let low: u32 = 1;
  let high = maxMagnitude(x, count) + 1;
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

/** One bit for each of 16 floats: key above `below`. */
// @ts-ignore: decorator
@inline
function reachMask(x: usize, below: v128): i32 {
  const low = i16x8.narrow_i32x4_s(above(x, 0, below), above(x, 16, below));
  const high = i16x8.narrow_i32x4_s(above(x, 32, below), above(x, 48, below));
  return i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
}

/**
 * Appends `base` + position and key of the floats whose key is at least `threshold` to two lists.
 * Of 64 elements at a time: how many bits a mask has is what the processor mispredicts, once a mask.
 * @param count a multiple of 64
 * @returns how many
 */
export function compact(
  x: usize,
  count: u32,
  threshold: u32,
  base: u32,
  indices: usize,
  keys: usize,
): u32 {
  const below = i32x4.splat(threshold - 1);
  const first = indices;
  const end = x + ((count as usize) << 2);
  for (; x < end; x += 4 * GROUP_BYTES, base += 64) {
    let mask = (reachMask(x, below) as u64) | ((reachMask(x + 64, below) as u64) << 16);
    mask |= ((reachMask(x + 128, below) as u64) << 32) | ((reachMask(x + 192, below) as u64) << 48);
    while (mask != 0) {
      const position = ctz(mask) as u32;
      store<u32>(indices, base + position);
      store<u32>(keys, load<u32>(x + ((position as usize) << 2)) & SIGN);
      indices += 4;
      keys += 4;
      mask &= mask - 1;
    }
  }
  return ((indices - first) >> 2) as u32;
}

/**
 * Keeps, of two lists as `compact` writes them, the indices with a key above `threshold` and the
 * first `ties` with that key.
 * @returns how many are kept, at the beginning of `indices`
 */
export function keepAbove(
  indices: usize,
  keys: usize,
  count: u32,
  threshold: u32,
  ties: u32,
): u32 {
  const first = indices;
  let out = indices;
  const end = indices + ((count as usize) << 2);
  for (; indices < end; indices += 4, keys += 4) {
    const key = load<u32>(keys);
    store<u32>(out, load<u32>(indices));
    const tie = u32(key == threshold) & u32(ties != 0);
    ties -= tie;
    out += ((u32(key > threshold) | tie) as usize) << 2;
  }
  return ((out - first) >> 2) as u32;
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

/**
 * A threshold that at least k keys of a window reach, and few more: of the window itself, or, where
 * k is small, of the maxima of groups of elements, which as many different elements reach.
 */
function windowThreshold(x: usize, count: u32, k: u32, scratch: usize): u32 {
  if (k > count >> 3) return findThreshold(x, count, k, 0);
  const rows: u32 = k > count >> 5 ? 4 : 16;
  groupMaxima(x, count, rows, scratch);
  return findThreshold(scratch, count / rows, k, k >> 3);
}

/**
 * The k largest of a window, exactly, ties by lowest position.
 * @param count a multiple of 256
 * @param base added to positions
 * @param indices room for `count` results and 16 more; the same for `keys` and `scratch`
 * @returns how many there are, at most k
 */
export function selectInWindow(
  x: usize,
  count: u32,
  k: u32,
  base: u32,
  scratch: usize,
  indices: usize,
  keys: usize,
): u32 {
  const bound = windowThreshold(x, count, k, scratch);
  const found = compact(x, count, bound, base, indices, keys);
  if (found <= k) return found;
  const padded = (found + 15) & ~15;
  memory.fill(keys + ((found as usize) << 2), 0, ((padded - found) as usize) << 2);
  const threshold = findThreshold(keys, padded, k, 0);
  const ties = k - countAtLeast(keys, padded, threshold + 1);
  return keepAbove(indices, keys, found, threshold, ties);
}

/**
 * Adds to a histogram the digits `(key >> shift) & (2^width − 1)` of the keys whose bits above equal
 * `prefix`. Four histograms of 2048 counters take turns, so that equal keys do not wait for each
 * other.
 */
export function countDigits(
  x: usize,
  count: u32,
  shift: u32,
  width: u32,
  prefix: u32,
  histograms: usize,
): void {
  const prefixShift = shift + width;
  const mask: u32 = (1 << width) - 1;
  const end = x + ((count as usize) << 2);
  let histogram = histograms;
  for (; x < end; x += 4) {
    const key = load<u32>(x) & SIGN;
    if (key >> prefixShift == prefix) {
      const counter = histogram + ((((key >> shift) & mask) as usize) << 2);
      store<u32>(counter, load<u32>(counter) + 1);
    }
    histogram = histograms + ((x & 12) << 11);
  }
}
