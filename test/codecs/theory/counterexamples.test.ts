/**
 * Counterexamples: biased codecs that fail without error feedback and succeed with it.
 *
 * CE1–CE3: Karimireddy, Rebjock, Stich, Jaggi 2019, "Error feedback fixes SignSGD", arXiv 1901.09847.
 * Example 1: Beznosikov, Horváth, Richtárik, Safaryan 2020, arXiv 2002.12410.
 * EF21: Richtárik, Sokolov, Fatkhullin 2021, arXiv 2106.05203.
 */
import { describe, expect, it } from 'vitest';
import {
  decode,
  defineCodec,
  encode,
  errorFeedback,
  type Codec,
  type FeedbackCodec,
} from '../../../codecs/index.ts';
import { uniforms } from './samples.ts';

/** signSGD, one bit an element: not a contraction, and not among the built-in codecs. */
const sign = defineCodec({
  name: 'sign',
  id: 0x8001,
  maxBodyBytes: (length) => Math.ceil(length / 8),
  encode(gradient, body) {
    const bytes = Math.ceil(gradient.length / 8);
    body.fill(0, 0, bytes);
    for (const [i, value] of gradient.entries()) if (value < 0) body[i >>> 3]! |= 1 << (i & 7);
    return bytes;
  },
  decode(body, out) {
    for (let i = 0; i < out.length; i++) out[i] = (body[i >>> 3]! >>> (i & 7)) & 1 ? -1 : 1;
  },
});

/** What the optimiser is told instead of the gradient. Codecs see it rounded to float32. */
type Compressor = (gradient: Float64Array) => ArrayLike<number>;

const identity: Compressor = (gradient) => gradient;

function without(codec: Codec | string): Compressor {
  return (gradient) =>
    decode(encode(codec, Float32Array.from(gradient), { seed: 1 }), { codecs: [sign] });
}

function through(feedback: FeedbackCodec): Compressor {
  return (gradient) =>
    decode(feedback.encode(Float32Array.from(gradient), { seed: 1 }), { codecs: [sign] });
}

describe('CE1: min x/4 over [−1, 1], gradient 4 with probability ¼, −1 otherwise', () => {
  const step = 0.01;
  const steps = 4000;

  /** All iterates from x = 0. */
  function trajectory(compress: Compressor, seed: number): number[] {
    const next = uniforms(seed);
    let x = 0;
    return Array.from({ length: steps }, () => {
      const sent = compress(Float64Array.of(next() < 0.25 ? 4 : -1));
      x = Math.max(-1, Math.min(1, x - step * sent[0]!));
      return x;
    });
  }

  const tailMean = (iterates: readonly number[]): number =>
    iterates.slice(steps / 2).reduce((sum, x) => sum + x, 0) / (steps / 2);

  const seeds = [1, 2, 3];

  it('signSGD drifts to the worst point, +1', () => {
    for (const seed of seeds)
      expect(tailMean(trajectory(without(sign), seed))).toBeGreaterThan(0.98);
  });

  it('SGD stays near the best, −1', () => {
    for (const seed of seeds) expect(tailMean(trajectory(identity, seed))).toBeLessThan(-0.8);
  });

  it('the scaled sign in one dimension is SGD, iterate for iterate', () => {
    const spec = 'quantile:bits=1,block=1';
    for (const seed of seeds) {
      const sgd = trajectory(identity, seed);
      expect(trajectory(through(errorFeedback(spec, 1)), seed)).toEqual(sgd);
      expect(trajectory(without(spec), seed)).toEqual(sgd);
    }
  });

  it('feedback turns the sign itself round', () => {
    for (const seed of seeds)
      expect(tailMean(trajectory(through(errorFeedback(sign, 1)), seed))).toBeLessThan(-0.8);
  });
});

