/** SIMD top-k selection gives the reference's indices, which are those of a full sort. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceKernels } from '../../../codecs/kernels/reference/index.ts';
import { createSimdKernels } from '../../../codecs/kernels/simd/index.ts';
import { WINDOW } from '../../../codecs/kernels/simd/memory.ts';
import type { Kernels } from '../../../codecs/kernels/kernels.ts';
import { topKBySort } from '../../oracle/codecs.ts';
import { uniforms } from '../theory/samples.ts';
import { KINDS, vectorOf } from './simd-vectors.ts';

const simd = createSimdKernels();

type Draw = () => number;

/** The float32 with a bit pattern. */
function fromBits(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
}

const normal = (next: Draw): number =>
  Math.sqrt(-2 * Math.log(next() + 1e-12)) * Math.cos(2 * Math.PI * next());

/** Ways to fill an array, among them all that sampling could take the wrong way. */
const FILLS: Readonly<Record<string, (next: Draw, i: number, n: number) => number>> = {
  gaussian: normal,
  'heavy tails': (next) => normal(next) / (next() + 1e-6),
  'all equal': (_next, i) => (i % 3 === 0 ? -2.5 : 2.5),
  'all equal but the last': (_next, i, n) => (i === n - 1 ? 3 : 1),
  zeros: (_next, i) => (i % 2 === 0 ? 0 : -0),
  '99.95 % zeros': (next) => (next() < 0.0005 ? normal(next) : 0),
  'mostly zeros': (next) => (next() < 0.1 ? normal(next) : 0),
  'a few values, ±': (next) => Math.floor(5 * next()) - 2,
  'a tie among larger ones': (next) => (next() < 0.005 ? 1 + next() : 1),
  denormals: (next) => fromBits(Math.floor(next() * 2 ** 23)) * (next() < 0.5 ? -1 : 1),
  'one hot layer': (next, i, n) => normal(next) * (i >= 0.4 * n && i < 0.405 * n ? 1e3 : 1),
  'hot end': (next, i, n) => normal(next) * (i >= 0.99 * n ? 1e3 : 1e-3),
  'hot rows': (next, i) => normal(next) * (i % 6400 < 64 ? 100 : 0.01),
  'every 64th': (next, i) => (i % 64 === 63 ? 1 + next() : 1e-20 * next()),
  'same upper bits': (next) => fromBits(0x3f800000 + Math.floor(next() * 2 ** 10)),
  'same middle bits': (next) => fromBits(0x3f800000 + Math.floor(next() * 4) * 2 ** 10),
  'not finite': (next) => fromBits(0x7f7ffff0 + Math.floor(next() * 32)),
  'any pattern': (next) => fromBits(Math.floor(next() * 2 ** 32)),
  ascending: (_next, i) => i,
  descending: (_next, i, n) => n - i,
};

function filled(kind: string, length: number, seed: number): Float32Array {
  const next = uniforms(seed);
  return Float32Array.from({ length }, (_, i) => FILLS[kind]!(next, i, length));
}

const UNTOUCHED = 0xffffffff;

/** Indices from a back end; nothing around them may be written. */
function select(kernels: Kernels, x: Float32Array, start: number, end: number, k: number) {
  const indices = new Uint32Array(Math.min(k, end - start) + 10).fill(UNTOUCHED);
  const count = kernels.selectTopK(x, start, end, k, indices, 5);
  for (const around of [indices.subarray(0, 5), indices.subarray(5 + count)])
    if (around.some((index) => index !== UNTOUCHED)) throw new Error('wrote beyond its indices');
  return indices.slice(5, 5 + count);
}

/** First place where two lists differ, or −1. */
function firstDifference(a: Uint32Array, b: Uint32Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  return a.findIndex((value, i) => value !== b[i]);
}

function expectEqual(x: Float32Array, start: number, end: number, k: number, label: string): void {
  const expected = select(referenceKernels, x, start, end, k);
  const found = select(simd, x, start, end, k);
  if (firstDifference(found, expected) < 0) return;
  expect([...found], `${label}, k = ${k}, [${start}, ${end})`).toEqual([...expected]);
}

