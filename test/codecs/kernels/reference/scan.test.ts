/** Read-only sweeps against plain loops and exact sums. */
import { describe, expect, it } from 'vitest';
import {
  bitsOf,
  firstNonFinite,
  firstNonFiniteSum,
  INFINITY_BITS,
  maxMagnitudeBits,
  sumOfSquares,
} from '../../../../codecs/kernels/reference/scan.ts';
import { exactSumOfSquares, fromSquares } from '../../../oracle/codecs.ts';
import { gaussian, lognormal, uniforms } from '../../theory/samples.ts';

const FLOAT32_MAX = 3.4028234663852886e38;

/** The value of a magnitude's bit pattern. */
function valueOf(pattern: number): number {
  return new Float32Array(Int32Array.of(pattern).buffer)[0]!;
}

describe('maxMagnitudeBits', () => {
  it('is the largest magnitude of any range', () => {
    const next = uniforms(1);
    const x = gaussian(300, 1);
    for (let trial = 0; trial < 500; trial++) {
      const start = Math.floor(300 * next());
      const end = start + Math.floor((301 - start) * next());
      const expected = Math.max(0, ...x.subarray(start, end).map(Math.abs));
      expect(valueOf(maxMagnitudeBits(bitsOf(x), start, end))).toBe(expected);
    }
  });

  it('finds the only element wherever it is', () => {
    for (const n of [1, 2, 3, 4, 5, 8, 9]) {
      for (let i = 0; i < n; i++) {
        for (const value of [-3, 1e-45, -1e-45, FLOAT32_MAX, -FLOAT32_MAX]) {
          const x = new Float32Array(n).fill(-0);
          x[i] = value;
          expect(valueOf(maxMagnitudeBits(bitsOf(x), 0, n))).toBe(Math.abs(x[i]!));
        }
      }
    }
    expect(maxMagnitudeBits(bitsOf(new Float32Array(4).fill(-0)), 0, 4)).toBe(0);
  });

  it('reads a view at any byte offset that is a multiple of four', () => {
    const whole = Float32Array.of(100, 1, -2, 100);
    expect(valueOf(maxMagnitudeBits(bitsOf(whole.subarray(1, 3)), 0, 2))).toBe(2);
  });
});

describe('firstNonFinite', () => {
  it.each([NaN, Infinity, -Infinity])('finds %d at every place, and only the first', (bad) => {
    for (const n of [1, 2, 7, 16]) {
      for (let i = 0; i < n; i++) {
        const x = new Float32Array(n).fill(FLOAT32_MAX);
        x[i] = bad;
        x[n - 1] = bad;
        expect(firstNonFinite(x)).toBe(i);
      }
    }
  });

  it('finds NaNs of any sign and payload, and nothing else', () => {
    const nans = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001, 0xffffffff).buffer);
    for (let i = 0; i < 3; i++) expect(firstNonFinite(nans.subarray(i, i + 1))).toBe(0);
    expect(firstNonFinite(Float32Array.of(0, -0, 1e-45, FLOAT32_MAX, -FLOAT32_MAX))).toBe(-1);
    expect(firstNonFinite(new Float32Array(0))).toBe(-1);
    expect(valueOf(INFINITY_BITS)).toBe(Infinity);
  });
});

describe('firstNonFiniteSum', () => {
  it('finds sums that leave the range though both terms are in it', () => {
    const x = Float32Array.of(1, FLOAT32_MAX, FLOAT32_MAX, -FLOAT32_MAX);
    expect(firstNonFiniteSum(x, Float32Array.of(1, 1, 0, 0))).toBe(-1);
    expect(firstNonFiniteSum(x, Float32Array.of(1, 0, FLOAT32_MAX, 0))).toBe(2);
    expect(firstNonFiniteSum(x, Float32Array.of(0, -FLOAT32_MAX, 0, -2e31))).toBe(3);
    expect(firstNonFiniteSum(x, Float32Array.of(NaN, 0, 0, 0))).toBe(0);
    expect(firstNonFiniteSum(Float32Array.of(Infinity), Float32Array.of(-Infinity))).toBe(0);
  });
});

describe('sumOfSquares', () => {
  // Squares of float32 are exact in float64; n − 1 additions round by 2⁻⁵³ each.
  it.each([0, 1, 2, 3, 4, 5, 7, 8, 63, 1001])(
    'is within n roundings of the exact sum, n=%i',
    (n) => {
      for (const x of [gaussian(n, 3), lognormal(n, 4)]) {
        const exact = fromSquares(exactSumOfSquares(x));
        expect(Math.abs(sumOfSquares(x, 0, n) - exact)).toBeLessThanOrEqual(n * 2 ** -53 * exact);
      }
    },
  );

  it('neither overflows nor vanishes', () => {
    for (const value of [FLOAT32_MAX, 1e-45, 2 ** -126]) {
      const x = new Float32Array(1000).fill(value);
      const exact = fromSquares(exactSumOfSquares(x));
      expect(exact).toBeGreaterThan(0);
      expect(sumOfSquares(x, 0, 1000) / exact).toBeCloseTo(1, 12);
    }
  });

  it('adds in the documented order: four sums by index modulo 4, from `start` on', () => {
    const x = lognormal(203, 5);
    for (const start of [0, 1, 2, 3]) {
      const sums = [0, 0, 0, 0];
      for (let i = start; i < 203; i++) {
        const lane = (i - start) % 4;
        sums[lane] = sums[lane]! + x[i]! * x[i]!;
      }
      expect(sumOfSquares(x, start, 203)).toBe(sums[0]! + sums[1]! + (sums[2]! + sums[3]!));
      const sequential = x.subarray(start).reduce((sum, value) => sum + value * value, 0);
      expect(sumOfSquares(x, start, 203)).toBeCloseTo(sequential, 6);
    }
  });
});
