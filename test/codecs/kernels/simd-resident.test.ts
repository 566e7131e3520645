/**
 * Vectors in the kernels' own memory are worked on in place. What comes out is what the reference
 * says, and nothing around the vectors changes.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { kernels } from '../../../codecs/kernels/index.ts';
import type { HalfFormat, Kernels, LevelsPlan } from '../../../codecs/kernels/index.ts';
import { levelsBodyBytes } from '../../../codecs/kernels/levels-layout.ts';
import { referenceKernels } from '../../../codecs/kernels/reference/index.ts';
import { allocateBytes, allocateVector, releaseMemory } from '../../../codecs/memory.ts';
import { assertProperty } from '../../../src/testing/index.ts';
import { KINDS, LENGTHS, planOf, SHAPES, vectorOf } from './simd-vectors.ts';

const MARGIN = 64;
const CANARY = 0x5a;
const stream = { low: 0x2468ace0, high: 0x13579bdf };
const WEIGHTS = [1, -1, 0.3];

/** A vector or bytes in the kernels' memory between margins that must not change. */
class Guarded<T extends Float32Array | Uint8Array> {
  readonly inner: T;
  readonly #whole: Uint8Array;

  constructor(whole: Uint8Array, inner: T) {
    this.#whole = whole;
    this.inner = inner;
  }

  static vector(values: Float32Array): Guarded<Float32Array> {
    const whole = allocateBytes(values.byteLength + 2 * MARGIN).fill(CANARY);
    const inner = new Float32Array(whole.buffer, whole.byteOffset + MARGIN, values.length);
    inner.set(values);
    return new Guarded(whole, inner);
  }

  static bytes(length: number, background: number): Guarded<Uint8Array> {
    const whole = allocateBytes(length + 2 * MARGIN).fill(CANARY);
    return new Guarded(whole, whole.subarray(MARGIN, MARGIN + length).fill(background));
  }

  /** Copies what is inside, checks the margins and gives the memory back. */
  take(): Uint8Array {
    const copy = this.#whole.slice();
    releaseMemory(this.#whole);
    const end = copy.length - MARGIN;
    const margins = [...copy.subarray(0, MARGIN), ...copy.subarray(end)];
    expect(margins.every((byte) => byte === CANARY)).toBe(true);
    return copy.subarray(MARGIN, end);
  }
}

function bytesOf(x: Float32Array | Uint8Array): Uint8Array {
  return new Uint8Array(x.buffer, x.byteOffset, x.byteLength).slice();
}

/** Everything that level kernels do with `x` and a residual, on vectors that `place` puts somewhere. */
function levelsByReference(
  x: Float32Array,
  residual: Float32Array,
  plan: LevelsPlan,
): Uint8Array[] {
  const body = new Uint8Array(levelsBodyBytes(plan)).fill(1);
  const fed = body.slice();
  const left = residual.slice();
  const out = new Float32Array(plan.length);
  referenceKernels.encodeLevels(x, plan, stream, body);
  referenceKernels.encodeLevels(x, plan, stream, fed, left);
  referenceKernels.decodeLevels(body, plan, out);
  const sums = WEIGHTS.map((weight) => {
    const sum = x.slice();
    referenceKernels.addLevels(body, plan, sum, weight);
    return bytesOf(sum);
  });
  return [body, fed, bytesOf(left), bytesOf(out), ...sums];
}

function levelsInPlace(x: Float32Array, residual: Float32Array, plan: LevelsPlan): Uint8Array[] {
  const size = levelsBodyBytes(plan);
  const input = Guarded.vector(x);
  const body = Guarded.bytes(size, 1);
  const fed = Guarded.bytes(size, 2);
  const left = Guarded.vector(residual);
  const out = Guarded.vector(x);
  kernels.encodeLevels(input.inner, plan, stream, body.inner);
  kernels.encodeLevels(input.inner, plan, stream, fed.inner, left.inner);
  kernels.decodeLevels(body.inner, plan, out.inner);
  const sums = WEIGHTS.map((weight) => {
    const sum = Guarded.vector(x);
    kernels.addLevels(body.inner, plan, sum.inner, weight);
    return sum.take();
  });
  expect(Buffer.compare(input.take(), bytesOf(x)), 'the vector changed').toBe(0);
  return [body.take(), fed.take(), left.take(), out.take(), ...sums];
}

function expectSame(actual: Uint8Array[], expected: Uint8Array[], what: string): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((bytes, i) => {
    expect(Buffer.compare(bytes, expected[i]!), `${what}, result ${i}`).toBe(0);
  });
}

