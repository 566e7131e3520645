/** Index lists by WebAssembly are the reference's, byte for byte. */
import { describe, expect, it } from 'vitest';
import { referenceKernels } from '../../../codecs/kernels/reference/index.ts';
import {
  decodeIndices,
  MAX_RICE_PARAMETER,
  planIndices,
} from '../../../codecs/kernels/reference/rice.ts';
import type { Kernels } from '../../../codecs/kernels/kernels.ts';
import { createSimdKernels } from '../../../codecs/kernels/simd/index.ts';
import { uniforms } from '../theory/samples.ts';

const simd = createSimdKernels();
const LENGTH = 2 ** 28;

/** Indices with gaps drawn by `gap`. */
function listOf(count: number, gap: (next: () => number, j: number) => number): Uint32Array {
  const next = uniforms(count);
  let index = -1;
  return Uint32Array.from({ length: count }, (_, j) => (index += 1 + Math.floor(gap(next, j))));
}

const exponential = (next: () => number): number => -Math.log(1 - next());

/** Ways to be spread, and the parameters that suit them. */
const SPREADS: Readonly<Record<string, [(next: () => number, j: number) => number, number[]]>> = {
  neighbours: [() => 0, [0, 1, 7, 24]],
  'a tenth': [(next) => 9 * exponential(next), [0, 1, 2, 3, 9]],
  'one percent': [(next) => 99 * exponential(next), [3, 5, 6, 7, 8]],
  'far apart': [(next) => 3000 * exponential(next), [9, 10, 11, 20, 24]],
  clusters: [(next, j) => (j % 50 === 0 ? 5000 * next() : 2 * next()), [0, 3, 6]],
  'one large gap': [(next, j) => (j === 3 ? 9_000_000 : 5 * next()), [0, 2, 5]],
};

/** Around the pairs, vectors and windows of the kernels. */
const COUNTS = [0, 1, 2, 3, 4, 5, 7, 8, 63, 100, 8191, 8192, 8193, 20_001];

function bytesBy(kernels: Kernels, indices: Uint32Array, parameter: number): Uint8Array {
  const count = indices.length;
  const [quotients] = kernels.quotientSums(indices, count, parameter);
  const remainderBytes = Math.ceil((count * parameter) / 8);
  const quotientBytes = Math.ceil((quotients + count) / 8);
  const plan = { parameter, remainderBytes, quotientBytes };
  const out = new Uint8Array(3 + remainderBytes + quotientBytes + 3).fill(0xee);
  kernels.encodeIndices(indices, count, plan, out, 3);
  for (const around of [out.subarray(0, 3), out.subarray(out.length - 3)])
    expect(around.every((byte) => byte === 0xee)).toBe(true);
  return out.slice(3, -3);
}

describe.each(Object.entries(SPREADS))('index lists by WebAssembly: %s', (_, [gap, parameters]) => {
  it.each(COUNTS)('are those of the reference, %i indices', (count) => {
    const indices = listOf(count, gap);
    for (const parameter of parameters) {
      const bytes = bytesBy(simd, indices, parameter);
      expect(Buffer.compare(bytes, bytesBy(referenceKernels, indices, parameter))).toBe(0);
      const back = new Uint32Array(count);
      decodeIndices(bytes, parameter, count, LENGTH, back);
      expect(back).toEqual(indices);
    }
  });

  it('have the sums of the reference, for four parameters at once', () => {
    for (const count of COUNTS) {
      const indices = listOf(count, gap);
      for (let parameter = 0; parameter <= MAX_RICE_PARAMETER; parameter++) {
        const sums = simd.quotientSums(indices, count, parameter);
        expect(sums).toEqual(referenceKernels.quotientSums(indices, count, parameter));
        const gaps = [...indices].map((index, j) => index - (j > 0 ? indices[j - 1]! + 1 : 0));
        const plain = gaps.reduce((sum, g) => sum + Math.floor(g / 2 ** (parameter + 2)), 0);
        expect(sums[2]).toBe(plain);
      }
    }
  });

  it('are planned alike', () => {
    for (const count of COUNTS.filter((n) => n > 0)) {
      const indices = listOf(count, gap);
      const length = indices.at(-1)! + 2;
      for (const most of [count, Math.min(length - 1, 2 * count)])
        expect(planIndices(indices, count, length, most, simd.quotientSums)).toEqual(
          planIndices(indices, count, length, most),
        );
    }
  });
});
