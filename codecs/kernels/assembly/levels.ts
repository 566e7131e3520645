/**
 * Bodies of level codecs over a range of elements: measure, encode, decode (reference/levels.ts is
 * the definition). Everything is in this memory: vectors and bodies that live there, or windows of
 * others. A job tells where; see codecs/kernels/simd/levels-job.ts for its words.
 *
 * Addresses in a job are those that element, block or code 0 would have, so that a window which begins
 * later may stand for a whole vector; they may lie below zero, and wrap.
 */
import { dequantiseBytes, dequantiseNibbles, dequantiseUnaligned } from "./dequantise";
import { maxByte, packPlane, unpackPlane } from "./planes";
import { quantiseToBytes, quantiseToNibbles, quantiseUnaligned } from "./quantise";
import { seedLanes } from "./random";
import { packTrits, unpackTrits } from "./trits";
import { addStatistics, computeUnit, computeUnits, resetStatistics } from "./unit";
import { addVectors } from "./vector";

/** Elements worked on at a time; divides the dither's chunk, and holds whole groups of planes. */
const WINDOW: u32 = 8192;
/** The same for decoding trits: whole groups of trits, too. */
const TRIT_WINDOW: u32 = 7680;
const CHUNK: u32 = 65536;
const DITHER_GROUP: u32 = 32;
const PLANE_GROUP: u32 = 128;
const TRIT_GROUP: u32 = 80;
const ADD_WEIGHTED: u32 = 2;

// Offsets of the words of a job.
const LENGTH: usize = 0;
const BLOCK: usize = 4;
const LEVELS: usize = 8;
const MODE: usize = 12;
const DIRECT_BITS: usize = 16;
const PLANES: usize = 20;
const PLANE: usize = 24;
const CODES_AT: usize = 48;
const KEY_LOW: usize = 60;
const KEY_HIGH: usize = 64;
const VECTOR: usize = 68;
const RESIDUAL: usize = 72;
const HAS_RESIDUAL: usize = 76;
const RECORDS: usize = 80;
const SCALES: usize = 84;
const GENERATOR: usize = 88;
const STATISTICS: usize = 92;
const TAIL: usize = 96;
const SCRATCH: usize = 100;
const CODES: usize = 104;
const UNITS: usize = 108;
const CLIP: usize = 112;
const DIVISOR: usize = 120;

// @ts-ignore: decorator
@inline
function word(job: usize, offset: usize): u32 {
  return load<u32>(job + offset);
}

// @ts-ignore: decorator
@inline
function elementAt(job: usize, vector: usize, index: u32): usize {
  return word(job, vector) + (index << 2);
}

/** Up to the next multiple of a power of two. */
// @ts-ignore: decorator
@inline
function roundUp(count: u32, group: u32): u32 {
  return (count + group - 1) & ~(group - 1);
}

/**
 * How a window is cut at block boundaries: one segment of `head` elements unless 0, then of `block`.
 * A window within one block is one segment, whatever its length.
 */
// @ts-ignore: decorator
@inline
function headOf(start: u32, count: u32, block: u32): u32 {
  const head = (block - (start % block)) % block;
  return head >= count ? 0 : head;
}

// @ts-ignore: decorator
@inline
function isWithinBlock(start: u32, count: u32, block: u32): bool {
  return (start % block) + count <= block;
}

/** Records and scales of the blocks whose `count` elements, or sums, begin at `from`; the first is `b`. */
function measure(job: usize, from: usize, count: u32, b: u32): u32 {
  const block = word(job, BLOCK);
  const whole = count / block;
  const statistics = word(job, STATISTICS);
  const record = word(job, RECORDS) + (b << 4);
  const scale = word(job, SCALES) + (b << 2);
  const levels = word(job, LEVELS) as f64;
  const mode = word(job, MODE);
  const clip = load<f64>(job + CLIP);
  const divisor = load<f64>(job + DIVISOR);
  const most = computeUnits(
    from, whole, block, statistics, record, scale, levels, mode, clip, divisor,
  );
  const rest = count - whole * block;
  if (rest == 0) return most;
  const restAt = from + ((whole * block) << 2);
  const last = computeUnits(
    restAt, 1, rest, statistics, record + (whole << 4), scale + (whole << 2), levels, mode, clip, divisor,
  );
  return max(most, last);
}

