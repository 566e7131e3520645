/** Golomb–Rice coding of ascending indices (codecs/kernels/reference/rice.ts has the format). */

/** Sum of the lanes. */
// @ts-ignore: decorator
@inline
function total(v: v128): u32 {
  const pair = i32x4.add(v, i32x4.shuffle(v, v, 2, 3, 0, 1));
  return i32x4.extract_lane(pair, 0) + i32x4.extract_lane(pair, 1);
}

/**
 * Adds the quotients of the gaps between `count` indices for four parameters, `parameter` and the
 * next three, to four numbers. Gaps of one list sum up to less than 2^28.
 * @param next the index before the first would leave no gap at: one more than the last seen, or 0
 */
export function addQuotients(
  indices: usize,
  count: u32,
  next: u32,
  parameter: u32,
  sums: usize,
): void {
  if (count == 0) return;
  const one = i32x4.splat(1);
  const end = indices + ((count as usize) << 2);
  let at = indices + 4;
  let a = i32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (; at + 16 <= end; at += 16) {
    const gaps = i32x4.sub(i32x4.sub(v128.load(at), v128.load(at - 4)), one);
    a = i32x4.add(a, i32x4.shr_u(gaps, parameter));
    b = i32x4.add(b, i32x4.shr_u(gaps, parameter + 1));
    c = i32x4.add(c, i32x4.shr_u(gaps, parameter + 2));
    d = i32x4.add(d, i32x4.shr_u(gaps, parameter + 3));
  }
  addGap(load<u32>(indices) - next, parameter, sums);
  for (; at < end; at += 4) addGap(load<u32>(at) - load<u32>(at - 4) - 1, parameter, sums);
  store<u32>(sums, load<u32>(sums) + total(a));
  store<u32>(sums, load<u32>(sums, 4) + total(b), 4);
  store<u32>(sums, load<u32>(sums, 8) + total(c), 8);
  store<u32>(sums, load<u32>(sums, 12) + total(d), 12);
}

function addGap(gap: u32, parameter: u32, sums: usize): void {
  for (let i: u32 = 0; i < 4; i++, sums += 4)
    store<u32>(sums, load<u32>(sums) + (gap >> (parameter + i)));
}

/**
 * Writes the remainders of the gaps, `parameter` bits each, from the first bit of `remainders` on, and
 * their quotients in unary from bit `bit` of `quotients` on, which holds zeros from there.
 * @param remainders room for 8 bytes more than the bits take, like `quotients`
 * @returns the bit of `quotients` behind the last
 */
export function packGaps(
  indices: usize,
  count: u32,
  next: u32,
  parameter: u32,
  remainders: usize,
  quotients: usize,
  bit: u32,
): u32 {
  const mask: u64 = (1 << parameter) - 1;
  const end = indices + ((count as usize) << 2);
  // Remainders are stored by pairs: up to 48 bits behind the last seven, at every byte begun.
  let low: u64 = 0;
  let lowBits: u32 = 0;
  // Quotients are stored when there may be no room for the next one.
  let at = quotients + ((bit >> 3) as usize);
  let bits = bit & 7;
  let pending = load<u8>(at) as u64;
  for (; indices < end; indices += 8) {
    const first = load<u32>(indices);
    const a = first - next;
    const isPair = indices + 4 < end;
    const second = isPair ? load<u32>(indices, 4) : first + 1;
    const b = second - first - 1;
    next = second + 1;

    low |= (((a as u64) & mask) | (((b as u64) & mask) << parameter)) << lowBits;
    store<u64>(remainders, low);
    lowBits += 2 * parameter;
    remainders += (lowBits >> 3) as usize;
    low >>= lowBits & ~7;
    lowBits &= 7;

    bits += a >> parameter;
    if (bits > 55) {
      store<u64>(at, pending);
      at += (bits >> 3) as usize;
      bits &= 7;
      pending = load<u8>(at) as u64;
    }
    pending |= (1 as u64) << bits;
    bits++;
    if (!isPair) break;
    bits += b >> parameter;
    if (bits > 55) {
      store<u64>(at, pending);
      at += (bits >> 3) as usize;
      bits &= 7;
      pending = load<u8>(at) as u64;
    }
    pending |= (1 as u64) << bits;
    bits++;
  }
  store<u64>(remainders, low);
  store<u64>(at, pending);
  return (((at - quotients) as u32) << 3) + bits;
}

/** Offsets in the state of `unpackGaps`: u64 bits of quotients seen, u64 bit behind the last one. */
const SEEN: usize = 0;
const BEHIND: usize = 8;
/** u64 index that would leave no gap, u64 bit of the next remainder. */
const NEXT: usize = 16;
const REMAINDER: usize = 24;

/**
 * Reads the indices whose quotients end in `words` 64-bit words.
 * @param state what is known from the words before
 * @param remainders those of a list from bit `state.REMAINDER` on, and 8 bytes more
 * @param most indices there may be, and there is room for
 * @param limit all indices must be below
 * @returns how many there are, or −1 where the list breaks a rule
 */
export function unpackGaps(
  state: usize,
  quotients: usize,
  words: u32,
  remainders: usize,
  parameter: u32,
  most: u32,
  limit: u32,
  indices: usize,
): i32 {
  const first = indices;
  const last = indices + ((most as usize) << 2);
  const mask: u64 = ((1 as u64) << parameter) - 1;
  let seen = load<u64>(state, SEEN);
  let behind = load<u64>(state, BEHIND);
  let next = load<u64>(state, NEXT);
  let bit = load<u64>(state, REMAINDER);
  const end = quotients + ((words as usize) << 3);
  for (; quotients < end; quotients += 8, seen += 64) {
    let word = load<u64>(quotients);
    while (word != 0) {
      if (indices == last) return -1;
      const one = seen + ctz(word);
      word &= word - 1;
      const low = load<u64>(remainders + ((bit >> 3) as usize)) >> (bit & 7);
      bit += parameter;
      // At most 2^31 bits, shifted by at most 24: no overflow.
      const index = next + ((one - behind) << parameter) + (low & mask);
      if (index >= (limit as u64)) return -1;
      behind = one + 1;
      store<u32>(indices, index as u32);
      indices += 4;
      next = index + 1;
    }
  }
  store<u64>(state, seen, SEEN);
  store<u64>(state, behind, BEHIND);
  store<u64>(state, next, NEXT);
  store<u64>(state, bit, REMAINDER);
  return ((indices - first) >> 2) as i32;
}
