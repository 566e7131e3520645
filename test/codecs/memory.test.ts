import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Arena } from '../../codecs/kernels/simd/arena.ts';
import { decode, encode, parseCodec, streamsFor } from '../../codecs/index.ts';
import { allocateBytes, allocateVector, releaseMemory } from '../../codecs/memory.ts';
import { ArgumentRangeError } from '../../proto/errors.ts';
import { assertProperty } from '../../src/testing/index.ts';

describe('the arena', () => {
  it('never hands out the same bytes twice at a time, nor bytes it was not given', () => {
    const sizes = fc.array(fc.nat({ max: 5000 }), { maxLength: 40 });
    assertProperty(
      fc.property(sizes, fc.infiniteStream(fc.nat()), (wanted, picks) => {
        const arena = new Arena();
        const regions: [start: number, end: number][] = [];
        const held = new Map<number, number>();
        let grown = 1000;
        for (const size of wanted) {
          let place = arena.allocate(size);
          if (place === undefined) {
            // Every other region touches the one before.
            const start = grown + (picks.next().value % 2) * 5000;
            grown = start + Arena.need(size);
            regions.push([start, grown]);
            arena.extend(start, grown);
            place = arena.allocate(size);
          }
          const at = place!.address;
          expect(at % 64).toBe(0);
          const isGiven = (offset: number): boolean =>
            regions.some(([start, end]) => offset >= start && offset < end);
          expect([at, at + Math.max(0, size - 1)].every(isGiven)).toBe(true);
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
      }),
    );
  });

  it('merges what is free: a region is one again in the end', () => {
    const arena = new Arena();
    const sizes = [10, 2000, 0, 77, 5000];
    const need = sizes.reduce((sum, size) => sum + Arena.need(size), 0);
    arena.extend(64, 64 + need);
    const places = sizes.map((size) => arena.allocate(size)!.address);
    for (const i of [3, 0, 4, 1, 2]) arena.free(places[i]!);
    expect(arena.allocate(need - Arena.need(0))).toEqual({
      address: 64,
      dirty: expect.any(Number) as number,
    });
    expect(arena.allocate(1)).toBeUndefined();
  });

  it('knows which bytes are zero', () => {
    const arena = new Arena();
    arena.extend(0, 100_000);
    const first = arena.allocate(10_000)!;
    expect(first).toEqual({ address: 0, dirty: 0 });
    arena.free(first.address);
    const more = arena.allocate(50_000)!;
    expect(more.address).toBe(0);
    // What the first one used, and the gap behind it.
    expect(more.dirty).toBeGreaterThanOrEqual(10_000);
    expect(more.dirty).toBeLessThan(12_000);
    expect(arena.allocate(100)!.dirty).toBe(0);
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
