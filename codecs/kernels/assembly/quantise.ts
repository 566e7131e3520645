/**
 * Stochastic rounding to levels (reference/quantise.ts) with the dither of reference/dither.ts.
 *
 * For each group of 32 elements the generator makes four steps. In step t, one vector takes
 * elements 4t … 4t + 3 with the words' low 15 bits, another elements 16 + 4t … with the high 15.
 * Per vector: product = x · factor; adding 2²³ + limit leaves fixed + limit in the low bits of the
 * pattern, rounded to nearest even; with the dither added, bits 15 … 22 are the code.
 *
 * One body serves several variants, chosen by the sizes of its type parameters:
 *   How   u8   plain
 *         u16  masked: magnitudes that would make denormal products count as zero
 *         u32  masked, products clamped
 *         u64  masked and clamped, with a factor for each element
 *   Out   u8   one code a byte
 *         u16  4-bit codes packed in pairs (reference/planes.ts), 16 bytes a group
 */
import { CLAMP, LIFT, MASK } from "./unit";

const ROUND_MAGIC: f32 = 8388608;
const FRACTION_BITS: i32 = 15;
const GROUP: u32 = 32;

/**
 * Behind the generator's 64 bytes of state lie the loop's constants. Values that come from memory
 * are computed once and stay in registers; V8 computes a splat anew in every turn of a long loop.
 */
const LOW_HALF: usize = 64;
const LOW_MASK: usize = 80;
const HIGH_MASK: usize = 96;
const FACTOR: usize = 112;
const LIMIT: usize = 128;
const MAGIC: usize = 144;
const THRESHOLD: usize = 160;
const MAGNITUDE: usize = 176;

/** Pattern of the rounded product plus limit of four elements. */
// @ts-ignore: decorator
@inline
function rounded<How>(
  value: v128,
  factor: v128,
  limit: v128,
  threshold: v128,
  magnitude: v128,
  magic: v128,
): v128 {
  if (sizeof<How>() == 1) return f32x4.add(f32x4.mul(value, factor), magic);
  const large = i32x4.gt_s(v128.and(value, magnitude), threshold);
  const product = f32x4.mul(v128.and(value, large), factor);
  if (sizeof<How>() == 2) return f32x4.add(product, magic);
  return f32x4.add(f32x4.pmax(f32x4.neg(limit), f32x4.pmin(limit, product)), magic);
}

// @ts-ignore: decorator
@inline
function rotate11(v: v128): v128 {
  return v128.or(i32x4.shl(v, 11), i32x4.shr_u(v, 21));
}

/**
 * Stores the codes of a at `out` and those of b sixteen bytes behind, or, packed in pairs, both at
 * `out`. Above the code, the patterns hold their exponent: 16 bits that the mask clears.
 */
// @ts-ignore: decorator
@inline
function put<Out>(out: usize, a: v128, b: v128, lowMask: v128, highMask: v128): void {
  const codes = i32x4.shr_u(a, FRACTION_BITS);
  if (sizeof<Out>() == 1) {
    const words = v128.and(i16x8.narrow_i32x4_u(codes, i32x4.shr_u(b, FRACTION_BITS)), lowMask);
    const bytes = i8x16.narrow_i16x8_u(words, words);
    v128.store32_lane(out, bytes, 0);
    v128.store32_lane(out, bytes, 1, 16);
  } else {
    const high = v128.and(i32x4.shr_u(b, FRACTION_BITS - 4), highMask);
    const pairs = v128.or(v128.and(codes, lowMask), high);
    const words = i16x8.narrow_i32x4_s(pairs, pairs);
    v128.store32_lane(out, i8x16.narrow_i16x8_u(words, words), 0);
  }
}

/**
 * Quantises `groups` groups of 32, a step of a group in a turn: two steps, or two generators, in a
 * turn need more registers than there are, and what they gain is lost again.
 */
