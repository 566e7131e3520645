/** Signs, two magnitudes and bit planes by WebAssembly are the reference's, bit for bit. */
import { describe, expect, it } from 'vitest';
import type { Kernels } from '../../../codecs/kernels/kernels.ts';
import { referenceKernels } from '../../../codecs/kernels/reference/index.ts';
import { planeBytes } from '../../../codecs/kernels/reference/planes.ts';
import { createSimdKernels } from '../../../codecs/kernels/simd/index.ts';
import { WINDOW } from '../../../codecs/kernels/simd/memory.ts';
import { uniforms } from '../theory/samples.ts';
import { KINDS, vectorOf } from './simd-vectors.ts';

const simd = createSimdKernels();

/** Values as `topk` keeps them: two signs, magnitudes from a threshold up. */
function keptValues(length: number): Float32Array {
  const next = uniforms(length);
  return Float32Array.from(
    { length },
    () => (next() < 0.5 ? -1 : 1) * (2.4 - 0.4 * Math.log(1 - next())),
  );
}

const FILLS: Readonly<Record<string, (length: number) => Float32Array>> = {
  ...Object.fromEntries(
    Object.keys(KINDS).map((kind) => [kind, (length: number) => vectorOf(kind, length)]),
  ),
  'kept values': keptValues,
  'one magnitude': (length) => new Float32Array(length).fill(-0.3),
  'a block of zeros': (length) => keptValues(length).fill(0, 0, 70),
};

/** Ratio, scales and codes of a back end. */
function encodedBy(kernels: Kernels, x: Float32Array, block: number, bits: 1 | 2) {
  const relative = new Float32Array(x.length);
  const steps = bits === 1 ? 64 : kernels.fitQuantile(x, block, relative);
  const scales = new Uint8Array(2 * Math.ceil(x.length / block) + 2).fill(0xee);
  const codes = new Uint8Array(x.length + 2).fill(0xee);
  kernels.encodeQuantile(x, { bits, block, steps }, scales, codes);
  return { steps, relative, scales, codes };
}

function bytesOf({ buffer }: Float32Array | Uint8Array): Uint8Array {
  return new Uint8Array(buffer);
}

function expectSame(x: Float32Array, block: number, bits: 1 | 2): void {
  const found = encodedBy(simd, x, block, bits);
  const expected = encodedBy(referenceKernels, x, block, bits);
  const label = `block ${block}, bits ${bits}`;
  expect(found.steps, label).toBe(expected.steps);
  for (const part of ['relative', 'scales', 'codes'] as const)
    expect(Buffer.compare(bytesOf(found[part]), bytesOf(expected[part])), label).toBe(0);
}

describe.each(Object.keys(FILLS))('quantile by WebAssembly equals the reference: %s', (kind) => {
  const lengths = [1, 2, 63, 64, 65, 500, WINDOW - 1, WINDOW, WINDOW + 1, 40_003];

  it.each(lengths)('at length %i, in blocks of any size', (length) => {
    const x = FILLS[kind]!(length);
    for (const block of [1, 3, 64, 100, 4096, WINDOW, WINDOW + 1, 2 ** 28])
      for (const bits of [1, 2] as const) expectSame(x, block, bits);
  });
});

describe('bit planes by WebAssembly equal the reference', () => {
  it.each([1, 2, 4, 8] as const)('of %i bits', (bits) => {
    const next = uniforms(bits);
    for (const length of [1, 15, 16, 17, 127, 128, 129, WINDOW - 1, WINDOW, WINDOW + 1, 30_000])
      for (const shift of bits === 2 ? [0, 3] : [0]) {
        const codes = new Uint8Array(length + 128);
        for (let i = 0; i < length; i++) codes[i] = Math.floor(256 * next());
        const [expected, found] = [referenceKernels, simd].map((kernels) => {
          const packed = new Uint8Array(5 + planeBytes(bits, length) + 5).fill(0xee);
          kernels.packPlane(codes, length, { bits, shift }, packed, 5);
          const back = new Uint8Array(length + 128);
          kernels.unpackPlane(packed, 5, { bits, shift: 0 }, back, length);
          return Buffer.concat([packed, back.subarray(0, length)]);
        });
        expect(Buffer.compare(found!, expected!)).toBe(0);
        const plain = codes.subarray(0, length).map((code) => code % 2 ** bits);
        if (shift === 0) expect(Buffer.compare(found!.subarray(-length), plain)).toBe(0);
      }
  });
});