/**
 * Statistics of elements [start, end), or of their sums with the residual (assembly/unit.ts).
 * @returns the largest magnitude, as a bit pattern
 */
export function sweepElements(job: usize, start: u32, end: u32): u32 {
  const statistics = word(job, STATISTICS);
  const tail = word(job, TAIL);
  const mode = word(job, MODE);
  resetStatistics(statistics);
  if (!word(job, HAS_RESIDUAL))
    addStatistics(statistics, elementAt(job, VECTOR, start), end - start, mode);
  else
    for (let from = start; from < end; from += WINDOW) {
      const count = min(WINDOW, end - from);
      const x = elementAt(job, VECTOR, from);
      addVectors(x, elementAt(job, RESIDUAL, from), count, tail);
      addStatistics(statistics, tail, count, mode);
    }
  return load<u32>(statistics);
}

/** Record and scale of block `b` [start, end), of sums, longer than a window. */
function measureLongSum(job: usize, start: u32, end: u32, b: u32): u32 {
  const statistics = word(job, STATISTICS);
  const mode = word(job, MODE);
  const most = sweepElements(job, start, end);
  const record: usize = word(job, RECORDS) + (b << 4);
  const levels = word(job, LEVELS) as f64;
  computeUnit(
    statistics, record, end - start, levels, mode, load<f64>(job + CLIP), load<f64>(job + DIVISOR),
  );
  store<u32>(word(job, SCALES) + (b << 2), load<u32>(record, 12));
  return most;
}

/**
 * Writes the records and scales of blocks [first, last).
 * @returns the largest magnitude in them, as a bit pattern
 */
export function measureBlocks(job: usize, first: u32, last: u32): u32 {
  if (first >= last) return 0;
  const block = word(job, BLOCK);
  const end = min(word(job, LENGTH) as u64, (last as u64) * block) as u32;
  if (!word(job, HAS_RESIDUAL))
    return measure(job, elementAt(job, VECTOR, first * block), end - first * block, first);
  let most: u32 = 0;
  const atOnce = block > WINDOW ? 1 : WINDOW / block;
  for (let b = first; b < last; b += atOnce) {
    const start = b * block;
    const count = min(atOnce * block, end - start);
    if (block > WINDOW) {
      most = max(most, measureLongSum(job, start, start + count, b));
      continue;
    }
    const tail = word(job, TAIL);
    const x = elementAt(job, VECTOR, start);
    addVectors(x, elementAt(job, RESIDUAL, start), count, tail);
    most = max(most, measure(job, tail, count, b));
  }
  return most;
}

/**
 * Address of a window's elements, zeros behind them to a whole group. With a residual they are the
 * sums, and may be overwritten: in the residual's place, but for a window that is no whole group.
 */
// @ts-ignore: decorator
@inline
function loadWindow(job: usize, start: u32, count: u32): usize {
  const x = elementAt(job, VECTOR, start);
  const tail: usize = word(job, TAIL);
  const padded = roundUp(count, PLANE_GROUP);
  if (word(job, HAS_RESIDUAL)) {
    const residual = elementAt(job, RESIDUAL, start);
    const out = padded == count ? residual : tail;
    addVectors(x, residual, count, out);
    if (padded != count) memory.fill(tail + (count << 2), 0, (padded - count) << 2);
    return out;
  }
  if (padded == count) return x;
  memory.copy(tail, x, count << 2);
  memory.fill(tail + (count << 2), 0, (padded - count) << 2);
  return tail;
}

