import { describe, expect, it } from 'vitest';
import { referenceKernels } from '../../../codecs/kernels/reference/index.ts';
import { createSimdKernels } from '../../../codecs/kernels/simd/index.ts';
import { laneChecksum } from '../../../proto/checksum.ts';
import { SWEEP } from '../../../codecs/kernels/simd/memory.ts';
import { KINDS, LENGTHS, vectorOf } from './simd-vectors.ts';

const simd = createSimdKernels();

/** The float32 words of `x` at an odd offset. */
function bodyOf(x: Float32Array): Uint8Array {
  const body = new Uint8Array(x.byteLength + 3).subarray(3);
  body.set(new Uint8Array(x.buffer, x.byteOffset, x.byteLength));
  return body;
}

function bits(x: Float32Array): Int32Array {
  return new Int32Array(x.buffer, x.byteOffset, x.length);
}

describe.each(Object.keys(KINDS))('SIMD vector sums equal the reference on %s data', (kind) => {
  it.each([-1, 1, 0.3])('with weight %f', (weight) => {
    for (const length of LENGTHS) {
      const x = vectorOf(kind, length);
      const [expected, actual] = [referenceKernels, simd].map((kernels) => {
        const sum = vectorOf('every scale', length);
        kernels.addRaw(bodyOf(x), sum, weight);
        kernels.addVector(x, sum);
        kernels.divide(sum, 3);
        return bits(sum);
      });
      expect(actual!.findIndex((pattern, i) => pattern !== expected![i])).toBe(-1);
    }
  });
});

describe.each(Object.keys(KINDS))('SIMD sums with replaced elements on %s data', (kind) => {
  it('equal the reference, wherever they are', () => {
    for (const length of [0, 1, 31, 129, 8193, SWEEP - 1, SWEEP, SWEEP + 1]) {
      const x = vectorOf(kind, length);
      const before = vectorOf('every scale', length);
      const every = [...x.keys()];
      for (const at of [[], every.filter((i) => i % 97 === 5), every.slice(-3), every]) {
        const kept = { indices: Uint32Array.from(at), values: Float32Array.from(at, (i) => -i) };
        const values = bits(kept.values);
        const [expected, actual] = [referenceKernels, simd].map((kernels) => {
          const sum = before.slice();
          kernels.addVectorBut(x, sum, kept);
          return bits(sum);
        });
        expect(actual!.findIndex((pattern, i) => pattern !== expected![i])).toBe(-1);
        expect(at.findIndex((i, j) => actual![i] !== values[j])).toBe(-1);
      }
    }
  });
});

describe('SIMD search for non-finite words of a body', () => {
  it.each([1, 5, 8192, 8193, 20_000])('equals the reference at length %i', (length) => {
    const x = vectorOf('huge', length);
    expect(simd.firstNonFiniteRaw(bodyOf(x))).toBe(-1);
    for (const at of [length - 1, length >> 1, 0]) {
      x[at] = at % 2 === 0 ? NaN : -Infinity;
      expect(simd.firstNonFiniteRaw(bodyOf(x))).toBe(at);
      expect(referenceKernels.firstNonFiniteRaw(bodyOf(x))).toBe(at);
    }
  });
});

describe('SIMD checksum equals the plain one', () => {
  const bytes = bodyOf(vectorOf('gaussian', 40_000));

  it.each([0, 1, 63, 64, 65, 511, 512, 513, 575, 576, 32_767, 32_768, 32_769, 65_600, 160_000])(
    'of %i bytes, at any offset, with any seed',
    (length) => {
      for (const offset of [0, 1, 4])
        for (const seed of [0, 1, 0xdeadbeef]) {
          const part = bytes.subarray(offset, Math.min(bytes.length, offset + length));
          expect(simd.checksum(part, seed)).toBe(laneChecksum(part, seed));
        }
      expect(simd.checksum(bytes)).toBe(laneChecksum(bytes));
    },
  );

  it('notices a single flipped bit', () => {
    const copy = bytes.slice();
    copy[100_000]! ^= 0x40;
    expect(simd.checksum(copy)).not.toBe(simd.checksum(bytes));
  });
});
