/**
 * Level codecs (QSGD, TernGrad): mean and variance over all dither values, and the exact suprema of
 * the variance factor ω, attained and never exceeded.
 */
import { describe, expect, it } from 'vitest';
import { parseCodec } from '../../../codecs/index.ts';
import { qsgdOmega } from '../../../codecs/qsgd.ts';
import { energy, fraction } from '../../oracle/codecs.ts';
import {
  expectedError,
  expectPlanOf,
  levelMoments,
  planOf,
  type LevelMoments,
  type Quantise,
} from './moments.ts';
import {
  constant,
  families,
  gaussian,
  lognormal,
  norm1,
  normSquared,
  spike,
  worstRest,
} from './samples.ts';

/**
 * Largest distance, in steps, that rounding may put between x/u and the mean level: half a dither
 * value (2⁻¹⁶) from fixing the point, and two float32 roundings of the quotient (2⁻²³ of it).
 */
function fixedPointError(steps: number): number {
  return 2 ** -16 + Math.abs(steps) * 2 ** -23;
}

/** Worst ratio of |E level − x/u| and of |Var − p(1 − p)| to what fixed-point rounding allows. */
function worstDeviation(
  x: Float32Array,
  moments: LevelMoments,
): { mean: number; variance: number } {
  let mean = 0;
  let variance = 0;
  for (let i = 0; i < x.length; i++) {
    const steps = x[i]! / moments.quantiseUnit[i]!;
    const p = fraction(x[i]!, moments.quantiseUnit[i]!);
    const allowed = fixedPointError(steps);
    mean = Math.max(mean, Math.abs(moments.mean[i]! - steps) / allowed);
    // p(1 − p) has slope at most 1.
    variance = Math.max(variance, Math.abs(moments.variance[i]! - p * (1 - p)) / allowed);
  }
  return { mean, variance };
}

/** Rounds to nearest, ignoring the dither: the twin that must fail. */
const nearest: Quantise = (x, start, end, unit, levels, dither, codes, at) => {
  for (let i = start; i < end; i++) codes[at + i - start] = Math.round(x[i]! / unit) + levels;
  void dither;
};

/** Dithers with 14 bits only: the other twin. */
const halfDither: Quantise = (x, start, end, unit, levels, dither, codes, at) => {
  for (let i = start; i < end; i++)
    codes[at + i - start] =
      Math.floor(x[i]! / unit + Math.floor(dither[at + i - start]! / 2) / 32768) + levels;
};

const grid = [1, 2, 3, 7, 20, 127].flatMap((levels) =>
  (['max', 'l2'] as const).map((norm) => ({ levels, norm })),
);

describe('E Q(x) = x and Var Q(x) = Σ u² p(1 − p), over all 2¹⁵ dither values', () => {
  it.each(grid)('levels=$levels, norm=$norm', ({ levels, norm }) => {
    for (const x of [gaussian(48, levels), lognormal(48, levels)]) {
      const plan = planOf({ length: 48, block: 32, levels, norm });
      expectPlanOf(`qsgd:levels=${levels},block=32,norm=${norm}`, x, plan);
      const worst = worstDeviation(x, levelMoments(x, plan));
      expect(worst.mean).toBeLessThanOrEqual(1);
      expect(worst.variance).toBeLessThanOrEqual(1);
    }
  });

  it('fails for rounding to nearest and for a dither of half the range', () => {
    const x = gaussian(48, 1);
    const plan = planOf({ length: 48 });
    expect(worstDeviation(x, levelMoments(x, plan, nearest)).variance).toBeGreaterThan(1000);
    expect(worstDeviation(x, levelMoments(x, plan, halfDither)).mean).toBeGreaterThan(1000);
  });
});

/** E‖Q(x) − x‖²/‖x‖² of one block. */
function relativeVariance(x: Float32Array, levels: number, norm: 'max' | 'l2'): number {
  const plan = planOf({ length: x.length, levels, norm });
  return expectedError(x, levelMoments(x, plan)) / energy(x);
}

/** p is off by at most 2⁻¹⁶ + 2⁻²³ s per element, so ω by that share of d u²/‖x‖², and u is rounded. */
function omegaSlack(d: number, x: Float32Array, levels: number, norm: 'max' | 'l2'): number {
  const unit = (norm === 'max' ? Math.max(...x.map(Math.abs)) : Math.sqrt(energy(x))) / levels;
  return (d * unit * unit * fixedPointError(levels)) / energy(x) + 1e-6;
}

/**
 * Every element half-way between two levels, |x| = (m + ½) steps: the largest variance. Needs
 * Σ(m + ½)² = s², that is: the sum of m(m + 1) equals s² − d/4.
 */
