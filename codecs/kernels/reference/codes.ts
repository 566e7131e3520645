/** Packed codes of a level body, window by window: planes or trits (kernels/levels-layout.ts). */
import type { LevelsPlan } from '../kernels.ts';
import { codeWidth, scalesBytes } from '../levels-layout.ts';
import { packPlane, planeBytes, planesOf, unpackPlane } from './planes.ts';
import { packTrits, TRIT_GROUP, unpackTrits } from './trits.ts';

/** Every packing's windows may start at multiples of this: groups are 16, 32, 64, 80 or 128 codes. */
export const CODES_GROUP = 640;

/** Codes that packing and unpacking touch behind a window's last one. */
export const CODES_TAIL = 128;

/**
 * Packs codes[0..count) as elements start.. of the vector; the codes section begins at out[offset].
 * Clears the CODES_TAIL codes behind the window.
 */
export function packCodes(
  codes: Uint8Array,
  plan: LevelsPlan,
  start: number,
  count: number,
  out: Uint8Array,
  offset: number,
): void {
  codes.fill(0, count, count + CODES_TAIL);
  if (plan.packing === 'trits') {
    packTrits(codes, count, out, offset + (start / TRIT_GROUP) * 16);
    return;
  }
  let at = offset;
  for (const plane of planesOf(codeWidth(plan.levels))) {
    packPlane(codes, count, plane, out, at + (start * plane.bits) / 8);
    at += planeBytes(plane.bits, plan.length);
  }
}

/** Unpacks elements start.. into codes[0..count); may write CODES_TAIL codes more. */
export function unpackCodes(
  body: Uint8Array,
  offset: number,
  plan: LevelsPlan,
  start: number,
  count: number,
  codes: Uint8Array,
): void {
  if (plan.packing === 'trits') {
    unpackTrits(body, offset + (start / TRIT_GROUP) * 16, codes, count);
    return;
  }
  let at = offset;
  for (const plane of planesOf(codeWidth(plan.levels))) {
    unpackPlane(body, at + (start * plane.bits) / 8, plane, codes, count);
    at += planeBytes(plane.bits, plan.length);
  }
}

/** Codes that those who sweep a body hold unpacked at a time. */
export const CODES_WINDOW: number = 32 * CODES_GROUP;

/** Where they hold them. */
export const windowCodes: Uint8Array = new Uint8Array(CODES_WINDOW + CODES_TAIL);

/** counts[c] += how often code c occurs among the elements (padding is not looked at). */
export function countCodes(body: Uint8Array, plan: LevelsPlan, counts: Uint32Array): void {
  for (let start = 0; start < plan.length; start += CODES_WINDOW) {
    const count = Math.min(CODES_WINDOW, plan.length - start);
    unpackCodes(body, scalesBytes(plan), plan, start, count, windowCodes);
    for (let i = 0; i < count; i++) counts[windowCodes[i]!]!++;
  }
}
