/**
 * Streams: named, equal where they must be, uniform, and independent of each other. Statistical
 * tests state their false-alarm rate; seeds are fixed.
 */
import { describe, expect, it } from 'vitest';
import { parseCodec, streamsFor, type StreamCoordinates } from '../../codecs/index.ts';
import { DitherSource } from '../../codecs/kernels/reference/dither.ts';
import {
  CHUNK_LENGTH,
  LANES,
  seedLanes,
  UniformSource,
  type RandomStream,
} from '../../codecs/random.ts';
import { energy } from '../../src/testing/encoding.ts';
import { makeGradient } from '../../src/testing/index.ts';

/** Textbook xoshiro128+ 1.0 (Blackman & Vigna 2018) over four words. */
function* xoshiro128plus(s: number[]): Generator<number> {
  for (;;) {
    yield (s[0]! + s[3]!) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
  }
}

function take(count: number, source: Generator<number>): number[] {
  return Array.from({ length: count }, () => source.next().value as number);
}

/** Words s0..s3 of one lane. */
function laneOf(state: Int32Array, lane: number): number[] {
  return [0, 1, 2, 3].map((word) => state[LANES * word + lane]!);
}

function ditherOf(stream: RandomStream, count: number): Uint16Array {
  const source = new DitherSource();
  const out = new Uint16Array(count);
  source.reset(stream);
  source.fill(out, count);
  return out;
}

const at: Required<StreamCoordinates> = {
  seed: 7,
  rank: 3,
  step: 11,
  bucket: 2,
  chunk: 1,
  phase: 1,
};
const coordinates = Object.keys(at) as (keyof StreamCoordinates)[];

describe('the generator', () => {
  it('is xoshiro128+: the published first outputs from state 1, 2, 3, 4', () => {
    expect(take(6, xoshiro128plus([1, 2, 3, 4]))).toEqual([
      5, 12295, 25178119, 27286542, 39879690, 1140358681,
    ]);
  });

  it('draws uniforms of 53 bits from lane 0, seeded anew every chunk', () => {
    const stream = streamsFor(at).own;
    const source = new UniformSource();
    source.reset(stream);
    const state = new Int32Array(16);
    for (const chunk of [0, 1]) {
      seedLanes(state, stream, chunk);
      const words = xoshiro128plus(laneOf(state, 0));
      for (let i = 0; i < CHUNK_LENGTH; i++) {
        const [high, low] = take(2, words);
        const expected = (high! * 2 ** 21 + (low! >>> 11)) / 2 ** 53;
        if (source.next() !== expected) expect.fail(`draw ${i} of chunk ${chunk}`);
      }
    }
  });

  it('gives every element of a group its half word of one of four lanes', () => {
    const stream = streamsFor(at).own;
    const dither = ditherOf(stream, CHUNK_LENGTH + 64);
    const state = new Int32Array(16);
    for (const [start, chunk, count] of [
      [0, 0, CHUNK_LENGTH],
      [CHUNK_LENGTH, 1, 64],
    ] as const) {
      seedLanes(state, stream, chunk);
      const lanes = [0, 1, 2, 3].map((lane) => xoshiro128plus(laneOf(state, lane)));
      const expected = new Uint16Array(count);
      for (let group = 0; group < count; group += 32)
        for (let i = 0; i < 16; i++) {
          const word = lanes[i % 4]!.next().value as number;
          expected[group + i] = word & 0x7fff;
          expected[group + 16 + i] = word >>> 17;
        }
      expect(dither.subarray(start, start + count)).toEqual(expected);
    }
  });

  it('does not depend on how the dither is cut into windows', () => {
    const stream = streamsFor(at).own;
    const whole = ditherOf(stream, 70_016);
    const source = new DitherSource();
    source.reset(stream);
    const parts = new Uint16Array(70_016);
    for (let done = 0, size = 32; done < parts.length; size += 480) {
      const count = Math.min(size, parts.length - done);
      const part = new Uint16Array(count);
      source.fill(part, count);
      parts.set(part, done);
      done += count;
    }
    expect(parts).toEqual(whole);
  });
});