describe.each(Object.keys(KINDS))('level kernels in place, on %s data', (kind) => {
  it.each(LENGTHS)('of length %i', (length) => {
    const x = vectorOf(kind, length);
    const residual = vectorOf(kind, length + 5)
      .subarray(5)
      .map((value) => value / 4);
    const stride = length > 60_000 ? 13 : length > 4000 ? 7 : 3;
    for (let i = (length + kind.length) % stride; i < SHAPES.length; i += stride) {
      const plan = planOf(SHAPES[i]!, length);
      if (referenceKernels.firstNonFiniteSum(x, residual) >= 0) residual.fill(0);
      const expected = levelsByReference(x, residual, plan);
      expectSame(levelsInPlace(x, residual, plan), expected, JSON.stringify(plan));
    }
  });
});

describe('level kernels with a residual', () => {
  it('equal adding, encoding and subtracting, wherever the vectors are', () => {
    const shape = fc.record({
      levels: fc.integer({ min: 1, max: 127 }),
      block: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constantFrom(32, 512, 2 ** 28)),
      norm: fc.constantFrom('max' as const, 'l2' as const),
      clip: fc.option(fc.double({ min: 1e-3, max: 10, noNaN: true }), { nil: undefined }),
      divisor: fc.oneof(fc.constant(1), fc.double({ min: 1.01, max: 50, noNaN: true })),
      coarseScale: fc.boolean(),
    });
    const places = fc.record({ x: fc.boolean(), residual: fc.boolean(), body: fc.boolean() });
    assertProperty(
      fc.property(shape, fc.integer({ min: 0, max: 20_000 }), places, (parts, n, resident) => {
        const plan = planOf({ ...parts, packing: parts.levels === 1 ? 'trits' : 'planes' }, n);
        const x = vectorOf('every scale', n + 1).subarray(1);
        const residual = vectorOf('gaussian', n);
        const expected = levelsByReference(x, residual, plan);
        const own = resident.x ? Guarded.vector(x) : undefined;
        const left = resident.residual ? Guarded.vector(residual) : undefined;
        const body = resident.body ? Guarded.bytes(expected[0]!.length, 3) : undefined;
        const heapLeft = residual.slice();
        const heapBody = new Uint8Array(expected[0]!.length).fill(3);
        kernels.encodeLevels(
          own?.inner ?? x,
          plan,
          stream,
          body?.inner ?? heapBody,
          left?.inner ?? heapLeft,
        );
        own?.take();
        expectSame(
          [body?.take() ?? heapBody, left?.take() ?? bytesOf(heapLeft)],
          [expected[1]!, expected[2]!],
          JSON.stringify({ plan, resident }),
        );
        const source = resident.body ? Guarded.bytes(expected[0]!.length, 0) : undefined;
        source?.inner.set(expected[0]!);
        const target = resident.x ? Guarded.vector(x) : undefined;
        const heapTarget = x.slice();
        const payload = source?.inner ?? expected[0]!;
        kernels.addLevels(payload, plan, target?.inner ?? heapTarget, -1);
        expect(kernels.maxCode(payload, plan)).toBe(referenceKernels.maxCode(expected[0]!, plan));
        source?.take();
        expectSame(
          [target?.take() ?? bytesOf(heapTarget)],
          [expected[4 + WEIGHTS.indexOf(-1)]!],
          JSON.stringify({ plan, resident }),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('keep the record of a block that straddles two stretches', () => {
    // More blocks than records are kept for, and blocks that do not divide the stretch.
    const length = 3 * 65538 + 70_000;
    const plan = planOf({ ...SHAPES[8]!, block: 3 }, length);
    const x = vectorOf('gaussian', length);
    const residual = vectorOf('spikes', length);
    const expected = levelsByReference(x, residual, plan);
    expectSame(levelsInPlace(x, residual, plan), expected, 'in place');
    const fed = new Uint8Array(levelsBodyBytes(plan)).fill(9);
    kernels.encodeLevels(x, plan, stream, fed, residual);
    expectSame([fed, bytesOf(residual)], [expected[1]!, expected[2]!], 'through windows');
  });

  it.each(['gaussian', 'spikes'])(
    'refuse what is not finite before anything changes (%s)',
    (kind) => {
      const length = 30_001;
      for (const shape of [SHAPES[8]!, SHAPES[9]!, { ...SHAPES[0]!, block: 1 }, SHAPES.at(-3)!])
        for (const at of [0, 511, 8192, 29_999, 30_000])
          for (const value of [NaN, Infinity, -Infinity]) {
            const plan = planOf(shape, length);
            const x = vectorOf(kind, length);
            const residual = vectorOf('gaussian', length);
            x[30_000] = value;
            x[at] = value;
            const left = residual.slice();
            const body = new Uint8Array(levelsBodyBytes(plan)).fill(7);
            const inX = Guarded.vector(x);
            const inLeft = Guarded.vector(residual);
            const inBody = Guarded.bytes(body.length, 7);
            for (const [one, into, rest] of [
              [x, body, left],
              [inX.inner, inBody.inner, inLeft.inner],
            ] as const) {
              expect(kernels.encodeLevels(one, plan, stream, into)).toBe(at);
              expect(kernels.encodeLevels(one, plan, stream, into, rest)).toBe(at);
            }
            expect(body.every((byte) => byte === 7)).toBe(true);
            expectSame(
              [bytesOf(left), inLeft.take(), inBody.take()],
              [bytesOf(residual), bytesOf(residual), body],
              'unchanged',
            );
            inX.take();
          }
    },
  );

  it('finds sums that overflow', () => {
    const plan = planOf(SHAPES[8]!, 20_000);
    const x = vectorOf('gaussian', 20_000);
    const residual = x.slice();
    x[17_000] = residual[17_000] = 3e38;
    const body = new Uint8Array(levelsBodyBytes(plan));
    expect(kernels.encodeLevels(x, plan, stream, body, residual)).toBe(17_000);
  });
});

describe.each(LENGTHS.filter((length) => length < 10_000))(
  'other kernels in place, %i',
  (length) => {
    const x = vectorOf('every scale', length);

    /** Runs on ordinary arrays and in place; both give what they left behind. */
    function compare(run: (on: Kernels, vector: Float32Array, bytes: Uint8Array) => unknown): void {
      const vector = x.slice();
      const bytes = new Uint8Array(4 * length + 1).fill(6);
      const result = run(referenceKernels, vector, bytes);
      const inVector = Guarded.vector(x);
      const inBytes = Guarded.bytes(4 * length + 1, 6);
      expect(run(kernels, inVector.inner, inBytes.inner)).toEqual(result);
      expectSame([inVector.take(), inBytes.take()], [bytesOf(vector), bytes], 'left behind');
    }

    it.each(['bf16', 'fp16'] as HalfFormat[])('%s', (format) => {
      compare((on, vector, bytes) => {
        const body = bytes.subarray(1, 1 + 2 * length);
        const saturated = on.encodeHalf(vector, format, body);
        on.addHalf(body, format, vector, 0.5);
        const first = on.firstNonFiniteHalf(body, format);
        on.decodeHalf(body, format, vector);
        return [saturated, first];
      });
    });

    it('clears', () => {
      compare((on, vector) => on.clear(vector));
    });

    it('scans, sums and checksums', () => {
      compare((on, vector, bytes) => {
        bytes.set(bytesOf(vector), 1);
        const body = bytes.subarray(1);
        const finite = [on.firstNonFinite(vector), on.firstNonFiniteRaw(body)];
        on.addRaw(body, vector, -0.25);
        on.addVector(x, vector);
        on.divide(vector, 3);
        if (length > 0) vector[length - 1] = NaN;
        return [
          ...finite,
          on.firstNonFinite(vector),
          on.firstNonFiniteSum(vector, x),
          on.checksum(bytes),
          on.checksum(body, 5),
        ];
      });
    });

    it.each([1, 3, 100, Infinity])('selects, in blocks of %d', (block) => {
      if (length === 0) return;
      for (const [isSum, accumulate] of [
        [false, false],
        [true, false],
        [true, true],
      ])
        compare((on, vector) => {
          const y = isSum ? vectorOf('gaussian', length) : undefined;
          const own = isSum && on === kernels ? Guarded.vector(y!) : undefined;
          const indices = new Uint32Array(length);
          const values = new Float32Array(length);
          const count = on.selectTopK(
            { x: vector, y: own?.inner ?? y, accumulate: accumulate === true },
            Math.min(block, length),
            (elements) => Math.ceil(elements / 7),
            { indices, values },
          );
          const left = own?.take() ?? (y && bytesOf(y));
          return [
            indices.subarray(0, count).join(),
            values.subarray(0, count).join(),
            left?.join(),
          ];
        });
    });

    it('gathers, and adds but for what is kept', () => {
      compare((on, vector) => {
        const indices = Uint32Array.from({ length: Math.ceil(length / 3) }, (_, i) => 3 * i);
        const values = new Float32Array(indices.length);
        const isFinite = on.gather({ x: vector }, indices, values);
        on.addVectorBut(x, vector, { indices, values: values.map((value) => value / 2) });
        if (length > 0) vector[length >> 1] = NaN;
        return [isFinite, values.join(), on.gather({ x: vector }, indices, values)];
      });
    });
  },
);

afterAll(() => {
  // All of it was given back: what is allocated next begins where the first did.
  const again = allocateVector(1);
  releaseMemory(again);
  expect(again.byteOffset).toBe(first);
});
const probe = allocateVector(1);
const first = probe.byteOffset;
releaseMemory(probe);
