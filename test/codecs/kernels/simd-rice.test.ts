/** Index lists by WebAssembly are the reference's, byte for byte. */
import { describe, expect, it } from 'vitest';
import { referenceKernels } from '../../../codecs/kernels/reference/index.ts';
import { MAX_RICE_PARAMETER, planIndices } from '../../../codecs/kernels/reference/rice.ts';
import type { Kernels } from '../../../codecs/kernels/kernels.ts';
import { createSimdKernels } from '../../../codecs/kernels/simd/index.ts';
import { PayloadError } from '../../../proto/errors.ts';
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
      const back = new Uint32Array(count + 1).fill(77);
      simd.decodeIndices(bytes, parameter, count, LENGTH, back);
      expect(back.subarray(0, count)).toEqual(indices);
      expect(back[count]).toBe(77);
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

/** What a back end makes of a list: its indices, or the message of its refusal. */
function outcomeOf(
  kernels: Kernels,
  [bytes, parameter, count, length]: [Uint8Array, number, number, number],
): string {
  const indices = new Uint32Array(count);
  try {
    kernels.decodeIndices(bytes, parameter, count, length, indices);
  } catch (error) {
    return error instanceof PayloadError ? error.message : String(error);
  }
  return indices.join();
}

describe('damaged index lists', () => {
  it('are read or refused as by the reference, in the same words', () => {
    const next = uniforms(9);
    const messages = new Set<string>();
    for (let trial = 0; trial < 4000; trial++) {
      const indices = listOf(1 + Math.floor(200 * next() ** 2), (draw) => 30 * exponential(draw));
      const parameter = Math.floor(8 * next());
      const bytes = bytesBy(referenceKernels, indices, parameter);
      const at = Math.floor(bytes.length * next());
      bytes[at]! ^= 1 << Math.floor(8 * next());
      const cut = next() < 0.2 ? Math.floor(bytes.length * next()) : bytes.length;
      const longer = next() < 0.1 ? Uint8Array.of(...bytes, 0) : bytes.subarray(0, cut);
      const length = next() < 0.1 ? indices.at(-1)! : indices.at(-1)! + 1000;
      const count = indices.length + (next() < 0.1 ? 1 : 0);
      const list: [Uint8Array, number, number, number] = [longer, parameter, count, length];
      const expected = outcomeOf(referenceKernels, list);
      if (outcomeOf(simd, list) !== expected) expect(outcomeOf(simd, list)).toBe(expected);
      messages.add(expected.replaceAll(/\d+/g, '#'));
    }
    for (const kind of ['beyond the', 'bits follow the last index', 'ends after', 'remainder'])
      expect(
        [...messages].some((message) => message.includes(kind)),
        kind,
      ).toBe(true);
  });

  it('of bytes that claim gaps beyond any length are refused', () => {
    const bytes = new Uint8Array(100_000).fill(0, 0, 99_999).fill(128, 99_999);
    for (const kernels of [referenceKernels, simd])
      expect(outcomeOf(kernels, [bytes, 24, 1, LENGTH])).toContain('beyond the');
  });
});
