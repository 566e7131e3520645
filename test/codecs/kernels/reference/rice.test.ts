/** Golomb–Rice index lists against a coder that writes one bit at a time. */
import { describe, expect, it } from 'vitest';
import {
  decodeIndices,
  encodeIndices,
  MAX_RICE_PARAMETER,
  maxIndexBytes,
  planIndices,
  type RicePlan,
} from '../../../../codecs/kernels/reference/rice.ts';
import { PayloadError } from '../../../../proto/errors.ts';
import { riceByteLength, riceDecodeBitwise, riceEncodeBitwise } from '../../../oracle/codecs.ts';
import { uniforms } from '../../theory/samples.ts';

/** Each index kept with probability `density`. */
function randomList(length: number, density: number, seed: number): Uint32Array {
  const next = uniforms(seed);
  return Uint32Array.from([...new Array(length).keys()].filter(() => next() < density));
}

/** Parts of a list with a given parameter. */
function planWith(indices: Uint32Array, parameter: number): RicePlan {
  const bytes = riceEncodeBitwise([...indices], parameter);
  const remainderBytes = Math.ceil((indices.length * parameter) / 8);
  return { parameter, remainderBytes, quotientBytes: bytes.length - remainderBytes };
}

/** The bytes `encodeIndices` writes, with guards on both sides. */
function encode(indices: Uint32Array, plan: RicePlan): Uint8Array {
  const size = plan.remainderBytes + plan.quotientBytes;
  const out = new Uint8Array(3 + size + 3).fill(0xee);
  encodeIndices(indices, indices.length, plan, out, 3);
  expect([...out.subarray(0, 3), ...out.subarray(3 + size)]).toEqual(new Array(6).fill(0xee));
  return out.slice(3, 3 + size);
}

function decode(bytes: Uint8Array, parameter: number, count: number, length: number): number[] {
  const indices = new Uint32Array(count);
  decodeIndices(bytes, parameter, count, length, indices);
  return [...indices];
}

const lists: [string, Uint32Array, number][] = [
  ['none', new Uint32Array(0), 100],
  ['the first', Uint32Array.of(0), 100],
  ['the last', Uint32Array.of(99), 100],
  ['the last of 2²⁸', Uint32Array.of(2 ** 28 - 1), 2 ** 28],
  ['far apart', Uint32Array.of(0, 2 ** 27, 2 ** 28 - 1), 2 ** 28],
  ['neighbours', Uint32Array.from({ length: 77 }, (_, i) => i), 1000],
  ['neighbours at the end', Uint32Array.from({ length: 77 }, (_, i) => 923 + i), 1000],
  ['half', randomList(999, 0.5, 1), 999],
  ['a tenth', randomList(5000, 0.1, 2), 5000],
  ['one percent', randomList(20_000, 0.01, 3), 20_000],
  ['all but one', Uint32Array.from({ length: 63 }, (_, i) => i + (i > 30 ? 1 : 0)), 64],
];

describe.each(lists)('a list of indices: %s', (_, indices, length) => {
  it('is written bit for bit as by the plain coder, for every parameter', () => {
    for (let parameter = 0; parameter <= MAX_RICE_PARAMETER; parameter++) {
      if (riceByteLength([...indices], parameter) > 10_000) continue;
      const expected = riceEncodeBitwise([...indices], parameter);
      const bytes = encode(indices, planWith(indices, parameter));
      expect(bytes).toEqual(expected);
      const back = decode(bytes, parameter, indices.length, length);
      expect(back).toEqual([...indices]);
      expect(riceDecodeBitwise(bytes, parameter, indices.length)).toEqual(back);
    }
  });

  it('is planned within the promised size, at the best parameter or near it', () => {
    for (const most of [indices.length, indices.length + 1, 2 * indices.length]) {
      if (most >= length || most === 0) continue;
      const plan = planIndices(indices, indices.length, length, most);
      const size = plan.remainderBytes + plan.quotientBytes;
      expect(size).toBe(riceByteLength([...indices], plan.parameter));
      expect(size).toBeLessThanOrEqual(maxIndexBytes(most, length));
      const sizes = Array.from({ length: MAX_RICE_PARAMETER + 1 }, (__, r) =>
        riceByteLength([...indices], r),
      );
      expect(size).toBeLessThanOrEqual(Math.min(...sizes) + 4);
    }
  });
});

describe('maxIndexBytes', () => {
  it('is never exceeded by any support of small vectors', () => {
    for (let length = 2; length <= 10; length++) {
      for (let most = 1; most < length; most++) {
        const bound = maxIndexBytes(most, length);
        for (let support = 0; support < 2 ** length; support++) {
          const indices = Uint32Array.from(
            [...new Array(length).keys()].filter((i) => (support >>> i) & 1),
          );
          if (indices.length > most) continue;
          const plan = planIndices(indices, indices.length, length, most);
          expect(plan.remainderBytes + plan.quotientBytes).toBeLessThanOrEqual(bound);
        }
      }
    }
  });

  it('nor by clustered and scattered supports of long ones', () => {
    const next = uniforms(8);
    for (let trial = 0; trial < 300; trial++) {
      const length = 2 + Math.floor(next() * 50_000);
      const most = 1 + Math.floor(next() * Math.min(length - 1, 500));
      const bound = maxIndexBytes(most, length);
      const tail = Uint32Array.from({ length: most }, (_, i) => length - most + i);
      const spread = Uint32Array.from({ length: most }, (_, i) =>
        Math.floor(((i + 1) * length) / most - 1),
      );
      for (const indices of [tail, spread]) {
        const plan = planIndices(indices, most, length, most);
        expect(plan.remainderBytes + plan.quotientBytes).toBeLessThanOrEqual(bound);
      }
    }
  });
});

describe('decodeIndices refuses', () => {
  const indices = Uint32Array.of(3, 7, 8, 40);
  const bytes = riceEncodeBitwise([...indices], 2);

  it.each([
    ['a missing byte', bytes.subarray(0, bytes.length - 1), 4, 64],
    ['no bytes at all', bytes.subarray(0, 0), 4, 64],
    ['a byte too many', Uint8Array.of(...bytes, 0), 4, 64],
    ['more indices than there are', bytes, 5, 64],
    ['fewer indices than there are', bytes, 3, 64],
    ['an index beyond the end', bytes, 4, 40],
  ])('%s', (_, given, count, length) => {
    expect(() => decode(given, 2, count, length)).toThrow(PayloadError);
  });

  it('set bits in the padding of either part', () => {
    // Three remainders of one bit and three quotients: both bytes end in padding.
    const odd = riceEncodeBitwise([1, 2, 3], 1);
    expect(odd).toHaveLength(2);
    for (const byte of [0, 1]) {
      const changed = odd.slice();
      changed[byte] = changed[byte]! | 0x80;
      expect(() => decode(changed, 1, 3, 64)).toThrow(PayloadError);
    }
  });

  it('every change of one bit, or gives another valid list', () => {
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const changed = bytes.slice();
      changed[bit >>> 3] = changed[bit >>> 3]! ^ (1 << (bit & 7));
      let found: number[] | undefined;
      try {
        found = decode(changed, 2, 4, 64);
      } catch (error) {
        expect(error).toBeInstanceOf(PayloadError);
      }
      if (found === undefined) continue;
      expect(found).not.toEqual([...indices]);
      expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
      expect(Math.max(...found)).toBeLessThan(64);
      expect(riceEncodeBitwise(found, 2)).toEqual(changed);
    }
  });
});
