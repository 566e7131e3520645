/** Residuals stay bounded over 10⁴ steps; without the scaling that feedback brings, they explode. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode, errorFeedback, parseCodec, streamsFor } from '../../codecs/index.ts';
import { energy } from '../../src/testing/encoding.ts';
import { propertySeed, specs } from '../../src/testing/index.ts';
import { Noise } from '../../src/testing/noise.ts';
import { complianceSpecs } from '../compliance/codec.ts';

const STEPS = 10_000;
const LENGTH = 24;

/** A gradient of norm 1: half the run Gaussian, then the same direction again and again. */
function gradientAt(step: number, noise: Noise, gradient: Float32Array): void {
  if (step === STEPS / 2) gradient.set(gradient.map((_, i) => 1 / (1 + i)));
  if (step < STEPS / 2) gradient.forEach((_, i) => (gradient[i] = noise.normal()));
  const norm = Math.sqrt(energy(gradient));
  gradient.forEach((value, i) => (gradient[i] = value / norm));
}

/** Mean and largest ‖residual‖² of a run over gradients of norm 1. */
function residualsOf(spec: string): { mean: number; largest: number } {
  const feedback = errorFeedback(spec, LENGTH);
  const out = new Uint8Array(feedback.codec.maxBytes(LENGTH));
  const gradient = new Float32Array(LENGTH);
  const noise = new Noise(1);
  let sum = 0;
  let largest = 0;
  for (let step = 0; step < STEPS; step++) {
    gradientAt(step, noise, gradient);
    feedback.encodeInto(gradient, out, streamsFor({ seed: 1, step }));
    const residual = energy(feedback.residual);
    sum += residual;
    largest = Math.max(largest, residual);
  }
  return { mean: sum / STEPS, largest };
}

/** Rounding of residuals and ranges of narrow formats. */
const FLOOR = 1e-5;

const sampled = fc
  .sample(specs(), { numRuns: 120, seed: propertySeed() })
  .filter((spec) => spec.endsWith('+ef'));
const bounded = [
  ...new Set([...complianceSpecs.filter((spec) => spec.endsWith('+ef')), ...sampled]),
];

describe(`residuals over ${STEPS} steps`, () => {
  // E‖e‖² ≤ 4(1 − δ)/δ²·G² (Karimireddy et al. 2019, Lemma 3), and with probability one
  // ‖e‖ ≤ G·√(1 − δ)/(1 − √(1 − δ)) where every encoding contracts. Single steps of random codecs
  // may exceed the mean's bound, by a whole gradient even where δ is close to 1; a hundredfold would
  // be a trend.
  it.each(bounded)('%s: within the bound of its contraction factor', (spec) => {
    const delta = parseCodec(spec).traits.delta?.(LENGTH);
    expect(delta, 'feedback needs a contraction').toBeGreaterThan(0);
    const bound = (4 * (1 - delta!)) / delta! ** 2 + FLOOR;
    const { mean, largest } = residualsOf(spec);
    expect(mean).toBeLessThanOrEqual(bound);
    expect(largest).toBeLessThanOrEqual(100 * bound + 4);
  });

  it.each(['topk:k=1+ef', 'topk:density=0.25+ef', 'topk:k=1,block=8+ef', 'bf16+ef', 'quantile+ef'])(
    '%s, which draws nothing: at every step',
    (spec) => {
      const root = Math.sqrt(1 - parseCodec(spec).traits.delta!(LENGTH));
      const { largest } = residualsOf(spec);
      expect(Math.sqrt(largest)).toBeLessThanOrEqual(root / (1 - root) + FLOOR);
    },
  );
});

describe('without a contraction the residual explodes', () => {
  /** Largest ‖residual‖ in up to 300 steps of the textbook loop around a codec as it is. */
  function textbookLoop(spec: string, length: number): number {
    const residual = new Float32Array(length);
    const noise = new Noise(2);
    for (let step = 0; step < 300; step++) {
      residual.forEach((value, i) => (residual[i] = value + noise.normal() / Math.sqrt(length)));
      const sent = decode(encode(spec, residual, { seed: 1, step }));
      sent.forEach((value, i) => (residual[i] = residual[i]! - value));
      if (!(energy(residual) < 1e12)) break;
    }
    return Math.sqrt(energy(residual));
  }

  function largestWithFeedback(spec: string, length: number): number {
    const feedback = errorFeedback(spec, length);
    const noise = new Noise(2);
    let largest = 0;
    for (let step = 0; step < 300; step++) {
      const gradient = Float32Array.from({ length }, () => noise.normal() / Math.sqrt(length));
      feedback.encode(gradient, { seed: 1 });
      largest = Math.max(largest, Math.sqrt(energy(feedback.residual)));
    }
    return largest;
  }

  // Not so with one scale by the largest magnitude (terngrad): |e| never exceeds max |p| then, so the
  // residual grows by a gradient a step at most; scaling makes it several times smaller.
  it('but for maximum norms, where scaling only shrinks it', () => {
    const length = 1000;
    const unscaled = textbookLoop('terngrad', length);
    expect(unscaled).toBeLessThan(100);
    expect(largestWithFeedback('terngrad', length)).toBeLessThan(unscaled / 2);
  });

  it.each([
    ['randomk:k=2,scale=unbiased', 'randomk:k=2', 24],
    [
      'randomk:density=0.1,scale=unbiased,select=uniform',
      'randomk:density=0.1,select=uniform',
      100,
    ],
    ['randomk:density=0.5/terngrad', 'randomk:density=0.5,scale=none/terngrad', 200],
    ['qsgd:levels=1,block=512,norm=l2', 'qsgd:levels=1,block=512,norm=l2', 512],
    ['qsgd:levels=3,block=100000,norm=l2', 'qsgd:levels=3,block=100000,norm=l2', 1000],
    [
      'randomk:density=0.5/qsgd:levels=1,norm=l2',
      'randomk:density=0.5,scale=none/qsgd:levels=1,norm=l2',
      300,
    ],
  ])('%s', (spec, scaled, length) => {
    expect(textbookLoop(spec, length)).toBeGreaterThan(1e6);
    expect(largestWithFeedback(scaled, length)).toBeLessThan(100);
  });
});
