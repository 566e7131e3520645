import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentRangeError } from '../../proto/errors.ts';
import { createDataset, fillBatch } from '../../src/train/data/dataset.ts';
import { stratifiedSplit } from '../../src/train/data/split.ts';
import { fitStandardiser } from '../../src/train/data/standardise.ts';
import type { Table } from '../../src/train/data/table.ts';
import { Sharder } from '../../src/train/index.ts';
import { nextBits, permutation, SeededRandom } from '../../src/train/random.ts';

describe('SeededRandom', () => {
  it('takes the steps of xoshiro128**', () => {
    // From the authors' C code, state 1, 2, 3, 4.
    const state = Uint32Array.of(1, 2, 3, 4);
    const expected = [11520, 0, 5927040, 70819200, 2031721883, 1637235492];
    expect(expected.map(() => nextBits(state))).toEqual(expected);
  });

  it('keeps its numbers between releases, and its streams apart', () => {
    const draw = (seed: number, purpose: string): number => new SeededRandom(seed, purpose).bits();
    expect([draw(1, 'weights'), draw(1, 'split')]).toEqual([2064390858, 549685579]);
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const all = seeds.flatMap((seed) => ['', 'a', 'b', 'ab', 'epoch 1'].map((p) => draw(seed, p)));
    expect(new Set(all).size).toBe(all.length);
    for (const seed of [-1, 1.5, NaN, 2 ** 53])
      expect(() => new SeededRandom(seed, '')).toThrow(ArgumentRangeError);
  });

  it('draws below a bound evenly', () => {
    // 60 000 draws of 6: each count is binomial with deviation 91; 5.5 deviations fail 1 in 10⁷.
    const random = new SeededRandom(3, 'dice');
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 60_000; i++) counts[random.below(6)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(5.5 * 91.3);
  });

  it('makes every order of four about equally often', () => {
    const random = new SeededRandom(4, 'orders');
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = permutation(4, random).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // Deviation 31 around 1000.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5.5 * 31);
  });
});

describe('Sharder', () => {
  it('goes on from where it is when ranks are lost', () => {
    const [samples, batch, changes] = [60, 4, 5];
    const sharders = [0, 1, 2].map(
      (rank) => new Sharder({ samples, batch, rank, size: 3, seed: 9 }),
    );
    const used: number[] = [];
    const take = (sharder: Sharder, step: number): void =>
      void used.push(...sharder.batchAt(step, new Uint32Array(batch)));
    for (let step = 0; step < changes; step++) for (const sharder of sharders) take(sharder, step);
    // Exactly one epoch so far. Ranks 0 and 2 are left, and are now 0 and 1.
    const left = [0, 2].map((rank, place) => sharders[rank]!.with(place, 2, changes));
    expect(left[0]!.with(0, 2, changes + 1)).toBe(left[0]);
    for (let step = changes; step < changes + 7; step++)
      for (const sharder of left) take(sharder, step);
    const all = Array.from({ length: samples }, (_, i) => i);
    expect(used.slice(0, samples).sort((a, b) => a - b)).toEqual(all);
    const second = used.slice(samples);
    expect(second).toHaveLength(56);
    expect(new Set(second).size).toBe(56);
    expect(left[1]!.epochsAfter(changes + 7)).toBeCloseTo(116 / 60, 12);
  });

  const sizes = fc.record({
    samples: fc.integer({ min: 1, max: 97 }),
    batch: fc.integer({ min: 1, max: 20 }),
    size: fc.integer({ min: 1, max: 5 }),
    seed: fc.nat(),
  });

  /** The batches of all ranks over the first steps, one behind another. */
  function walk(
    { batch, size, ...rest }: { samples: number; batch: number; size: number; seed: number },
    steps: number,
  ): number[] {
    const ranks = Array.from(
      { length: size },
      (_, rank) => new Sharder({ batch, size, rank, ...rest }),
    );
    return Array.from({ length: steps }, (_, step) =>
      ranks.flatMap((sharder) => [...sharder.batchAt(step, new Uint32Array(batch))]),
    ).flat();
  }

  it('covers each sample exactly once an epoch', () => {
    fc.assert(
      fc.property(sizes, (options) => {
        const { samples, batch, size } = options;
        const epochs = 3;
        const seen = walk(options, Math.ceil((epochs * samples) / (batch * size)));
        const sorted = Array.from({ length: samples }, (_, i) => i);
        for (let epoch = 0; epoch < epochs; epoch++) {
          const part = seen.slice(epoch * samples, (epoch + 1) * samples);
          expect(part.sort((a, b) => a - b)).toEqual(sorted);
        }
      }),
      { seed: 5, numRuns: 150 },
    );
  });

  it('gives P ranks with batch b what one rank with batch P·b gets', () => {
    fc.assert(
      fc.property(sizes, (options) => {
        const alone = { ...options, size: 1, batch: options.batch * options.size };
        expect(walk(options, 8)).toEqual(walk(alone, 8));
      }),
      { seed: 6, numRuns: 150 },
    );
  });

  it('orders epochs and seeds differently, and does not depend on what was drawn before', () => {
    const options = { samples: 50, batch: 50, size: 1, seed: 1 };
    const [first, second] = [walk(options, 1), walk(options, 2).slice(50)];
    expect(first).not.toEqual(second);
    expect(walk({ ...options, seed: 2 }, 1)).not.toEqual(first);
    const sharder = new Sharder({ ...options, rank: 0 });
    const out = new Uint32Array(50);
    for (const step of [7, 0, 3, 0]) sharder.batchAt(step, out);
    expect([...out]).toEqual(first);
    expect(sharder.epochsAfter(3)).toBe(3);
  });

  it('refuses a rank beyond the size', () => {
    const options = { samples: 5, batch: 1, size: 2, seed: 0 };
    expect(() => new Sharder({ ...options, rank: 2 })).toThrow(ArgumentRangeError);
    expect(() => new Sharder({ ...options, rank: 0, batch: 0 })).toThrow(ArgumentRangeError);
  });
});

