/** Packed codes of a level body, window by window, for the entropy coders. */
import type { LevelsPlan } from '../kernels.ts';
import { codeWidth, scalesBytes } from '../levels-layout.ts';
import { CODES_GROUP, CODES_TAIL } from '../reference/codes.ts';
import { planeBytes, planesOf, type Plane } from '../reference/planes.ts';
import { TRIT_GROUP } from '../reference/trits.ts';
import { WINDOW, type SimdMemory } from './memory.ts';

/** Codes of a window: whole groups of every packing. */
export const CODES_WINDOW: number = WINDOW - (WINDOW % CODES_GROUP);

/** Where the codes of a body are. */
export interface PackedCodes {
  readonly plan: LevelsPlan;
  /** None for trits. */
  readonly planes: readonly Plane[];
  /** Where they start in the body. */
  readonly offset: number;
}

/** The codes of a plan's bodies. */
export function packedCodes(plan: LevelsPlan): PackedCodes {
  const planes = plan.packing === 'trits' ? [] : planesOf(codeWidth(plan.levels));
  return { plan, planes, offset: scalesBytes(plan) };
}

/** Brings codes [start, start + count) into the codes window; `start` begins a group. */
export function unpackCodes(
  { wasm, at, bytes }: SimdMemory,
  { plan, planes, offset }: PackedCodes,
  body: Uint8Array,
  start: number,
  count: number,
): void {
  if (plan.packing === 'trits') {
    const from = offset + (start / TRIT_GROUP) * 16;
    bytes.set(body.subarray(from, from + 16 * Math.ceil(count / TRIT_GROUP)), at.packed);
    wasm.unpackTrits(at.packed, count, at.codes);
    return;
  }
  let plane = offset;
  for (const { bits, shift } of planes) {
    const from = plane + (start * bits) / 8;
    bytes.set(body.subarray(from, from + planeBytes(bits, count)), at.packed);
    wasm.unpackPlane(at.packed, count, bits, shift, at.codes);
    plane += planeBytes(bits, plan.length);
  }
}

/** Packs the codes window as codes [start, start + count); `start` begins a group. */
export function packCodes(
  { wasm, at, bytes }: SimdMemory,
  { plan, planes, offset }: PackedCodes,
  body: Uint8Array,
  start: number,
  count: number,
): void {
  bytes.fill(0, at.codes + count, at.codes + count + CODES_TAIL);
  if (plan.packing === 'trits') {
    wasm.packTrits(at.codes, count, at.packed);
    const size = 16 * Math.ceil(count / TRIT_GROUP);
    body.set(bytes.subarray(at.packed, at.packed + size), offset + (start / TRIT_GROUP) * 16);
    return;
  }
  let plane = offset;
  for (const { bits, shift } of planes) {
    wasm.packPlane(at.codes, count, bits, shift, at.packed);
    const size = planeBytes(bits, count);
    body.set(bytes.subarray(at.packed, at.packed + size), plane + (start * bits) / 8);
    plane += planeBytes(bits, plan.length);
  }
}

const BYTES = 256;

/** Bits of a code where bytes hold codes one after another, 0 for trits; undefined for several planes. */
function fieldBits({ plan, planes }: PackedCodes): number | undefined {
  if (plan.packing === 'trits') return 0;
  return planes.length === 1 ? planes[0]!.bits : undefined;
}

/** Counts of the codes in bytes that were counted: of fields of `bits` bits, or of trits for 0. */
function addBytes(histograms: Int32Array, bits: number, counts: Uint32Array): void {
  for (let byte = 0; byte < BYTES; byte++) {
    let times = 0;
    for (let table = 0; table < 4; table++) times += histograms[table * BYTES + byte]!;
    if (times === 0) continue;
    if (bits > 0) {
      for (let at = 0; at < 8; at += bits) counts[(byte >>> at) & ((1 << bits) - 1)]! += times;
    } else {
      let fraction = byte;
      for (let trit = 0; trit < 5; trit++) {
        counts[(fraction * 3) >>> 8]! += times;
        fraction = (fraction * 3) & 255;
      }
    }
  }
}

/**
 * Adds the codes of the groups that `length` fills to `counts`, by counting bytes, each of which holds
 * several codes; returns how many codes those are.
 */
function countWholeGroups(
  { wasm, at, bytes }: SimdMemory,
  { plan, offset }: PackedCodes,
  body: Uint8Array,
  bits: number,
): number {
  const group = bits > 0 ? 128 / bits : TRIT_GROUP;
  const groups = Math.floor(plan.length / group);
  const end = offset + 16 * groups;
  for (let from = offset; from < end; from += WINDOW) {
    const part = body.subarray(from, Math.min(end, from + WINDOW));
    bytes.set(part, at.packed);
    wasm.countBytes(at.packed, part.length, at.histograms);
  }
  return groups * group;
}

/** counts[c] += how often code c occurs among the elements (padding is not looked at). */
export function countCodes(
  memory: SimdMemory,
  body: Uint8Array,
  plan: LevelsPlan,
  counts: Uint32Array,
): void {
  const { wasm, at } = memory;
  const packed = packedCodes(plan);
  const bits = fieldBits(packed);
  const histograms = memory.histograms.subarray(0, 4 * BYTES).fill(0);
  let start = 0;
  if (bits !== undefined) {
    start = countWholeGroups(memory, packed, body, bits);
    addBytes(histograms, bits, counts);
    histograms.fill(0);
  }
  for (; start < plan.length; start += CODES_WINDOW) {
    const count = Math.min(CODES_WINDOW, plan.length - start);
    unpackCodes(memory, packed, body, start, count);
    wasm.countBytes(at.codes, count, at.histograms);
  }
  addBytes(histograms, 8, counts);
}
