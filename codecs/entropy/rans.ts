/**
 * `entropy=rans`: the section is a frequency table (frequencies.ts), then rANS states and words
 * (kernels/rans-states.ts).
 * Cost: within about 0.5 % of the entropy, plus 16 bytes and the table. Scratch: the coded section, less
 * than a byte an element.
 */
import { kernels, type LevelsPlan } from '../kernels/index.ts';
import { codesBytes } from '../kernels/levels-layout.ts';
import {
  checkRansEnd,
  FREQUENCY_TOTAL,
  LANES,
  readStates,
  STATE_BYTES,
  wordsCutOff,
} from '../kernels/rans-states.ts';
import { ByteScratch, type EntropyCoding } from './coding.ts';
import {
  MAX_SYMBOLS,
  normaliseFrequencies,
  readFrequencies,
  writeFrequencies,
} from './frequencies.ts';

const MAX_TABLE = 2 + 2 * MAX_SYMBOLS;

const counts = new Uint32Array(MAX_SYMBOLS);
const frequencies = new Uint16Array(MAX_SYMBOLS);
const table = new Uint8Array(MAX_TABLE);
const states = new Int32Array(LANES);
const scratch = new ByteScratch();

/** Frequencies of the codes of a packed body. */
function measure(body: Uint8Array, plan: LevelsPlan, symbols: number): void {
  counts.fill(0);
  kernels.countCodes(body, plan, counts);
  normaliseFrequencies(counts, symbols, frequencies);
}

function encode(body: Uint8Array, plan: LevelsPlan): Uint8Array | undefined {
  if (plan.length === 0) return undefined;
  const symbols = 2 * plan.levels + 1;
  measure(body, plan, symbols);
  const tableBytes = writeFrequencies(frequencies, symbols, table);
  const room = codesBytes(plan) - 1;
  if (room <= tableBytes) return undefined;
  const section = scratch.get(room);
  const bytes = kernels.encodeRans(body, plan, frequencies, section.subarray(tableBytes));
  if (bytes < 0) return undefined;
  const begin = room - bytes - tableBytes;
  section.set(table.subarray(0, tableBytes), begin);
  return section.subarray(begin);
}

/** Reads the frequencies of a section; returns the bytes of their table. @throws PayloadError */
function readTable(section: Uint8Array, plan: LevelsPlan): number {
  return readFrequencies(section, 2 * plan.levels + 1, frequencies);
}

/**
 * Bits by which reading a code lowers a state at least. A code of frequency f leaves x' = q·f + r of
 * x = q·2¹² + a + r, with q ≥ 8 and r < f, so x/x' ≥ 1 + (8/9)(2¹² − f)/f, which falls with f.
 */
function leastBits(mostFrequent: number): number {
  return Math.log2(1 + ((8 / 9) * (FREQUENCY_TOTAL - mostFrequent)) / mostFrequent);
}

/** Bits by which a word raises a state at most: x' ≥ 8 becomes less than 2¹⁶(x' + 1). */
const WORD_BITS = 16 + Math.log2(9 / 8);

/** Bits between the largest states and those at the end. */
const STATES_BITS = 16 * LANES;

/** `entropy=rans` */
export const rans: EntropyCoding = {
  name: 'rans',
  encode,
  checkRoom(section, plan) {
    const tableBytes = readTable(section, plan);
    const codeBits = leastBits(Math.max(...frequencies.subarray(0, 2 * plan.levels + 1)));
    const coded = section.subarray(tableBytes);
    readStates(coded, states);
    const words = (coded.length - STATE_BYTES) / 2;
    if (plan.length * codeBits > STATES_BITS + WORD_BITS * words) throw wordsCutOff();
    // A code of all the frequency changes no state.
    if (codeBits === 0) checkRansEnd(coded, STATE_BYTES, states);
  },
  decode(section, plan, body) {
    const tableBytes = readTable(section, plan);
    kernels.decodeRans(section.subarray(tableBytes), plan, frequencies, body);
  },
  tableBytes: readTable,
};
