/**
 * rANS: range asymmetric numeral systems (Duda 2013, arXiv 1311.2540, §2.3) with four interleaved
 * states (Giesen 2014, arXiv 1402.3392) and a static table of 12-bit frequencies.
 *
 * A state x in [2¹⁵, 2³¹) holds what was coded so far as a number. Coding a symbol of frequency f and
 * cumulated frequency a maps it to ⌊x/f⌋·2¹² + a + x mod f, which adds log₂(2¹²/f) bits; 16 bits go to the
 * section when x would leave its range. Symbol i belongs to state i mod 4. Decoding runs backwards,
 * so the encoder starts at the last symbol and the decoder at the first.
 *
 * Section: the frequency table (frequencies.ts), four u32 states, then the words that the decoder
 * takes, u16 each. The encoder begins with all states at 2¹⁵; the decoder must end there.
 * Cost: within about 0.5 % of the entropy, plus 16 bytes and the table. Scratch: the coded section, less
 * than a byte an element.
 */
import { bodyError } from '../body.ts';
import type { LevelsPlan } from '../kernels/index.ts';
import { codesBytes, scalesBytes } from '../kernels/levels-layout.ts';
import { CODES_TAIL, unpackCodes } from '../kernels/reference/codes.ts';
import { SectionScratch, WINDOW, type CodeReader, type EntropyCoding } from './coding.ts';
import {
  FREQUENCY_BITS,
  FREQUENCY_TOTAL,
  MAX_SYMBOLS,
  normaliseFrequencies,
  readFrequencies,
  writeFrequencies,
} from './frequencies.ts';

const LANES = 4;
const STATE_BYTES = 4 * LANES;
/** States lie in [LOW, 2¹⁶·LOW). */
const LOW = 2 ** 15;
/** A state at or above frequency · this must give 16 bits away first. */
const LIMIT_PER_FREQUENCY = 2 ** (31 - FREQUENCY_BITS);
const SLOT_MASK = FREQUENCY_TOTAL - 1;
const MAX_TABLE = 2 + 2 * MAX_SYMBOLS;

const codes = new Uint8Array(WINDOW + CODES_TAIL);
const counts = new Uint32Array(MAX_SYMBOLS);
const frequencies = new Uint16Array(MAX_SYMBOLS);
const table = new Uint8Array(MAX_TABLE);
const starts = new Int32Array(MAX_SYMBOLS);
const limits = new Float64Array(MAX_SYMBOLS);
const states = new Int32Array(LANES);
const scratch = new SectionScratch();

/** Occurrences of each code of a packed body. */
function countCodes(body: Uint8Array, plan: LevelsPlan): void {
  counts.fill(0);
  for (let start = 0; start < plan.length; start += WINDOW) {
    const count = Math.min(WINDOW, plan.length - start);
    unpackCodes(body, scalesBytes(plan), plan, start, count, codes);
    for (let i = 0; i < count; i++) counts[codes[i]!]!++;
  }
}

/** Cumulated frequencies, and the states from which each symbol must give bits away. */
function prepareSymbols(symbols: number): void {
  let start = 0;
  for (let symbol = 0; symbol < symbols; symbol++) {
    starts[symbol] = start;
    limits[symbol] = frequencies[symbol]! * LIMIT_PER_FREQUENCY;
    start += frequencies[symbol]!;
  }
}

/** Codes codes[0..count), which start at a multiple of four; words go to words[..at) from behind. */
function encodeWindow(count: number, words: Uint16Array, end: number): number {
  let at = end;
  for (let i = count - 1; i >= 0; i--) {
    const symbol = codes[i]!;
    const frequency = frequencies[symbol]!;
    let x = states[i & 3]!;
    if (x >= limits[symbol]!) {
      words[--at] = x;
      x >>>= 16;
    }
    const quotient = (x / frequency) | 0;
    states[i & 3] = x + quotient * (FREQUENCY_TOTAL - frequency) + starts[symbol]!;
  }
  return at;
}

