/** SIMD top-k selection keeps what the reference keeps, which is what a full sort would. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceKernels } from '../../../codecs/kernels/reference/index.ts';
import { createSimdKernels } from '../../../codecs/kernels/simd/index.ts';
import { LIST, SWEEP, WINDOW } from '../../../codecs/kernels/simd/memory.ts';
import type { Kernels, Summands } from '../../../codecs/kernels/kernels.ts';
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

/** Elements kept: indices, and values as patterns. */
interface Found {
  readonly indices: Uint32Array;
  readonly values: Uint32Array;
}

/** What a back end keeps of each block; nothing behind may be written. */
function selectBlocks(kernels: Kernels, source: Summands, block: number, k: number): Found {
  const { length } = source.x;
  const keep = (size: number): number => Math.min(size, k);
  const room = Math.ceil(length / Math.min(block, length)) * keep(Math.min(block, length)) + 5;
  const indices = new Uint32Array(room).fill(UNTOUCHED);
  const values = new Float32Array(room);
  const patterns = new Uint32Array(values.buffer).fill(UNTOUCHED);
  const count = kernels.selectTopK(source, block, keep, { indices, values });
  for (const behind of [indices.subarray(count), patterns.subarray(count)])
    if (behind.some((word) => word !== UNTOUCHED)) throw new Error('wrote beyond its lists');
  return { indices: indices.slice(0, count), values: patterns.slice(0, count) };
}

function select(kernels: Kernels, x: Float32Array, k: number): Uint32Array {
  return selectBlocks(kernels, { x }, Infinity, k).indices;
}

/** First place where two lists differ, or −1. */
function firstDifference(a: Uint32Array, b: Uint32Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  return a.findIndex((value, i) => value !== b[i]);
}

/** `expectSame` of sums that are to be left in y. */
function expectAccumulated(
  { x, y }: Required<Pick<Summands, 'x' | 'y'>>,
  block: number,
  k: number,
): void {
  const sums = y!.map((value, i) => value + x[i]!);
  const [expected, ...found] = [
    selectBlocks(referenceKernels, { x, y }, block, k),
    ...[referenceKernels, simd].map((kernels) => {
      const into = y!.slice();
      const kept = selectBlocks(kernels, { x, y: into, accumulate: true }, block, k);
      expect(firstDifference(new Uint32Array(into.buffer), new Uint32Array(sums.buffer))).toBe(-1);
      return kept;
    }),
  ] as [Found, Found, Found];
  for (const { indices, values } of found) {
    expect(firstDifference(indices, expected.indices)).toBe(-1);
    expect(firstDifference(values, expected.values)).toBe(-1);
  }
}

function expectSame(source: Summands, block: number, k: number, label: string): void {
  const expected = selectBlocks(referenceKernels, source, block, k);
  const found = selectBlocks(simd, source, block, k);
  if (
    firstDifference(found.indices, expected.indices) < 0 &&
    firstDifference(found.values, expected.values) < 0
  )
    return;
  expect([...found.indices], `${label}, k = ${k}, indices`).toEqual([...expected.indices]);
  expect([...found.values], `${label}, k = ${k}, values`).toEqual([...expected.values]);
}

function expectEqual(x: Float32Array, k: number, label: string): void {
  expectSame({ x }, Infinity, k, label);
}