describe('CE2: f = ε|x₁ + x₂| + |x₁ − x₂|', () => {
  const epsilon = 0.5;
  const steps = 2000;
  const f = (x: number, y: number): number => epsilon * Math.abs(x + y) + Math.abs(x - y);
  const sgn = (value: number): number => (value < 0 ? -1 : 1);

  /**
   * Subgradient method with steps 0.1/√(t + 1); `rescale` is told when the step changes. `tail` is
   * the mean of f over the last 200 steps: single iterates jump by about the step, 0.002.
   */
  function minimise(
    compress: Compressor,
    rescale: (factor: number) => void = () => {},
  ): { tail: number; least: number; drift: number } {
    let x = 1;
    let y = 1;
    let least = f(x, y);
    let tail = 0;
    for (let t = 0; t < steps; t++) {
      const step = 0.1 / Math.sqrt(t + 1);
      if (t > 0) rescale(0.1 / Math.sqrt(t) / step);
      const along = epsilon * sgn(x + y);
      const across = sgn(x - y);
      const sent = compress(Float64Array.of(along + across, along - across));
      x -= step * sent[0]!;
      y -= step * sent[1]!;
      least = Math.min(least, f(x, y));
      if (t >= steps - 200) tail += f(x, y) / 200;
    }
    return { tail, least, drift: Math.abs(x + y - 2) };
  }

  it.each([
    ['the sign', sign],
    ['the scaled sign', 'quantile:bits=1,block=2'],
  ])('%s moves along (1, −1) only: x₁ + x₂ and f ≥ 2ε never change', (_, codec) => {
    const { least, drift } = minimise(without(codec));
    expect(drift).toBeLessThan(1e-12);
    expect(least).toBeGreaterThanOrEqual(2 * epsilon - 1e-9);
  });

  it('the scaled sign with feedback, rescaled at each step, reaches the minimum', () => {
    const feedback = errorFeedback('quantile:bits=1,block=2', 2);
    const { tail } = minimise(through(feedback), (factor) => feedback.rescale(factor));
    expect(tail).toBeLessThan(0.01);
  });

  it('as the plain subgradient method does', () => {
    expect(minimise(identity).tail).toBeLessThan(0.01);
  });
});

describe('CE3: f = ½Σ(aᵢᵀx)², a = ±(1, −1) + ε(1, 1), one i a step', () => {
  const step = 0.01;
  const steps = 5000;

  /** f at the end and at its least, from (1, 1). */
  function minimise(epsilon: number, compress: Compressor): { last: number; least: number } {
    const rows = [
      [1 + epsilon, -1 + epsilon],
      [-1 + epsilon, 1 + epsilon],
    ] as const;
    let x = 1;
    let y = 1;
    const f = (): number => 0.5 * rows.reduce((sum, [a, b]) => sum + (a * x + b * y) ** 2, 0);
    const next = uniforms(7);
    let least = f();
    for (let t = 0; t < steps; t++) {
      const [a, b] = rows[next() < 0.5 ? 0 : 1];
      const slope = 2 * (a * x + b * y);
      const sent = compress(Float64Array.of(slope * a, slope * b));
      x -= step * sent[0]!;
      y -= step * sent[1]!;
      least = Math.min(least, f());
    }
    return { last: f(), least };
  }

  it.each([0.5, 0.1])('both signs stay on x₁ + x₂ = 2, where f ≥ 4ε², ε=%d', (epsilon) => {
    for (const codec of [sign, 'quantile:bits=1,block=2'])
      expect(minimise(epsilon, without(codec)).least).toBeGreaterThan(
        4 * epsilon ** 2 * (1 - 1e-9),
      );
  });

  it('SGD and the scaled sign with feedback reach 0', () => {
    expect(minimise(0.5, identity).last).toBeLessThan(1e-40);
    expect(minimise(0.5, through(errorFeedback('quantile:bits=1,block=2', 2))).last).toBeLessThan(
      1e-40,
    );
    const slow = minimise(0.1, through(errorFeedback('quantile:bits=1,block=2', 2))).last;
    expect(slow).toBeLessThan(0.004);
  });
});

