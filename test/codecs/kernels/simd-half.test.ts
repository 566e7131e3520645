import { describe, expect, it } from 'vitest';
import type { HalfFormat, Kernels } from '../../../codecs/kernels/index.ts';
import { referenceKernels } from '../../../codecs/kernels/reference/index.ts';
import { createSimdKernels } from '../../../codecs/kernels/simd/index.ts';
import { triple32 } from '../../../codecs/random.ts';
import { KINDS, LENGTHS, vectorOf } from './simd-vectors.ts';

const simd = createSimdKernels();
const FORMATS: readonly HalfFormat[] = ['bf16', 'fp16'];
/** A body at an odd offset. */
const oddBody = (bytes: number): Uint8Array => new Uint8Array(bytes + 1).subarray(1);

function encode(kernels: Kernels, x: Float32Array, format: HalfFormat): [number, Uint8Array] {
  const body = oddBody(2 * x.length);
  return [kernels.encodeHalf(x, format, body), body];
}

/** Compared as bytes: element by element, the test runner would take minutes. */
function same(a: Float32Array | Uint8Array, b: Float32Array | Uint8Array): boolean {
  const x = Buffer.from(a.buffer, a.byteOffset, a.byteLength);
  return x.equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
}

function expectSameEncoding(x: Float32Array, format: HalfFormat): void {
  const [saturated, body] = encode(referenceKernels, x, format);
  const [actualSaturated, actualBody] = encode(simd, x, format);
  expect(actualSaturated).toBe(saturated);
  expect(same(actualBody, body)).toBe(true);
}

describe.each(FORMATS)('SIMD %s equals the reference', (format) => {
  it.each(Object.keys(KINDS))('on %s data of every length', (kind) => {
    for (const length of LENGTHS) {
      const x = vectorOf(kind, length);
      expectSameEncoding(x, format);
      const [, body] = encode(referenceKernels, x, format);
      const sum = [referenceKernels, simd].map((kernels) => {
        const values = x.slice();
        kernels.addHalf(body, format, values, -0.7);
        return values;
      });
      expect(same(sum[0]!, sum[1]!)).toBe(true);
      expect(simd.firstNonFiniteHalf(body, format)).toBe(-1);
    }
  });

  it('on random bit patterns, non-finite ones included', () => {
    const bits = Int32Array.from({ length: 300_000 }, (_, i) => triple32(i));
    const x = new Float32Array(bits.buffer);
    expectSameEncoding(x, format);
  });

  it('at ties and at the edges of the range', () => {
    const edges = [0x477fefff, 0x477ff000, 0x7f7f7fff, 0x7f7f8000, 0x38800000, 0x387fffff].flatMap(
      (bits) => [bits, bits ^ 0x80000000],
    );
    const ties = Array.from({ length: 4096 }, (_, i) => 0x38000000 + i * 0x1000);
    const small = Array.from({ length: 4096 }, (_, i) => 0x33000000 + i * 0x4000);
    const patterns = Int32Array.from([...edges, ...ties, ...small]);
    const x = new Float32Array(patterns.buffer);
    expectSameEncoding(x, format);
  });

  it('when decoding every word', () => {
    const words = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const body = new Uint8Array(words.buffer);
    const [expected, actual] = [referenceKernels, simd].map((kernels) => {
      const out = new Float32Array(65536);
      kernels.decodeHalf(body, format, out);
      return out;
    });
    for (let word = 0; word < 65536; word++)
      if (!Object.is(expected![word], actual![word]))
        expect.fail(`word ${word}: ${actual![word]} instead of ${expected![word]}`);
  });

  it('wherever the first non-finite word is', () => {
    const infinity = format === 'bf16' ? 0x80 : 0x00;
    const exponent = format === 'bf16' ? 0x7f : 0x7c;
    for (const length of [1, 7, 8, 9, 8191, 8192, 20_000])
      for (const at of [0, length >> 1, length - 1]) {
        const body = oddBody(2 * length);
        for (const index of [at, length - 1]) {
          body[2 * index] = infinity;
          body[2 * index + 1] = exponent | 0x80;
        }
        expect(simd.firstNonFiniteHalf(body, format)).toBe(at);
      }
  });
});
