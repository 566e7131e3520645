/** Random subsets and gathering by WebAssembly are the reference's. */
import { describe, expect, it } from 'vitest';
import { CHUNK_LENGTH, type RandomStream } from '../../../codecs/random.ts';
import { referenceKernels } from '../../../codecs/kernels/reference/index.ts';
import { createSimdKernels } from '../../../codecs/kernels/simd/index.ts';
import { SWEEP } from '../../../codecs/kernels/simd/memory.ts';
import { vectorOf } from './simd-vectors.ts';

const simd = createSimdKernels();
const streams: readonly RandomStream[] = [
  { low: 0, high: 0 },
  { low: 0xdeadbeef, high: 0x12345678 },
];

/** [k, n]: one stratum, one element a stratum, remainders, chunks of draws and their ends. */
const SIZES: readonly [number, number][] = [
  [1, 1],
  [1, 1000],
  [7, 7],
  [3, 10],
  [9, 10],
  [1000, 65_537],
  [CHUNK_LENGTH - 1, 2 * CHUNK_LENGTH],
  [CHUNK_LENGTH, CHUNK_LENGTH + 1],
  [CHUNK_LENGTH + 1, 3 * CHUNK_LENGTH + 5],
  [4 * CHUNK_LENGTH + 3, 5 * CHUNK_LENGTH],
];

describe('random subsets by WebAssembly equal the reference', () => {
  const both = ['pickStratified', 'pickUniform'] as const;
  it.each(both)('%s', (pick) => {
    for (const [k, n] of SIZES)
      for (const stream of streams) {
        const [expected, found] = [referenceKernels, simd].map((kernels) => {
          const indices = new Uint32Array(k + 3).fill(77);
          kernels[pick](k, n, stream, indices);
          return indices;
        });
        expect(
          Buffer.compare(new Uint8Array(found!.buffer), new Uint8Array(expected!.buffer)),
        ).toBe(0);
        expect([...found!.subarray(k)]).toEqual([77, 77, 77]);
      }
  });

  it('strata of the longest vectors, whose products exceed 53 bits', () => {
    for (const k of [2 ** 17 + 1, 2 ** 18 - 1]) {
      const [expected, found] = [referenceKernels, simd].map((kernels) => {
        const indices = new Uint32Array(k);
        kernels.pickStratified(k, 2 ** 28 - 1, streams[1]!, indices);
        return indices;
      });
      expect(found!.findIndex((index, j) => index !== expected![j])).toBe(-1);
    }
  });
});

describe('gathering by windows equals the reference', () => {
  const lengths = [1, 2, 63, 65, SWEEP - 1, SWEEP, SWEEP + 1, 2 * SWEEP + 77];

  it.each(lengths)('at length %i, also of sums', (length) => {
    const x = vectorOf('gaussian', length);
    const y = vectorOf('every scale', length);
    for (const share of [0.01, 0.5, 1]) {
      const k = Math.max(1, Math.floor(share * length));
      const indices = new Uint32Array(k);
      referenceKernels.pickStratified(k, length, streams[1]!, indices);
      for (const source of [{ x }, { x, y }]) {
        const [expected, found] = [referenceKernels, simd].map((kernels) => {
          const values = new Float32Array(k);
          expect(kernels.gather(source, indices, values)).toBe(true);
          return new Int32Array(values.buffer);
        });
        expect(found).toEqual(expected);
      }
    }
  });

  it('notices what is not finite, kept or not, in x, y or the sum alone', () => {
    for (const length of lengths)
      for (const at of new Set([0, length >> 1, length - 1]))
        for (const [a, b] of [
          [NaN, 0],
          [0, -Infinity],
          [3e38, 3e38],
        ] as const)
          for (const kernels of [referenceKernels, simd]) {
            const x = new Float32Array(length).fill(a, at, at + 1);
            const y = new Float32Array(length).fill(b, at, at + 1);
            const indices = Uint32Array.of(0);
            const values = new Float32Array(1);
            expect(kernels.gather({ x, y }, indices, values)).toBe(false);
            expect(kernels.gather({ x }, indices, values)).toBe(Number.isFinite(a));
          }
  });
});
