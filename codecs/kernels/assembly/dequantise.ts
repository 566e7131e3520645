/**
 * Codes back to values (reference/quantise.ts): (code − levels) · unit, written, added, or
 * multiplied by a weight and added; each a float32 operation.
 *
 * Mode (a type parameter's size): u8 write, u16 add, u32 add with weight.
 * Units: How = u8 one for the run, u16 one for each element.
 */
import { fillFloats } from "./quantise";

// @ts-ignore: decorator
@inline
function put<Mode>(out: usize, value: v128, weight: v128): void {
  if (sizeof<Mode>() == 1) v128.store(out, value);
  else if (sizeof<Mode>() == 2) v128.store(out, f32x4.add(v128.load(out), value));
  else v128.store(out, f32x4.add(v128.load(out), f32x4.mul(value, weight)));
}

// @ts-ignore: decorator
@inline
function unitAt<How>(units: usize, unit: v128): v128 {
  return sizeof<How>() == 1 ? unit : v128.load(units);
}

/** Sixteen codes to sixteen values at `out`. */
// @ts-ignore: decorator
@inline
function sixteen<Mode, How>(
  codes: v128,
  levels: v128,
  units: usize,
  unit: v128,
  out: usize,
  weight: v128,
): void {
  const low = i16x8.sub(i16x8.extend_low_i8x16_u(codes), levels);
  const high = i16x8.sub(i16x8.extend_high_i8x16_u(codes), levels);
  const a = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low));
  const b = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low));
  const c = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high));
  const d = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high));
  put<Mode>(out, f32x4.mul(a, unitAt<How>(units, unit)), weight);
  put<Mode>(out + 16, f32x4.mul(b, unitAt<How>(units + 16, unit)), weight);
  put<Mode>(out + 32, f32x4.mul(c, unitAt<How>(units + 32, unit)), weight);
  put<Mode>(out + 48, f32x4.mul(d, unitAt<How>(units + 48, unit)), weight);
}

/** `count` codes, one a byte; works in whole groups of sixteen. */
function bytesRun<Mode, How>(
  codes: usize,
  count: u32,
  levelCount: i32,
  units: usize,
  unitValue: f32,
  out: usize,
  weightValue: f32,
): void {
  const levels = i16x8.splat(levelCount as i16);
  const unit = f32x4.splat(unitValue);
  const weight = f32x4.splat(weightValue);
  const end = codes + ((count + 15) & ~15);
  for (; codes < end; codes += 16) {
    sixteen<Mode, How>(v128.load(codes), levels, units, unit, out, weight);
    units += 64;
    out += 64;
  }
}

/** `count` 4-bit codes packed in pairs; works in whole groups of 32. */
function nibblesRun<Mode>(
  packed: usize,
  count: u32,
  levelCount: i32,
  unitValue: f32,
  out: usize,
  weightValue: f32,
): void {
  const levels = i16x8.splat(levelCount as i16);
  const unit = f32x4.splat(unitValue);
  const weight = f32x4.splat(weightValue);
  const nibble = i8x16.splat(15);
  const end = packed + (((count + 31) & ~31) >> 1);
  for (; packed < end; packed += 16) {
    const pair = v128.load(packed);
    sixteen<Mode, u8>(v128.and(pair, nibble), levels, 0, unit, out, weight);
    const second = v128.and(i16x8.shr_u(pair, 4), nibble);
    sixteen<Mode, u8>(second, levels, 0, unit, out + 64, weight);
    out += 128;
  }
}

/** Segments of whole groups: `head` (if not 0), then `block` each; `Packed` u8 bytes, u16 nibbles. */
// @ts-ignore: decorator
@inline
function aligned<Mode, Packed>(
  codes: usize,
  count: u32,
  head: u32,
  block: u32,
  scales: usize,
  levels: i32,
  out: usize,
  weight: f32,
): void {
  let from: u32 = 0;
  let to = head > 0 ? head : block;
  while (from < count) {
    to = min(to, count);
    const length = to - from;
    const unit = load<f32>(scales);
    if (sizeof<Packed>() == 1) bytesRun<Mode, u8>(codes, length, levels, 0, unit, out, weight);
    else nibblesRun<Mode>(codes, length, levels, unit, out, weight);
    codes += sizeof<Packed>() == 1 ? length : length >> 1;
    out += (length as usize) << 2;
    scales += 4;
    from = to;
    to += block;
  }
}

// @ts-ignore: decorator
@inline
function unaligned<Mode>(
  codes: usize,
  count: u32,
  head: u32,
  block: u32,
  scales: usize,
  units: usize,
  levels: i32,
  out: usize,
  weight: f32,
): void {
  let from: u32 = 0;
  let to = head > 0 ? head : block;
  while (from < count) {
    to = min(to, count);
    fillFloats(units + ((from as usize) << 2), to - from, load<f32>(scales));
    scales += 4;
    from = to;
    to += block;
  }
  bytesRun<Mode, u16>(codes, count, levels, units, 0, out, weight);
}

/**
 * Values of a window of 4-bit codes packed in pairs. `head` and `block` are multiples of 32.
 * @param mode 0 write, 1 add, 2 add with weight
 */
export function dequantiseNibbles(
  mode: u32,
  packed: usize,
  count: u32,
  head: u32,
  block: u32,
  scales: usize,
  levels: i32,
  out: usize,
  weight: f32,
): void {
  if (mode == 0) aligned<u8, u16>(packed, count, head, block, scales, levels, out, weight);
  else if (mode == 1) aligned<u16, u16>(packed, count, head, block, scales, levels, out, weight);
  else aligned<u32, u16>(packed, count, head, block, scales, levels, out, weight);
}

/** Values of a window of codes, one a byte. `head` and `block` are multiples of 16. */
export function dequantiseBytes(
  mode: u32,
  codes: usize,
  count: u32,
  head: u32,
  block: u32,
  scales: usize,
  levels: i32,
  out: usize,
  weight: f32,
): void {
  if (mode == 0) aligned<u8, u8>(codes, count, head, block, scales, levels, out, weight);
  else if (mode == 1) aligned<u16, u8>(codes, count, head, block, scales, levels, out, weight);
  else aligned<u32, u8>(codes, count, head, block, scales, levels, out, weight);
}

/** Like `dequantiseBytes` for segments of any length, through a unit for each element. */
export function dequantiseUnaligned(
  mode: u32,
  codes: usize,
  count: u32,
  head: u32,
  block: u32,
  scales: usize,
  units: usize,
  levels: i32,
  out: usize,
  weight: f32,
): void {
  if (mode == 0) unaligned<u8>(codes, count, head, block, scales, units, levels, out, weight);
  else if (mode == 1) unaligned<u16>(codes, count, head, block, scales, units, levels, out, weight);
  else unaligned<u32>(codes, count, head, block, scales, units, levels, out, weight);
}