describe('streams', () => {
  it('shared is equal on all ranks and in all phases, and changes with everything else', () => {
    for (const key of coordinates) {
      const { shared } = streamsFor({ ...at, [key]: at[key] + 1 });
      if (key === 'rank' || key === 'phase') expect(shared).toEqual(streamsFor(at).shared);
      else expect(shared).not.toEqual(streamsFor(at).shared);
    }
  });

  it('own changes with everything, in both halves', () => {
    for (const key of coordinates) {
      const { own } = streamsFor({ ...at, [key]: at[key] + 1 });
      expect(own.low).not.toBe(streamsFor(at).own.low);
      expect(own.high).not.toBe(streamsFor(at).own.high);
    }
  });

  it('shared and own differ, and are 32-bit halves', () => {
    const { shared, own } = streamsFor(at);
    expect(shared).not.toEqual(own);
    for (const word of [shared.low, shared.high, own.low, own.high]) expect(word).toBe(word >>> 0);
  });

  it('coordinates count beyond 32 bits', () => {
    for (const key of coordinates)
      expect(streamsFor({ ...at, [key]: at[key] + 2 ** 32 }).own).not.toEqual(streamsFor(at).own);
  });

  it('omitted coordinates are 0', () => {
    expect(streamsFor({ seed: 5 })).toEqual(
      streamsFor({ seed: 5, rank: 0, step: 0, bucket: 0, chunk: 0, phase: 0 }),
    );
  });

  it('do not collide: 10⁵ of them have 10⁵ keys', () => {
    const keys = new Set<string>();
    for (let i = 0; i < 1e5; i++) {
      const { own } = streamsFor({
        seed: i % 10,
        rank: Math.floor(i / 10) % 100,
        step: Math.floor(i / 1000),
      });
      keys.add(`${own.low},${own.high}`);
    }
    expect(keys.size).toBe(1e5);
  });
});

