/**
 * 16-bit floats (reference/half.ts). Denormals never enter a float operation as such: that would be
 * slow. Windows are padded to whole groups of eight.
 *
 * A type parameter's size chooses the format: u8 bf16, u16 fp16.
 */
import { maxLane } from "./lanes";

const BF16_OVERFLOW: i32 = 0x7f7f8000;
const FP16_OVERFLOW: i32 = 0x477ff000;
const FP16_NORMAL: i32 = 0x38800000;
const HALF_BITS: i32 = 0x3f000000;
const BIAS: i32 = 112 << 23;

// @ts-ignore: decorator
@inline
function magnitudeOf(pattern: v128): v128 {
  return v128.and(pattern, i32x4.splat(0x7fffffff));
}

/** Lanes beyond the format's range, all ones. */
// @ts-ignore: decorator
@inline
function overflow<Format>(pattern: v128, word: v128): v128 {
  if (sizeof<Format>() == 1)
    return i32x4.gt_s(v128.and(word, i32x4.splat(0x7fff)), i32x4.splat(0x7f7f));
  return i32x4.gt_s(magnitudeOf(pattern), i32x4.splat(FP16_OVERFLOW - 1));
}

/** Rounded to nearest even, saturation left aside; sign included for bf16 only. */
// @ts-ignore: decorator
@inline
function roundedWord<Format>(pattern: v128): v128 {
  const one = i32x4.splat(1);
  if (sizeof<Format>() == 1) {
    const odd = v128.and(i32x4.shr_u(pattern, 16), one);
    return i32x4.shr_u(i32x4.add(i32x4.add(pattern, i32x4.splat(0x7fff)), odd), 16);
  }
  const magnitude = magnitudeOf(pattern);
  const odd = v128.and(i32x4.shr_u(magnitude, 13), one);
  const biased = i32x4.add(i32x4.add(magnitude, i32x4.splat(0xfff - BIAS)), odd);
  const normal = i32x4.shr_u(biased, 13);
  // Adding ½ aligns binary16 denormals to their unit; float32 denormals are far below it.
  const visible = v128.and(magnitude, i32x4.gt_s(magnitude, i32x4.splat(0x007fffff)));
  const aligned = i32x4.sub(f32x4.add(visible, f32x4.splat(0.5)), i32x4.splat(HALF_BITS));
  return v128.bitselect(aligned, normal, i32x4.lt_s(magnitude, i32x4.splat(FP16_NORMAL)));
}

/** Four words of the format, saturated, in 32-bit lanes. */
// @ts-ignore: decorator
@inline
function finished<Format>(pattern: v128, word: v128, over: v128): v128 {
  const sign = v128.and(i32x4.shr_u(pattern, 16), i32x4.splat(0x8000));
  if (sizeof<Format>() == 1)
    return v128.bitselect(v128.or(sign, i32x4.splat(0x7f7f)), word, over);
  return v128.or(sign, v128.bitselect(i32x4.splat(0x7bff), word, over));
}

/** Sign and rounded magnitude where nothing saturates. */
// @ts-ignore: decorator
@inline
function unsaturated<Format>(pattern: v128): v128 {
  const word = roundedWord<Format>(pattern);
  if (sizeof<Format>() == 1) return word;
  return v128.or(word, v128.and(i32x4.shr_u(pattern, 16), i32x4.splat(0x8000)));
}

/** Encodes as if nothing saturated; returns the largest magnitude, which tells whether that holds. */
function encodeInRange<Format>(x: usize, count: u32, out: usize): u32 {
  let most = i32x4.splat(0);
  const end = x + ((count as usize) << 2);
  for (; x < end; x += 32, out += 16) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    most = i32x4.max_s(most, i32x4.max_s(magnitudeOf(a), magnitudeOf(b)));
    v128.store(out, i16x8.narrow_i32x4_u(unsaturated<Format>(a), unsaturated<Format>(b)));
  }
  return maxLane(most);
}

