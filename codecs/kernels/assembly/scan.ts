/**
 * Read-only sweeps. Magnitudes are compared as integers: patterns from 0x7f800000 up are not
 * finite. Four accumulators hide the latency of max.
 */
import { maxLane } from "./lanes";

/** Largest |x| over `count` floats, as a bit pattern. */
export function maxMagnitude(x: usize, count: u32): u32 {
  const sign = i32x4.splat(0x7fffffff);
  let a = i32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  const end = x + ((count as usize) << 2);
  for (; x + 64 <= end; x += 64) {
    a = i32x4.max_s(a, v128.and(v128.load(x), sign));
    b = i32x4.max_s(b, v128.and(v128.load(x, 16), sign));
    c = i32x4.max_s(c, v128.and(v128.load(x, 32), sign));
    d = i32x4.max_s(d, v128.and(v128.load(x, 48), sign));
  }
  let max = maxLane(i32x4.max_s(i32x4.max_s(a, b), i32x4.max_s(c, d)));
  for (; x < end; x += 4) {
    const magnitude = load<u32>(x) & 0x7fffffff;
    if (magnitude > max) max = magnitude;
  }
  return max;
}
