import { describe, expect, it } from 'vitest';
import { Noise } from '../../src/testing/noise.ts';
import {
  distanceLimit,
  distributionDistance,
  MEDIAN_GROUPS,
  medianOfMeans,
  Moments,
} from '../../src/testing/statistics.ts';

describe('Moments', () => {
  it('are those of the textbook', () => {
    const moments = new Moments();
    for (const value of [2, 4, 4, 4, 5, 5, 7, 9]) moments.add(value);
    expect(moments.mean).toBe(5);
    expect(moments.standardDeviation).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(moments.standardError).toBeCloseTo(Math.sqrt(32 / 7 / 8), 12);
  });

  it('of fewer than two values have no spread', () => {
    const moments = new Moments();
    expect(moments.standardError).toBe(0);
    moments.add(3);
    expect(moments.standardDeviation).toBe(0);
    expect(moments.mean).toBe(3);
  });
});

describe('the median of means', () => {
  it('shrugs at what wrecks a mean', () => {
    const values = new Float64Array(10 * MEDIAN_GROUPS).fill(1);
    expect(medianOfMeans(values)).toBe(1);
    values.fill(1e12, 0, 100);
    expect(medianOfMeans(values)).toBe(1);
  });

  it('finds the mean of a skewed distribution within its bound', () => {
    const noise = new Noise(1);
    const values = Float64Array.from({ length: 40 * MEDIAN_GROUPS }, () =>
      noise.uniform() < 0.1 ? 10 : 0,
    );
    expect(Math.abs(medianOfMeans(values) - 1)).toBeLessThan((2 * 3) / Math.sqrt(40));
  });
});

describe('the distance of two samples', () => {
  it('is the largest gap between their distribution functions', () => {
    const a = Float64Array.of(1, 2, 3, 4);
    expect(distributionDistance(a, a)).toBe(0);
    expect(distributionDistance(a, Float64Array.of(5, 6, 7, 8))).toBe(1);
    expect(distributionDistance(a, Float64Array.of(3, 4, 5, 6))).toBe(0.5);
    expect(distributionDistance(Float64Array.of(1, 1, 1, 2), Float64Array.of(2, 2, 2, 1))).toBe(
      0.5,
    );
  });

  it('stays within its limit for one distribution, and not for two', () => {
    const noise = new Noise(2);
    const normal = (shift: number): Float64Array =>
      Float64Array.from({ length: 1000 }, () => noise.normal() + shift);
    const limit = distanceLimit(1000, 1e-9);
    for (let i = 0; i < 50; i++)
      expect(distributionDistance(normal(0), normal(0))).toBeLessThan(limit);
    expect(distributionDistance(normal(0), normal(1))).toBeGreaterThan(limit);
  });
});

describe('noise', () => {
  it('is uniform and normal enough for test data', () => {
    const noise = new Noise(7);
    const uniform = new Moments();
    const normal = new Moments();
    for (let i = 0; i < 1e5; i++) {
      uniform.add(noise.uniform());
      normal.add(noise.normal());
    }
    expect(Math.abs(uniform.mean - 0.5)).toBeLessThan(6 * uniform.standardError);
    expect(Math.abs(normal.mean)).toBeLessThan(6 * normal.standardError);
    expect(normal.standardDeviation).toBeCloseTo(1, 1);
  });

  it('differs between seeds, also in their upper halves', () => {
    const first = (seed: number): number => new Noise(seed).word();
    expect(new Set([1, 2, 3, 1 + 2 ** 32, 1 + 2 ** 33].map(first)).size).toBe(5);
  });
});
