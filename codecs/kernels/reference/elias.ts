/** Elias codes (kernels/elias-words.ts), through a table of the codewords of up to eight bits. */
import {
  checkEliasEnd,
  eliasWords,
  LARGEST_GROUP,
  refuseLevel,
  type EliasWords,
} from '../elias-words.ts';
import type { LevelsPlan } from '../kernels.ts';
import { scalesBytes } from '../levels-layout.ts';
import { CODES_WINDOW, packCodes, unpackCodes, windowCodes } from './codes.ts';

/** Bits of the prefix that is looked up. */
const PREFIX = 8;

/** By the next eight bits: code and length (from bit 8) of the codeword they begin with, or 0. */
const prefixes = new Int32Array(2 ** PREFIX);
/** The codewords last used, which `prefixes` is of. */
let current: EliasWords = eliasWords(1);
let hasPrefixes = false;

function wordsOf(levels: number): EliasWords {
  if (current.levels !== levels) {
    current = eliasWords(levels);
    hasPrefixes = false;
  }
  return current;
}

function preparePrefixes({ words, lengths }: EliasWords): void {
  if (hasPrefixes) return;
  hasPrefixes = true;
  prefixes.fill(0);
  for (let code = 0; code < words.length; code++) {
    const free = PREFIX - lengths[code]!;
    if (free < 0) continue;
    const from = words[code]! << free;
    prefixes.fill(code | (lengths[code]! << 8), from, from + (1 << free));
  }
}

/** Codes the codes of a packed body; −1 where the section is too short. */
export function encodeElias(body: Uint8Array, plan: LevelsPlan, section: Uint8Array): number {
  const { words, lengths } = wordsOf(plan.levels);
  const room = section.length;
  let pending = 0;
  let pendingBits = 0;
  let at = 0;
  for (let start = 0; start < plan.length; start += CODES_WINDOW) {
    const count = Math.min(CODES_WINDOW, plan.length - start);
    unpackCodes(body, scalesBytes(plan), plan, start, count, windowCodes);
    for (let i = 0; i < count; i++) {
      const code = windowCodes[i]!;
      // At most 7 bits are pending: they and a codeword fit.
      pending = (pending << lengths[code]!) | words[code]!;
      pendingBits += lengths[code]!;
      while (pendingBits >= 8) {
        if (at === room) return -1;
        pendingBits -= 8;
        section[at++] = pending >>> pendingBits;
      }
    }
  }
  if (pendingBits === 0) return at;
  if (at === room) return -1;
  section[at++] = pending << (8 - pendingBits);
  return at;
}

/** Bits of a section, from the first on. */
interface BitReader {
  readonly section: Uint8Array;
  /** Bytes taken into `pending`, zeros behind the end included. */
  at: number;
  pending: number;
  pendingBits: number;
}

/** Writes the next `count` codes. @throws PayloadError for a code beyond the levels */
function readCodes(reader: BitReader, levels: number, out: Uint8Array, count: number): void {
  const { section } = reader;
  const { lengths } = wordsOf(levels);
  let { at, pending, pendingBits: bits } = reader;
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
      const code = readLong(pending, bits, levels);
      out[i] = code;
      bits -= lengths[code]!;
    }
  }
  reader.at = at;
  reader.pending = pending;
  reader.pendingBits = bits;
}

/** The code whose codeword the lowest `bits` of `pending` begin with, of more than eight bits. */
function readLong(pending: number, bits: number, levels: number): number {
  let left = bits;
  let n = 1;
  while ((pending >>> (left - 1)) & 1) {
    if (n > LARGEST_GROUP) refuseLevel(undefined, levels);
    left -= n + 1;
    n = (pending >>> left) & (2 ** (n + 1) - 1);
  }
  const level = n - 1;
  if (level > levels) refuseLevel(level, levels);
  return (pending >>> (left - 2)) & 1 ? levels - level : levels + level;
}

/** Reads a section of exactly these codes and packs them behind the scales. @throws PayloadError */
export function decodeElias(section: Uint8Array, plan: LevelsPlan, body: Uint8Array): void {
  preparePrefixes(wordsOf(plan.levels));
  const reader: BitReader = { section, at: 0, pending: 0, pendingBits: 0 };
  const bit = (): number => 8 * reader.at - reader.pendingBits;
  for (let start = 0; start < plan.length; start += CODES_WINDOW) {
    const count = Math.min(CODES_WINDOW, plan.length - start);
    readCodes(reader, plan.levels, windowCodes, count);
    if (bit() > 8 * section.length) break;
    packCodes(windowCodes, plan, start, count, body, scalesBytes(plan));
  }
  checkEliasEnd(section, bit());
}
