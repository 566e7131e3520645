/**
 * Bit planes: codes of 1 to 8 bits packed into 16-byte groups by vertical shifts only, so that a
 * SIMD register packs sixteen codes at once.
 *
 * A code of `width` bits is cut into planes of 8, 4, 2 and 1 bits, low bits first (7 = 4 + 2 + 1).
 * A plane of p bits stores 128/p codes in 16 bytes: within such a group, byte j holds the p-bit
 * fields of codes j, j + 16, j + 32, … from its low bits upwards. Planes follow each other, each
 * over the whole vector and padded with zero bits to a multiple of 16 bytes.
 */

import type { Plane } from '../kernels.ts';

export type { Plane };

/** Planes of a code of `width` bits, in the order they are stored. */
export function planesOf(width: number): readonly Plane[] {
  return (planesByWidth[width] ??= cutPlanes(width));
}

const planesByWidth: (readonly Plane[])[] = [];

function cutPlanes(width: number): Plane[] {
  const planes: Plane[] = [];
  let shift = 0;
  for (const bits of [8, 4, 2, 1] as const) {
    if ((width & bits) === 0) continue;
    planes.push({ bits, shift });
    shift += bits;
  }
  return planes;
}

/** Bytes of one plane over `length` codes. */
export function planeBytes(bits: number, length: number): number {
  return 16 * Math.ceil((length * bits) / 128);
}

/** Bytes of all planes of `width`-bit codes over `length` codes. */
export function planesBytes(width: number, length: number): number {
  return planesOf(width).reduce((sum, plane) => sum + planeBytes(plane.bits, length), 0);
}

/**
 * Packs one plane of codes[0..count) to out[offset..). Codes behind `count` up to the end of the
 * last group must be zero.
 */
export function packPlane(
  codes: Uint8Array,
  count: number,
  plane: Plane,
  out: Uint8Array,
  offset: number,
): void {
  const { bits, shift } = plane;
  if (bits === 8) out.set(codes.subarray(0, (count + 15) & ~15), offset);
  else if (bits === 4) pack4(codes, count, shift, out, offset);
  else if (bits === 2) pack2(codes, count, shift, out, offset);
  else pack1(codes, count, shift, out, offset);
}

function pack4(
  codes: Uint8Array,
  count: number,
  shift: number,
  out: Uint8Array,
  offset: number,
): void {
  let o = offset;
  for (let group = 0; group < count; group += 32)
    for (let i = group; i < group + 16; i++)
      out[o++] = ((codes[i]! >>> shift) & 15) | ((codes[i + 16]! >>> shift) << 4);
}

function pack2(
  codes: Uint8Array,
  count: number,
  shift: number,
  out: Uint8Array,
  offset: number,
): void {
  let o = offset;
  for (let group = 0; group < count; group += 64)
    for (let i = group; i < group + 16; i++)
      out[o++] =
        ((codes[i]! >>> shift) & 3) |
        (((codes[i + 16]! >>> shift) & 3) << 2) |
        (((codes[i + 32]! >>> shift) & 3) << 4) |
        (((codes[i + 48]! >>> shift) & 3) << 6);
}

function pack1(
  codes: Uint8Array,
  count: number,
  shift: number,
  out: Uint8Array,
  offset: number,
): void {
  let o = offset;
  for (let group = 0; group < count; group += 128) {
    for (let i = group; i < group + 16; i++) {
      let byte = 0;
      for (let k = 0; k < 8; k++) byte |= ((codes[i + 16 * k]! >>> shift) & 1) << k;
      out[o++] = byte;
    }
  }
}

/**
 * Reads one plane into codes[0..count): the first plane (shift 0) overwrites, later ones are
 * or-ed in. Writes up to the end of the last group.
 */
export function unpackPlane(
  bytes: Uint8Array,
  offset: number,
  plane: Plane,
  codes: Uint8Array,
  count: number,
): void {
  const { bits, shift } = plane;
  if (bits === 8) codes.set(bytes.subarray(offset, offset + ((count + 15) & ~15)));
  else if (bits === 4 && shift === 0) unpack4(bytes, offset, codes, count);
  else unpackSlow(bytes, offset, plane, codes, count);
}

function unpack4(bytes: Uint8Array, offset: number, codes: Uint8Array, count: number): void {
  let o = offset;
  for (let group = 0; group < count; group += 32) {
    for (let i = group; i < group + 16; i++) {
      const byte = bytes[o++]!;
      codes[i] = byte & 15;
      codes[i + 16] = byte >>> 4;
    }
  }
}

function unpackSlow(
  bytes: Uint8Array,
  offset: number,
  plane: Plane,
  codes: Uint8Array,
  count: number,
): void {
  const { bits, shift } = plane;
  const mask = (1 << bits) - 1;
  const fields = 8 / bits;
  const keep = shift === 0 ? 0 : 0xff;
  let o = offset;
  for (let group = 0; group < count; group += 16 * fields) {
    for (let j = 0; j < 16; j++) {
      const byte = bytes[o++]!;
      for (let k = 0; k < fields; k++) {
        const at = group + 16 * k + j;
        codes[at] = (codes[at]! & keep) | (((byte >>> (k * bits)) & mask) << shift);
      }
    }
  }
}
