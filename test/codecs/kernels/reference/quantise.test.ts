/** Stochastic rounding of one run, against exact rational arithmetic. */
import { describe, expect, it } from 'vitest';
import {
  dequantiseAddRun,
  dequantiseRun,
  quantiseRun,
} from '../../../../codecs/kernels/reference/quantise.ts';
import { ditheredLevel } from '../../../oracle/codecs.ts';
import { gaussian, uniforms } from '../../theory/samples.ts';

/** Codes of a whole vector, with its own dither value for each element. */
function quantise(
  x: Float32Array,
  unit: number,
  levels: number,
  dither: Uint16Array,
  clipped = false,
): Uint8Array {
  const codes = new Uint8Array(x.length);
  quantiseRun(x, 0, x.length, unit, levels, dither, codes, 0, clipped);
  return codes;
}

function randomDither(n: number, seed: number): Uint16Array {
  const next = uniforms(seed);
  return Uint16Array.from({ length: n }, () => Math.floor(next() * 32768));
}

/** Values whose largest magnitude is `levels` units, up to the last float32 digit. */
function withinLevels(n: number, unit: number, levels: number, seed: number): Float32Array {
  const next = uniforms(seed);
  return Float32Array.from({ length: n }, (_, i) =>
    i === 0 ? unit * levels : (2 * next() - 1) * unit * levels,
  );
}

/**
 * Elements whose level is not ⌊x/u + r/2¹⁵⌋ for a dither within `slack` of r: fixed-point rounding
 * moves the sum by up to ½ + 2⁻⁸|x/u| dither values, that is by less than 1 or, at 127 levels, 2.
 */
function wrongLevels(
  x: Float32Array,
  unit: number,
  levels: number,
  dither: Uint16Array,
  codes: Uint8Array,
): number {
  const slack = levels > 63 ? 2 : 1;
  let wrong = 0;
  for (let i = 0; i < x.length; i++) {
    const least = ditheredLevel(x[i]!, unit, dither[i]! - slack);
    const most = ditheredLevel(x[i]!, unit, dither[i]! + slack);
    const level = codes[i]! - levels;
    if (level < Math.max(-levels, least) || level > Math.min(levels, most)) wrong++;
  }
  return wrong;
}

describe('quantiseRun rounds x/u up when the dither says so', () => {
  it.each([1, 2, 7, 50, 127])('levels=%i, units of all sizes', (levels) => {
    for (const power of [-149, -140, -101, -100, -99, -20, 0, 60, 118]) {
      const unit = Math.fround(1.25 * 2 ** power);
      const x = withinLevels(500, unit, levels, power + 200);
      const dither = randomDither(500, levels);
      expect(wrongLevels(x, unit, levels, dither, quantise(x, unit, levels, dither))).toBe(0);
    }
  });

  it('exactly, where x/u has at most 15 binary places', () => {
    const next = uniforms(3);
    const x = Float32Array.from({ length: 2000 }, () => Math.floor(next() * 2 ** 18) / 2 ** 15 - 4);
    const dither = randomDither(2000, 4);
    const codes = quantise(x, 1, 4, dither);
    for (let i = 0; i < x.length; i++)
      expect(codes[i]! - 4).toBe(ditheredLevel(x[i]!, 1, dither[i]!));
  });

  it('which the comparison can tell from another dither or unit', () => {
    const x = withinLevels(500, 1, 7, 1);
    const dither = randomDither(500, 2);
    const codes = quantise(x, 1, 7, dither);
    expect(wrongLevels(x, 1, 7, randomDither(500, 5), codes)).toBeGreaterThan(50);
    expect(wrongLevels(x, 1.01, 7, dither, codes)).toBeGreaterThan(5);
  });
});

