import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentRangeError, ArgumentTypeError } from '../../proto/errors.ts';
import { learningRateAt, MomentumSgd, scheduleNames } from '../../src/train/index.ts';
import { naiveMomentum } from '../oracle/train.ts';

describe('MomentumSgd', () => {
  it('follows the recurrence in double precision', () => {
    const numbers = fc.array(fc.float({ min: -2, max: 2, noNaN: true }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(
        numbers,
        fc.constantFrom(0, 0.5, 0.9),
        fc.constantFrom(0, 0.01),
        (gradients, beta, decay) => {
          const rates = gradients.map((_, t) => 0.1 * (1 - t / gradients.length));
          const optimiser = new MomentumSgd(2, { momentum: beta, weightDecay: decay });
          const parameters = Float32Array.of(1, -3);
          const expected = [1, -3].map((x) => naiveMomentum(x, gradients, rates, beta, decay));
          gradients.forEach((gradient, t) => {
            expect(optimiser.step(parameters, Float32Array.of(gradient, gradient), rates[t]!)).toBe(
              -1,
            );
            parameters.forEach((x, i) => {
              expect(Math.abs(x - expected[i]![t]!)).toBeLessThan(2e-5);
            });
          });
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  it('leaves the gradient alone and keeps its velocity to itself', () => {
    const optimiser = new MomentumSgd(1, { momentum: 0.5 });
    const gradient = Float32Array.of(2);
    const parameters = Float32Array.of(0);
    optimiser.step(parameters, gradient, 1);
    optimiser.step(parameters, gradient, 1);
    expect([...gradient]).toEqual([2]);
    expect([...parameters]).toEqual([-5]);
  });

  it('says which parameter left the finite numbers', () => {
    const optimiser = new MomentumSgd(3);
    const parameters = Float32Array.of(1, 3e38, 1);
    expect(optimiser.step(parameters, Float32Array.of(1, -3e38, 1), 1)).toBe(1);
    expect(new MomentumSgd(2).step(new Float32Array(2), Float32Array.of(0, NaN), 1)).toBe(1);
  });

  it('refuses what cannot be right', () => {
    for (const options of [
      { momentum: 1 },
      { momentum: -0.1 },
      { weightDecay: -1 },
      { momentum: NaN },
    ])
      expect(() => new MomentumSgd(1, options)).toThrow(ArgumentRangeError);
    const optimiser = new MomentumSgd(2);
    expect(() => optimiser.step(new Float32Array(2), new Float32Array(3), 1)).toThrow(
      /2 parameters got 2 parameters and 3/,
    );
    expect(() => optimiser.step([1, 2] as never, new Float32Array(2), 1)).toThrow(
      ArgumentTypeError,
    );
  });
});

describe('schedules', () => {
  it('start at the base rate, never rise and never reach 0 within the run', () => {
    for (const schedule of scheduleNames) {
      const rates = Array.from({ length: 50 }, (_, t) => learningRateAt(schedule, 0.1, t, 50));
      expect(rates[0]).toBe(0.1);
      rates.slice(1).forEach((rate, t) => {
        expect(rate).toBeLessThanOrEqual(rates[t]!);
        expect(rate).toBeGreaterThan(0);
      });
    }
    expect(learningRateAt('linear', 1, 49, 50)).toBeCloseTo(1 / 50, 12);
    expect(learningRateAt('cosine', 1, 25, 50)).toBeCloseTo(0.5, 12);
    expect(() => learningRateAt('step' as never, 1, 0, 1)).toThrow(/constant, linear, cosine/);
  });
});
