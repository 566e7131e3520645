import { describe, expect, it } from 'vitest';
import { memoryCopy } from '../../../bench/codecs/memory-copy.ts';
import { adversarialKinds, makeData } from '../../../bench/support/data.ts';
import { allocateVector, releaseMemory } from '../../../codecs/index.ts';

describe('memory.copy', () => {
  const copy = memoryCopy();

  it('copies between vectors in the kernels’ memory, and nothing beyond them', () => {
    const from = allocateVector(100_001);
    const to = allocateVector(100_003);
    from.set(makeData('gaussian', from.length, 1));
    copy(from, to.subarray(1, -1));
    expect(to.subarray(1, -1)).toEqual(from);
    expect([to[0], to.at(-1)]).toEqual([0, 0]);
    releaseMemory(from);
    releaseMemory(to);
  });

  it('refuses vectors that are elsewhere', () => {
    const inside = allocateVector(8);
    expect(() => copy(inside, new Float32Array(8))).toThrow('not in the kernels’ memory');
    expect(() => copy(new Float32Array(8), inside)).toThrow('not in the kernels’ memory');
    releaseMemory(inside);
  });
});

describe('data that is hard for topk', () => {
  const length = 200_000;
  const [equal, mostlyZero, hotLayer] = adversarialKinds.map((kind) => makeData(kind, length, 1));

  it('is all equal, or 99.95 % zeros', () => {
    expect(new Set(equal).size).toBe(1);
    const share = mostlyZero!.filter((value) => value !== 0).length / length;
    // 100 expected, and a standard deviation of 10.
    expect(share).toBeGreaterThan(0.0005 * 0.5);
    expect(share).toBeLessThan(0.0005 * 1.5);
  });

  it('or has its thousand largest elements in one stretch', () => {
    const bySize = [...hotLayer!.keys()].toSorted(
      (a, b) => Math.abs(hotLayer![b]!) - Math.abs(hotLayer![a]!),
    );
    // Of the thousand of the stretch, few are as small as a thousandth of what is usual there.
    const largest = bySize.slice(0, 900);
    expect(Math.min(...largest)).toBeGreaterThanOrEqual(0.5 * length);
    expect(Math.max(...largest)).toBeLessThan(0.505 * length);
  });
});
