import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Kernels, LevelsPlan } from '../../../codecs/kernels/index.ts';
import { levelsBodyBytes } from '../../../codecs/kernels/levels-layout.ts';
import { referenceKernels } from '../../../codecs/kernels/reference/index.ts';
import { createSimdKernels } from '../../../codecs/kernels/simd/index.ts';
import { KINDS, LENGTHS, planOf, SHAPES, vectorOf } from './simd-vectors.ts';

const simd = createSimdKernels();
const WEIGHTS = [1, -1, 0.3];

/** Index of the first difference, bit by bit; −1 when there is none. */
function firstDifference(a: Float32Array | Uint8Array, b: Float32Array | Uint8Array): number {
  const x = Buffer.from(a.buffer, a.byteOffset, a.byteLength);
  const y = Buffer.from(b.buffer, b.byteOffset, b.byteLength);
  if (x.equals(y)) return -1;
  const at = x.findIndex((byte, i) => byte !== y[i]);
  return at >= 0 ? at : x.length;
}

const stream = { low: 0x12345678, high: 0x9abcdef0 };

function encode(
  kernels: Kernels,
  x: Float32Array,
  plan: LevelsPlan,
  background: number,
): Uint8Array {
  const body = new Uint8Array(levelsBodyBytes(plan)).fill(background);
  kernels.encodeLevels(x, plan, stream, body);
  return body;
}

/** What differs between the back ends on this input; empty when nothing does. */
function differences(x: Float32Array, plan: LevelsPlan): string[] {
  const body = encode(referenceKernels, x, plan, 0xaa);
  const found: string[] = [];
  const compare = (what: string, run: (kernels: Kernels) => Float32Array | Uint8Array): void => {
    const at = firstDifference(run(referenceKernels), run(simd));
    if (at >= 0) found.push(`${what} at byte ${at} of ${JSON.stringify(plan)}`);
  };
  if (firstDifference(body, encode(simd, x, plan, 0x55)) >= 0)
    compare('encodeLevels', (kernels) => encode(kernels, x, plan, 0x55));
  compare('decodeLevels', (kernels) => {
    const out = new Float32Array(plan.length).fill(7);
    kernels.decodeLevels(body, plan, out);
    return out;
  });
  for (const weight of WEIGHTS)
    compare(`addLevels by ${weight}`, (kernels) => {
      const sum = x.slice();
      kernels.addLevels(body, plan, sum, weight);
      return sum;
    });
  compare('maxCode', (kernels) => Uint8Array.of(kernels.maxCode(body, plan)));
  return found;
}

describe.each(Object.keys(KINDS))('SIMD level kernels equal the reference on %s data', (kind) => {
  it.each(LENGTHS)('of length %i', (length) => {
    const x = vectorOf(kind, length);
    // Longer vectors take a part of the plans, another for each length and kind.
    const stride = length > 60_000 ? 5 : length > 4000 ? 2 : 1;
    const first = (length + kind.length) % stride;
    for (let i = first; i < SHAPES.length; i += stride)
      expect(differences(x, planOf(SHAPES[i]!, length))).toEqual([]);
  });
});

describe('SIMD level kernels', () => {
  it('equal the reference for any plan, length and alignment', () => {
    const shape = fc.record({
      levels: fc.integer({ min: 1, max: 127 }),
      block: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constantFrom(32, 512, 1024, 2 ** 28)),
      norm: fc.constantFrom('max' as const, 'l2' as const),
      clip: fc.option(fc.double({ min: 1e-3, max: 10, noNaN: true }), { nil: undefined }),
      divisor: fc.oneof(fc.constant(1), fc.double({ min: 1.01, max: 50, noNaN: true })),
      coarseScale: fc.boolean(),
    });
    const length = fc.integer({ min: 0, max: 20_000 });
    fc.assert(
      fc.property(shape, length, fc.constantFrom(...Object.keys(KINDS)), (plan, n, kind) => {
        const packing = plan.levels === 1 && n % 2 === 0 ? 'trits' : 'planes';
        const x = vectorOf(kind, n + 3).subarray(3);
        expect(differences(x, planOf({ ...plan, packing }, n))).toEqual([]);
      }),
      { seed: 11, numRuns: 250 },
    );
  });

  it('take vectors and bodies on shared memory, at any offset', () => {
    const length = 9001;
    const plan = planOf(SHAPES[8]!, length);
    const x = vectorOf('gaussian', length);
    const sharedX = new Float32Array(new SharedArrayBuffer(4 * length + 4), 4);
    sharedX.set(x);
    const bytes = levelsBodyBytes(plan);
    const sharedBody = new Uint8Array(new SharedArrayBuffer(bytes + 3), 3);
    simd.encodeLevels(sharedX, plan, stream, sharedBody);
    expect(firstDifference(sharedBody.slice(), encode(referenceKernels, x, plan, 0))).toBe(-1);
    simd.addLevels(sharedBody, plan, sharedX, -1);
    referenceKernels.addLevels(sharedBody.slice(), plan, x, -1);
    expect(firstDifference(sharedX.slice(), x)).toBe(-1);
  });

  it('decode codes beyond 2·levels as the reference does', () => {
    for (const shape of SHAPES) {
      const plan = planOf(shape, 777);
      const body = encode(referenceKernels, vectorOf('gaussian', 777), plan, 0);
      body.fill(0xff, body.length - 256);
      const out = [referenceKernels, simd].map((kernels) => {
        const values = new Float32Array(777);
        kernels.decodeLevels(body, plan, values);
        return values;
      });
      expect(firstDifference(out[0]!, out[1]!)).toBe(-1);
      expect(simd.maxCode(body, plan)).toBe(referenceKernels.maxCode(body, plan));
    }
  });
});

describe('SIMD scans equal the reference', () => {
  const lengths = [0, 1, 3, 4, 15, 16, 17, 63, 65, 8191, 8192, 8193, 20_000];

  it.each(lengths)('at length %i, wherever the first non-finite value is', (length) => {
    const x = vectorOf('every scale', length);
    const y = vectorOf('huge', length);
    expect(simd.firstNonFinite(x)).toBe(-1);
    expect(simd.firstNonFiniteSum(x, y)).toBe(referenceKernels.firstNonFiniteSum(x, y));
    const places = [0, 1, 5, 16, length >> 1, length - 2, length - 1].filter(
      (at) => at >= 0 && at < length,
    );
    for (const at of places)
      for (const value of [NaN, Infinity, -Infinity]) {
        const bad = x.slice();
        bad[length - 1] = value;
        bad[at] = value;
        expect(simd.firstNonFinite(bad)).toBe(at);
        expect(simd.firstNonFiniteSum(bad, x)).toBe(at);
        expect(simd.firstNonFiniteSum(x, bad)).toBe(at);
      }
  });

  it('for sums that overflow', () => {
    const x = new Float32Array(100).fill(2e38);
    const y = new Float32Array(100);
    y[71] = 2e38;
    y[90] = 2e38;
    expect(simd.firstNonFiniteSum(x, y)).toBe(71);
  });
});
