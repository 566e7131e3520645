/** Elias codes (kernels/elias-words.ts): bits, the high ones of a byte first. */

/** A larger N is followed by no further group. */
const LARGEST_GROUP: u32 = 7;

/** Most codes that an entry of the table of prefixes holds, and that four entries hold. */
const MOST_CODES: usize = 6;
const FOUR_ENTRIES: usize = 4 * MOST_CODES;

/** Eight bytes in reverse order. */
// @ts-ignore: decorator
@inline
function reversed(bytes: v128): v128 {
  return i8x16.shuffle(bytes, bytes, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

/** Stores the lowest `bits` (1 to 64) of `pending`, the high ones first. */
// @ts-ignore: decorator
@inline
function storeBits(out: usize, pending: u64, bits: u32): void {
  v128.store64_lane(out, reversed(i64x2.splat(pending << ((64 - bits) as u64))), 0);
}

// @ts-ignore: decorator
@inline
function wordOf(words: usize, code: usize): u32 {
  return load<u32>(words + ((load<u8>(code) as usize) << 2));
}

/** `pending` with a codeword behind it. */
// @ts-ignore: decorator
@inline
function appended(pending: u64, word: u32): u64 {
  return (pending << ((word >>> 16) as u64)) | ((word & 0xffff) as u64);
}

/**
 * Appends the codewords of codes[0..count) at `bit` (0 to 7) of out[0]; the bits in front are there
 * already. Whole bytes are stored after every third code, whether there are any or not: 7 bits and
 * three codewords fit. Writes up to eight bytes beyond the last bit.
 * @param words for each code, u32: the codeword, right-aligned, and from bit 16 its length
 * @returns the bit behind the last one, counted from out[0]
 */
export function encodeElias(codes: usize, count: u32, words: usize, out: usize, bit: u32): u32 {
  const first = out;
  const end = codes + count;
  let pending: u64 = (load<u8>(out) as u64) >> (8 - bit);
  let bits = bit;
  for (; codes + 3 <= end; codes += 3) {
    const a = wordOf(words, codes);
    const b = wordOf(words, codes + 1);
    const c = wordOf(words, codes + 2);
    pending = appended(appended(appended(pending, a), b), c);
    bits += (a >>> 16) + (b >>> 16) + (c >>> 16);
    storeBits(out, pending, bits);
    out += bits >>> 3;
    bits &= 7;
  }
  for (; codes < end; codes++) {
    const word = wordOf(words, codes);
    pending = appended(pending, word);
    bits += word >>> 16;
  }
  if (bits > 0) storeBits(out, pending, bits);
  return (((out - first) << 3) as u32) + bits;
}

/** At least 57 bits from `bit` on, left-aligned. */
// @ts-ignore: decorator
@inline
function peek(section: usize, bit: u32): u64 {
  const bytes = reversed(v128.load64_zero(section + (bit >>> 3)));
  return i64x2.extract_lane(bytes, 0) << ((bit & 7) as u64);
}

// @ts-ignore: decorator
@inline
function entryOf(prefixes: usize, bits: u64): u64 {
  return load<u64>(prefixes + ((bits >> 53) << 3) as usize);
}

// @ts-ignore: decorator
@inline
function codesOf(entry: u64): usize {
  return ((entry >> 48) & 255) as usize;
}

/**
 * Reads codes[0..count) from `bit` of the section on, up to seven bytes beyond their last bit. Writes up
 * to eight codes beyond.
 * @param prefixes for each value of the next 11 bits, u64: up to six codes whose codewords they begin
 * with (a byte each), from bit 48 their number and from bit 56 the codewords' bits
 * @returns the bit behind the last code; −level of a code beyond `levels`, or −1 where it has none
 */
export function decodeElias(
  section: usize,
  bit: u32,
  prefixes: usize,
  levels: u32,
  codes: usize,
  count: u32,
): i32 {
  const end = codes + count;
  while (codes < end) {
    let bits = peek(section, bit);
    if (codes + FOUR_ENTRIES <= end) {
      // Behind a codeword that no entry begins with, entries are empty.
      let entry = entryOf(prefixes, bits);
      store<u64>(codes, entry);
      codes += codesOf(entry);
      bit += (entry >> 56) as u32;
      bits <<= entry >> 56;
      entry = entryOf(prefixes, bits);
      store<u64>(codes, entry);
      codes += codesOf(entry);
      bit += (entry >> 56) as u32;
      bits <<= entry >> 56;
      entry = entryOf(prefixes, bits);
      store<u64>(codes, entry);
      codes += codesOf(entry);
      bit += (entry >> 56) as u32;
      bits <<= entry >> 56;
      entry = entryOf(prefixes, bits);
      store<u64>(codes, entry);
      codes += codesOf(entry);
      bit += (entry >> 56) as u32;
      if (codesOf(entry) != 0) continue;
      bits = peek(section, bit);
    }
    let n: u32 = 1;
    while ((bits as i64) < 0) {
      if (n > LARGEST_GROUP) return -1;
      const group = (bits >> ((63 - n) as u64)) as u32;
      bits <<= (n + 1) as u64;
      bit += n + 1;
      n = group;
    }
    const level = n - 1;
    if (level > levels) return -(level as i32);
    const isNegative = (bits << 1) >> 63 != 0;
    store<u8>(codes, isNegative && n > 1 ? levels - level : levels + level);
    codes++;
    bit += 1 + u32(n > 1);
  }
  return bit;
}
