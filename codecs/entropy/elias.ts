/**
 * Elias coding of level codes, the dense form of QSGD (Alistarh et al. 2017, arXiv 1610.02132, §3.2
 * and the appendix on encoding): for every element the omega code of |q| + 1 (Elias 1975,
 * the recursive code), and for q ≠ 0 a sign bit, 1 for negative.
 *
 * Omega code of N: begin with the bit 0; while N > 1, put N in binary in front, and let N be the
 * number of its bits less one. First bits are the high bits of a byte. The last byte is filled with zeros.
 * Length: 1 bit for 0; for |q| + 1 = 2 to 3, 4 to 7, 8 to 15, 16 to 31, 32 to 63, 64 to 127 and 128:
 * 3, 6, 7, 11, 12, 13 and 14 bits, and the sign. So n elements take at most n + 3·Σ|q| bits.
 * Scratch: the coded section, less than a byte an element.
 */
import { bodyError } from '../body.ts';
import type { LevelsPlan } from '../kernels/index.ts';
import { codesBytes, scalesBytes } from '../kernels/levels-layout.ts';
import { CODES_TAIL, unpackCodes } from '../kernels/reference/codes.ts';
import { SectionScratch, WINDOW, type CodeReader, type EntropyCoding } from './coding.ts';

/** Longest codeword, sign included: that of 128. */
const LONGEST = 15;
/** Bits of the prefix that the reader looks up. */
const PREFIX = 8;
/** From a larger N, the next would have nine bits and be no level + 1. */
const LARGEST_GROUP = 7;

const codes = new Uint8Array(WINDOW + CODES_TAIL);
const scratch = new SectionScratch();
/** Of the codes 0 to 2·levels: the codeword, right-aligned, and its bits. */
const words = new Int32Array(256);
const lengths = new Uint8Array(256);
/** Levels that the tables are of. */
let tablesFor = 0;

/** Bits of a positive number. */
function bitLength(value: number): number {
  return 32 - Math.clz32(value);
}

function prepareWords(levels: number): void {
  if (tablesFor === levels) return;
  tablesFor = levels;
  for (let code = 0; code <= 2 * levels; code++) {
    const level = code - levels;
    let word = 0;
    let length = 1;
    for (let n = Math.abs(level) + 1; n > 1; n = bitLength(n) - 1) {
      word |= n << length;
      length += bitLength(n);
    }
    if (level !== 0) word = (word << 1) | (level < 0 ? 1 : 0);
    words[code] = word;
    lengths[code] = level === 0 ? length : length + 1;
  }
}

function encode(body: Uint8Array, plan: LevelsPlan): Uint8Array | undefined {
  const room = codesBytes(plan);
  prepareWords(plan.levels);
  const out = scratch.get(room + Math.ceil((WINDOW * LONGEST) / 8) + 1);
  let pending = 0;
  let pendingBits = 0;
  let at = 0;
  for (let start = 0; start < plan.length; start += WINDOW) {
    const count = Math.min(WINDOW, plan.length - start);
    unpackCodes(body, scalesBytes(plan), plan, start, count, codes);
    for (let i = 0; i < count; i++) {
      const code = codes[i]!;
      // At most 7 bits are pending: they and a codeword fit.
      pending = (pending << lengths[code]!) | words[code]!;
      pendingBits += lengths[code]!;
      while (pendingBits >= 8) {
        pendingBits -= 8;
        out[at++] = pending >>> pendingBits;
      }
    }
    if (at >= room) return undefined;
  }
  if (pendingBits > 0) out[at++] = pending << (8 - pendingBits);
  return at < room ? out.subarray(0, at) : undefined;
}

class EliasReader implements CodeReader {
  readonly tableBytes = 0;
  #section: Uint8Array = new Uint8Array(0);
  #levels = 0;
  /** Bytes taken into `#pending`, zeros behind the end included. */
  #at = 0;
  #pending = 0;
  #pendingBits = 0;
  /** By the next eight bits: code and length (from bit 8) of the codeword they begin with, or 0. */
  readonly #prefixes = new Int32Array(2 ** PREFIX);
  #prefixesFor = 0;

  open(section: Uint8Array, plan: LevelsPlan): void {
    this.#section = section;
    this.#levels = plan.levels;
    this.#at = 0;
    this.#pending = 0;
    this.#pendingBits = 0;
    prepareWords(plan.levels);
    this.#preparePrefixes();
  }

  #preparePrefixes(): void {
    const levels = this.#levels;
    if (this.#prefixesFor === levels) return;
    this.#prefixesFor = levels;
    this.#prefixes.fill(0);
    for (let code = 0; code <= 2 * levels; code++) {
      const free = PREFIX - lengths[code]!;
      if (free < 0) continue;
      const from = words[code]! << free;
      this.#prefixes.fill(code | (lengths[code]! << 8), from, from + (1 << free));
    }
  }

  read(out: Uint8Array, count: number): void {
    const section = this.#section;
    const prefixes = this.#prefixes;
    let pending = this.#pending;
    let bits = this.#pendingBits;
    let at = this.#at;
    for (let i = 0; i < count; i++) {
      while (bits <= 23) {
        pending = (pending << 8) | (at < section.length ? section[at]! : 0);
        at++;
        bits += 8;
      }
      const entry = prefixes[(pending >>> (bits - PREFIX)) & 255]!;
      if (entry !== 0) {
        out[i] = entry;
        bits -= entry >>> 8;
      } else {
        const long = this.#readLong(pending, bits);
        out[i] = long;
        bits -= lengths[long]!;
      }
    }
    this.#at = at;
    this.#pending = pending;
    this.#pendingBits = bits;
    if (8 * at - bits > 8 * section.length) throw bodyError('the Elias codes are cut off');
  }

  /** The code whose codeword the lowest `bits` of `pending` begin with, of more than eight bits. */
  #readLong(pending: number, bits: number): number {
    let left = bits;
    let n = 1;
    while ((pending >>> (left - 1)) & 1) {
      if (n > LARGEST_GROUP) throw bodyError(`an Elias code exceeds level ${this.#levels}`);
      left -= n + 1;
      n = (pending >>> left) & (2 ** (n + 1) - 1);
    }
    const negative = (pending >>> (left - 2)) & 1;
    if (n - 1 > this.#levels) throw bodyError(`level ${n - 1} exceeds ${this.#levels}`);
    return negative ? this.#levels - (n - 1) : this.#levels + n - 1;
  }

  finish(): void {
    const unread = 8 * (this.#section.length - this.#at) + this.#pendingBits;
    if (unread >= 8) throw bodyError('bytes follow the last Elias code');
    // Of the pending bits, those behind the end are zeros that were never there.
    const pendingMask = 2 ** this.#pendingBits - 1;
    if ((this.#pending & pendingMask) !== 0) throw bodyError('bits follow the last Elias code');
    this.#section = new Uint8Array(0);
  }
}

/** `entropy=elias` */
export const elias: EntropyCoding = { name: 'elias', encode, reader: new EliasReader() };
