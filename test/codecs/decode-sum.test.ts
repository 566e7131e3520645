/** `decodeSum` has the bits of zeros after a `decodeAdd` of each payload, whatever the codec. */
import { afterAll, describe, expect, it } from 'vitest';
import {
  allocateVector,
  encode,
  parseCodec,
  PayloadError,
  releaseMemory,
  type Codec,
} from '../../codecs/index.ts';
import { selectKernels } from '../../codecs/kernels/index.ts';
import { complianceSpecs } from '../compliance/codec.ts';
import { vectorOf } from './kernels/simd-vectors.ts';

const PAYLOADS = 3;

afterAll(() => {
  selectKernels('auto');
});

function payloadsOf(codec: Codec, length: number): Uint8Array[] {
  return Array.from({ length: PAYLOADS }, (_, rank) => {
    const x = vectorOf('gaussian', length).map((value, i) =>
      (i + rank) % 3 === 0 ? -value : value,
    );
    return encode(codec, x, { seed: 4, rank });
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

describe.each(['simd', 'reference'] as const)('decodeSum on %s kernels', (name) => {
  it.each(complianceSpecs)('%s', (spec) => {
    selectKernels(name);
    const codec = parseCodec(spec);
    // One region of a sparse sum, one more element, several.
    for (const length of [0, 1, 65, 8192, 8193, 20_000]) {
      const payloads = payloadsOf(codec, length);
      for (const weight of [1, 1 / 3])
        for (const out of [new Float32Array(length).fill(7), allocateVector(length).fill(7)]) {
          const expected = new Float32Array(length);
          for (const payload of payloads) codec.decodeAdd(payload, expected, weight);
          codec.decodeSum!(payloads, out, weight);
          expect(Buffer.compare(bytesOf(out), bytesOf(expected))).toBe(0);
          releaseMemory(out);
        }
    }
  });
});

describe('decodeSum', () => {
  const codec = parseCodec('topk:density=0.1');

  it('of nothing is zero', () => {
    const out = Float32Array.of(1, 2, 3);
    codec.decodeSum!([], out);
    expect([...out]).toEqual([0, 0, 0]);
  });

  it('of sparse payloads writes nothing where one is damaged', () => {
    const payloads = payloadsOf(codec, 300);
    payloads[2]![payloads[2]!.length - 1]! ^= 1;
    const out = new Float32Array(300).fill(7);
    expect(() => codec.decodeSum!(payloads, out)).toThrow(PayloadError);
    expect(out.every((x) => x === 7)).toBe(true);
  });

  it('refuses payloads of other lengths and weights that are not finite', () => {
    const out = new Float32Array(299);
    expect(() => codec.decodeSum!(payloadsOf(codec, 300), out)).toThrow(PayloadError);
    expect(() => codec.decodeSum!(payloadsOf(codec, 299), out, Infinity)).toThrow(/weight/);
  });
});