function encode(body: Uint8Array, plan: LevelsPlan): Uint8Array | undefined {
  const room = codesBytes(plan);
  if (room <= STATE_BYTES) return undefined;
  const symbols = 2 * plan.levels + 1;
  countCodes(body, plan);
  normaliseFrequencies(counts, symbols, frequencies);
  prepareSymbols(symbols);
  const tableBytes = writeFrequencies(frequencies, symbols, table);
  const bytes = scratch.get(room + 2 * WINDOW + STATE_BYTES + MAX_TABLE);
  const words = new Uint16Array(bytes.buffer, 0, bytes.length >>> 1);
  // Once fewer words are left than this, the section is no shorter than the packed codes.
  const least = words.length - ((room - STATE_BYTES - tableBytes) >> 1);
  states.fill(LOW);
  let at = words.length;
  const last = plan.length - 1 - ((plan.length - 1) % WINDOW);
  for (let start = last; start >= 0; start -= WINDOW) {
    const count = Math.min(WINDOW, plan.length - start);
    unpackCodes(body, scalesBytes(plan), plan, start, count, codes);
    at = encodeWindow(count, words, at);
    if (at < least) return undefined;
  }
  const wordsAt = 2 * at;
  bytes.set(new Uint8Array(states.buffer), wordsAt - STATE_BYTES);
  const begin = wordsAt - STATE_BYTES - tableBytes;
  bytes.set(table.subarray(0, tableBytes), begin);
  const section = bytes.subarray(begin, 2 * words.length);
  return section.length < room ? section : undefined;
}

class RansReader implements CodeReader {
  tableBytes = 0;
  #section: Uint8Array = new Uint8Array(0);
  /** Where the next word is. */
  #at = 0;
  /** Symbols read, modulo four. */
  #lane = 0;
  readonly #states = new Int32Array(LANES);
  /** By slot: the symbol, the slot's place within it (12 bits) and its frequency − 1 (12 bits). */
  readonly #slots = new Int32Array(FREQUENCY_TOTAL);

  open(section: Uint8Array, plan: LevelsPlan): void {
    const symbols = 2 * plan.levels + 1;
    this.tableBytes = readFrequencies(section, symbols, frequencies);
    this.#section = section;
    this.#at = this.tableBytes + STATE_BYTES;
    this.#lane = 0;
    if (this.#at > section.length) throw bodyError('the rANS states are cut off');
    for (let lane = 0; lane < LANES; lane++) this.#states[lane] = this.#readState(lane);
    let slot = 0;
    for (let symbol = 0; symbol < symbols; symbol++) {
      const frequency = frequencies[symbol]!;
      for (let place = 0; place < frequency; place++)
        this.#slots[slot++] = symbol | (place << 8) | ((frequency - 1) << 20);
    }
  }

  #readState(lane: number): number {
    const at = this.tableBytes + 4 * lane;
    let state = 0;
    for (let i = 3; i >= 0; i--) state = state * 256 + this.#section[at + i]!;
    if (state < LOW || state >= 2 ** 31) throw bodyError(`rANS state ${state} is out of range`);
    return state;
  }

  read(out: Uint8Array, count: number): void {
    const section = this.#section;
    const slots = this.#slots;
    const lanes = this.#states;
    const end = section.length - 1;
    const lane = this.#lane;
    let at = this.#at;
    for (let i = 0; i < count; i++) {
      let x = lanes[(i + lane) & 3]!;
      const entry = slots[x & SLOT_MASK]!;
      out[i] = entry;
      x = Math.imul((entry >>> 20) + 1, x >>> FREQUENCY_BITS) + ((entry >>> 8) & SLOT_MASK);
      if (x < LOW) {
        if (at >= end) throw bodyError('the rANS words are cut off');
        x = (x << 16) | section[at]! | (section[at + 1]! << 8);
        at += 2;
      }
      lanes[(i + lane) & 3] = x;
    }
    this.#at = at;
    this.#lane = (lane + count) & 3;
  }

  finish(): void {
    if (this.#at !== this.#section.length) throw bodyError('bytes follow the last rANS word');
    if (!this.#states.every((state) => state === LOW))
      throw bodyError('rANS states do not end where encoders begin');
    this.#section = new Uint8Array(0);
  }
}

/** `entropy=rans` */
export const rans: EntropyCoding = { name: 'rans', encode, reader: new RansReader() };
