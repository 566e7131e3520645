/** Units of blocks: never too small for the block, never more than one rounding too large. */
import { describe, expect, it } from 'vitest';
import type { LevelsPlan } from '../../../../codecs/kernels/index.ts';
import { bitsOf } from '../../../../codecs/kernels/reference/scan.ts';
import { computeUnit } from '../../../../codecs/kernels/reference/unit.ts';
import { energy, exact } from '../../../oracle/codecs.ts';
import { planOf } from '../../theory/moments.ts';
import { constant, families, gaussian } from '../../theory/samples.ts';

const FLOAT32_MAX = 3.4028234663852886e38;

function unitOf(x: Float32Array, plan: Partial<LevelsPlan>): { quantise: number; decode: number } {
  const unit = { quantise: NaN, decode: NaN };
  computeUnit(x, bitsOf(x), planOf({ length: x.length, ...plan }), 0, x.length, unit);
  return unit;
}

const largest = (x: Float32Array): number => Math.max(...x.map(Math.abs));

/** The families at sizes down to denormals and up to the range’s end. */
function vectors(): Float32Array[] {
  return Object.values(families(40, 7)).flatMap((x) =>
    [1, 2 ** -140, 2 ** -149, 2 ** 100, FLOAT32_MAX / largest(x)].map((scale) =>
      x.map((value) => Math.max(-FLOAT32_MAX, Math.min(FLOAT32_MAX, value * scale))),
    ),
  );
}

describe('the unit of the largest magnitude', () => {
  it.each([1, 2, 7, 100, 127])('is the smallest float32 with max ≤ s·u, s=%i', (levels) => {
    for (const x of vectors()) {
      const { quantise, decode } = unitOf(x, { levels });
      expect(decode).toBe(quantise);
      expect(quantise * levels).toBeLessThanOrEqual(FLOAT32_MAX);
      const max = exact(largest(x));
      const steps = BigInt(levels);
      const unit = exact(quantise);
      // Near the top of the range the unit is capped, so that s·u stays finite.
      if (largest(x) < FLOAT32_MAX / (1 + 2 ** -20)) expect(steps * unit >= max).toBe(true);
      const pattern = new Int32Array(Float32Array.of(quantise).buffer)[0]!;
      const lower = new Float32Array(Int32Array.of(Math.max(0, pattern - 1)).buffer)[0]!;
      if (quantise > 0) expect(steps * exact(lower) < max).toBe(true);
    }
  });

  it('of nothing but zeros is zero', () => {
    const zeros = new Float32Array(5).fill(-0);
    expect(unitOf(zeros, {})).toEqual({ quantise: 0, decode: 0 });
    expect(unitOf(zeros, { norm: 'l2', divisor: 3 })).toEqual({ quantise: 0, decode: 0 });
  });
});

describe('the unit of the Euclidean norm', () => {
  it.each([1, 7, 127])('is ‖x‖/s, rounded up once, s=%i', (levels) => {
    for (const x of vectors()) {
      const { quantise } = unitOf(x, { levels, norm: 'l2' });
      const exactUnit = Math.sqrt(energy(x)) / levels;
      if (exactUnit * levels > FLOAT32_MAX * (1 - 2 ** -22)) {
        expect(quantise * levels).toBeLessThanOrEqual(FLOAT32_MAX);
        expect(quantise * levels).toBeGreaterThan(FLOAT32_MAX * (1 - 2 ** -22));
        continue;
      }
      expect(quantise).toBeGreaterThanOrEqual(exactUnit * (1 - 1e-14));
      expect(quantise).toBeLessThanOrEqual(exactUnit * (1 + 2 ** -23) * (1 + 1e-14) + 2 ** -149);
    }
  });
});

describe('clipping', () => {
  it('limits the unit to so many root mean squares, about zero', () => {
    const x = gaussian(1000, 1);
    const rms = Math.sqrt(energy(x) / 1000);
    const { quantise } = unitOf(x, { levels: 1, clip: 2.5 });
    expect(quantise).toBeGreaterThanOrEqual(2.5 * rms * (1 - 1e-14));
    expect(quantise).toBeLessThanOrEqual(2.5 * rms * (1 + 2 ** -23));
    expect(quantise).toBeLessThan(largest(x));
  });

  it('never raises it above the largest magnitude: a constant vector is not clipped', () => {
    const flat = constant(100, 0.25);
    expect(unitOf(flat, { levels: 1, clip: 2.5 }).quantise).toBe(0.25);
    expect(unitOf(gaussian(10, 1), { levels: 1, clip: 100 }).quantise).toBe(
      largest(gaussian(10, 1)),
    );
  });
});

describe('under feedback', () => {
  it('a coarse unit has 12 significant bits and is at most 2⁻¹¹ too large', () => {
    for (const x of vectors()) {
      const fine = unitOf(x, {}).quantise;
      const { quantise, decode } = unitOf(x, { coarseScale: true });
      expect(decode).toBe(quantise);
      if (fine < 2 ** -126 || largest(x) > FLOAT32_MAX / 2) continue;
      expect(quantise % 2 ** (Math.floor(Math.log2(quantise)) - 11)).toBe(0);
      expect(quantise).toBeGreaterThanOrEqual(fine);
      expect(quantise).toBeLessThan(fine * (1 + 2 ** -11 + 2 ** -22));
    }
  });

  it('a divided unit is quantised finely and decoded at the divided, coarse one', () => {
    const x = gaussian(40, 2);
    const { quantise, decode } = unitOf(x, { levels: 1, divisor: 3.7, coarseScale: true });
    expect(quantise).toBe(unitOf(x, { levels: 1 }).quantise);
    expect(decode).toBeGreaterThanOrEqual(Math.fround(quantise / 3.7) * (1 - 2 ** -23));
    expect(decode).toBeLessThan((quantise / 3.7) * (1 + 2 ** -11 + 2 ** -22));
  });
});
