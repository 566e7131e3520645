/**
 * Bit planes (reference/planes.ts): 128 / p codes of p bits in 16 bytes, vertical shifts only.
 * Fields of at most 8 − k bits shifted left by k stay within their byte, so 16-bit shifts serve.
 */

/** Field of `bits` bits at `shift` of sixteen codes. */
// @ts-ignore: decorator
@inline
function field(codes: usize, shift: i32, mask: v128): v128 {
  return v128.and(i16x8.shr_u(v128.load(codes), shift), mask);
}

/** Packs the plane of `bits` bits at `shift` of codes[0..count), up to the end of the last group. */
export function packPlane(codes: usize, count: u32, bits: u32, shift: u32, out: usize): void {
  if (bits == 8) memory.copy(out, codes, (count + 15) & ~15);
  else if (bits == 4) pack4(codes, count, shift, out);
  else if (bits == 2) pack2(codes, count, shift, out);
  else pack1(codes, count, shift, out);
}

function pack4(codes: usize, count: u32, shift: i32, out: usize): void {
  const mask = i8x16.splat(15);
  const end = codes + count;
  for (; codes < end; codes += 32, out += 16)
    v128.store(
      out,
      v128.or(field(codes, shift, mask), i16x8.shl(field(codes + 16, shift, mask), 4)),
    );
}

function pack2(codes: usize, count: u32, shift: i32, out: usize): void {
  const mask = i8x16.splat(3);
  const end = codes + count;
  for (; codes < end; codes += 64, out += 16) {
    const a = v128.or(field(codes, shift, mask), i16x8.shl(field(codes + 16, shift, mask), 2));
    const b = v128.or(field(codes + 32, shift, mask), i16x8.shl(field(codes + 48, shift, mask), 2));
    v128.store(out, v128.or(a, i16x8.shl(b, 4)));
  }
}

function pack1(codes: usize, count: u32, shift: i32, out: usize): void {
  const mask = i8x16.splat(1);
  const end = codes + count;
  for (; codes < end; codes += 128, out += 16) {
    let bits = field(codes + 112, shift, mask);
    for (let i = 96; i >= 0; i -= 16)
      bits = v128.or(i16x8.shl(bits, 1), field(codes + i, shift, mask));
    v128.store(out, bits);
  }
}

/** Unpacks a plane into codes[0..count), to the end of the last group; ors in where shift > 0. */
export function unpackPlane(packed: usize, count: u32, bits: u32, shift: u32, codes: usize): void {
  if (bits == 8) {
    memory.copy(codes, packed, (count + 15) & ~15);
    return;
  }
  const mask = i8x16.splat((((1 as u32) << bits) - 1) as i8);
  const keep = i8x16.splat(shift == 0 ? 0 : -1);
  const end = codes + count;
  for (; codes < end; packed += 16) {
    const group = v128.load(packed);
    for (let at: u32 = 0; at < 8; at += bits) {
      const value = i16x8.shl(v128.and(i16x8.shr_u(group, at), mask), shift);
      v128.store(codes, v128.or(v128.and(v128.load(codes), keep), value));
      codes += 16;
    }
  }
}

/** Largest of `count` codes, one a byte. */
export function maxByte(codes: usize, count: u32): u32 {
  let most = i8x16.splat(0);
  const end = codes + count;
  for (; codes + 16 <= end; codes += 16) most = i8x16.max_u(most, v128.load(codes));
  let largest: u32 = 0;
  for (; codes < end; codes++) largest = max(largest, load<u8>(codes) as u32);
  for (let half = 0; half < 4; half++) {
    most = i8x16.max_u(most, i8x16.shuffle(most, most, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0));
  }
  for (let i = 0; i < 16; i += 4) {
    largest = max(largest, i8x16.extract_lane_u(most, 0) as u32);
    most = i8x16.shuffle(most, most, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3);
  }
  return largest;
}
