/**
 * `entropy=rans`: the section is a frequency table (frequencies.ts), then rANS states and words
 * (kernels/rans-states.ts).
 * Cost: within about 0.5 % of the entropy, plus 16 bytes and the table. Scratch: the coded section, less
 * than a byte an element.
 */
import { kernels, type LevelsPlan } from '../kernels/index.ts';
import { codesBytes } from '../kernels/levels-layout.ts';
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

/** `entropy=rans` */
export const rans: EntropyCoding = {
  name: 'rans',
  encode,
  decode(section, plan, body) {
    const tableBytes = readFrequencies(section, 2 * plan.levels + 1, frequencies);
    kernels.decodeRans(section.subarray(tableBytes), plan, frequencies, body);
  },
  tableBytes: (section, plan) => readFrequencies(section, 2 * plan.levels + 1, frequencies),
};
