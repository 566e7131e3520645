/** Reductions over the lanes of a vector. */

/** Largest of four non-negative lanes. */
// @ts-ignore: decorator
@inline
export function maxLane(v: v128): u32 {
  const pair = i32x4.max_s(v, i32x4.shuffle(v, v, 2, 3, 0, 1));
  return max(i32x4.extract_lane(pair, 0), i32x4.extract_lane(pair, 1));
}

/** Smallest of four non-negative lanes. */
// @ts-ignore: decorator
@inline
export function minLane(v: v128): u32 {
  const pair = i32x4.min_s(v, i32x4.shuffle(v, v, 2, 3, 0, 1));
  return min(i32x4.extract_lane(pair, 0), i32x4.extract_lane(pair, 1));
}
