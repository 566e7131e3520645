/** Elias codes in WebAssembly (reference/elias.ts is the definition), several at a time. */
import { checkEliasEnd, eliasWords, refuseLevel, type EliasWords } from '../elias-words.ts';
import type { Kernels, LevelsPlan } from '../kernels.ts';
import { CODES_WINDOW, packCodes, unpackCodes } from './codes.ts';
import { workFor } from './levels-job.ts';
import type { SimdMemory } from './memory.ts';
import { SectionWindow } from './section.ts';

/** Bits that the reader looks up at once, and most codes that it finds there (assembly/elias.ts). */
const PREFIX = 11;
const MOST_CODES = 6;
/** Where an entry of the table, eight bytes, has the number of its codes and of their bits. */
const CODES_AT = 6;
const BITS_AT = 7;

/** The code that each value of PREFIX bits begins with, or −1. */
function firstCodes({ words, lengths }: EliasWords): Int16Array {
  const first = new Int16Array(2 ** PREFIX).fill(-1);
  for (let code = 0; code < words.length; code++) {
    const free = PREFIX - lengths[code]!;
    if (free < 0) continue;
    const from = words[code]! << free;
    first.fill(code, from, from + (1 << free));
  }
  return first;
}

/** Writes the table of prefixes to bytes[at..). */
function writePrefixes(table: EliasWords, bytes: Uint8Array, at: number): void {
  const { lengths } = table;
  const first = firstCodes(table);
  for (let prefix = 0; prefix < 2 ** PREFIX; prefix++) {
    const entry = at + 8 * prefix;
    let used = 0;
    let count = 0;
    while (count < MOST_CODES) {
      const code = first[(prefix << used) & (2 ** PREFIX - 1)]!;
      if (code < 0 || used + lengths[code]! > PREFIX) break;
      bytes[entry + count++] = code;
      used += lengths[code]!;
    }
    bytes[entry + CODES_AT] = count;
    bytes[entry + BITS_AT] = used;
  }
}

/** The kernels, with tables that are kept until other levels ask for others. */
export function createElias(memory: SimdMemory): Pick<Kernels, 'encodeElias' | 'decodeElias'> {
  const { wasm, at, bytes, words } = memory;
  let codewordsFor = 0;
  let prefixesFor = 0;

  function prepareCodewords(levels: number): void {
    if (codewordsFor === levels) return;
    codewordsFor = levels;
    const table = eliasWords(levels);
    for (let code = 0; code <= 2 * levels; code++)
      words[(at.codewords >>> 2) + code] = table.words[code]! | (table.lengths[code]! << 16);
  }

  function preparePrefixes(levels: number): void {
    if (prefixesFor === levels) return;
    prefixesFor = levels;
    writePrefixes(eliasWords(levels), bytes, at.prefixes);
  }

  function encodeElias(body: Uint8Array, plan: LevelsPlan, section: Uint8Array): number {
    prepareCodewords(plan.levels);
    const work = workFor(plan);
    const out = at.y;
    let to = 0;
    let bit = 0;
    for (let start = 0; start < plan.length; start += CODES_WINDOW) {
      const count = Math.min(CODES_WINDOW, plan.length - start);
      unpackCodes(memory, work, body, start, count);
      const end = wasm.encodeElias(at.codes, count, at.codewords, out, bit);
      const whole = end >>> 3;
      if (to + whole > section.length) return -1;
      section.set(bytes.subarray(out, out + whole), to);
      to += whole;
      bytes[out] = bytes[out + whole]!;
      bit = end & 7;
    }
    if (bit === 0) return to;
    if (to === section.length) return -1;
    section[to] = bytes[out]!;
    return to + 1;
  }

  function decodeElias(section: Uint8Array, plan: LevelsPlan, body: Uint8Array): void {
    const { levels, length } = plan;
    preparePrefixes(levels);
    const work = workFor(plan);
    const window = new SectionWindow(memory, section);
    let position = 0;
    for (let start = 0; start < length && position <= 8 * section.length; start += CODES_WINDOW) {
      const count = Math.min(CODES_WINDOW, length - start);
      const from = window.address(position >>> 3);
      const end = wasm.decodeElias(from, position & 7, at.prefixes, levels, at.codes, count);
      if (end < 0) refuseLevel(end === -1 ? undefined : -end, levels);
      position += end - (position & 7);
      packCodes(memory, work, body, start, count);
    }
    checkEliasEnd(section, position);
  }

  return { encodeElias, decodeElias };
}
