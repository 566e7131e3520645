/** Packed codes of a level body, window by window, for the entropy coders. */
import type { LevelsPlan } from '../kernels.ts';
import { CODES_GROUP, CODES_TAIL } from '../reference/codes.ts';
import { TRIT_GROUP } from '../reference/trits.ts';
import { piecesOf, workFor, type Work } from './levels-job.ts';
import { WINDOW, type SimdMemory } from './memory.ts';

/** Codes of a window: whole groups of every packing. */
export const CODES_WINDOW: number = WINDOW - (WINDOW % CODES_GROUP);

/** Brings codes [start, start + count) into the codes window; `start` begins a group. */
export function unpackCodes(
  { wasm, at, bytes }: SimdMemory,
  work: Work,
  body: Uint8Array,
  start: number,
  count: number,
): void {
  for (const { index, from, size } of piecesOf(work, start, count)) {
    const offset = work.codesAt[index]! + from;
    bytes.set(body.subarray(offset, offset + size), at.packed);
    const plane = work.planes[index];
    if (plane) wasm.unpackPlane(at.packed, count, plane.bits, plane.shift, at.codes);
    else wasm.unpackTrits(at.packed, count, at.codes);
  }
}

/** Packs the codes window as codes [start, start + count); `start` begins a group. */
export function packCodes(
  { wasm, at, bytes }: SimdMemory,
  work: Work,
  body: Uint8Array,
  start: number,
  count: number,
): void {
  bytes.fill(0, at.codes + count, at.codes + count + CODES_TAIL);
  for (const { index, from, size } of piecesOf(work, start, count)) {
    const plane = work.planes[index];
    if (plane) wasm.packPlane(at.codes, count, plane.bits, plane.shift, at.packed);
    else wasm.packTrits(at.codes, count, at.packed);
    body.set(bytes.subarray(at.packed, at.packed + size), work.codesAt[index]! + from);
  }
}

const BYTES = 256;

/** Bits of a code where bytes hold codes one after another, 0 for trits; undefined for several planes. */
function fieldBits({ plan, planes }: Work): number | undefined {
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
  { plan, codesAt }: Work,
  body: Uint8Array,
  bits: number,
): number {
  const offset = codesAt[0]!;
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
  const work = workFor(plan);
  const bits = fieldBits(work);
  const histograms = memory.histograms.subarray(0, 4 * BYTES).fill(0);
  let start = 0;
  if (bits !== undefined) {
    start = countWholeGroups(memory, work, body, bits);
    addBytes(histograms, bits, counts);
    histograms.fill(0);
  }
  for (; start < plan.length; start += CODES_WINDOW) {
    const count = Math.min(CODES_WINDOW, plan.length - start);
    unpackCodes(memory, work, body, start, count);
    wasm.countBytes(at.codes, count, at.histograms);
  }
  addBytes(histograms, 8, counts);
}