function quantiseGroups<How, Out>(
  generator: usize,
  x: usize,
  factors: usize,
  groups: u32,
  out: usize,
  factorValue: f32,
  thresholdValue: u32,
  limitValue: f32,
): void {
  v128.store(generator, i32x4.splat(0x7fff), LOW_HALF);
  v128.store(generator, sizeof<Out>() == 1 ? i16x8.splat(0xff) : i32x4.splat(0x0f), LOW_MASK);
  v128.store(generator, i32x4.splat(0xf0), HIGH_MASK);
  v128.store(generator, f32x4.splat(factorValue), FACTOR);
  v128.store(generator, f32x4.splat(limitValue), LIMIT);
  v128.store(generator, f32x4.splat(ROUND_MAGIC + limitValue), MAGIC);
  v128.store(generator, i32x4.splat(thresholdValue), THRESHOLD);
  v128.store(generator, i32x4.splat(0x7fffffff), MAGNITUDE);
  const lowHalf = v128.load(generator, LOW_HALF);
  const lowMask = v128.load(generator, LOW_MASK);
  const highMask = v128.load(generator, HIGH_MASK);
  const factor = v128.load(generator, FACTOR);
  const limit = v128.load(generator, LIMIT);
  const magic = v128.load(generator, MAGIC);
  const threshold = v128.load(generator, THRESHOLD);
  const magnitude = v128.load(generator, MAGNITUDE);
  let s0 = v128.load(generator);
  let s1 = v128.load(generator, 16);
  let s2 = v128.load(generator, 32);
  let s3 = v128.load(generator, 48);
  const end = x + ((groups as usize) << 7);
  for (; x < end; x += 64) {
    for (const half = x + 64; x < half; x += 16) {
      const word = i32x4.add(s0, s3);
      const t = i32x4.shl(s1, 9);
      s2 = v128.xor(s2, s0);
      s3 = v128.xor(s3, s1);
      s1 = v128.xor(s1, s2);
      s0 = v128.xor(s0, s3);
      s2 = v128.xor(s2, t);
      s3 = rotate11(s3);
      const byA = sizeof<How>() == 8 ? v128.load(factors) : factor;
      const byB = sizeof<How>() == 8 ? v128.load(factors, 64) : factor;
      const a = rounded<How>(v128.load(x), byA, limit, threshold, magnitude, magic);
      const b = rounded<How>(v128.load(x, 64), byB, limit, threshold, magnitude, magic);
      const ditheredA = i32x4.add(a, v128.and(word, lowHalf));
      const ditheredB = i32x4.add(b, i32x4.shr_u(word, 17));
      put<Out>(out, ditheredA, ditheredB, lowMask, highMask);
      if (sizeof<How>() == 8) factors += 16;
      out += 4;
    }
    if (sizeof<How>() == 8) factors += 64;
    if (sizeof<Out>() == 1) out += 16;
  }
  v128.store(generator, s0);
  v128.store(generator, s1, 16);
  v128.store(generator, s2, 32);
  v128.store(generator, s3, 48);
}

/** out[i] = x[i] · 2⁹⁶, exactly; denormals are rebuilt from their integer significand, which is fast. */
function lift(x: usize, count: u32, out: usize): void {
  const scale = f32x4.splat(79228162514264337593543950336.0);
  const denormalScale = f32x4.splat(1.1102230246251565e-16); // 2^(96 - 149)
  const end = x + ((count as usize) << 2);
  for (; x + 16 <= end; x += 16, out += 16) {
    const value = v128.load(x);
    const magnitude = v128.and(value, i32x4.splat(0x7fffffff));
    const isNormal = i32x4.gt_s(magnitude, i32x4.splat(0x007fffff));
    const normal = f32x4.mul(v128.and(value, isNormal), scale);
    const denormal = f32x4.mul(f32x4.convert_i32x4_s(v128.andnot(magnitude, isNormal)), denormalScale);
    const sign = v128.and(value, i32x4.splat(0x80000000));
    v128.store(out, v128.or(v128.or(normal, denormal), sign));
  }
  for (; x < end; x += 4, out += 4)
    store<f32>(out, load<f32>(x) * <f32>79228162514264337593543950336.0);
}

