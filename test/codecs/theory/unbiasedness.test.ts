/**
 * E[decode(encode(x))] = x for every unbiased codec, through encode() itself, by Hoeffding's bound:
 * a false alarm has probability at most 10⁻⁶ over all elements of one case. (The kernel's mean over
 * all dither values is exact, see levels-variance.test.ts; random-k's over all index sets, see
 * selection.test.ts. Here the streams are the real ones.)
 */
import { describe, expect, it } from 'vitest';
import { decode, encode, parseCodec } from '../../../codecs/index.ts';
import { gaussian, hoeffding, lognormal, spike, worstRest } from './samples.ts';

const ALPHA = 1e-6;
const DRAWS = 2000;
const N = 96;

/** Mean of the decoded elements over many steps. */
function meanDecoded(spec: string, x: Float32Array, draws: number): Float64Array {
  const sum = new Float64Array(x.length);
  for (let step = 0; step < draws; step++) {
    const decoded = decode(encode(spec, x, { seed: 20, rank: step % 7, step }));
    for (let i = 0; i < x.length; i++) sum[i] = sum[i]! + decoded[i]!;
  }
  return sum.map((value) => value / draws);
}

/** Width of the range that a decoded element can take. */
type Width = (x: Float32Array, i: number) => number;

function largest(x: Float32Array): number {
  return x.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}

/** Two neighbouring levels. */
const maxStep =
  (levels: number): Width =>
  (x) =>
    largest(x) / levels;

const blockStep =
  (levels: number, block: number): Width =>
  (x, i) => {
    const start = i - (i % block);
    return largest(x.subarray(start, start + block)) / levels;
  };

const l2Step =
  (levels: number): Width =>
  (x) =>
    Math.hypot(...x) / levels;

/** 0 or the scaled value. */
const kept =
  (scale: number): Width =>
  (x, i) =>
    scale * Math.abs(x[i]!);

/** 0, or one of the levels around the scaled value; a step is at most the largest scaled value. */
const keptAndRounded =
  (scale: number): Width =>
  (x, i) =>
    scale * (Math.abs(x[i]!) + 2 * largest(x));

const cases: [string, Width][] = [
  ['none', () => 0],
  ['qsgd:levels=1', maxStep(1)],
  ['qsgd:levels=2,block=32', blockStep(2, 32)],
  ['qsgd:levels=7', maxStep(7)],
  ['qsgd:levels=127', maxStep(127)],
  ['qsgd:levels=3,norm=l2', l2Step(3)],
  ['qsgd:levels=16,norm=l2', l2Step(16)],
  ['terngrad', maxStep(1)],
  ['terngrad:pack=bits', maxStep(1)],
  ['randomk:k=24', kept(4)],
  ['randomk:k=24,select=uniform', kept(4)],
  ['randomk:k=48/qsgd:levels=7', keptAndRounded(2)],
  ['randomk:k=48/terngrad', keptAndRounded(2)],
];

/** Worst |mean − x| relative to what Hoeffding, the 15-bit dither and float32 allow; ≤ 1 passes. */
function worstBias(spec: string, width: Width, x: Float32Array, draws: number): number {
  const mean = meanDecoded(spec, x, draws);
  const bound = hoeffding(draws, x.length, ALPHA);
  return Math.max(
    ...Array.from(x, (value, i) => {
      const allowed = width(x, i) * (bound + 2 ** -16) + Math.abs(value) * 2 ** -22;
      return Math.abs(mean[i]! - value) / (allowed + 1e-300);
    }),
  );
}

describe('the mean of encode() is the gradient', () => {
  it.each(cases)('%s', (spec, width) => {
    expect(parseCodec(spec).traits.unbiased).toBe(true);
    for (const x of [gaussian(N, 1), lognormal(N, 2), spike(N, worstRest(1, N))])
      expect(worstBias(spec, width, x, DRAWS)).toBeLessThanOrEqual(1);
  });
});

describe('the same test refuses', () => {
  const x = gaussian(N, 3);

  it.each([
    ['terngrad:clip=1', maxStep(1)],
    ['terngrad+ef', maxStep(1)],
    ['qsgd:levels=1+ef', maxStep(1)],
    ['randomk:k=24,scale=none', kept(1)],
    ['topk:k=24', kept(1)],
    ['quantile', maxStep(1)],
    ['topk:k=24/qsgd:levels=7', maxStep(7)],
  ] as [string, Width][])('%s, which is biased and says so', (spec, width) => {
    expect(parseCodec(spec).traits.unbiased).toBe(false);
    expect(worstBias(spec, width, x, DRAWS)).toBeGreaterThan(1);
  });

  it('one dither for all draws', () => {
    const decoded = decode(encode('qsgd:levels=7', x, { seed: 20, step: 1 }));
    const worst = Math.max(...x.map((value, i) => Math.abs(decoded[i]! - value)));
    expect(worst).toBeGreaterThan(maxStep(7)(x, 0) * hoeffding(DRAWS, N, ALPHA));
  });
});

describe('the variance of encode() is the exact one', () => {
  // Bernstein's bound for squared errors in steps²: variances at most 1/16, range 1.
  it.each([1, 7])('qsgd:levels=%i, summed over the vector', (levels) => {
    const x = gaussian(N, 5);
    const step = largest(x) / levels;
    let total = 0;
    for (let draw = 0; draw < DRAWS; draw++) {
      const decoded = decode(encode(`qsgd:levels=${levels}`, x, { seed: 21, step: draw }));
      for (let i = 0; i < N; i++) total += (decoded[i]! - x[i]!) ** 2;
    }
    const expected = x.reduce((sum, value) => {
      const p = (Math.abs(value) / step) % 1;
      return sum + step ** 2 * p * (1 - p);
    }, 0);
    const log = Math.log(2 / ALPHA);
    const bernstein = Math.sqrt((2 * (N / 16) * log) / DRAWS) + log / (3 * DRAWS);
    const tolerance = step ** 2 * (bernstein + N * 2 ** -15);
    expect(Math.abs(total / DRAWS - expected)).toBeLessThanOrEqual(tolerance);
    // Power: the tolerance is a small part of what is measured.
    expect(tolerance).toBeLessThan(0.15 * expected);
  });
});
