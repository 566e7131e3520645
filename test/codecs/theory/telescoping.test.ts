/**
 * Error feedback, deterministic laws (Seide et al. 2014; Karimireddy et al. 2019, arXiv 1901.09847):
 *
 *   Σ sent + e_T = Σ g                              telescoping
 *   x̃ = x − η·mean e obeys x̃⁺ = x̃ − η·mean g(x)     virtual iterate
 *   ‖e‖ ≤ G·√(1 − δ)/(1 − √(1 − δ))                 for ‖g‖ ≤ G
 *   η·e is unchanged by a change of η               with rescale
 */
import { describe, expect, it } from 'vitest';
import { decode, encode, errorFeedback, parseCodec } from '../../../codecs/index.ts';
import { energy, keepOnly, topKBySort } from '../../oracle/codecs.ts';
import { gaussian, normals, normSquared, uniforms } from './samples.ts';

/** Gradients of small integers. */
function integerGradients(n: number, steps: number, seed: number): Float32Array[] {
  const next = uniforms(seed);
  return Array.from({ length: steps }, () =>
    Float32Array.from({ length: n }, () => Math.floor(next() * 21) - 10),
  );
}

/** What feedback promises to have sent, and what it kept, after these gradients. */
function run(
  spec: string,
  gradients: readonly Float32Array[],
): { sent: Float64Array; residual: Float32Array; largest: number } {
  const n = gradients[0]!.length;
  const feedback = errorFeedback(spec, n);
  const sent = new Float64Array(n);
  let largest = 0;
  for (const gradient of gradients) {
    const decoded = decode(feedback.encode(gradient, { seed: 2 }));
    for (let i = 0; i < n; i++) {
      sent[i] = sent[i]! + decoded[i]!;
      largest = Math.max(largest, Math.abs(feedback.residual[i]!), Math.abs(decoded[i]!));
    }
  }
  return { sent, residual: feedback.residual, largest };
}

/** Largest |Σ sent + e − Σ g|, in float64. */
function gap(
  gradients: readonly Float32Array[],
  sent: Float64Array,
  residual: Float32Array,
): number {
  return Math.max(
    ...Array.from(sent, (value, i) =>
      Math.abs(value + residual[i]! - gradients.reduce((sum, g) => sum + g[i]!, 0)),
    ),
  );
}

const specs = [
  'none+ef',
  'bf16+ef',
  'fp16+ef',
  'qsgd:levels=1,block=16+ef',
  'qsgd:levels=7+ef',
  'qsgd:levels=127+ef',
  'qsgd:levels=2,block=32,norm=l2+ef',
  'terngrad+ef',
  'terngrad:clip=2.5+ef',
  'quantile+ef',
  'quantile:bits=1,block=8+ef',
  'randomk:k=6+ef',
  'randomk:k=6,select=uniform+ef',
  'topk:k=1+ef',
  'topk:k=6+ef',
  'topk:k=2,block=16+ef',
  'topk:k=6/qsgd:levels=3+ef',
  'topk:k=8/quantile:bits=2,block=4+ef',
  'topk:k=8/terngrad+ef',
];

describe('telescoping: Σ sent + e_T = Σ g', () => {
  const steps = 400;

  it.each(specs)('bit for bit on integer gradients: %s', (spec) => {
    const gradients = integerGradients(48, steps, 1);
    const { sent, residual } = run(spec, gradients);
    expect(gap(gradients, sent, residual)).toBe(0);
  });

  it.each(specs)('within one rounding a step on real gradients: %s', (spec) => {
    const next = normals(3);
    const gradients = Array.from({ length: steps }, () =>
      Float32Array.from({ length: 48 }, () => next()),
    );
    const { sent, residual, largest } = run(spec, gradients);
    // Each step rounds e + g and p − c once: to float32 numbers no larger than the largest p.
    const bound = 2 ** -24 * steps * 2 * (largest + 5);
    expect(gap(gradients, sent, residual)).toBeLessThanOrEqual(bound);
  });

  it('fails when the residual is dropped, halved or delayed', () => {
    const gradients = integerGradients(48, steps, 1);
    const { sent, residual } = run('topk:k=6+ef', gradients);
    expect(
      gap(
        gradients,
        sent,
        residual.map(() => 0),
      ),
    ).toBeGreaterThan(1);
    expect(
      gap(
        gradients,
        sent,
        residual.map((e) => e / 2),
      ),
    ).toBeGreaterThan(1);
    expect(gap(gradients.slice(1), sent, residual)).toBeGreaterThan(1);
  });

  it('without feedback nothing adds up', () => {
    const gradients = integerGradients(48, steps, 1);
    const sent = new Float64Array(48);
    for (const g of gradients)
      for (const [i, value] of decode(encode('topk:k=6', g)).entries()) sent[i] = sent[i]! + value;
    expect(gap(gradients, sent, new Float32Array(48))).toBeGreaterThan(10);
  });
});

