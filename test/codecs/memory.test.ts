import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Arena } from '../../codecs/kernels/simd/arena.ts';
import { decode, encode, parseCodec, streamsFor } from '../../codecs/index.ts';
import { allocateBytes, allocateVector, releaseMemory } from '../../codecs/memory.ts';
import { ArgumentRangeError } from '../../proto/errors.ts';
import { assertProperty } from '../../src/testing/index.ts';

describe('the arena', () => {
  it('never hands out the same bytes twice at a time, and is empty again in the end', () => {
    const sizes = fc.array(fc.nat({ max: 5000 }), { maxLength: 40 });
    assertProperty(
      fc.property(sizes, fc.infiniteStream(fc.nat()), (wanted, picks) => {
        const arena = new Arena(1000);
        const held = new Map<number, number>();
        for (const size of wanted) {
          const at = arena.allocate(size);
          expect(at % 64).toBe(0);
          expect(at + size).toBeLessThanOrEqual(arena.end);
          for (const [start, length] of held)
            expect(at >= start + length || at + size <= start).toBe(true);
          held.set(at, size);
          const starts = [...held.keys()];
          const pick = picks.next().value % (2 * starts.length);
          if (pick < starts.length) {
            expect(arena.free(starts[pick]!)).toBe(true);
            expect(arena.free(starts[pick]!)).toBe(false);
            held.delete(starts[pick]!);
          }
        }
        for (const start of held.keys()) arena.free(start);
        expect(arena.end).toBeLessThan(1000 + 64);
        expect(arena.allocate(1)).toBe(1024);
      }),
    );
  });

  it('fills holes before it grows', () => {
    const arena = new Arena(0);
    const first = arena.allocate(10_000);
    arena.allocate(100);
    const { end } = arena;
    arena.free(first);
    expect(arena.allocate(5000)).toBe(first);
    expect(arena.end).toBe(end);
    expect(arena.allocate(5000)).toBeGreaterThanOrEqual(end);
  });
});

describe('arrays in the memory of the kernels', () => {
  it('are zero, however often their bytes were used', () => {
    for (let round = 0; round < 3; round++) {
      const vector = allocateVector(1000);
      expect(vector.length).toBe(1000);
      expect(vector.every((value) => Object.is(value, 0))).toBe(true);
      vector.fill(NaN);
      releaseMemory(vector);
    }
  });

  it('outlive the growth of the memory', () => {
    const early = allocateVector(100).fill(3);
    const late = allocateVector(5_000_000);
    expect(early.every((value) => value === 3)).toBe(true);
    late[4_999_999] = 1;
    const bytes = allocateBytes(parseCodec('qsgd').maxBytes(100));
    const codec = parseCodec('qsgd');
    const size = codec.encodeInto(early, bytes, streamsFor({ seed: 4 }));
    expect([...bytes.subarray(0, size)]).toEqual([
      ...encode('qsgd', new Float32Array(100).fill(3), { seed: 4 }),
    ]);
    for (const array of [early, late, bytes]) releaseMemory(array);
  });

  it('are refused twice, and in parts', () => {
    const vector = allocateVector(1000);
    expect(() => releaseMemory(vector.subarray(1))).toThrow(ArgumentRangeError);
    releaseMemory(vector);
    expect(() => releaseMemory(vector)).toThrow(ArgumentRangeError);
    releaseMemory(new Float32Array(3));
  });

  it.each([-1, 1.5, 2 ** 28 + 1, NaN])('of length %d are refused', (length) => {
    expect(() => allocateVector(length)).toThrow(RangeError);
  });

  it('cannot take more than there are addresses', () => {
    const held: Float32Array[] = [];
    expect(() => {
      for (let i = 0; i < 5; i++) held.push(allocateVector(2 ** 28));
    }).toThrow(/4 GiB/);
    expect(held.length).toBeGreaterThan(0);
    held.forEach(releaseMemory);
    const small = allocateVector(10);
    expect(decode(encode('none', small.fill(2))).join()).toBe(small.join());
    releaseMemory(small);
  });
});

describe('without SIMD', () => {
  beforeEach(() => {
    vi.resetModules();
    vi.stubEnv('GRADWIRE_KERNELS', 'reference');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('arrays are ordinary ones', async () => {
    const fresh = await import('../../codecs/memory.ts');
    const vector = fresh.allocateVector(8);
    expect(vector.buffer).toBeInstanceOf(ArrayBuffer);
    fresh.releaseMemory(vector);
    fresh.releaseMemory(vector);
  });
});
