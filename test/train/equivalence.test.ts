import { beforeAll, describe, expect, it } from 'vitest';
import type {
  GradientExchange,
  Problem,
  TrainOptions,
  TrainResult,
} from '../../src/train/index.ts';
import { loadProblem, selectBackend, singleRank, train } from '../../src/train/index.ts';
import { createMemoryExchanges } from '../oracle/train.ts';

beforeAll(async () => {
  await selectBackend('wasm');
});

function trainRanks(
  problem: Problem,
  exchanges: readonly GradientExchange[],
  options: Partial<TrainOptions>,
): Promise<TrainResult[]> {
  return Promise.all(
    exchanges.map((exchange) => train({ problem, exchange, seed: 1, ...options })),
  );
}

/** Largest relative distance between two loss curves. */
function distance(a: TrainResult, b: TrainResult): number {
  expect(a.history.map(({ step }) => step)).toEqual(b.history.map(({ step }) => step));
  return Math.max(
    ...a.history.map(({ loss }, i) => Math.abs(loss - b.history[i]!.loss) / b.history[i]!.loss),
  );
}

/**
 * The two sides add the same numbers in another order, which costs about 1e-6. It can cost more: a
 * rectifier whose input is 1e-7 from its kink may open on one side only. Of 30 seeds with P = 2, 3, 4
 * each on wasm, 4 of 90 curves came to between 1e-4 and 2e-4; the seed here is fixed, and wasm arithmetic
 * is the same on every machine.
 */
const TOLERANCE = 1e-4;

describe('P ranks with batch b follow one rank with batch P·b', () => {
  it.each([2, 3, 4])('digits, P = %i, over the whole default recipe', async (ranks) => {
    const problem = await loadProblem({ task: 'digits', seed: 1 });
    const [alone] = await trainRanks(problem, [singleRank], { batch: 16 * ranks });
    const together = await trainRanks(problem, createMemoryExchanges(ranks), { batch: 16 });
    expect(distance(together[0]!, alone!)).toBeLessThan(TOLERANCE);
    expect(new Set(together.map(({ modelHash }) => modelHash)).size).toBe(1);
    expect(together.slice(1).every(({ history }) => history.length === 0)).toBe(true);
  });

  it.each([2, 3, 4])('bit for bit, P = %i, when it works in micro-batches of b', async (ranks) => {
    const problem = await loadProblem({ task: 'digits', seed: 1 });
    const options = { steps: 200 };
    const alone = { ...options, batch: 16 * ranks, microBatch: 16 };
    const [one] = await trainRanks(problem, [singleRank], alone);
    const all = await trainRanks(problem, createMemoryExchanges(ranks), { ...options, batch: 16 });
    expect(all.map(({ modelHash }) => modelHash)).toEqual(all.map(() => one!.modelHash));
  });

  it.each(['breast-cancer', 'diabetes'] as const)('%s, P = 3', async (task) => {
    const problem = await loadProblem({ task, seed: 1 });
    const [alone] = await trainRanks(problem, [singleRank], { batch: 12 });
    const together = await trainRanks(problem, createMemoryExchanges(3), { batch: 4 });
    expect(distance(together[0]!, alone!)).toBeLessThan(TOLERANCE);
  });

  it('the convolutional network, P = 2', async () => {
    const problem = await loadProblem({ task: 'digits', model: 'cnn', seed: 1 });
    const options = { steps: 60, evaluateEvery: 10 };
    const [alone] = await trainRanks(problem, [singleRank], { ...options, batch: 16 });
    const together = await trainRanks(problem, createMemoryExchanges(2), { ...options, batch: 8 });
    expect(distance(together[0]!, alone!)).toBeLessThan(TOLERANCE);
  });

  it('but not when ranks do not exchange, nor with another seed', async () => {
    const problem = await loadProblem({ task: 'digits', seed: 1 });
    const options = { steps: 40 };
    const [alone] = await trainRanks(problem, [singleRank], { ...options, batch: 32 });
    const silent = createMemoryExchanges(2).map((exchange) => ({
      ...exchange,
      allReduce: () => Promise.resolve(),
    }));
    const apart = await trainRanks(problem, silent, { ...options, batch: 16 });
    expect(distance(apart[0]!, alone!)).toBeGreaterThan(100 * TOLERANCE);
    expect(apart[0]!.modelHash).not.toBe(apart[1]!.modelHash);
    const [other] = await trainRanks(problem, [singleRank], { ...options, batch: 32, seed: 8 });
    expect(distance(other!, alone!)).toBeGreaterThan(100 * TOLERANCE);
  });
});
