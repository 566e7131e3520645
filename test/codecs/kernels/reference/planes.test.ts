/** Bit planes against packing bit by bit. */
import { describe, expect, it } from 'vitest';
import {
  packPlane,
  planeBytes,
  planesBytes,
  planesOf,
  unpackPlane,
} from '../../../../codecs/kernels/reference/planes.ts';
import {
  packPlanesBitwise,
  planesByteLength,
  unpackPlanesBitwise,
} from '../../../oracle/codecs.ts';
import { uniforms } from '../../theory/samples.ts';

const widths = [1, 2, 3, 4, 5, 6, 7, 8];
const lengths = [0, 1, 2, 15, 16, 17, 31, 33, 63, 65, 127, 128, 129, 200, 255, 257, 1001];

/** Random codes, padded with zeros for a last group. */
function randomCodes(width: number, length: number): Uint8Array {
  const next = uniforms(100 * width + length);
  const codes = new Uint8Array(length + 128);
  for (let i = 0; i < length; i++) codes[i] = Math.floor(next() * 2 ** width);
  return codes;
}

/** All planes of a code, one after the other, from `offset` on. */
function pack(codes: Uint8Array, width: number, length: number, offset = 0): Uint8Array {
  const out = new Uint8Array(offset + planesBytes(width, length)).fill(0xee);
  let at = offset;
  for (const plane of planesOf(width)) {
    packPlane(codes, length, plane, out, at);
    at += planeBytes(plane.bits, length);
  }
  return out;
}

function unpack(bytes: Uint8Array, width: number, length: number, offset = 0): Uint8Array {
  const codes = new Uint8Array(length + 128).fill(0xff);
  let at = offset;
  for (const plane of planesOf(width)) {
    unpackPlane(bytes, at, plane, codes, length);
    at += planeBytes(plane.bits, length);
  }
  return codes.subarray(0, length);
}

describe.each(widths)('codes of %i bits', (width) => {
  it('are cut into planes of 8, 4, 2 and 1 bits that cover each bit once', () => {
    const planes = planesOf(width);
    expect(planes.reduce((sum, { bits }) => sum + bits, 0)).toBe(width);
    let shift = 0;
    for (const plane of planes) {
      expect(plane.shift).toBe(shift);
      shift += plane.bits;
    }
  });

  it.each(lengths)('pack to the bytes of a bit-by-bit packer, and back: %i codes', (length) => {
    const codes = randomCodes(width, length);
    const expected = packPlanesBitwise(codes.subarray(0, length), width);
    expect(planesBytes(width, length)).toBe(planesByteLength(width, length));
    for (const offset of [0, 5]) {
      const packed = pack(codes, width, length, offset);
      expect(packed.subarray(offset)).toEqual(expected);
      expect(packed.subarray(0, offset)).toEqual(new Uint8Array(offset).fill(0xee));
      expect(unpack(packed, width, length, offset)).toEqual(codes.subarray(0, length));
    }
    expect(unpackPlanesBitwise(expected, width, length)).toEqual([...codes.subarray(0, length)]);
  });

  it('unpack any bytes as the bit-by-bit reader does', () => {
    const next = uniforms(width);
    const bytes = Uint8Array.from({ length: planesBytes(width, 301) }, () => 256 * next());
    expect([...unpack(bytes, width, 301)]).toEqual(unpackPlanesBitwise(bytes, width, 301));
  });
});

describe('the comparison finds', () => {
  it('codes packed one after the other', () => {
    const codes = randomCodes(4, 64);
    const linear = Uint8Array.from(
      { length: 32 },
      (_, i) => codes[2 * i]! | (codes[2 * i + 1]! << 4),
    );
    expect(linear).not.toEqual(packPlanesBitwise(codes.subarray(0, 64), 4));
  });

  it('one changed bit', () => {
    const codes = randomCodes(7, 129);
    const expected = packPlanesBitwise(codes.subarray(0, 129), 7);
    codes[128] = codes[128]! ^ 64;
    expect(pack(codes, 7, 129)).not.toEqual(expected);
  });
});
