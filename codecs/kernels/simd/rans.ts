/** rANS of level codes in WebAssembly (reference/rans.ts is the definition). */
import type { LevelsPlan } from '../kernels.ts';
import {
  checkRansEnd,
  FREQUENCY_TOTAL,
  LANES,
  LIMIT_PER_FREQUENCY,
  LOW,
  readStates,
  STATE_BYTES,
  wordsCutOff,
  writeStates,
} from '../rans-states.ts';
import { CODES_WINDOW, packCodes, unpackCodes } from './codes.ts';
import { workFor } from './levels-job.ts';
import type { SimdMemory } from './memory.ts';
import { SectionWindow } from './section.ts';

/** Four words a symbol. */
const RECORD_WORDS = 4;

function statesOf({ words, at }: SimdMemory): Int32Array {
  return words.subarray(at.states >>> 2, (at.states >>> 2) + LANES);
}

/** How to divide by a frequency without a division. */
export interface Reciprocal {
  readonly factor: number;
  readonly shift: number;
}

/**
 * ⌊x / f⌋ = x · factor >>> shift for all x < 2³¹, with shift = 31 + ⌈log₂ f⌉ and
 * factor = ⌈2^shift / f⌉ < 2³² (Granlund & Montgomery 1994, theorem 4.2).
 */
export function reciprocalOf(frequency: number): Reciprocal {
  const extra = 32 - Math.clz32(frequency - 1);
  return { factor: Math.ceil((2 ** 31 * (1 << extra)) / frequency), shift: 31 + extra };
}

/** Writes what the encoder looks up (assembly/rans.ts). */
function prepareSymbols(
  { words, at }: SimdMemory,
  frequencies: Uint16Array,
  symbols: number,
): void {
  let start = 0;
  for (let symbol = 0; symbol < symbols; symbol++) {
    const frequency = frequencies[symbol]!;
    if (frequency === 0) continue;
    const { factor, shift } = reciprocalOf(frequency);
    const record = (at.symbols >>> 2) + RECORD_WORDS * symbol;
    words[record] = factor;
    words[record + 1] = frequency * LIMIT_PER_FREQUENCY;
    words[record + 2] = shift;
    words[record + 3] = (FREQUENCY_TOTAL - frequency) | (start << 16);
    start += frequency;
  }
}

function prepareSlots({ wasm, at }: SimdMemory, frequencies: Uint16Array, symbols: number): void {
  let slots = at.slots;
  for (let symbol = 0; symbol < symbols; symbol++) {
    wasm.prepareSlots(symbol, slots, frequencies[symbol]!);
    slots += 4 * frequencies[symbol]!;
  }
}

/** Codes the codes of a packed body to the end of `section`; −1 where it is too short. */
export function encodeRans(
  memory: SimdMemory,
  body: Uint8Array,
  plan: LevelsPlan,
  frequencies: Uint16Array,
  section: Uint8Array,
): number {
  const { wasm, at, bytes } = memory;
  const work = workFor(plan);
  const states = statesOf(memory).fill(LOW);
  prepareSymbols(memory, frequencies, 2 * plan.levels + 1);
  // Words are put in front of here, in the second window; two bytes more than there are.
  const end = at.y + 2 * CODES_WINDOW + 16;
  let to = section.length;
  for (let window = Math.ceil(plan.length / CODES_WINDOW) - 1; window >= 0; window--) {
    const start = window * CODES_WINDOW;
    const count = Math.min(CODES_WINDOW, plan.length - start);
    unpackCodes(memory, work, body, start, count);
    const begin = wasm.encodeRans(at.codes, count, at.symbols, at.states, end);
    to -= end - begin;
    if (to < STATE_BYTES) return -1;
    section.set(bytes.subarray(begin, end), to);
  }
  to -= STATE_BYTES;
  if (to < 0) return -1;
  writeStates(states, section, to);
  return section.length - to;
}

/** Reads a section of exactly these codes and packs them behind the scales. @throws PayloadError */
export function decodeRans(
  memory: SimdMemory,
  section: Uint8Array,
  plan: LevelsPlan,
  frequencies: Uint16Array,
  body: Uint8Array,
): void {
  const { wasm, at } = memory;
  const states = statesOf(memory);
  readStates(section, states);
  prepareSlots(memory, frequencies, 2 * plan.levels + 1);
  const work = workFor(plan);
  const window = new SectionWindow(memory, section);
  let position = STATE_BYTES;
  for (let start = 0; start < plan.length; start += CODES_WINDOW) {
    const count = Math.min(CODES_WINDOW, plan.length - start);
    const from = window.address(position);
    position += wasm.decodeRans(from, at.slots, at.states, at.codes, count) - from;
    if (position > section.length) throw wordsCutOff();
    packCodes(memory, work, body, start, count);
  }
  checkRansEnd(section, position, states);
}
