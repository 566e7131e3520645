/**
 * rANS with four states (kernels/rans-states.ts), four codes at a time. No branch depends on a code: whether
 * a word is due is as good as random.
 */

const LOW: u32 = 1 << 15;
const FREQUENCY_BITS: u32 = 12;
const SLOT_MASK: u32 = 4095;

/** A symbol's record: its code tells where. */
// @ts-ignore: decorator
@inline
function recordOf(symbols: usize, code: usize): usize {
  return symbols + ((load<u8>(code) as usize) << 4);
}

/** Bytes to put in front of the words before a symbol is pushed: 2 or 0. */
// @ts-ignore: decorator
@inline
function bytesDue(x: u32, record: usize): u32 {
  return u32(x >= load<u32>(record, 4)) << 1;
}

/** The state, of which `due` bytes were given away, with a symbol pushed. */
// @ts-ignore: decorator
@inline
function pushed(state: u32, due: u32, record: usize): u32 {
  const x = state >>> (due << 3);
  const product = (x as u64) * (load<u32>(record) as u64);
  const quotient = (product >> (load<u32>(record, 8) as u64)) as u32;
  return x + quotient * (load<u16>(record, 12) as u32) + (load<u16>(record, 14) as u32);
}

/**
 * Codes codes[0..count), from the last to the first, which belongs to state 0. Words go in front of
 * `end`, at most one a code, and two bytes in front of them are written.
 * @param symbols 16 bytes for each code: u32 reciprocal of its frequency f, u32 limit f · 2¹⁹, u32
 * shift (x · reciprocal >> shift = ⌊x / f⌋), u16 4096 − f, u16 cumulated frequency
 * @returns where the words begin
 */
export function encodeRans(
  codes: usize,
  count: u32,
  symbols: usize,
  states: usize,
  end: usize,
): usize {
  let out = end;
  let last = count;
  while (last & 3) {
    last--;
    const record = recordOf(symbols, codes + last);
    const state = states + ((last & 3) << 2);
    const x = load<u32>(state);
    const due = bytesDue(x, record);
    store<u16>(out - 2, x);
    out -= due;
    store<u32>(state, pushed(x, due, record));
  }
  let a = load<u32>(states);
  let b = load<u32>(states, 4);
  let c = load<u32>(states, 8);
  let d = load<u32>(states, 12);
  for (let code = codes + last; code > codes; ) {
    code -= 4;
    const forD = recordOf(symbols, code + 3);
    const dueD = bytesDue(d, forD);
    store<u16>(out - 2, d);
    out -= dueD;
    d = pushed(d, dueD, forD);
    const forC = recordOf(symbols, code + 2);
    const dueC = bytesDue(c, forC);
    store<u16>(out - 2, c);
    out -= dueC;
    c = pushed(c, dueC, forC);
    const forB = recordOf(symbols, code + 1);
    const dueB = bytesDue(b, forB);
    store<u16>(out - 2, b);
    out -= dueB;
    b = pushed(b, dueB, forB);
    const forA = recordOf(symbols, code);
    const dueA = bytesDue(a, forA);
    store<u16>(out - 2, a);
    out -= dueA;
    a = pushed(a, dueA, forA);
  }
  store<u32>(states, a);
  store<u32>(states, b, 4);
  store<u32>(states, c, 8);
  store<u32>(states, d, 12);
  return out;
}

/** Writes the entries of one symbol's slots: symbol, place (from bit 8), frequency − 1 (from bit 20). */
export function prepareSlots(symbol: u32, slots: usize, frequency: u32): void {
  const end = slots + ((frequency as usize) << 2);
  let entry = symbol | ((frequency - 1) << 20);
  for (; slots < end; slots += 4, entry += 256) store<u32>(slots, entry);
}

// @ts-ignore: decorator
@inline
function entryOf(slots: usize, x: u32): u32 {
  return load<u32>(slots + (((x & SLOT_MASK) as usize) << 2));
}

/** The state with its symbol taken off; below LOW a word is due. */
// @ts-ignore: decorator
@inline
function popped(x: u32, entry: u32): u32 {
  const quotient = x >>> FREQUENCY_BITS;
  return (entry >>> 20) * quotient + (quotient + ((entry >>> 8) & SLOT_MASK));
}

/** 1 where a word is due, else 0. */
// @ts-ignore: decorator
@inline
function isLow(x: u32): u32 {
  return u32(x < LOW);
}

/** The state with the word it is due; by arithmetic, since engines make a branch of `select`. */
// @ts-ignore: decorator
@inline
function refilled(x: u32, low: u32, words: usize): u32 {
  return (x << (low << 4)) | ((load<u16>(words) as u32) & -low);
}

/**
 * Reads codes[0..count), the first from state 0. Reads at most two bytes a code and two more from
 * `words`, whatever is there; states must be in range and stay so.
 * @returns where the next word is
 */
export function decodeRans(
  words: usize,
  slots: usize,
  states: usize,
  codes: usize,
  count: u32,
): usize {
  let a = load<u32>(states);
  let b = load<u32>(states, 4);
  let c = load<u32>(states, 8);
  let d = load<u32>(states, 12);
  const end = codes + (count & ~3);
  for (; codes < end; codes += 4) {
    const fromA = entryOf(slots, a);
    const fromB = entryOf(slots, b);
    const fromC = entryOf(slots, c);
    const fromD = entryOf(slots, d);
    a = popped(a, fromA);
    b = popped(b, fromB);
    c = popped(c, fromC);
    d = popped(d, fromD);
    store<u8>(codes, fromA);
    store<u8>(codes, fromB, 1);
    store<u8>(codes, fromC, 2);
    store<u8>(codes, fromD, 3);
    const lowA = isLow(a);
    const lowB = isLow(b);
    const lowC = isLow(c);
    const lowD = isLow(d);
    a = refilled(a, lowA, words);
    words += (lowA as usize) << 1;
    b = refilled(b, lowB, words);
    words += (lowB as usize) << 1;
    c = refilled(c, lowC, words);
    words += (lowC as usize) << 1;
    d = refilled(d, lowD, words);
    words += (lowD as usize) << 1;
  }
  store<u32>(states, a);
  store<u32>(states, b, 4);
  store<u32>(states, c, 8);
  store<u32>(states, d, 12);
  for (let rest = count & 3; rest > 0; rest--, codes++, states += 4) {
    const entry = entryOf(slots, load<u32>(states));
    const x = popped(load<u32>(states), entry);
    store<u8>(codes, entry);
    const low = isLow(x);
    store<u32>(states, refilled(x, low, words));
    words += (low as usize) << 1;
  }
  return words;
}
