/**
 * Select stages: top-k's contraction, vector by vector; random-k's exact mean and error, by
 * enumerating every set of indices it can draw.
 */
import { describe, expect, it } from 'vitest';
import { decode, encode, parseCodec, streamsFor } from '../../../codecs/index.ts';
import {
  energy,
  exactSquaredDistance,
  exactSumOfSquares,
  squaredDistance,
  stratifiedPlainly,
} from '../../oracle/codecs.ts';
import { constant, families, gaussian, uniforms } from './samples.ts';

/** d‖v − C(v)‖² and (d − k)‖v‖², as exact integers. */
function bothSides(v: Float32Array, kept: Float32Array, k: number): [bigint, bigint] {
  const error = exactSquaredDistance(kept, v);
  return [BigInt(v.length) * error, BigInt(v.length - k) * exactSumOfSquares(v)];
}

describe('top-k: ‖v − C(v)‖² ≤ (1 − k/d)‖v‖², in exact arithmetic', () => {
  const d = 96;
  const ks = [1, 5, 32, 95, 96];
  const topk = (v: Float32Array, k: number): Float32Array => decode(encode(`topk:k=${k}`, v));

  it.each(ks)('holds on every family, k=%i', (k) => {
    for (const [name, v] of Object.entries(families(d, 7))) {
      const [error, bound] = bothSides(v, topk(v, k), k);
      expect(error <= bound, name).toBe(true);
    }
  });

  it.each(ks)('with equality for equal magnitudes only, k=%i', (k) => {
    const [error, bound] = bothSides(constant(d, 0.7), topk(constant(d, 0.7), k), k);
    expect(error).toBe(bound);
    const uneven = constant(d, 0.7);
    uneven[d - 1] = 0.71;
    const [smaller, larger] = bothSides(uneven, topk(uneven, k), k);
    if (k < d) expect(smaller < larger).toBe(true);
  });

  it('fails for a selection of small elements', () => {
    const v = gaussian(d, 2);
    const top = topk(v, 64);
    const small = v.map((value, i) => (top[i] === 0 ? value : 0));
    const [error, bound] = bothSides(v, small, 32);
    expect(error > bound).toBe(true);
  });

  it('holds block by block, and the trait is the smallest block’s', () => {
    const v = gaussian(1000, 3);
    const spec = 'topk:k=10,block=300';
    const { delta, density } = parseCodec(spec).traits;
    expect(delta!(1000)).toBe(10 / 300);
    expect(delta!(900 + 5)).toBe(10 / 300);
    expect(density!(1000)).toBe(40 / 1000);
    const error = squaredDistance(decode(encode(spec, v)), v);
    expect(error).toBeLessThanOrEqual((1 - delta!(1000)) * energy(v));
  });
});

/** Integer vector whose squares are all different, so that no sum of errors hides a mistake. */
function marked(n: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 1 : -1) * (i + 1));
}

/** Indices that a random-k payload keeps. */
function keptBy(spec: string, x: Float32Array, seed: number): number[] {
  const decoded = decode(encode(spec, x, { seed }));
  return [...decoded.keys()].filter((i) => decoded[i] !== 0);
}

/**
 * Encodings of x under one seed for every set of indices that can be drawn: seeds are tried until
 * `expected` different sets have been seen.
 */
function enumerate(spec: string, x: Float32Array, expected: number): Float32Array[] {
  const found = new Map<string, Float32Array>();
  for (let seed = 0; found.size < expected && seed < 200 * expected; seed++) {
    const decoded = decode(encode(spec, x, { seed }));
    found.set(keptBy(spec, x, seed).join(), decoded);
  }
  expect(found.size).toBe(expected);
  return [...found.values()];
}

/** Mean vector and mean squared error over equally likely encodings. */
function momentsOver(
  encodings: readonly Float32Array[],
  x: Float32Array,
): { mean: number[]; error: number } {
  const mean = [...x.keys()].map(
    (i) => encodings.reduce((sum, decoded) => sum + decoded[i]!, 0) / encodings.length,
  );
  const error =
    encodings.reduce((sum, decoded) => sum + squaredDistance(decoded, x), 0) / encodings.length;
  return { mean, error };
}

/** Sizes of the strata [⌊jn/k⌋, ⌊(j + 1)n/k⌋). */
function strata(n: number, k: number): number[] {
  const edge = (j: number): number => Math.floor((j * n) / k);
  return Array.from({ length: k }, (_, j) => edge(j + 1) - edge(j));
}

function binomial(n: number, k: number): number {
  return k === 0 ? 1 : (binomial(n - 1, k - 1) * n) / k;
}