describe.each(Object.keys(FILLS))('SIMD selection equals the reference: %s', (kind) => {
  it('on 300 short arrays', () => {
    const next = uniforms(kind.length);
    for (let trial = 0; trial < 300; trial++) {
      const x = filled(kind, 1 + Math.floor(600 * next() ** 2), trial);
      expectEqual(x, 0, x.length, 1 + Math.floor((x.length + 2) * next() ** 2), `trial ${trial}`);
    }
  });

  const lengths = [
    4095,
    4096,
    WINDOW - 1,
    WINDOW,
    WINDOW + 1,
    WINDOW + 300,
    2 * WINDOW,
    3 * WINDOW + 17,
    100_003,
  ];
  it.each(lengths)('on length %i, for small and large k', (length) => {
    const x = filled(kind, length, length);
    const shares = [0.001, 0.01, 0.1, 0.4];
    const ks = [1, 64, ...shares.map((share) => Math.round(share * length)), length - 1];
    for (const k of ks) expectEqual(x, 0, length, k, `length ${length}`);
  });

  it('on 300,000 elements, more than the candidates that are kept', () => {
    const x = filled(kind, 300_000, 8);
    for (const k of [1, 30, 3000, 30_000, 200_000]) expectEqual(x, 0, x.length, k, 'long');
  });

  it('is a full sort, within a range', () => {
    // NaN has no place in a sort by magnitude.
    const x = filled(kind, 12_000, 3).map((value) => (Number.isFinite(value) ? value : 0));
    for (const [start, end, k] of [
      [1000, 1500, 20],
      [1, 11_999, 300],
      [3000, 12_000, 4000],
    ] as const)
      expect([...select(simd, x, start, end, k)]).toEqual(topKBySort(x, start, end, k));
  });
});

describe('SIMD selection', () => {
  it.each(Object.keys(KINDS))('equals the reference block by block: %s', (kind) => {
    const x = vectorOf(kind, 50_000);
    for (const [block, k] of [
      [4096, 64],
      [1000, 130],
      [64, 1],
      [10_000, 100],
    ] as const)
      for (let start = 0; start < x.length; start += block)
        expectEqual(x, start, Math.min(x.length, start + block), k, kind);
  });

  it('equals the reference for any small values, range and k', () => {
    const value = fc.oneof(fc.constantFrom(0, -0, 1, -1, 2), fc.float({ noNaN: true }));
    const range = fc.tuple(fc.nat(400), fc.nat(400), fc.integer({ min: 1, max: 450 }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 400 }), range, (values, [a, b, k]) => {
        const x = Float32Array.from(values);
        const start = Math.min(a, b, x.length - 1);
        expectEqual(x, start, Math.max(start + 1, Math.min(x.length, Math.max(a, b))), k, 'any');
      }),
      { seed: 4, numRuns: 2000 },
    );
  });

  it('takes vectors on shared memory, at any offset', () => {
    const x = filled('gaussian', 20_000, 1);
    const shared = new Float32Array(new SharedArrayBuffer(4 * x.length + 4), 4);
    shared.set(x);
    for (const end of [5000, 20_000])
      expect(select(simd, shared, 3, end, 200)).toEqual(select(referenceKernels, x, 3, end, 200));
  });

  it('forgets what it selected from before', () => {
    const dense = filled('gaussian', 200_000, 1);
    const sparse = filled('99.95 % zeros', 30_000, 2);
    select(simd, dense, 0, dense.length, 100_000);
    expectEqual(sparse, 0, sparse.length, 1000, 'sparse after dense');
    expectEqual(sparse, 0, 700, 600, 'short after long');
  });
});

describe('the comparison finds', () => {
  it('ties by another order', () => {
    const x = filled('a few values, ±', 1000, 1);
    const indices = select(simd, x, 0, 1000, 150);
    const backwards = select(simd, x.toReversed(), 0, 1000, 150).map((i) => 999 - i);
    expect(firstDifference(indices, backwards.toReversed())).toBeGreaterThanOrEqual(0);
  });
});