describe.each(Object.keys(FILLS))('SIMD selection equals the reference: %s', (kind) => {
  it('on 300 short arrays', () => {
    const next = uniforms(kind.length);
    for (let trial = 0; trial < 300; trial++) {
      const x = filled(kind, 1 + Math.floor(600 * next() ** 2), trial);
      expectEqual(x, 1 + Math.floor((x.length + 2) * next() ** 2), `trial ${trial}`);
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
    SWEEP - 1,
    SWEEP,
    SWEEP + 1,
    3 * SWEEP + 17,
  ];
  it.each(lengths)('on length %i, for small and large k', (length) => {
    const x = filled(kind, length, length);
    const shares = [0.001, 0.01, 0.1, 0.4];
    const ks = [1, 64, ...shares.map((share) => Math.round(share * length)), length - 1];
    for (const k of ks) expectEqual(x, k, `length ${length}`);
  });

  it('on 300,000 elements, more than the candidates that are kept', () => {
    const x = filled(kind, 300_000, 8);
    for (const k of [1, 30, 3000, 30_000, 200_000]) expectEqual(x, k, 'long');
  });

  it('of a sum, on short and long arrays and in blocks', () => {
    for (const length of [1, 63, 65, 5000, WINDOW + 1, SWEEP + 100]) {
      // Sums of numbers that are not finite have no one pattern.
      const x = filled(kind, length, 5).map((value) => (Math.abs(value) < 1e38 ? value : 1));
      const y = x.map((value, i) => (i % 3 === 0 ? -value : (value * (i % 7)) / 7));
      for (const k of [1, Math.ceil(length / 50), length])
        for (const block of [Infinity, 100, 4096]) {
          expectSame({ x, y }, block, k, `sum ${length}`);
          expectAccumulated({ x, y }, block, k);
        }
    }
  });

  it('is a full sort', () => {
    // NaN has no place in a sort by magnitude.
    const x = filled(kind, 12_000, 3).map((value) => (Number.isFinite(value) ? value : 0));
    for (const [start, end, k] of [
      [1000, 1500, 20],
      [1, 11_999, 300],
      [3000, 12_000, 4000],
    ] as const) {
      const part = x.subarray(start, end);
      expect([...select(simd, part, k)]).toEqual(topKBySort(part, 0, part.length, k));
    }
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
      expectSame({ x }, block, k, kind);
  });

  it.each(Object.keys(FILLS))('equals the reference in blocks of any size: %s', (kind) => {
    const x = filled(kind, 20_000, 12);
    for (const block of [5, 16, 63, 64, 100, 1000, 4096, WINDOW - 1, WINDOW, WINDOW + 1])
      for (const share of [0, 0.02, 0.3])
        expectSame({ x }, block, Math.max(1, Math.round(share * block)), `block ${block}`);
  });

  it('equals the reference where blocks differ in scale, so that guesses miss', () => {
    const x = filled('gaussian', 60_000, 2).map(
      (value, i) => value * 10 ** ((Math.floor(i / 512) * 7) % 60) * 1e-30,
    );
    for (const k of [1, 8, 100]) expectSame({ x }, 512, k, 'scales');
  });

  it('equals the reference for any small values, range and k', () => {
    const value = fc.oneof(fc.constantFrom(0, -0, 1, -1, 2), fc.float({ noNaN: true }));
    const sizes = fc.tuple(fc.integer({ min: 1, max: 450 }), fc.integer({ min: 1, max: 450 }));
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 400 }),
        sizes,
        (values, [block, k]) => {
          const x = Float32Array.from(values);
          expectSame({ x }, block, k, `block ${block}`);
          expectSame({ x }, Infinity, k, 'any');
        },
      ),
      { seed: 4, numRuns: 2000 },
    );
  });

  it('takes vectors on shared memory, at any offset', () => {
    const x = filled('gaussian', 20_000, 1);
    const shared = new Float32Array(new SharedArrayBuffer(4 * x.length + 4), 4);
    shared.set(x);
    for (const end of [5000, 20_000])
      expect(select(simd, shared.subarray(3, end), 200)).toEqual(
        select(referenceKernels, x.slice(3, end), 200),
      );
  });

  it('forgets what it selected from before', () => {
    const dense = filled('gaussian', 200_000, 1);
    const sparse = filled('99.95 % zeros', 30_000, 2);
    select(simd, dense, 100_000);
    expectEqual(sparse, 1000, 'sparse after dense');
    expectEqual(sparse.subarray(0, 700), 600, 'short after long');
  });

  it('equals the reference where candidates do not fit the memory at once', () => {
    const x = filled('gaussian', 3 * LIST, 6);
    for (const k of [LIST - 1, LIST + 1, 2 * LIST + 77]) expectEqual(x, k, 'many candidates');
  });
});

describe('the comparison finds', () => {
  it('ties by another order', () => {
    const x = filled('a few values, ±', 1000, 1);
    const indices = select(simd, x, 150);
    const backwards = select(simd, x.toReversed(), 150).map((i) => 999 - i);
    expect(firstDifference(indices, backwards.toReversed())).toBeGreaterThanOrEqual(0);
  });
});