describe('top-k with feedback is the textbook loop, step for step', () => {
  it('p = e + g; c = top-k by sorting; e = p − c', () => {
    const n = 40;
    const feedback = errorFeedback('topk:k=5+ef', n);
    let residual = new Float32Array(n);
    for (const gradient of integerGradients(n, 300, 4)) {
      const p = residual.map((e, i) => e + gradient[i]!);
      const c = keepOnly(p, topKBySort(p, 0, n, 5));
      residual = p.map((value, i) => value - c[i]!);
      expect(decode(feedback.encode(gradient))).toEqual(c);
      expect(feedback.residual).toEqual(residual);
    }
    expect(normSquared(residual)).toBeGreaterThan(0);
  });
});

describe('the virtual iterate x̃ = x − η·mean e steps by the plain mean gradient at x', () => {
  const n = 12;
  const ranks = 3;
  const eta = 0.05;

  /**
   * Largest violation of the identity over a run on f_r(x) = ½Σ h_i(x_i − b_ri)², relative to the
   * largest compensated gradient. `at` chooses where the gradient of the identity is taken.
   */
  function violation(spec: string, at: 'x' | 'virtual'): number {
    const centres = Array.from({ length: ranks }, (_, r) => gaussian(n, 50 + r));
    const curvature = Float64Array.from({ length: n }, (_, i) => 0.5 + i / 4);
    const feedback = centres.map(() => errorFeedback(spec, n));
    let x = new Float64Array(n).fill(1);
    let worst = 0;
    const meanOf = (of: (r: number, i: number) => number): Float64Array =>
      Float64Array.from({ length: n }, (_, i) => {
        let sum = 0;
        for (let r = 0; r < ranks; r++) sum += of(r, i);
        return sum / ranks;
      });
    const virtual = (): Float64Array => {
      const e = meanOf((r, i) => feedback[r]!.residual[i]!);
      return x.map((value, i) => value - eta * e[i]!);
    };
    for (let step = 0; step < 200; step++) {
      const before = virtual();
      const point = at === 'x' ? x : before;
      const gradients = centres.map((b) =>
        Float32Array.from(x, (v, i) => curvature[i]! * (v - b[i]!)),
      );
      const expected = meanOf((r, i) => curvature[i]! * (point[i]! - centres[r]![i]!));
      const sent = gradients.map((g, r) => decode(feedback[r]!.encode(g, { seed: 1, rank: r })));
      const mean = meanOf((r, i) => sent[r]![i]!);
      x = x.map((value, i) => value - eta * mean[i]!);
      const after = virtual();
      for (let i = 0; i < n; i++)
        worst = Math.max(worst, Math.abs(after[i]! - (before[i]! - eta * expected[i]!)));
    }
    return worst;
  }

  // Three roundings to float32 (gradient, e + g, p − c) of numbers below 64, times η.
  const rounding = 3 * 2 ** -24 * 64 * eta;

  it.each(['topk:k=1+ef', 'topk:k=4/qsgd:levels=3+ef', 'quantile+ef', 'qsgd:levels=1+ef'])(
    '%s',
    (spec) => {
      expect(violation(spec, 'x')).toBeLessThanOrEqual(rounding);
    },
  );

  it('and not by the gradient at x̃', () => {
    expect(violation('topk:k=1+ef', 'virtual')).toBeGreaterThan(100 * rounding);
  });
});