/** χ² of values of `bits` bits over 256 bins by their upper bits. */
function chiSquare(values: Iterable<number>, bits: number): number {
  const counts = new Float64Array(256);
  let total = 0;
  for (const value of values) {
    counts[value >>> (bits - 8)]!++;
    total++;
  }
  const expected = total / 256;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** 255 degrees of freedom exceed this with probability 2·10⁻⁸ (Wilson & Hilferty 1931). */
const CHI_SQUARE_LIMIT = 400;

describe('dither', () => {
  const dither = ditherOf(streamsFor({ seed: 99 }).own, 2 ** 20);

  it('is uniform, in both halves of a group and in its low bits', () => {
    const low = dither.filter((_, i) => (i & 16) === 0);
    const high = dither.filter((_, i) => (i & 16) !== 0);
    for (const half of [low, high]) {
      expect(chiSquare(half, 15)).toBeLessThan(CHI_SQUARE_LIMIT);
      expect(
        chiSquare(
          half.map((value) => value & 0xff),
          8,
        ),
      ).toBeLessThan(CHI_SQUARE_LIMIT);
    }
    expect(dither.includes(0) && dither.includes(2 ** 15 - 1)).toBe(true);
  });

  it('a generator that skips a bin is found out', () => {
    const skipping = dither.map((value) => (value < 64 ? value + 128 : value));
    expect(chiSquare(skipping, 15)).toBeGreaterThan(CHI_SQUARE_LIMIT);
  });

  it('uniform draws are uniform', () => {
    const source = new UniformSource();
    source.reset(streamsFor({ seed: 98 }).shared);
    const draws = Array.from({ length: 2 ** 18 }, () => Math.floor(source.next() * 2 ** 15));
    expect(chiSquare(draws, 15)).toBeLessThan(CHI_SQUARE_LIMIT);
  });
});

const MEAN = (2 ** 15 - 1) / 2;
const DEVIATION = Math.sqrt((2 ** 30 - 1) / 12);

/** z of the correlation of a[i] and b[i + lag]. */
function correlation(a: Uint16Array, b: Uint16Array, lag: number): number {
  let sum = 0;
  const count = a.length - Math.abs(lag);
  const [i0, j0] = lag >= 0 ? [0, lag] : [-lag, 0];
  for (let i = 0; i < count; i++) sum += (a[i0 + i]! - MEAN) * (b[j0 + i]! - MEAN);
  return sum / (DEVIATION ** 2 * Math.sqrt(count));
}

/** Two-sided 10⁻¹⁰ for one comparison; a few thousand of them stay below 10⁻⁶. */
const Z_LIMIT = 6.5;

describe('streams are uncorrelated', () => {
  const COUNT = 2 ** 15;
  const lags = [-33, -32, -17, -16, -4, -1, 0, 1, 4, 16, 17, 32, 33];

  it.each(coordinates)('between values of %s', (key) => {
    const streams = Array.from({ length: 12 }, (_, value) =>
      ditherOf(streamsFor({ ...at, [key]: value }).own, COUNT),
    );
    for (let i = 0; i < streams.length; i++)
      for (let j = i + 1; j < streams.length; j++)
        for (const lag of lags)
          expect(Math.abs(correlation(streams[i]!, streams[j]!, lag))).toBeLessThan(Z_LIMIT);
  });

  it('with themselves at a distance, and between chunks', () => {
    const dither = ditherOf(streamsFor(at).own, 2 * CHUNK_LENGTH);
    for (let lag = 1; lag <= 128; lag++)
      expect(Math.abs(correlation(dither, dither, lag))).toBeLessThan(Z_LIMIT);
    expect(Math.abs(correlation(dither, dither, CHUNK_LENGTH))).toBeLessThan(Z_LIMIT);
  });

  it('shared and own, and ranks of neighbouring seeds', () => {
    const { shared, own } = streamsFor(at);
    const other = streamsFor({ ...at, seed: at.seed + 1, rank: at.rank - 1 }).own;
    for (const lag of lags) {
      expect(
        Math.abs(correlation(ditherOf(shared, COUNT), ditherOf(own, COUNT), lag)),
      ).toBeLessThan(Z_LIMIT);
      expect(Math.abs(correlation(ditherOf(other, COUNT), ditherOf(own, COUNT), lag))).toBeLessThan(
        Z_LIMIT,
      );
    }
  });

  it('unlike those of a generator whose lanes are seeded by key + lane: shifted copies', () => {
    const counted = (key: number): Uint16Array => {
      const lanes = [0, 1, 2, 3].map((lane) =>
        xoshiro128plus([1, 2, 3, 4].map((i) => Math.imul(4 * (key + lane) + i, 0x9e3779b1))),
      );
      return Uint16Array.from(
        { length: COUNT },
        (_, i) => (lanes[i % 4]!.next().value as number) >>> 17,
      );
    };
    expect(correlation(counted(1), counted(2), -1)).toBeGreaterThan(5 * Z_LIMIT);
  });
});

describe('averaging over 16 ranks divides the squared error by 16', () => {
  const RANKS = 16;
  const x = makeGradient('gaussian', 8192, 5);

  /** Mean squared error of a rank's decoding over that of the ranks' mean. */
  function gain(spec: string, rankOf: (rank: number) => number): number {
    const codec = parseCodec(spec);
    const mean = new Float32Array(x.length);
    const decoded = new Float32Array(x.length);
    const out = new Uint8Array(codec.maxBytes(x.length));
    let single = 0;
    for (let rank = 0; rank < RANKS; rank++) {
      const random = streamsFor({ seed: 12, rank: rankOf(rank), step: 3 });
      const payload = out.subarray(0, codec.encodeInto(x, out, random));
      codec.decodeInto(payload, decoded);
      codec.decodeAdd(payload, mean, 1 / RANKS);
      single += energy(x, decoded) / RANKS;
    }
    return single / energy(x, mean);
  }

  const dense = [
    ...[1, 2, 3, 7, 15, 31, 63, 127].map((s) => `qsgd:levels=${s}`),
    'qsgd:levels=7,norm=l2',
    'qsgd:levels=16,block=64,norm=l2',
    'qsgd:levels=7,block=100000',
    'terngrad',
    'terngrad:pack=bits',
  ];

  // The error of the mean is a sum of 8192 independent terms: it fluctuates by about 2 %.
  it.each(dense)('%s', (spec) => {
    expect(gain(spec, (rank) => rank)).toBeGreaterThan(0.7 * RANKS);
    expect(gain(spec, (rank) => rank)).toBeLessThan(1.3 * RANKS);
  });

  it('but not when all ranks draw from one stream, or pairs of them do', () => {
    expect(gain('qsgd:levels=3', () => 0)).toBeCloseTo(1, 2);
    expect(gain('qsgd:levels=3', (rank) => rank >> 1)).toBeLessThan(0.7 * RANKS);
  });

  it('and random-k keeps the same elements on all ranks', () => {
    expect(gain('randomk:density=0.1', (rank) => rank)).toBeCloseTo(1, 5);
  });
});
