/** rANS of level codes (kernels/rans-states.ts). */
import type { LevelsPlan } from '../kernels.ts';
import { scalesBytes } from '../levels-layout.ts';
import {
  checkRansEnd,
  FREQUENCY_BITS,
  FREQUENCY_TOTAL,
  LANES,
  LIMIT_PER_FREQUENCY,
  LOW,
  readStates,
  STATE_BYTES,
  wordsCutOff,
  writeStates,
} from '../rans-states.ts';
import { CODES_WINDOW, packCodes, unpackCodes, windowCodes } from './codes.ts';

const SLOT_MASK = FREQUENCY_TOTAL - 1;
const MAX_SYMBOLS = 256;

const states = new Int32Array(LANES);
/** Cumulated frequencies, and the states from which each symbol must give bits away. */
const starts = new Int32Array(MAX_SYMBOLS);
const limits = new Float64Array(MAX_SYMBOLS);
/** By slot: the symbol, the slot's place within it (12 bits) and its frequency − 1 (12 bits). */
const slots = new Int32Array(FREQUENCY_TOTAL);

function prepareSymbols(frequencies: Uint16Array, symbols: number): void {
  let start = 0;
  for (let symbol = 0; symbol < symbols; symbol++) {
    starts[symbol] = start;
    limits[symbol] = frequencies[symbol]! * LIMIT_PER_FREQUENCY;
    start += frequencies[symbol]!;
  }
}

function prepareSlots(frequencies: Uint16Array, symbols: number): void {
  let slot = 0;
  for (let symbol = 0; symbol < symbols; symbol++) {
    const frequency = frequencies[symbol]!;
    for (let place = 0; place < frequency; place++)
      slots[slot++] = symbol | (place << 8) | ((frequency - 1) << 20);
  }
}

/**
 * Codes `count` codes of the window, the first of which belongs to state 0. Words go in front of
 * section[end..); returns where they begin, or −1 where they do not fit.
 */
function encodeWindow(
  frequencies: Uint16Array,
  count: number,
  section: Uint8Array,
  end: number,
): number {
  let at = end;
  for (let i = count - 1; i >= 0; i--) {
    const symbol = windowCodes[i]!;
    const frequency = frequencies[symbol]!;
    let x = states[i & 3]!;
    if (x >= limits[symbol]!) {
      if (at < 2) return -1;
      section[--at] = x >>> 8;
      section[--at] = x;
      x >>>= 16;
    }
    const quotient = (x / frequency) | 0;
    states[i & 3] = x + quotient * (FREQUENCY_TOTAL - frequency) + starts[symbol]!;
  }
  return at;
}

/** Codes the codes of a packed body to the end of `section`; −1 where it is too short. */
export function encodeRans(
  body: Uint8Array,
  plan: LevelsPlan,
  frequencies: Uint16Array,
  section: Uint8Array,
): number {
  prepareSymbols(frequencies, 2 * plan.levels + 1);
  states.fill(LOW);
  let at = section.length;
  const last = Math.ceil(plan.length / CODES_WINDOW) - 1;
  for (let window = last; window >= 0; window--) {
    const start = window * CODES_WINDOW;
    const count = Math.min(CODES_WINDOW, plan.length - start);
    unpackCodes(body, scalesBytes(plan), plan, start, count, windowCodes);
    at = encodeWindow(frequencies, count, section, at);
    if (at < STATE_BYTES) return -1;
  }
  at -= STATE_BYTES;
  if (at < 0) return -1;
  writeStates(states, section, at);
  return section.length - at;
}

/** Writes the next `count` codes, the first from state 0; returns where the next word is. */
function readCodes(section: Uint8Array, from: number, count: number): number {
  const end = section.length - 1;
  let at = from;
  for (let i = 0; i < count; i++) {
    let x = states[i & 3]!;
    const entry = slots[x & SLOT_MASK]!;
    windowCodes[i] = entry;
    x = Math.imul((entry >>> 20) + 1, x >>> FREQUENCY_BITS) + ((entry >>> 8) & SLOT_MASK);
    if (x < LOW) {
      if (at >= end) throw wordsCutOff();
      x = (x << 16) | section[at]! | (section[at + 1]! << 8);
      at += 2;
    }
    states[i & 3] = x;
  }
  return at;
}

/** Reads a section of exactly these codes and packs them behind the scales. @throws PayloadError */
export function decodeRans(
  section: Uint8Array,
  plan: LevelsPlan,
  frequencies: Uint16Array,
  body: Uint8Array,
): void {
  readStates(section, states);
  prepareSlots(frequencies, 2 * plan.levels + 1);
  let at = STATE_BYTES;
  for (let start = 0; start < plan.length; start += CODES_WINDOW) {
    const count = Math.min(CODES_WINDOW, plan.length - start);
    at = readCodes(section, at, count);
    packCodes(windowCodes, plan, start, count, body, scalesBytes(plan));
  }
  checkRansEnd(section, at, states);
}
