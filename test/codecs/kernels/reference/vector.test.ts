/** Sums of plain vectors and of float32 bodies at any alignment, across windows of 4096. */
import { describe, expect, it } from 'vitest';
import {
  addRaw,
  addVector,
  firstNonFiniteRaw,
} from '../../../../codecs/kernels/reference/vector.ts';
import { gaussian, lognormal } from '../../theory/samples.ts';

/** Little-endian words of x behind `offset` bytes. */
function bodyOf(x: Float32Array, offset: number): Uint8Array {
  const bytes = new Uint8Array(offset + 4 * x.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of x.entries()) view.setFloat32(offset + 4 * i, value, true);
  return bytes.subarray(offset);
}

const lengths = [0, 1, 5, 4095, 4096, 4097, 9000];

describe('addRaw', () => {
  it.each(lengths)('adds weight · x, each operation rounded to float32, %i elements', (n) => {
    const x = lognormal(n, 1);
    for (const offset of [0, 1, 2, 3]) {
      for (const weight of [1, -1, 0.3]) {
        const sum = gaussian(n, 2);
        const expected = sum.map((s, i) => s + Math.fround(x[i]! * Math.fround(weight)));
        addRaw(bodyOf(x, offset), sum, weight);
        expect(sum.findIndex((value, i) => value !== expected[i])).toBe(-1);
      }
    }
  });
});

describe('addVector', () => {
  it.each(lengths)('adds in float32, %i elements', (n) => {
    const x = lognormal(n, 3);
    const sum = gaussian(n, 4);
    const expected = Array.from(sum, (s, i) => Math.fround(s + x[i]!));
    addVector(x, sum);
    expect(sum.findIndex((value, i) => value !== expected[i])).toBe(-1);
  });
});

describe('firstNonFiniteRaw', () => {
  it.each([NaN, Infinity, -Infinity])('finds the first %d in any window', (bad) => {
    for (const at of [0, 1, 4095, 4096, 8999]) {
      const x = gaussian(9000, 5);
      x[at] = bad;
      x[8999] = bad;
      expect(firstNonFiniteRaw(bodyOf(x, 1))).toBe(at);
    }
    expect(firstNonFiniteRaw(bodyOf(gaussian(9000, 5), 3))).toBe(-1);
    expect(firstNonFiniteRaw(new Uint8Array(0))).toBe(-1);
  });
});