function encodeSaturating<Format>(x: usize, count: u32, out: usize): u32 {
  let saturated = i32x4.splat(0);
  const end = x + ((count as usize) << 2);
  for (; x < end; x += 32, out += 16) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    const wordA = roundedWord<Format>(a);
    const wordB = roundedWord<Format>(b);
    const overA = overflow<Format>(a, wordA);
    const overB = overflow<Format>(b, wordB);
    saturated = i32x4.sub(i32x4.sub(saturated, overA), overB);
    v128.store(
      out,
      i16x8.narrow_i32x4_u(finished<Format>(a, wordA, overA), finished<Format>(b, wordB, overB)),
    );
  }
  return (
    i32x4.extract_lane(saturated, 0) +
    i32x4.extract_lane(saturated, 1) +
    i32x4.extract_lane(saturated, 2) +
    i32x4.extract_lane(saturated, 3)
  );
}

function encode<Format>(x: usize, count: u32, out: usize): u32 {
  const limit: u32 = sizeof<Format>() == 1 ? BF16_OVERFLOW : FP16_OVERFLOW;
  if (encodeInRange<Format>(x, count, out) < limit) return 0;
  return encodeSaturating<Format>(x, count, out);
}

/** Four values of words in 32-bit lanes. */
// @ts-ignore: decorator
@inline
function valueOf<Format>(word: v128): v128 {
  if (sizeof<Format>() == 1) return i32x4.shl(word, 16);
  const magnitude = v128.and(word, i32x4.splat(0x7fff));
  const sign = i32x4.shl(v128.and(word, i32x4.splat(0x8000)), 16);
  const normal = i32x4.add(i32x4.shl(magnitude, 13), i32x4.splat(BIAS));
  const denormal = f32x4.mul(f32x4.convert_i32x4_s(magnitude), f32x4.splat(5.9604644775390625e-8));
  const isDenormal = i32x4.lt_s(magnitude, i32x4.splat(0x400));
  // The exponent of NaN and infinities grows to float32's by another 112.
  const beyond = v128.and(i32x4.gt_s(magnitude, i32x4.splat(0x7bff)), i32x4.splat(BIAS));
  return v128.or(sign, i32x4.add(v128.bitselect(denormal, normal, isDenormal), beyond));
}

/** Writes the values of `count` words, or adds them times `weight`; u8 writes, u16 adds. */
function expand<Format, Mode>(words: usize, count: u32, out: usize, weightValue: f32): void {
  const weight = f32x4.splat(weightValue);
  const end = words + ((count as usize) << 1);
  for (; words < end; words += 16, out += 32) {
    const eight = v128.load(words);
    const a = valueOf<Format>(i32x4.extend_low_i16x8_u(eight));
    const b = valueOf<Format>(i32x4.extend_high_i16x8_u(eight));
    if (sizeof<Mode>() == 1) {
      v128.store(out, a);
      v128.store(out, b, 16);
    } else {
      v128.store(out, f32x4.add(v128.load(out), f32x4.mul(a, weight)));
      v128.store(out, f32x4.add(v128.load(out, 16), f32x4.mul(b, weight)), 16);
    }
  }
}

/** Rounds `count` floats; returns how many were saturated. @param format 0 bf16, 1 fp16 */
export function encodeHalf(format: u32, x: usize, count: u32, out: usize): u32 {
  return format == 0 ? encode<u8>(x, count, out) : encode<u16>(x, count, out);
}

/** out[i] = value of word i */
export function decodeHalf(format: u32, words: usize, count: u32, out: usize): void {
  if (format == 0) expand<u8, u8>(words, count, out, 0);
  else expand<u16, u8>(words, count, out, 0);
}

/** out[i] += weight · value of word i */
export function addHalf(format: u32, words: usize, count: u32, out: usize, weight: f32): void {
  if (format == 0) expand<u8, u16>(words, count, out, weight);
  else expand<u16, u16>(words, count, out, weight);
}

/** True when a word of the window, padded to whole groups of eight, is NaN or ±Infinity. */
export function hasNonFiniteHalf(format: u32, words: usize, count: u32): bool {
  const exponent = i16x8.splat(format == 0 ? 0x7f80 : 0x7c00);
  let found = i16x8.splat(0);
  const end = words + ((count as usize) << 1);
  for (; words < end; words += 16)
    found = v128.or(found, i16x8.eq(v128.and(v128.load(words), exponent), exponent));
  return v128.any_true(found);
}