/** f = ⅓Σ(⟨a_r, x⟩² + ¼‖x‖² + ⟨b_r, x⟩) on three ranks. */
interface Problem {
  readonly rows: readonly (readonly [number, number, number])[];
  readonly linear: readonly (readonly [number, number, number])[];
}

const NONE = [0, 0, 0] as const;
const beznosikov: Problem = {
  rows: [
    [-3, 2, 2],
    [2, -3, 2],
    [2, 2, -3],
  ],
  linear: [NONE, NONE, NONE],
};

type Point = [number, number, number];

function gradientAt(problem: Problem, rank: number, x: Point): Float64Array {
  const a = problem.rows[rank]!;
  const slope = 2 * (a[0] * x[0] + a[1] * x[1] + a[2] * x[2]);
  return Float64Array.from(x, (value, i) => slope * a[i]! + value / 2 + problem.linear[rank]![i]!);
}

/** x − step · mean of what the ranks send. */
function descend(x: Point, step: number, sent: readonly ArrayLike<number>[]): Point {
  return x.map(
    (value, i) => value - (step * (sent[0]![i]! + sent[1]![i]! + sent[2]![i]!)) / 3,
  ) as Point;
}

const ranks = [0, 1, 2];

/** One compressor a rank; iterates from x until `done` or `most` steps; returns the steps taken. */
function iterate(
  problem: Problem,
  compressors: readonly Compressor[],
  step: number,
  start: Point,
  most: number,
  watch: (x: Point, steps: number) => boolean,
): number {
  let x = start;
  for (let t = 1; t <= most; t++) {
    x = descend(
      x,
      step,
      ranks.map((r) => compressors[r]!(gradientAt(problem, r, x))),
    );
    if (watch(x, t)) return t;
  }
  return Infinity;
}

const largest = (x: Point): number => Math.max(...x.map(Math.abs));
const topOne = (): Compressor[] => ranks.map(() => without('topk:k=1'));
const topOneFeedback = (): Compressor[] => ranks.map(() => through(errorFeedback('topk:k=1', 3)));