/** Quantises to one code a byte at `out`; with a residual, takes from `x` what the codes say. */
function encodeToBytes(
  job: usize,
  start: u32,
  count: u32,
  x: usize,
  head: u32,
  block: u32,
  isAligned: bool,
  out: usize,
): void {
  const b = start / word(job, BLOCK);
  const record = word(job, RECORDS) + (b << 4);
  const levels = word(job, LEVELS);
  const limit = (levels << 15) as f32;
  const generator = word(job, GENERATOR);
  const scratch = word(job, SCRATCH);
  const units = word(job, UNITS);
  const scale = word(job, SCALES) + (b << 2);
  const isFed = word(job, HAS_RESIDUAL);
  if (isAligned) {
    const padded = roundUp(count, DITHER_GROUP);
    quantiseToBytes(generator, x, padded, head, block, record, scratch, out, limit);
    if (isFed) dequantiseBytes(ADD_WEIGHTED, out, count, head, block, scale, levels, x, -1);
  } else {
    quantiseUnaligned(generator, x, count, head, block, record, scratch, units, out, limit);
    if (isFed)
      dequantiseUnaligned(ADD_WEIGHTED, out, count, head, block, scale, units, levels, x, -1);
  }
}

/** Quantises to 4-bit codes in pairs at `out`; with a residual, takes from `x` what they say. */
// @ts-ignore: decorator
@inline
function encodeToNibbles(
  job: usize,
  start: u32,
  count: u32,
  x: usize,
  head: u32,
  block: u32,
  out: usize,
): void {
  const b = start / word(job, BLOCK);
  const record = word(job, RECORDS) + (b << 4);
  const levels = word(job, LEVELS);
  const limit = (levels << 15) as f32;
  quantiseToNibbles(
    word(job, GENERATOR), x, count, head, block, record, word(job, SCRATCH), out, limit,
  );
  if (!word(job, HAS_RESIDUAL)) return;
  const scale = word(job, SCALES) + (b << 2);
  dequantiseNibbles(ADD_WEIGHTED, out, count, head, block, scale, levels, x, -1);
}

/**
 * Packs the window's codes and those before it that did not fill a group; what does not fill one now
 * moves to the front.
 */
// @ts-ignore: decorator
@inline
function pack(job: usize, start: u32, count: u32, carried: u32): void {
  const codes: usize = word(job, CODES);
  const planes = word(job, PLANES);
  const total = carried + count;
  const isLast = start + count == word(job, LENGTH);
  const left = isLast ? 0 : total % (planes ? PLANE_GROUP : TRIT_GROUP);
  const ready = total - left;
  if (isLast) memory.fill(codes + total, 0, PLANE_GROUP);
  const first = start - carried;
  if (planes == 0) packTrits(codes, ready, word(job, CODES_AT) + (first / TRIT_GROUP) * 16);
  for (let i: u32 = 0; i < planes; i++) {
    const plane = job + PLANE + (i << 3);
    const bits = load<u32>(plane);
    const out = load<u32>(job + CODES_AT + (i << 2)) + ((first * bits) >> 3);
    packPlane(codes, ready, bits, load<u32>(plane, 4), out);
  }
  memory.copy(codes, codes + ready, left);
}

// @ts-ignore: decorator
@inline
function encodeWindow(job: usize, start: u32, count: u32): void {
  const block = word(job, BLOCK);
  const isWithin = isWithinBlock(start, count, block);
  const head = isWithin ? 0 : headOf(start, count, block);
  const isAligned = isWithin || (head | block) % DITHER_GROUP == 0;
  const segment = isWithin ? WINDOW : block;
  const x = loadWindow(job, start, count);
  const bits = word(job, DIRECT_BITS);
  if (bits && isAligned && count % DITHER_GROUP == 0) {
    const out = word(job, CODES_AT) + ((start * bits) >> 3);
    if (bits == 8) encodeToBytes(job, start, count, x, head, segment, true, out);
    else encodeToNibbles(job, start, count, x, head, segment, out);
  } else {
    const carried = word(job, PLANES) ? 0 : start % TRIT_GROUP;
    encodeToBytes(job, start, count, x, head, segment, isAligned, word(job, CODES) + carried);
    pack(job, start, count, carried);
  }
  if (!word(job, HAS_RESIDUAL)) return;
  const residual = elementAt(job, RESIDUAL, start);
  if (x != residual) memory.copy(residual, x, count << 2);
}

