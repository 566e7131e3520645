/** Single floats and directed rounding. */
import { describe, expect, it } from 'vitest';
import {
  floatFromBits,
  getFloat32,
  putFloat32,
  roundUp,
  roundUpCoarse,
} from '../../../../codecs/kernels/reference/float.ts';
import { uniforms } from '../../theory/samples.ts';

const FLOAT32_MAX = 3.4028234663852886e38;

/** The largest float32 below x > 0. */
function below(x: number): number {
  return floatFromBits(new Int32Array(Float32Array.of(x).buffer)[0]! - 1);
}

/** Positive numbers of all sizes with 53 bits, float32 values, and their neighbours. */
function positives(): number[] {
  const next = uniforms(1);
  const wide = Array.from(
    { length: 5000 },
    () => (1 + next()) * 2 ** Math.floor(277 * next() - 149),
  );
  return [
    ...wide,
    ...wide.map(Math.fround),
    2 ** -149,
    2 ** -150,
    2 ** -126,
    1,
    FLOAT32_MAX,
  ].filter((x) => x > 0 && x <= FLOAT32_MAX);
}

describe('roundUp', () => {
  it('gives the smallest float32 not below', () => {
    for (const x of positives()) {
      const up = roundUp(x);
      expect(up).toBe(Math.fround(up));
      expect(up).toBeGreaterThanOrEqual(x);
      expect(below(up)).toBeLessThan(x);
    }
  });

  it('keeps zero, and stops at the largest finite value', () => {
    expect(roundUp(0)).toBe(0);
    expect(roundUp(2 * FLOAT32_MAX)).toBe(FLOAT32_MAX);
    expect(roundUp(FLOAT32_MAX)).toBe(FLOAT32_MAX);
  });
});

describe('roundUpCoarse', () => {
  it('gives the smallest number of 12 significant bits not below', () => {
    for (const x of positives()) {
      if (x < 2 ** -126 || x > 2 ** 127) continue;
      const up = roundUpCoarse(x);
      const unit = 2 ** (Math.floor(Math.log2(up)) - 11);
      expect(up % unit).toBe(0);
      expect(up).toBeGreaterThanOrEqual(x);
      expect(up / x).toBeLessThan(1 + 2 ** -11 + 2 ** -23);
      // The next lower one is below what `roundUp` gives.
      const lower = up - (Math.log2(up) % 1 === 0 ? unit / 2 : unit);
      expect(lower).toBeLessThan(roundUp(x));
    }
  });

  it('keeps denormals, which have no bits to spare', () => {
    for (const x of positives()) if (x < 2 ** -126) expect(roundUpCoarse(x)).toBe(roundUp(x));
    expect(roundUpCoarse(0)).toBe(0);
  });

  it('rounds down where up would be infinite', () => {
    const largest = (2 - 2 ** -11) * 2 ** 127;
    expect(roundUpCoarse(FLOAT32_MAX)).toBe(largest);
    expect(roundUpCoarse(largest)).toBe(largest);
  });

  it('leaves products with seven-bit levels exact: 12 + 7 bits', () => {
    for (const x of positives()) {
      if (x < 2 ** -126 || x > 2 ** 120) continue;
      const scale = roundUpCoarse(x);
      for (const level of [1, 3, 77, 127]) expect(Math.fround(scale * level)).toBe(scale * level);
    }
    const fine = roundUp(1 / 3);
    expect(Math.fround(fine * 77)).not.toBe(fine * 77);
  });
});

describe('getFloat32 and putFloat32', () => {
  it('are little-endian at any offset, −0 and denormals included', () => {
    for (const value of [1.5, -0, 1e-45, FLOAT32_MAX, -3]) {
      for (let offset = 0; offset < 5; offset++) {
        const bytes = new Uint8Array(10).fill(0xee);
        putFloat32(bytes, offset, value);
        const expected = new DataView(bytes.buffer).getFloat32(offset, true);
        expect(getFloat32(bytes, offset)).toBe(expected);
        expect(Object.is(expected, Math.fround(value))).toBe(true);
        expect(bytes.filter((byte) => byte === 0xee).length).toBeGreaterThanOrEqual(6);
      }
    }
  });
});