describe('Beznosikov et al., example 1: three ranks, top-1', () => {
  // Each step, x grows by 1 + 11γ/6. The gradient is rounded to float32, relative error 2⁻²⁴, which
  // moves the factor by at most (11γ/6)·2⁻²⁴/(1 + 11γ/6), over 50 steps 50 times that.
  it.each([0.01, 0.03, 0.05, 0.1, 1])(
    'grows by 1 + 11γ/6 a step without feedback, γ=%d',
    (step) => {
      const rate = (11 * step) / 6;
      const expected = (1 + rate) ** 50;
      iterate(beznosikov, topOne(), step, [1, 1, 1], 50, (x, t) => {
        if (t < 50) return false;
        for (const value of x)
          expect(Math.abs(value / expected - 1)).toBeLessThanOrEqual(
            ((50 * rate) / (1 + rate)) * 2 ** -24 * 1.001,
          );
        return true;
      });
    },
  );

  it('doubles exactly at γ = 6/11, where float32 holds every gradient', () => {
    iterate(beznosikov, topOne(), 6 / 11, [1, 1, 1], 50, (x, t) => {
      for (const value of x) expect(Math.abs(value / 2 ** t - 1)).toBeLessThan(1e-12);
      return t === 50;
    });
  });

  it('while gradient descent contracts by 1 − 7γ/6', () => {
    iterate(
      beznosikov,
      ranks.map(() => identity),
      0.03,
      [1, 1, 1],
      50,
      (x, t) => {
        if (t < 50) return false;
        for (const value of x) expect(value / (1 - 0.035) ** 50).toBeCloseTo(1, 5);
        return true;
      },
    );
  });

  const settled = (x: Point): boolean => largest(x) < 1e-6;

  it.each([
    [0.01, 1200],
    [0.02, 600],
    [0.03, 390],
    [0.05, 215],
  ])('converges with feedback from ten random points, γ=%d within %i steps', (step, most) => {
    const next = uniforms(11);
    for (let start = 0; start < 10; start++) {
      const x = [1, 2, 3].map(() => 2 * next() - 1) as Point;
      expect(iterate(beznosikov, topOneFeedback(), step, x, most, settled)).toBeLessThan(Infinity);
      expect(iterate(beznosikov, topOne(), step, x, most, settled)).toBe(Infinity);
    }
  });

  it.each([
    [0.01, 606],
    [0.03, 195],
    [0.05, 105],
  ])('and from (1, 1, 1): f < 10⁻⁶ after the known number of steps, γ=%d: %i', (step, known) => {
    const f = (x: Point): number =>
      beznosikov.rows.reduce(
        (sum, a) => sum + (a[0] * x[0] + a[1] * x[1] + a[2] * x[2]) ** 2 / 3,
        (x[0] ** 2 + x[1] ** 2 + x[2] ** 2) / 4,
      );
    const steps = iterate(beznosikov, topOneFeedback(), step, [1, 1, 1], 2000, (x) => f(x) < 1e-6);
    expect(Math.abs(steps - known)).toBeLessThanOrEqual(0.02 * known);
  });

  it('converges with unbiased random-1, without feedback', () => {
    let step = 0;
    const randomOne: Compressor = (gradient) =>
      decode(
        encode('randomk:k=1', Float32Array.from(gradient), {
          seed: 4,
          step: Math.floor(step++ / 3),
        }),
      );
    const compressors = ranks.map(() => randomOne);
    const steps = iterate(beznosikov, compressors, 0.01, [1, 1, 1], 3000, settled);
    expect(steps).toBeLessThan(Infinity);
  });
});

describe('ranks whose optima differ: classic feedback hovers, EF21 arrives', () => {
  const problem: Problem = {
    rows: beznosikov.rows,
    linear: [
      [1, 0, -1],
      [-2, 1, 0],
      [0, -1, 2],
    ],
  };
  const optimum: Point = [2 / 103, 0, -2 / 103];
  const distance = (x: Point): number => Math.hypot(...x.map((value, i) => value - optimum[i]!));

  /** Root mean squared distance over the last tenth of the run. */
  function tail(compressors: readonly Compressor[], step: number, steps: number): number {
    let sum = 0;
    iterate(problem, compressors, step, [1, 1, 1], steps, (x, t) => {
      if (t > 0.9 * steps) sum += distance(x) ** 2;
      return false;
    });
    return Math.sqrt(sum / (0.1 * steps));
  }

  /** EF21: each rank sends the compressed change of its gradient and all add it to their estimate. */
  function ef21(): Compressor {
    const estimate = new Float64Array(3);
    const compress = without('topk:k=1');
    return (gradient) => {
      const sent = compress(gradient.map((value, i) => value - estimate[i]!));
      for (let i = 0; i < 3; i++) estimate[i] = estimate[i]! + sent[i]!;
      return estimate;
    };
  }

  it.each([
    [0.02, 0.0177],
    [0.01, 0.0084],
    [0.005, 0.0042],
    [0.0025, 0.0019],
  ])('classic feedback stays about γ away: γ=%d, %d', (step, known) => {
    const measured = tail(topOneFeedback(), step, 50 / step);
    expect(measured).toBeGreaterThan(known / 2);
    expect(measured).toBeLessThan(known * 2);
  });

  it.each([0.02, 0.01, 0.005])('EF21 does not: γ=%d', (step) => {
    expect(tail(ranks.map(ef21), step, 50 / step)).toBeLessThan(1e-10);
  });

  it('nor does plain gradient descent', () => {
    const exact = ranks.map(() => identity);
    expect(tail(exact, 0.02, 5000)).toBeLessThan(1e-10);
  });
});