/**
 * Quantises a window cut into segments: one of `head` elements if that is not 0, then segments of
 * `block`, the last one cut off at `count`. `count` is a multiple of 32 (padded with zeros), so are
 * `head` and `block`.
 * @param segments a record for each segment (unit.ts)
 * @param scratch room for the window: `x` may be the caller's own vector and is not written
 */
function quantiseAligned<Out>(
  generator: usize,
  x: usize,
  count: u32,
  head: u32,
  block: u32,
  segments: usize,
  scratch: usize,
  out: usize,
  limit: f32,
): void {
  let from: u32 = 0;
  let to = head > 0 ? head : block;
  while (from < count) {
    to = min(to, count);
    const length = to - from;
    const factor = load<f32>(segments);
    const threshold = load<u32>(segments, 4);
    const flags = load<u32>(segments, 8);
    const source = flags & LIFT ? scratch : x;
    if (flags & LIFT) lift(x, length, scratch);
    const groups = length / GROUP;
    if (flags & CLAMP)
      quantiseGroups<u32, Out>(generator, source, 0, groups, out, factor, threshold, limit);
    else if (flags & MASK)
      quantiseGroups<u16, Out>(generator, source, 0, groups, out, factor, threshold, limit);
    else quantiseGroups<u8, Out>(generator, source, 0, groups, out, factor, threshold, limit);
    x += (length as usize) << 2;
    out += sizeof<Out>() == 1 ? length : length >> 1;
    segments += 16;
    from = to;
    to += block;
  }
}

/** `quantiseAligned` with one code a byte. */
export function quantiseToBytes(
  generator: usize,
  x: usize,
  count: u32,
  head: u32,
  block: u32,
  segments: usize,
  scratch: usize,
  out: usize,
  limit: f32,
): void {
  quantiseAligned<u8>(generator, x, count, head, block, segments, scratch, out, limit);
}

/** `quantiseAligned` with 4-bit codes packed in pairs. */
export function quantiseToNibbles(
  generator: usize,
  x: usize,
  count: u32,
  head: u32,
  block: u32,
  segments: usize,
  scratch: usize,
  out: usize,
  limit: f32,
): void {
  quantiseAligned<u16>(generator, x, count, head, block, segments, scratch, out, limit);
}

/**
 * Like `quantiseToBytes` for segments of any length: `count` elements, padded with zeros to a
 * multiple of 32. The factor of each element is written out to `factors` first.
 */
export function quantiseUnaligned(
  generator: usize,
  x: usize,
  count: u32,
  head: u32,
  block: u32,
  segments: usize,
  scratch: usize,
  factors: usize,
  out: usize,
  limit: f32,
): void {
  const padded = (count + GROUP - 1) & ~(GROUP - 1);
  let source = x;
  let from: u32 = 0;
  let to = head > 0 ? head : block;
  while (from < count) {
    to = min(to, count);
    if (load<u32>(segments, 8) & LIFT) {
      if (source == x) memory.copy(scratch, x, (padded as usize) << 2);
      source = scratch;
      const at = source + ((from as usize) << 2);
      lift(at, to - from, at);
    }
    fillFloats(factors + ((from as usize) << 2), to - from, load<f32>(segments));
    segments += 16;
    from = to;
    to += block;
  }
  fillFloats(factors + ((count as usize) << 2), padded - count, 0);
  quantiseGroups<u64, u8>(generator, source, factors, padded / GROUP, out, 0, 0x007fffff, limit);
}

/** out[0..count) = value */
export function fillFloats(out: usize, count: u32, value: f32): void {
  const end = out + ((count as usize) << 2);
  const four = f32x4.splat(value);
  for (; out + 16 <= end; out += 16) v128.store(out, four);
  for (; out < end; out += 4) store<f32>(out, value);
}
