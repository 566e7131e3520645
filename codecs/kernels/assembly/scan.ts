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

/** Largest |x + y| in float32, as a bit pattern. */
export function maxMagnitudeOfSum(x: usize, y: usize, count: u32): u32 {
  const sign = i32x4.splat(0x7fffffff);
  let a = i32x4.splat(0);
  let b = a;
  const end = x + ((count as usize) << 2);
  for (; x + 32 <= end; x += 32, y += 32) {
    const u = f32x4.add(v128.load(x), v128.load(y));
    const v = f32x4.add(v128.load(x, 16), v128.load(y, 16));
    a = i32x4.max_s(a, v128.and(u, sign));
    b = i32x4.max_s(b, v128.and(v, sign));
  }
  let max = maxLane(i32x4.max_s(a, b));
  for (; x < end; x += 4, y += 4) {
    const magnitude = reinterpret<u32>(load<f32>(x) + load<f32>(y)) & 0x7fffffff;
    if (magnitude > max) max = magnitude;
  }
  return max;
}