describe('the residual stays below G√(1 − δ)/(1 − √(1 − δ))', () => {
  const n = 60;

  /** Largest ‖e‖ when every gradient has norm G = 1 and points where it hurts. */
  function largestResidual(spec: string, steps: number): number {
    const feedback = errorFeedback(spec, n);
    let largest = 0;
    let g = gaussian(n, 1);
    for (let step = 0; step < steps; step++) {
      const norm = Math.sqrt(energy(g));
      feedback.encode(
        g.map((value) => (value / norm) * (1 - 2 ** -20)),
        { seed: 3 },
      );
      const e = feedback.residual;
      largest = Math.max(largest, Math.sqrt(energy(e)));
      // Along the residual, so that both add up; where there is none, a fresh direction.
      g = normSquared(e) > 1e-12 ? e.slice() : gaussian(n, step + 2);
    }
    return largest;
  }

  // Deterministic codecs: the contraction holds at every step, so the bound does.
  it.each([
    'topk:k=1+ef',
    'topk:k=6+ef',
    'topk:k=30+ef',
    'topk:k=2,block=20+ef',
    'quantile:bits=1,block=60+ef',
    'quantile:bits=2,block=12+ef',
    'topk:k=6/quantile+ef',
    'topk:k=20/bf16+ef',
    'bf16+ef',
    'fp16+ef',
  ])('%s', (spec) => {
    const delta = parseCodec(spec).traits.delta!(n);
    const root = Math.sqrt(1 - delta);
    expect(largestResidual(spec, 2000)).toBeLessThanOrEqual(root / (1 - root));
  });

  it('the bound for one kept element of ten is exceeded by one of sixty', () => {
    const root = Math.sqrt(1 - 1 / 10);
    expect(largestResidual('topk:k=1+ef', 2000)).toBeGreaterThan(root / (1 - root));
  });

  it('a codec that does not contract has no bound: scaled random-k explodes', () => {
    let e = new Float32Array(n);
    for (let step = 0; step < 60; step++) {
      const p = e.map((value) => value + 0.1);
      const c = decode(encode('randomk:k=6', p, { seed: 9, step }));
      e = p.map((value, i) => value - c[i]!);
    }
    expect(normSquared(e)).toBeGreaterThan(1e20);
  });
});

describe('when the step size drops, rescale keeps η·e', () => {
  const n = 32;
  const etas = [1, 1, 1, 0.125, 0.125, 0.125, 0.125, 0.0625];

  /** Iterate of SGD with top-k in gradient units, the residual rescaled or not. */
  function inGradientUnits(rescaled: boolean): Float64Array {
    const feedback = errorFeedback('topk:k=4+ef', n);
    const x = new Float64Array(n);
    let previous = etas[0]!;
    for (const [step, eta] of etas.entries()) {
      if (rescaled && eta !== previous) {
        const before = feedback.residual.map((e) => e * previous);
        feedback.rescale(previous / eta);
        expect(feedback.residual.map((e) => e * eta)).toEqual(before);
      }
      previous = eta;
      const sent = decode(feedback.encode(gaussian(n, step)));
      for (let i = 0; i < n; i++) x[i] = x[i]! - eta * sent[i]!;
    }
    return x;
  }

  /** The textbook loop in step units: the residual holds η·g that was not sent. */
  function inStepUnits(): Float64Array {
    const x = new Float64Array(n);
    let e = new Float32Array(n);
    for (const [step, eta] of etas.entries()) {
      const p = gaussian(n, step).map((g, i) => eta * g + e[i]!);
      const c = keepOnly(p, topKBySort(p, 0, n, 4));
      e = p.map((value, i) => value - c[i]!);
      for (let i = 0; i < n; i++) x[i] = x[i]! - c[i]!;
    }
    return x;
  }

  it('gradient units and step units agree bit for bit', () => {
    expect(inGradientUnits(true)).toEqual(inStepUnits());
  });

  it('and differ without the rescaling', () => {
    const off = inGradientUnits(false).map((value, i) => value - inStepUnits()[i]!);
    expect(Math.max(...off.map(Math.abs))).toBeGreaterThan(0.1);
  });
});
