/**
 * Trits (reference/trits.ts): 80 codes 0, 1, 2 in 16 bytes; byte j of a group is ⌈256 v / 243⌉ with
 * v the base-3 number of codes j, j + 16 … j + 64.
 */

/**
 * ⌈256 v / 243⌉ = v + ⌈13 v / 243⌉ in 16-bit lanes. The rounding multiply gives
 * ⌊((v + 9) · 1756 + 2¹⁴) / 2¹⁵⌋, which is ⌈13 v / 243⌉ for all v of 0 … 242.
 */
// @ts-ignore: decorator
@inline
function fraction(v: v128): v128 {
  const carry = i16x8.q15mulr_sat_s(i16x8.add(v, i16x8.splat(9)), i16x8.splat(1756));
  return i16x8.add(v, carry);
}

// @ts-ignore: decorator
@inline
function timesThree(v: v128): v128 {
  return i8x16.add(v, i8x16.add(v, v));
}

/** Packs codes[0..count), up to the end of the last group. */
export function packTrits(codes: usize, count: u32, out: usize): void {
  const end = codes + count;
  for (; codes < end; codes += 80, out += 16) {
    let v = v128.load(codes);
    v = i8x16.add(timesThree(v), v128.load(codes, 16));
    v = i8x16.add(timesThree(v), v128.load(codes, 32));
    v = i8x16.add(timesThree(v), v128.load(codes, 48));
    v = i8x16.add(timesThree(v), v128.load(codes, 64));
    const low = fraction(i16x8.extend_low_i8x16_u(v));
    const high = fraction(i16x8.extend_high_i8x16_u(v));
    v128.store(out, i8x16.narrow_i16x8_u(low, high));
  }
}

// @ts-ignore: decorator
@inline
function tripled(v: v128): v128 {
  return i16x8.add(v, i16x8.add(v, v));
}

/** Unpacks into codes[0..count), to the end of the last group. */
export function unpackTrits(packed: usize, count: u32, codes: usize): void {
  const mask = i16x8.splat(255);
  const end = codes + count;
  for (; codes < end; packed += 16) {
    const group = v128.load(packed);
    let low = i16x8.extend_low_i8x16_u(group);
    let high = i16x8.extend_high_i8x16_u(group);
    for (let i = 0; i < 5; i++) {
      low = tripled(v128.and(low, mask));
      high = tripled(v128.and(high, mask));
      v128.store(codes, i8x16.narrow_i16x8_u(i16x8.shr_u(low, 8), i16x8.shr_u(high, 8)));
      codes += 16;
    }
  }
}
