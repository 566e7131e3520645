/** Top-k is exact: the set of a full sort, ties by lowest index, on ten thousand arrays. */
import { describe, expect, it } from 'vitest';
import { decode, encode } from '../../../codecs/index.ts';
import type { Kernels } from '../../../codecs/kernels/kernels.ts';
import { referenceKernels } from '../../../codecs/kernels/reference/index.ts';
import { createSimdKernels } from '../../../codecs/kernels/simd/index.ts';
import { keepOnly, topKBySort } from '../../oracle/codecs.ts';
import { constant, gaussian, oneHot, uniforms } from './samples.ts';

type Draw = () => number;

/** The float32 with a bit pattern. */
function fromBits(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
}

/** Ways to fill an array: each gives one element from a uniform draw, its index and the length. */
const fills: Record<string, (next: Draw, i: number, n: number) => number> = {
  uniform: (next) => next() - 0.5,
  'all equal': (_next, i) => (i % 3 === 0 ? -2.5 : 2.5),
  '99.95 % zeros': (next) => (next() < 0.0005 ? next() - 0.5 : 0),
  'mostly zeros': (next) => (next() < 0.1 ? next() - 0.5 : 0),
  'a few values, ±': (next) => Math.floor(5 * next()) - 2,
  denormals: (next) => fromBits(Math.floor(next() * 2 ** 23)) * (next() < 0.5 ? -1 : 1),
  'denormals and zeros': (next) => (next() < 0.5 ? -0 : fromBits(1 + Math.floor(3 * next()))),
  'one hot layer': (next, i, n) => (i >= n / 2 && i < n / 2 + 10 ? 1e3 : 1e-3) * (next() - 0.5),
  huge: (next) => (next() < 0.5 ? -1 : 1) * fromBits(0x7f7fff00 + Math.floor(256 * next())),
  'any pattern': (next) => {
    const value = fromBits(Math.floor(next() * 2 ** 32));
    return Number.isFinite(value) ? value : 0;
  },
  'same upper bits': (next) => fromBits(0x3f800000 + Math.floor(next() * 2 ** 10)),
  'same middle bits': (next) => fromBits(0x3f800000 + Math.floor(next() * 4) * 2 ** 10),
  ascending: (_next, i) => i,
  descending: (_next, i, n) => n - i,
};

/** An array of a kind, and a k; lengths and ks from 1 up, k beyond the length included. */
function sample(kind: string, trial: number, longest: number): { x: Float32Array; k: number } {
  const next = uniforms(1000 * trial + kind.length);
  const n = 1 + Math.floor(longest * next() ** 2);
  const x = Float32Array.from({ length: n }, (_, i) => fills[kind]!(next, i, n));
  return { x, k: 1 + Math.floor((n + 2) * next() ** 2) };
}

const backEnds = [referenceKernels, createSimdKernels()];

/** A back end's indices; its values must be those of x there. */
function selectBy(kernels: Kernels, x: Float32Array, k: number): number[] {
  const indices = new Uint32Array(x.length + 8);
  const values = new Float32Array(x.length + 8);
  const count = kernels.selectTopK({ x }, Infinity, (n) => Math.min(n, k), { indices, values });
  for (let j = 0; j < count; j++)
    if (!Object.is(values[j], x[indices[j]!])) expect(values[j]).toBe(x[indices[j]!]);
  return [...indices.subarray(0, count)];
}

function select(x: Float32Array, k: number): number[] {
  return selectBy(referenceKernels, x, k);
}

describe.each(backEnds)('selectTopK of $name kernels gives the set of a full sort', (kernels) => {
  const perKind = Math.ceil(10_000 / Object.keys(fills).length);

  it.each(Object.keys(fills))(`on ${perKind} arrays: %s`, (kind) => {
    for (let trial = 0; trial < perKind; trial++) {
      const { x, k } = sample(kind, trial, 150);
      const found = selectBy(kernels, x, k);
      const expected = topKBySort(x, 0, x.length, k);
      if (found.join() !== expected.join()) expect(found, `trial ${trial}`).toEqual(expected);
    }
  });

  it.each(Object.keys(fills))('on a long array: %s', (kind) => {
    const { x } = sample(kind, 5, 1);
    const next = uniforms(5);
    const long = Float32Array.from({ length: 60_000 }, (_, i) => fills[kind]!(next, i, 60_000));
    expect(x).toHaveLength(1);
    for (const k of [1, 600, 59_999])
      expect(selectBy(kernels, long, k)).toEqual(topKBySort(long, 0, long.length, k));
  });

  it('of each block by itself', () => {
    const x = gaussian(1000, 1);
    x[3] = 100;
    x[999] = -100;
    const decoded = decode(encode('topk:k=7,block=80', x));
    const expected = [...new Array(13).keys()].flatMap((b) =>
      topKBySort(x, 80 * b, Math.min(1000, 80 * b + 80), 7),
    );
    expect(decoded).toEqual(keepOnly(x, expected));
    expect(selectBy(kernels, x, 2)).toEqual([3, 999]);
  });
});

describe('the comparison finds', () => {
  it('ties by highest index', () => {
    const x = constant(20);
    expect(select(x, 5)).toEqual([0, 1, 2, 3, 4]);
    expect(topKBySort(x, 0, 20, 5)).not.toEqual([15, 16, 17, 18, 19]);
  });

  it('a threshold taken from a sample', () => {
    const x = gaussian(2000, 4);
    const sampled = x.subarray(0, 200).map(Math.abs).sort().reverse();
    const threshold = sampled[10]!;
    const approximate = [...x.keys()].filter((i) => Math.abs(x[i]!) >= threshold);
    expect(approximate).not.toEqual(topKBySort(x, 0, 2000, 110));
  });
});

describe('topk payloads decode to the kept values, bit for bit', () => {
  it.each(Object.keys(fills))('%s', (kind) => {
    for (let trial = 0; trial < 40; trial++) {
      const { x, k } = sample(kind, trial, 300);
      const decoded = decode(encode(`topk:k=${k}`, x));
      const expected = k >= x.length ? x : keepOnly(x, topKBySort(x, 0, x.length, k));
      for (let i = 0; i < x.length; i++)
        if (!Object.is(decoded[i], expected[i])) expect(decoded).toEqual(expected);
    }
  });

  it('zeros are not sent: one hot element is one value, whatever k', () => {
    expect(select(oneHot(50), 20)).toEqual([16]);
    expect(select(new Float32Array(50), 20)).toEqual([]);
  });
});