describe('random-k, stratified: over all choices of one element a stratum', () => {
  it.each([
    [6, 2],
    [8, 4],
    [9, 3],
    [8, 3],
    [7, 5],
    [5, 1],
  ])('n=%i, k=%i', (n, k) => {
    const x = marked(n);
    const sizes = strata(n, k);
    const size = sizes.flatMap((length) => new Array<number>(length).fill(length));
    const choices = sizes.reduce((product, length) => product * length, 1);

    const scaled = momentsOver(enumerate(`randomk:k=${k}`, x, choices), x);
    expect(scaled.mean).toEqual([...x].map((value) => expect.closeTo(value, 12)));
    const scaledError = x.reduce((sum, value, i) => sum + (size[i]! - 1) * value ** 2, 0);
    expect(scaled.error).toBeCloseTo(scaledError, 9);

    const plain = momentsOver(enumerate(`randomk:k=${k},scale=none`, x, choices), x);
    const plainError = x.reduce((sum, value, i) => sum + (1 - 1 / size[i]!) * value ** 2, 0);
    expect(plain.error).toBeCloseTo(plainError, 9);
    if (n % k === 0) {
      expect(scaled.error).toBeCloseTo((n / k - 1) * energy(x), 9);
      expect(plain.error).toBeCloseTo((1 - k / n) * energy(x), 9);
    }
    const { omega } = parseCodec(`randomk:k=${k}`).traits;
    expect(omega!(n)).toBe(Math.max(...sizes) - 1);
    expect(scaledError).toBeLessThanOrEqual(omega!(n) * energy(x));
    const { delta } = parseCodec(`randomk:k=${k}+ef`).traits;
    expect(delta!(n)).toBe(1 / Math.max(...sizes));
    expect(plainError).toBeLessThanOrEqual((1 - delta!(n)) * energy(x) * (1 + 1e-12));
  });
});

describe('random-k, uniform: over all k-subsets', () => {
  it.each([
    [5, 2],
    [6, 3],
    [7, 1],
    [6, 5],
  ])('n=%i, k=%i', (n, k) => {
    const x = marked(n);
    const subsets = Math.round(binomial(n, k));
    const scaled = momentsOver(enumerate(`randomk:k=${k},select=uniform`, x, subsets), x);
    const slack = 4 * 2 ** -24 * (n / k) ** 2 * energy(x);
    for (const [i, value] of x.entries())
      expect(Math.abs(scaled.mean[i]! - value)).toBeLessThanOrEqual(2 ** -24 * Math.abs(value) * n);
    expect(Math.abs(scaled.error - (n / k - 1) * energy(x))).toBeLessThanOrEqual(slack);

    const spec = `randomk:k=${k},scale=none,select=uniform`;
    const plain = momentsOver(enumerate(spec, x, subsets), x);
    expect(plain.error).toBeCloseTo((1 - k / n) * energy(x), 9);
  });
});

describe('random-k draws', () => {
  it('what a scalar generator gives, at any length', () => {
    const next = uniforms(11);
    for (let trial = 0; trial < 200; trial++) {
      const n = 1 + Math.floor(next() * 3000);
      const k = 1 + Math.floor(next() * n);
      const x = marked(n);
      const { shared } = streamsFor({ seed: trial });
      const expected = k === n ? [...x.keys()] : stratifiedPlainly(shared, k, n);
      expect(keptBy(`randomk:k=${k}`, x, trial)).toEqual(expected);
    }
  });

  // χ² of 10⁴ draws over c classes exceeds c − 1 + 6√(2(c − 1)) + 15 with probability below 10⁻⁶.
  it.each([
    ['randomk:k=2', 6, 9],
    ['randomk:k=3', 8, 18],
    ['randomk:k=2,select=uniform', 6, 15],
  ])('every set equally often: %s of %i', (spec, n, classes) => {
    const x = marked(n);
    const counts = new Map<string, number>();
    const draws = 10_000;
    for (let seed = 0; seed < draws; seed++) {
      const key = keptBy(spec, x, seed + 1_000_000).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const mean = draws / classes;
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
    expect(counts.size).toBe(classes);
    expect(chi).toBeLessThan(classes - 1 + 6 * Math.sqrt(2 * (classes - 1)) + 15);
  });

  it('fails the same test for a skewed draw', () => {
    const next = uniforms(1);
    const counts = new Array<number>(9).fill(0);
    for (let i = 0; i < 10_000; i++) counts[Math.floor(9 * next() ** 1.1)]!++;
    const mean = 10_000 / 9;
    const chi = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
    expect(chi).toBeGreaterThan(8 + 6 * 4 + 15);
  });

  it('keeps scaled and unscaled apart: the unscaled mean is k/n of x', () => {
    const x = marked(6);
    const plain = momentsOver(enumerate('randomk:k=2,scale=none', x, 9), x);
    expect(plain.mean[5]).toBeCloseTo(x[5]! / 3, 12);
  });
});
