/**
 * Value codecs behind a selection, and scaled-down codecs under feedback:
 *
 *   E‖v − Q(u)‖² = ‖v‖² − (1 − ω(u))‖u‖²          u the kept part, ω(u) the exact relative variance
 *   E‖v − Q(u)/(1 + β)‖² ≤ (1 − k/(d(1 + β)))‖v‖²  for ω ≤ β
 *
 * (Basu et al. 2019, arXiv 1906.02367: Qsparse.)
 */
import { describe, expect, it } from 'vitest';
import { decode, encode, parseCodec } from '../../../codecs/index.ts';
import { qsgdOmega } from '../../../codecs/qsgd.ts';
import { energy, keepOnly, topKBySort } from '../../oracle/codecs.ts';
import { expectedError, expectPlanOf, levelMoments, planOf } from './moments.ts';
import {
  constant,
  distanceSquared,
  families,
  gaussian,
  lognormal,
  spike,
  worstRest,
} from './samples.ts';

const D = 400;
const K = 40;

/** Values that top-k keeps, in index order. */
function keptValues(v: Float32Array): Float32Array {
  return Float32Array.from(topKBySort(v, 0, v.length, K), (i) => v[i]!);
}

/** Squared errors of many encodings. */
function errors(spec: string, v: Float32Array, draws: number): number[] {
  return Array.from({ length: draws }, (_, step) =>
    distanceSquared(decode(encode(spec, v, { seed: 17, step })), v),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Bernstein's bound for sums of variances p(1 − p)(1 − 2p)² ≤ 1/16 and ranges ≤ 1, in steps². */
function bernstein(elements: number, draws: number, alpha: number): number {
  const l = Math.log(2 / alpha);
  return Math.sqrt((2 * (elements / 16) * l) / draws) + l / (3 * draws);
}

describe('quantising what top-k keeps: E‖v − Q(u)‖² = ‖v‖² − (1 − ω(u))‖u‖²', () => {
  const draws = 1000;
  const vectors = { lognormal: lognormal(D, 3), gaussian: gaussian(D, 4), constant: constant(D) };

  it.each([1, 3, 7])('for encode() itself, levels=%i', (levels) => {
    for (const [name, v] of Object.entries(vectors)) {
      for (const norm of ['max', 'l2'] as const) {
        const u = keptValues(v);
        const plan = planOf({ length: K, levels, norm });
        const moments = levelMoments(u, plan);
        const omega = expectedError(u, moments) / energy(u);
        const identity = energy(v) - (1 - omega) * energy(u);
        const measured = mean(errors(`topk:k=${K}/qsgd:levels=${levels},norm=${norm}`, v, draws));
        const step = moments.quantiseUnit[0]! ** 2;
        const tolerance = step * (bernstein(K, draws, 1e-7) + K * 2 ** -15);
        expect(Math.abs(measured - identity), `${name}, ${norm}`).toBeLessThanOrEqual(tolerance);
      }
    }
  });

  it('is no contraction where ω(u) ≥ 1, and a false ω is found out', () => {
    const v = gaussian(D, 4);
    const u = keptValues(v);
    const plan = planOf({ length: K, levels: 1, norm: 'l2' });
    const moments = levelMoments(u, plan);
    const omega = expectedError(u, moments) / energy(u);
    expect(omega).toBeGreaterThan(1);
    const measured = mean(errors(`topk:k=${K}/qsgd:levels=1,norm=l2`, v, draws));
    expect(measured).toBeGreaterThan(energy(v));
    const wrong = energy(v) - (1 - 0.9 * omega) * energy(u);
    const tolerance = moments.quantiseUnit[0]! ** 2 * bernstein(K, draws, 1e-7);
    expect(Math.abs(measured - wrong)).toBeGreaterThan(tolerance);
  });
});

/**
 * E‖x − C(x)‖² of a level codec under feedback, over all dither values; `divisor` is 1 + ω where
 * the codec scales itself down.
 */
function feedbackError(
  x: Float32Array,
  options: { levels: number; norm: 'max' | 'l2'; divisor: number; clip?: number; trits?: boolean },
  spec?: string,
): number {
  const { levels, norm, divisor, clip, trits = false } = options;
  const plan = planOf({
    length: x.length,
    levels,
    norm,
    divisor,
    clip,
    coarseScale: true,
    packing: trits ? 'trits' : 'planes',
  });
  if (spec !== undefined) expectPlanOf(spec, x, plan);
  return expectedError(x, levelMoments(x, plan));
}

/**
 * What δ leaves out, relative to ‖x‖². Scales rounded up to 12 significant bits move the error by
 * the square of that; p is off by 2⁻¹⁶ + 2⁻²³ s in d variances of at most one decoding step squared.
 */
function slack(x: Float32Array, levels: number, norm: 'max' | 'l2', divisor: number): number {
  const largest = norm === 'max' ? Math.max(...x.map(Math.abs)) : Math.sqrt(energy(x));
  const step = largest / levels / divisor;
  return 2 ** -20 + (x.length * step ** 2 * (2 ** -16 + levels * 2 ** -23)) / energy(x);
}

describe('a scaled-down codec contracts: E‖x − Q(x)/(1 + ω)‖² ≤ (1 − 1/(1 + ω))‖x‖²', () => {
  const cases = [
    { levels: 1, norm: 'max' },
    { levels: 2, norm: 'max' },
    { levels: 1, norm: 'l2' },
    { levels: 3, norm: 'l2' },
  ] as const;

  it.each(cases)('qsgd:levels=$levels,norm=$norm under +ef', ({ levels, norm }) => {
    const d = 128;
    const spec = `qsgd:levels=${levels},block=${d},norm=${norm}+ef`;
    const omega = qsgdOmega(levels, norm, d);
    expect(omega).toBeGreaterThanOrEqual(1);
    const { delta, unbiased } = parseCodec(spec).traits;
    expect(delta!(d)).toBe(1 / (1 + omega));
    expect(unbiased).toBe(false);
    for (const [name, x] of Object.entries(families(d, levels))) {
      const error = feedbackError(x, { levels, norm, divisor: 1 + omega }, spec);
      const allowed = 1 - delta!(d) + slack(x, levels, norm, 1 + omega);
      expect(error / energy(x), name).toBeLessThanOrEqual(allowed);
    }
  });

  it('with equality at the worst vector', () => {
    const x = spike(128, worstRest(1, 128));
    const omega = qsgdOmega(1, 'max', 128);
    const error = feedbackError(x, { levels: 1, norm: 'max', divisor: 1 + omega });
    expect(error / energy(x)).toBeCloseTo(1 - 1 / (1 + omega), 4);
  });

  it('which the unscaled codec does not', () => {
    const x = spike(128, worstRest(1, 128));
    expect(feedbackError(x, { levels: 1, norm: 'max', divisor: 1 })).toBeGreaterThan(energy(x));
  });

  it('terngrad, clipped or not', () => {
    const d = 128;
    const omega = qsgdOmega(1, 'max', d);
    for (const clip of [undefined, 2.5, 1]) {
      const spec = `terngrad${clip === undefined ? '' : `:clip=${clip}`}+ef`;
      const delta = parseCodec(spec).traits.delta!(d);
      expect(delta).toBeGreaterThan(0);
      for (const [name, x] of Object.entries(families(d, 1))) {
        const options = {
          levels: 1,
          norm: 'max',
          divisor: 1 + omega,
          trits: true,
          ...(clip !== undefined && { clip }),
        } as const;
        const error = feedbackError(x, options, spec);
        const allowed = 1 - delta + slack(x, 1, 'max', 1 + omega);
        expect(error / energy(x), `${spec}, ${name}`).toBeLessThanOrEqual(allowed);
      }
    }
  });

  it('behind top-k by 1 − k/(d(1 + ω)), and the mean of encode() agrees', () => {
    const spec = `topk:k=${K}/qsgd:levels=1+ef`;
    const omega = qsgdOmega(1, 'max', K);
    const { delta } = parseCodec(spec).traits;
    // Zeros are not kept, so δ covers fewer values too, down to those just too few to scale down.
    expect(delta!(D)).toBeLessThanOrEqual(K / D / (1 + omega));
    for (const [name, v] of Object.entries(families(D, 1))) {
      const kept = topKBySort(v, 0, D, K);
      const u = Float32Array.from(kept, (i) => v[i]!);
      const error = feedbackError(u, {
        levels: 1,
        norm: 'max',
        divisor: 1 + qsgdOmega(1, 'max', u.length),
      });
      const total = energy(v) - energy(keepOnly(v, kept)) + error;
      const share = kept.length === K ? K / D / (1 + omega) : delta!(D);
      const allowed = 1 - share + slack(v, 1, 'max', 1 + omega);
      expect(total / energy(v), name).toBeLessThanOrEqual(allowed);
      const max = Math.max(...u.map(Math.abs));
      const draws = 400;
      const measured = mean(errors(spec, v, draws));
      const tolerance = max ** 2 * (bernstein(K, draws, 1e-7) + K * 2 ** -15);
      expect(Math.abs(measured - total), name).toBeLessThanOrEqual(tolerance);
    }
  });
});

describe('a codec with ω < 1 contracts as it is: E‖x − Q(x)‖² ≤ (1 − δ)‖x‖²', () => {
  it.each([
    ['max', 7, 128],
    ['max', 127, 512],
    ['l2', 8, 128],
    ['l2', 6, 140],
    ['l2', 7, 195],
    ['l2', 16, 1023],
    ['l2', 32, 4095],
  ] as const)('norm=%s, levels=%i, block=%i', (norm, levels, d) => {
    const spec = `qsgd:levels=${levels},block=${d},norm=${norm}+ef`;
    const { delta } = parseCodec(spec).traits;
    const omega = qsgdOmega(levels, norm, d);
    const scaled = delta!(d) === 1 / (1 + omega);
    // Where the coarse scale is rounded up most: the exact one just above 12 bits.
    const height = norm === 'l2' ? 1.0001 / Math.sqrt(d) : 1;
    const flat = constant(d, Math.fround(height * levels));
    const vectors = d > 1000 ? [flat] : [flat, spike(d, worstRest(levels, d))];
    for (const x of vectors) {
      const error = feedbackError(x, { levels, norm, divisor: scaled ? 1 + omega : 1 }, spec);
      const allowed = 1 - delta!(d) + slack(x, levels, norm, scaled ? 1 + omega : 1);
      expect(error / energy(x)).toBeLessThanOrEqual(allowed);
    }
  });
});