describe('tiny units', () => {
  it('give the same codes at every scale: x and u times a power of two', () => {
    // Integers below 2¹¹: they stay exact down to steps of 2⁻¹⁴⁹.
    const next = uniforms(6);
    const whole = Float32Array.from({ length: 3000 }, () => Math.floor(next() * 3585) - 1792);
    const dither = randomDither(3000, 7);
    const expected = quantise(whole, 256, 7, dither);
    for (let power = -149; power <= 110; power++) {
      const scale = 2 ** power;
      const x = whole.map((value) => value * scale);
      const codes = quantise(x, 256 * scale, 7, dither);
      if (codes.some((code, i) => code !== expected[i]))
        expect(codes, `2^${power}`).toEqual(expected);
    }
  });

  it('would overflow without lifting: 2¹⁵/u is infinite', () => {
    expect(Math.fround(32768 / 2 ** -140)).toBe(Infinity);
  });

  it('keep denormal elements in proportion: mean over all dithers', () => {
    const unit = 4 * 2 ** -149;
    const x = Float32Array.of(1, 2, 3, 4).map((value) => value * 2 ** -149);
    const sum = [0, 0, 0, 0];
    for (let r = 0; r < 32768; r++)
      for (const [i, code] of quantise(x, unit, 1, new Uint16Array(4).fill(r)).entries())
        sum[i] = sum[i]! + code - 1;
    expect(sum.map((value) => value / 32768)).toEqual([0.25, 0.5, 0.75, 1]);
  });
});

describe('the last level', () => {
  it.each([1, 7, 100, 127])('is never passed, whatever the rounding, s=%i', (levels) => {
    const next = uniforms(levels);
    for (let trial = 0; trial < 2000; trial++) {
      const max = Math.fround(2 ** (20 * next() - 10));
      const unit = new Float32Array([max / levels]);
      const bits = new Int32Array(unit.buffer);
      if (unit[0]! * levels < max) bits[0]!++;
      for (const r of [0, 32767]) {
        const codes = quantise(
          Float32Array.of(max, -max),
          unit[0]!,
          levels,
          new Uint16Array(2).fill(r),
        );
        expect(codes[0]).toBeLessThanOrEqual(2 * levels);
        expect(codes[0]).toBeGreaterThanOrEqual(2 * levels - 1);
        expect(codes[1]).toBeLessThanOrEqual(1);
      }
    }
  });

  it('is where clipped elements go, under every dither', () => {
    const x = Float32Array.of(3, -3, 1e30, -1e30, 3.4e38, -3.4e38, 0.5, -0);
    for (const levels of [1, 3]) {
      for (const r of [0, 1, 16384, 32767]) {
        const codes = quantise(x, 1 / levels, levels, new Uint16Array(8).fill(r), true);
        expect([...codes.subarray(0, 6)]).toEqual([2, 0, 2, 0, 2, 0].map((c) => c * levels));
        expect(codes[7]).toBe(levels);
      }
    }
    const tiny = x.map((value) => Math.sign(value) * 1e-38);
    const codes = quantise(tiny, 2 ** -140, 1, new Uint16Array(8).fill(0), true);
    expect([...codes]).toEqual([2, 0, 2, 0, 2, 0, 2, 1]);
  });
});

describe('ranges', () => {
  it('codes and dither are taken at `at`, elements at `start`', () => {
    const x = gaussian(4000, 1);
    const unit = 4;
    const dither = randomDither(4100, 9);
    const codes = new Uint8Array(4100).fill(99);
    for (const clipped of [false, true]) {
      quantiseRun(x, 100, 3100, unit, 1, dither, codes, 70, clipped);
      const expected = quantise(x.slice(100, 3100), unit, 1, dither.slice(70), clipped);
      expect(codes.subarray(70, 3070)).toEqual(expected);
      expect([codes[69], codes[3070]]).toEqual([99, 99]);
    }
  });
});

describe('dequantising', () => {
  const codes = Uint8Array.of(9, 0, 3, 7, 14, 9);

  it('gives (code − s)·u in float32', () => {
    const out = new Float32Array(6).fill(5);
    const unit = Math.fround(0.1);
    dequantiseRun(codes, 1, 7, unit, out, 2, 6);
    expect(out).toEqual(Float32Array.of(5, 5, -7 * unit, -4 * unit, 0, 7 * unit));
  });

  it.each([1, -1, 0.3])(
    'adds weight %d times that, each operation rounded to float32',
    (weight) => {
      const unit = Math.fround(0.1);
      const sum = Float32Array.of(1, 2, 3, 4, 5, 6);
      const expected = sum.slice();
      for (let i = 2; i < 6; i++) {
        const value = Math.fround((codes[i - 1]! - 7) * unit);
        expected[i] = expected[i]! + Math.fround(value * Math.fround(weight));
      }
      dequantiseAddRun(codes, 1, 7, unit, sum, 2, 6, weight);
      expect(sum).toEqual(expected);
    },
  );
});
