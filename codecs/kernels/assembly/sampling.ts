/** Random indices (codecs/kernels/reference/sampling.ts), by uniform draws (codecs/random.ts). */

/**
 * Draws `count` uniforms of 53 bits from each of four generators, one in each lane.
 * @param state xoshiro128+, as sixteen words: s0 of the four, then s1, s2, s3
 * @param out the f64 draws of the first, `stride` bytes further those of the second, and so on
 */
export function drawUniforms(state: usize, count: u32, out: usize, stride: usize): void {
  let s0 = v128.load(state);
  let s1 = v128.load(state, 16);
  let s2 = v128.load(state, 32);
  let s3 = v128.load(state, 48);
  const upper = f64x2.splat(2097152.0); // 2^21
  const unit = f64x2.splat(1.1102230246251565e-16); // 2^-53
  const end = out + ((count as usize) << 3);
  for (; out < end; out += 8) {
    const high = i32x4.add(s0, s3);
    let t = i32x4.shl(s1, 9);
    s2 = v128.xor(s2, s0);
    s3 = v128.xor(s3, s1);
    s1 = v128.xor(s1, s2);
    s0 = v128.xor(s0, s3);
    s2 = v128.xor(s2, t);
    s3 = v128.or(i32x4.shl(s3, 11), i32x4.shr_u(s3, 21));
    const low = i32x4.shr_u(i32x4.add(s0, s3), 11);
    t = i32x4.shl(s1, 9);
    s2 = v128.xor(s2, s0);
    s3 = v128.xor(s3, s1);
    s1 = v128.xor(s1, s2);
    s0 = v128.xor(s0, s3);
    s2 = v128.xor(s2, t);
    s3 = v128.or(i32x4.shl(s3, 11), i32x4.shr_u(s3, 21));
    const a = draws(high, low, upper, unit);
    store<f64>(out, f64x2.extract_lane(a, 0));
    store<f64>(out + stride, f64x2.extract_lane(a, 1));
    const b = draws(
      i32x4.shuffle(high, high, 2, 3, 0, 1),
      i32x4.shuffle(low, low, 2, 3, 0, 1),
      upper,
      unit,
    );
    store<f64>(out + 2 * stride, f64x2.extract_lane(b, 0));
    store<f64>(out + 3 * stride, f64x2.extract_lane(b, 1));
  }
}

/** (high · 2²¹ + low) · 2⁻⁵³ of the two lower lanes. */
// @ts-ignore: decorator
@inline
function draws(high: v128, low: v128, upper: v128, unit: v128): v128 {
  const whole = f64x2.mul(f64x2.convert_low_i32x4_u(high), upper);
  return f64x2.mul(f64x2.add(whole, f64x2.convert_low_i32x4_u(low)), unit);
}

/**
 * An index from each of `count` strata of n elements cut into k, one after the other: a stratum has
 * ⌊n/k⌋ elements, or one more where the remainders `rest` = n mod k have added up to k.
 * @param carried what they have added up to before
 */
export function pickStratified(
  uniforms: usize,
  count: u32,
  start: u32,
  carried: u32,
  quotient: u32,
  rest: u32,
  k: u32,
  out: usize,
): void {
  const end = out + ((count as usize) << 2);
  // Without a comparison the chain from stratum to stratum is four operations long.
  const step = rest - k;
  for (; out < end; out += 4, uniforms += 8) {
    carried += step;
    const isShort = (carried as i32) >> 31;
    carried += k & isShort;
    const size = quotient + 1 + isShort;
    const picked = u32(load<f64>(uniforms) * (size as f64));
    store<u32>(out, start + min(picked, size - 1));
    start += size;
  }
}

/**
 * Selection sampling: of elements `from`, `from` + 1, … keeps each with the probability that leaves
 * all subsets alike.
 * @param left elements behind `from`, itself included
 * @param wanted how many of them are to be kept
 * @param out room for one more than that
 * @returns how many of `count` are kept
 */
export function pickUniform(
  uniforms: usize,
  count: u32,
  from: u32,
  left: u32,
  wanted: u32,
  out: usize,
): u32 {
  const first = out;
  let rest = left as f64;
  let missing = wanted as f64;
  const end = uniforms + ((count as usize) << 3);
  for (; uniforms < end; uniforms += 8, from++) {
    store<u32>(out, from);
    const kept = u32(load<f64>(uniforms) * rest < missing);
    out += (kept as usize) << 2;
    missing -= kept as f64;
    rest -= 1;
  }
  return ((out - first) >> 2) as u32;
}
