/** The random streams against scalar generators on BigInts. */
import { describe, expect, it } from 'vitest';
import { DitherSource } from '../../../../codecs/kernels/reference/dither.ts';
import {
  CHUNK_LENGTH,
  seedLanes,
  streamsFor,
  triple32,
  UniformSource,
} from '../../../../codecs/random.ts';
import {
  ditherPlainly,
  laneGenerator,
  triple32Plainly,
  uniformsPlainly,
  Xoshiro128Plus,
} from '../../../oracle/codecs.ts';
import { uniforms } from '../../theory/samples.ts';

const keys = [
  { low: 0, high: 0 },
  { low: 1, high: 0 },
  { low: 0, high: 1 },
  { low: 0xffffffff, high: 0x80000000 },
  streamsFor({ seed: 12345 }).own,
];

describe('triple32', () => {
  it('is the published hash', () => {
    const next = uniforms(1);
    for (let i = 0; i < 2000; i++) {
      const value = Math.floor(next() * 2 ** 32);
      expect(triple32(value) >>> 0).toBe(Number(triple32Plainly(BigInt(value))));
    }
  });

  it('has no collisions among 2¹⁶ neighbours, and is not linear', () => {
    const hashes = new Set(Array.from({ length: 65536 }, (_, i) => triple32(i)));
    expect(hashes.size).toBe(65536);
    expect(triple32(1) ^ triple32(2)).not.toBe(triple32(3) ^ triple32(0));
  });
});

describe('xoshiro128+', () => {
  it('gives the first words of the reference implementation from state 1, 2, 3, 4', () => {
    const generator = new Xoshiro128Plus([1n, 2n, 3n, 4n]);
    // s0 + s3, then by hand: state 7, 0, 1026, 12288 after one step, and so on.
    expect(generator.next()).toBe(5n);
    expect(generator.next()).toBe(7n + 12288n);
  });
});

describe('seedLanes', () => {
  it('hashes key, chunk, word and lane into 16 words', () => {
    for (const key of keys) {
      for (const chunk of [0, 1, 77]) {
        const state = new Int32Array(16);
        seedLanes(state, key, chunk);
        const first = [0, 1, 2, 3].map((lane) => laneGenerator(key, chunk, lane).next());
        const sums = first.map((_, lane) => BigInt((state[lane]! + state[12 + lane]!) >>> 0));
        expect(sums).toEqual(first);
        expect(new Set(state).size).toBe(16);
      }
    }
  });

  it('tells all keys and chunks apart', () => {
    const states = keys.flatMap((key) =>
      [0, 1].map((chunk) => {
        const state = new Int32Array(16);
        seedLanes(state, key, chunk);
        return state.join();
      }),
    );
    expect(new Set(states).size).toBe(states.length);
  });
});

/** Dither of `count` elements, drawn in portions of the given sizes, taken in turn. */
function fillBy(key: { low: number; high: number }, count: number, sizes: number[]): Uint16Array {
  const source = new DitherSource();
  source.reset(key);
  const out = new Uint16Array(count + Math.max(...sizes));
  for (let at = 0, turn = 0; at < count; turn++) {
    const size = sizes[turn % sizes.length]!;
    source.fill(out.subarray(at), size);
    at += size;
  }
  return out.subarray(0, count);
}

describe('dither', () => {
  it.each(keys)('is the scalar generator’s, key $low $high', (key) => {
    expect(fillBy(key, 3200, [3200])).toEqual(ditherPlainly(key, 3200));
  });

  it('is the same in any portions, across the seeding anew at 65536', () => {
    const key = keys[4]!;
    const count = CHUNK_LENGTH + 4096;
    const expected = ditherPlainly(key, count);
    for (const sizes of [[count], [5120], [32], [96, 5120, 32]])
      expect(fillBy(key, count, sizes)).toEqual(expected);
    const continued = ditherPlainly(key, 32);
    expect(expected.subarray(CHUNK_LENGTH, CHUNK_LENGTH + 32)).not.toEqual(continued);
  });

  it('starts over on reset', () => {
    const source = new DitherSource();
    const [a, b] = [new Uint16Array(64), new Uint16Array(64)];
    source.reset(keys[1]!);
    source.fill(a, 64);
    source.fill(b, 64);
    expect(b).not.toEqual(a);
    source.reset(keys[1]!);
    source.fill(b, 64);
    expect(b).toEqual(a);
  });
});

describe('UniformSource', () => {
  it.each(keys)('draws 53 bits as the scalar generator does, key $low $high', (key) => {
    const source = new UniformSource();
    source.reset(key);
    for (const expected of uniformsPlainly(key, 500))
      expect(BigInt(source.next() * 2 ** 53)).toBe(expected);
  });

  it('is seeded anew after 65536 draws', () => {
    const key = keys[4]!;
    const source = new UniformSource();
    source.reset(key);
    for (let i = 0; i < CHUNK_LENGTH; i++) source.next();
    const lane = laneGenerator(key, 1, 0);
    const expected = lane.next() * 2n ** 21n + lane.next() / 2n ** 11n;
    expect(BigInt(source.next() * 2 ** 53)).toBe(expected);
  });
});