function halfSteps(d: number, levels: number): Float32Array {
  let missing = levels ** 2 - d / 4;
  const m = new Array<number>(d).fill(0);
  for (let step = 1; missing >= 2 * step; step++)
    for (let i = 0; i < d && missing >= 2 * step; i++) {
      m[i] = step;
      missing -= 2 * step;
    }
  expect(missing).toBe(0);
  return Float32Array.from(m, (value, i) => (i % 2 === 0 ? 1 : -1) * (value + 0.5));
}

describe('the suprema of ω', () => {
  it('are what the paper’s norms give, in numbers', () => {
    expect(qsgdOmega(1, 'max', 256)).toBeCloseTo(7.5, 3);
    expect(qsgdOmega(2, 'max', 256)).toBeCloseTo(3.5234, 3);
    expect(qsgdOmega(3, 'max', 256)).toBeCloseTo(2.208, 3);
    expect(qsgdOmega(7, 'max', 256)).toBeCloseTo(0.7454, 3);
    expect(qsgdOmega(7, 'l2', 512)).toBeCloseTo(2.2325, 3);
    expect(qsgdOmega(16, 'l2', 256)).toBeCloseTo(0.25, 12);
  });

  it.each([1, 2, 3, 7, 127])('max norm: attained by one spike and a flat rest, s=%i', (levels) => {
    for (const d of [1, 2, 17, 256]) {
      const x = spike(d, worstRest(levels, d));
      const slack = omegaSlack(d, x, levels, 'max');
      const measured = relativeVariance(x, levels, 'max');
      expect(Math.abs(measured - qsgdOmega(levels, 'max', d))).toBeLessThanOrEqual(slack);
    }
  });

  it.each([1, 2, 5, 8])('L2 norm, s ≤ √d/2: attained by constant |x|, s=%i', (levels) => {
    const x = constant(256, 0.3);
    const slack = omegaSlack(256, x, levels, 'l2');
    const measured = relativeVariance(x, levels, 'l2');
    expect(Math.abs(measured - qsgdOmega(levels, 'l2', 256))).toBeLessThanOrEqual(slack);
  });

  it.each([10, 16, 24, 40, 120])('L2 norm, s > √d/2: attained by half steps, s=%i', (levels) => {
    const x = halfSteps(256, levels);
    const slack = omegaSlack(256, x, levels, 'l2');
    const measured = relativeVariance(x, levels, 'l2');
    expect(Math.abs(measured - qsgdOmega(levels, 'l2', 256))).toBeLessThanOrEqual(slack);
  });

  it.each(grid)('are never exceeded: levels=$levels, norm=$norm', ({ levels, norm }) => {
    for (const d of [1, 5, 64]) {
      const omega = qsgdOmega(levels, norm, d);
      for (const x of Object.values(families(d, levels)))
        if (normSquared(x) > 0)
          expect(relativeVariance(x, levels, norm)).toBeLessThanOrEqual(
            omega + omegaSlack(d, x, levels, norm),
          );
    }
  });

  it('would be exceeded if ω were one percent smaller', () => {
    const x = spike(256, worstRest(7, 256));
    expect(relativeVariance(x, 7, 'max')).toBeGreaterThan(0.99 * qsgdOmega(7, 'max', 256));
    expect(relativeVariance(constant(256), 5, 'l2')).toBeGreaterThan(
      0.99 * qsgdOmega(5, 'l2', 256),
    );
  });

  it('are what the codecs’ traits say, block by block', () => {
    const omega = (spec: string, n: number): number => parseCodec(spec).traits.omega!(n);
    expect(omega('qsgd:levels=3,block=256', 10_000)).toBe(qsgdOmega(3, 'max', 256));
    expect(omega('qsgd:levels=3,block=256', 100)).toBe(qsgdOmega(3, 'max', 100));
    expect(omega('qsgd:levels=3,block=256,norm=l2', 256)).toBe(16 / 3 - 1);
    expect(omega('terngrad', 10_000)).toBe((100 - 1) / 2);
  });
});

describe('TernGrad', () => {
  it('has variance M‖g‖₁ − ‖g‖² exactly', () => {
    for (const [name, g] of Object.entries(families(64, 1))) {
      const plan = planOf({ length: 64, levels: 1, packing: 'trits' });
      expectPlanOf('terngrad', g, plan);
      const max = Math.max(...g.map(Math.abs));
      const expected = max * norm1(g) - energy(g);
      const slack = 64 * max ** 2 * fixedPointError(1);
      const measured = expectedError(g, levelMoments(g, plan));
      expect(Math.abs(measured - expected), name).toBeLessThanOrEqual(slack);
    }
  });

  it('has worst case (√d − 1)/2', () => {
    for (const d of [4, 64, 900]) {
      const g = spike(d, 1 / (Math.sqrt(d) + 1));
      expect(relativeVariance(g, 1, 'max')).toBeCloseTo((Math.sqrt(d) - 1) / 2, 2);
    }
  });
});