describe('stratifiedSplit', () => {
  const groups = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 20, maxLength: 300 });

  it('holds out the share of the whole and of every class, each row on one side', () => {
    fc.assert(
      fc.property(groups, fc.constantFrom(0.1, 0.2, 0.5), fc.nat(), (rows, fraction, seed) => {
        const { train, test } = stratifiedSplit(rows, fraction, seed);
        expect([...train, ...test].sort((a, b) => a - b)).toEqual(rows.map((_, i) => i));
        for (const group of new Set(rows)) {
          const total = rows.filter((g) => g === group).length;
          const held = [...test].filter((row) => rows[row] === group).length;
          expect(Math.abs(held - total * fraction)).toBeLessThanOrEqual(1);
          expect(held).toBeLessThan(total);
        }
      }),
      { seed: 7, numRuns: 200 },
    );
    const { test } = stratifiedSplit(new Array<number>(1797).fill(0), 0.2, 1);
    expect(test).toHaveLength(359);
  });

  it('depends on the seed only', () => {
    const rows = Array.from({ length: 100 }, (_, i) => i % 3);
    expect(stratifiedSplit(rows, 0.2, 1)).toEqual(stratifiedSplit(rows, 0.2, 1));
    expect(stratifiedSplit(rows, 0.2, 1)).not.toEqual(stratifiedSplit(rows, 0.2, 2));
  });

  it('refuses to leave a side empty', () => {
    expect(() => stratifiedSplit([0, 1], 0.2, 1)).toThrow(/too few/);
    expect(() => stratifiedSplit([0, 0, 0], 0, 1)).toThrow(ArgumentRangeError);
  });
});

describe('standardisation', () => {
  /** A table whose last column is the label. */
  function tableOf(rows: readonly (readonly number[])[], shape: readonly number[]): Table {
    return {
      rows: rows.length,
      shape,
      features: Float32Array.from(rows.flatMap((row) => row.slice(0, -1))),
      labels: rows.map((row) => String(row.at(-1))),
      locateLabel: (row) => ({ path: 'test', line: row + 1 }),
    };
  }

  const rows = Array.from({ length: 60 }, (_, i) => [
    i,
    1e6 + 3 * Math.sin(i),
    // Constant, and not a sum of powers of two: its computed variance is not exactly 0.
    0.1,
    i % 2,
  ]);

  it('gives the training rows mean 0 and deviation 1, constants 0, and leaves held-out rows out of it', () => {
    const shifted = rows.map(([a, b, c, label]) => [a! + 1e5, b!, c! + 1, label!]);
    const dataset = createDataset(tableOf(rows, [3]), { seed: 1, test: tableOf(shifted, [3]) });
    const x = new Float32Array(60 * 3);
    const y = new Float32Array(60);
    const all = Array.from({ length: 60 }, (_, i) => i);
    fillBatch(dataset, dataset.train, all, x, y);
    for (const [column, deviation] of [1, 1, 0].entries()) {
      const values = all.map((i) => x[i * 3 + column]!);
      const mean = values.reduce((a, b) => a + b) / 60;
      expect(mean).toBeCloseTo(0, 1);
      expect(Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 60)).toBeCloseTo(
        deviation,
        3,
      );
    }
    expect([...y]).toEqual(all.map((i) => i % 2));
    fillBatch(dataset, dataset.test, all, x, y);
    // 10⁵ in units of the training deviation of 0 … 59, which is 17.3; the constant stays silent.
    expect(x[0]! - (0 - 29.5) / 17.318).toBeCloseTo(1e5 / 17.318, 0);
    expect(x[2]).toBe(0);
  });

  it('pools the pixels of a channel', () => {
    const features = Uint8Array.of(0, 100, 2, 100, 4, 100, 10, 100);
    const { mean, scale } = fitStandardiser(features, 4, Uint32Array.of(0, 1), 2);
    expect([...mean]).toEqual([4, 100, 4, 100]);
    expect(scale[0]).toBeCloseTo(1 / Math.sqrt((16 + 4 + 0 + 36) / 4), 6);
    expect(scale[2]).toBe(scale[0]);
    expect([scale[1], scale[3]]).toEqual([0, 0]);
  });

  it('standardises the targets of a regression by the training rows', () => {
    const measured = rows.map(([a, b, c]) => [a!, b!, c!, 1000 + 7 * a!]);
    const dataset = createDataset(tableOf(measured, [3]), { seed: 1, kind: 'regression' });
    const values = [...dataset.train.rows].map((row) => dataset.train.targets[row]!);
    const mean = values.reduce((a, b) => a + b) / values.length;
    expect(mean).toBeCloseTo(0, 5);
    expect(values.reduce((sum, v) => sum + v * v, 0) / values.length).toBeCloseTo(1, 5);
  });
});
