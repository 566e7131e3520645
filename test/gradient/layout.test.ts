import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentRangeError, ArgumentTypeError } from '../../proto/errors.ts';
import { DEFAULT_BUCKET_BYTES, Layout } from '../../src/gradient/index.ts';
import type { TensorShape } from '../../src/gradient/index.ts';

const mlp: TensorShape[] = [
  { name: 'hidden/kernel', shape: [64, 128] },
  { name: 'hidden/bias', shape: [128] },
  { name: 'output/kernel', shape: [128, 10] },
  { name: 'output/bias', shape: [10] },
];

const shapes = fc.array(fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 3 }), {
  maxLength: 12,
});
const named = (list: number[][]): TensorShape[] =>
  list.map((shape, i) => ({ name: `t${i}`, shape }));

function randomArrays(layout: Layout, start = 1): Record<string, Float32Array> {
  let value = start;
  return Object.fromEntries(
    layout.tensors.map(({ name, length }) => [name, Float32Array.from({ length }, () => value++)]),
  );
}

describe('Layout', () => {
  it('places tensors end to end, in the given order', () => {
    const layout = new Layout(mlp);
    expect(layout.length).toBe(64 * 128 + 128 + 128 * 10 + 10);
    expect(layout.tensors.map(({ offset }) => offset)).toEqual([0, 8192, 8320, 9600]);
    expect(layout.buckets).toHaveLength(1);
    expect(layout.slot('output/bias')).toMatchObject({ offset: 9600, length: 10, shape: [10] });
  });

  it('cuts buckets at tensor boundaries, none above the limit unless it is one tensor', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 4, max: 400 }), (list, bucketBytes) => {
        const layout = new Layout(named(list), { bucketBytes });
        let end = 0;
        for (const bucket of layout.buckets) {
          expect(bucket.offset).toBe(end);
          end += bucket.length;
          if (bucket.tensors.length > 1) expect(bucket.length * 4).toBeLessThanOrEqual(bucketBytes);
        }
        expect(end).toBe(layout.length);
        expect(layout.buckets.flatMap(({ tensors }) => tensors)).toEqual(layout.tensors);
        // Greedy: the first tensor of a bucket did not fit into the bucket before it.
        for (let i = 1; i < layout.buckets.length; i++) {
          const joined = layout.buckets[i - 1]!.length + layout.buckets[i]!.tensors[0]!.length;
          expect(joined * 4).toBeGreaterThan(bucketBytes);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('gives a tensor above the limit a bucket of its own', () => {
    const layout = new Layout(mlp, { bucketBytes: 1024 });
    expect(layout.buckets.map(({ tensors }) => tensors.map(({ name }) => name))).toEqual([
      ['hidden/kernel'],
      ['hidden/bias'],
      ['output/kernel'],
      ['output/bias'],
    ]);
    expect(DEFAULT_BUCKET_BYTES).toBe(4194304);
  });

  it('unflatten returns what flatten took', () => {
    fc.assert(
      fc.property(shapes, (list) => {
        const layout = new Layout(named(list));
        const source = randomArrays(layout);
        const target = randomArrays(layout, -5000);
        layout.unflatten(layout.flatten(source, layout.allocate()), target);
        expect(target).toEqual(source);
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it('works on a window with an odd offset and writes nothing around it', () => {
    const layout = new Layout(mlp, { bucketBytes: 1024 });
    const room = new Float32Array(layout.length + 2).fill(-1);
    const flat = room.subarray(1, 1 + layout.length);
    layout.flatten(randomArrays(layout), flat);
    expect([room[0], room[1], room.at(-2), room.at(-1)]).toEqual([-1, 1, layout.length, -1]);
    const views = layout.views(flat);
    views['output/bias']!.fill(7);
    expect(flat.at(-1)).toBe(7);
    expect(layout.bucketViews(flat).map((view) => view.length)).toEqual([8192, 128, 1280, 10]);
  });

  it('digests names, shapes, order and bucket boundaries, and nothing else', () => {
    const { digest } = new Layout(mlp);
    expect(digest).toMatch(/^[0-9a-f]{32}$/);
    expect(new Layout(structuredClone(mlp)).digest).toBe(digest);
    expect(new Layout(mlp, { bucketBytes: 1 << 20 }).digest).toBe(digest);
    const others = [
      new Layout(mlp, { bucketBytes: 1024 }),
      new Layout([...mlp].reverse()),
      new Layout(mlp.map((t, i) => (i === 0 ? { ...t, shape: [128, 64] } : t))),
      new Layout(mlp.map((t, i) => (i === 1 ? { ...t, name: 'bias' } : t))),
      new Layout(mlp.slice(1)),
    ].map((layout) => layout.digest);
    expect(new Set([digest, ...others]).size).toBe(others.length + 1);
  });

  it('keeps its digest between releases', () => {
    expect(new Layout(mlp).digest).toBe('e52a0ba077a1558ed8a25fe44eb5a2c1');
  });

  it('refuses what does not fit, before writing', () => {
    const layout = new Layout(mlp);
    const flat = layout.allocate();
    const arrays = randomArrays(layout);
    const { 'output/bias': _, ...missing } = arrays;
    expect(() => layout.flatten(missing, flat)).toThrow(ArgumentTypeError);
    expect(() => layout.flatten({ ...arrays, extra: new Float32Array(1) }, flat)).toThrow(
      /no tensor named "extra".*hidden\/kernel/,
    );
    expect(() => layout.flatten({ ...arrays, 'output/bias': new Float32Array(9) }, flat)).toThrow(
      /"output\/bias" has 9 elements.*\[10\] has 10/,
    );
    expect(() => layout.flatten(arrays, flat.subarray(1))).toThrow(ArgumentRangeError);
    expect(flat.every((value) => value === 0)).toBe(true);
    expect(() => new Layout([mlp[0]!, mlp[0]!])).toThrow(/two tensors are named/);
    expect(() => new Layout([{ name: 'a', shape: [-1] }])).toThrow(ArgumentRangeError);
    expect(() => new Layout(mlp, { bucketBytes: 3 })).toThrow(ArgumentRangeError);
  });
});