/**
 * Quantises and packs elements [from, to) of measured blocks; with a residual, leaves there what the
 * codes do not say. `from` is a multiple of the dither's chunk, and with trits of 80 of them, or
 * follows on the range before.
 */
export function encodeElements(job: usize, from: u32, to: u32): void {
  for (let start = from; start < to; start += WINDOW) {
    if (start % CHUNK == 0)
      seedLanes(word(job, GENERATOR), word(job, KEY_LOW), word(job, KEY_HIGH), start / CHUNK);
    encodeWindow(job, start, min(WINDOW, to - start));
  }
}

/** Brings the codes of a window, one a byte, to where this returns. */
// @ts-ignore: decorator
@inline
function unpack(job: usize, start: u32, count: u32): usize {
  const codes: usize = word(job, CODES);
  const planes = word(job, PLANES);
  if (planes == 0)
    unpackTrits(word(job, CODES_AT) + (start / TRIT_GROUP) * 16, count, codes);
  else if (word(job, DIRECT_BITS) == 8) return word(job, CODES_AT) + start;
  for (let i: u32 = 0; i < planes; i++) {
    const plane = job + PLANE + (i << 3);
    const bits = load<u32>(plane);
    const packed = load<u32>(job + CODES_AT + (i << 2)) + ((start * bits) >> 3);
    unpackPlane(packed, count, bits, load<u32>(plane, 4), codes);
  }
  return codes;
}

/** Decodes a window into, or onto, the values at `out`. */
// @ts-ignore: decorator
@inline
function decodeWindow(
  job: usize,
  start: u32,
  count: u32,
  how: u32,
  out: usize,
  weight: f32,
): void {
  const block = word(job, BLOCK);
  const isNibbles = word(job, DIRECT_BITS) == 4;
  const isWithin = isWithinBlock(start, count, block);
  const head = isWithin ? 0 : headOf(start, count, block);
  const group: u32 = isNibbles ? 32 : 16;
  const isAligned = isWithin || (head | block) % group == 0;
  const segment = isWithin ? WINDOW : block;
  const scales = word(job, SCALES) + ((start / block) << 2);
  const levels = word(job, LEVELS);
  if (isNibbles && isAligned) {
    const packed = word(job, CODES_AT) + (start >> 1);
    dequantiseNibbles(how, packed, count, head, segment, scales, levels, out, weight);
    return;
  }
  const codes = unpack(job, start, count);
  if (isAligned) dequantiseBytes(how, codes, count, head, segment, scales, levels, out, weight);
  else {
    const units = word(job, UNITS);
    dequantiseUnaligned(how, codes, count, head, segment, scales, units, levels, out, weight);
  }
}

/**
 * Decodes elements [from, to) into, or onto, the vector. `from` is a multiple of the decoding window
 * or, with planes, of their group.
 * @param how 0 write, 1 add, 2 add with weight
 */
export function decodeElements(job: usize, from: u32, to: u32, how: u32, weight: f32): void {
  const window = word(job, PLANES) ? WINDOW : TRIT_WINDOW;
  const tail: usize = word(job, TAIL);
  for (let start = from; start < to; start += window) {
    const count = min(window, to - start);
    const out = elementAt(job, VECTOR, start);
    // Kernels write whole groups: the last, if it is none, goes through a window.
    const isWhole = count % DITHER_GROUP == 0;
    if (!isWhole && how) memory.copy(tail, out, count << 2);
    decodeWindow(job, start, count, how, isWhole ? out : tail, weight);
    if (!isWhole) memory.copy(out, tail, count << 2);
  }
}

/** Largest code among elements [from, to). */
export function maxCode(job: usize, from: u32, to: u32): u32 {
  const window = word(job, PLANES) ? WINDOW : TRIT_WINDOW;
  let most: u32 = 0;
  for (let start = from; start < to; start += window) {
    const count = min(window, to - start);
    most = max(most, maxByte(unpack(job, start, count), count));
  }
  return most;
}
