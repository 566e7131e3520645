import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { laneChecksum } from '../../proto/checksum.ts';
import { assertProperty } from '../../src/testing/index.ts';
import { Noise } from '../../src/testing/noise.ts';

/** The pseudo-code of proto/checksum.ts, word for word, in integers modulo 2³². */
function textbook(bytes: Uint8Array, seed: number): number {
  const padded = new Uint8Array(64 * Math.ceil(bytes.length / 64));
  padded.set(bytes);
  const words = new DataView(padded.buffer);
  const multiply = (a: number, b: number): number =>
    Number((BigInt(a >>> 0) * BigInt(b)) & 0xffffffffn);
  const lane = Array.from({ length: 16 }, (_, i) => (seed ^ multiply(i + 1, 0x9e3779b1)) >>> 0);
  for (let j = 0; 4 * j < padded.length; j++) {
    let value = multiply(lane[j % 16]! ^ words.getUint32(4 * j, true), 0x85ebca77);
    value = (value ^ (value >>> 15)) >>> 0;
    lane[j % 16] = value;
  }
  let h = (seed ^ bytes.length) >>> 0;
  for (const value of lane) {
    h = multiply(h ^ value, 0xc2b2ae3d);
    h = (h ^ (h >>> 13)) >>> 0;
  }
  return h;
}

function noisy(length: number, seed: number): Uint8Array {
  const noise = new Noise(seed);
  return Uint8Array.from({ length }, () => noise.word());
}

const anySeed = fc.integer({ min: 0, max: 0xffffffff });

describe('the lane checksum', () => {
  it('is what its pseudo-code says', () => {
    assertProperty(
      fc.property(fc.uint8Array({ maxLength: 300 }), anySeed, (bytes, seed) => {
        expect(laneChecksum(bytes, seed)).toBe(textbook(bytes, seed));
      }),
      { numRuns: 500 },
    );
  });

  it.each([0, 1, 3, 4, 63, 64, 65, 4095, 4096, 4097, 8191, 8192, 8193, 20_000])(
    'is so for %i bytes at any byteOffset',
    (length) => {
      const bytes = noisy(length, length);
      const expected = textbook(bytes, 5);
      for (let shift = 0; shift < 8; shift++) {
        const moved = new Uint8Array(length + shift).subarray(shift);
        moved.set(bytes);
        expect(laneChecksum(moved, 5)).toBe(expected);
      }
    },
  );

  it('is an unsigned 32-bit integer and leaves the bytes alone', () => {
    assertProperty(
      fc.property(fc.uint8Array({ maxLength: 200 }), anySeed, (bytes, seed) => {
        const copy = bytes.slice();
        const sum = laneChecksum(bytes, seed);
        expect(sum).toBe(sum >>> 0);
        expect(bytes).toEqual(copy);
      }),
    );
  });

  it('takes the seed 0 when none is given', () => {
    const bytes = noisy(100, 1);
    expect(laneChecksum(bytes)).toBe(laneChecksum(bytes, 0));
    expect(laneChecksum(bytes)).not.toBe(laneChecksum(bytes, 1));
  });

  it('detects any change of a single 32-bit word, with certainty', () => {
    assertProperty(
      fc.property(
        fc.uint8Array({ minLength: 4, maxLength: 200 }),
        fc.nat(),
        fc.integer({ min: 1, max: 0xffffffff }),
        (bytes, place, change) => {
          const damaged = bytes.slice();
          const at = 4 * (place % (bytes.length >> 2));
          for (let i = 0; i < 4; i++) damaged[at + i]! ^= change >>> (8 * i);
          expect(laneChecksum(damaged)).not.toBe(laneChecksum(bytes));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('detects every flipped bit of a payload-sized input', () => {
    const bytes = noisy(333, 2);
    const expected = laneChecksum(bytes);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
      expect(laneChecksum(bytes)).not.toBe(expected);
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
    }
  });

  it('detects zeros appended or cut off', () => {
    const sums = new Set<number>();
    for (let length = 0; length < 200; length++) sums.add(laneChecksum(new Uint8Array(length)));
    expect(sums.size).toBe(200);
  });

  it('detects words exchanged, within a lane and between lanes', () => {
    const bytes = noisy(1024, 3);
    const words = new Uint32Array(bytes.buffer);
    const expected = laneChecksum(bytes);
    for (const distance of [1, 2, 15, 16, 32, 48])
      for (let j = 0; j + distance < words.length; j++) {
        const [a, b] = [words[j]!, words[j + distance]!];
        words.set([b], j);
        words.set([a], j + distance);
        expect(laneChecksum(bytes)).not.toBe(expected);
        words.set([a], j);
        words.set([b], j + distance);
      }
  });

  it('spreads: random pairs of damaged inputs collide as rarely as 32 bits allow', () => {
    const bytes = noisy(256, 4);
    const noise = new Noise(5);
    const sums = new Set<number>();
    for (let i = 0; i < 20_000; i++) {
      const damaged = bytes.slice();
      for (let j = 0; j < 3; j++) damaged[noise.below(256)] = noise.word();
      sums.add(laneChecksum(damaged));
    }
    // 20 000 draws of 2³²: 0.05 collisions are expected; a few inputs are damaged alike.
    expect(sums.size).toBeGreaterThan(19_990);
  });
});
