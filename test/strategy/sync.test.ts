import { describe, expect, it } from 'vitest';
import type { Communicator, OperationOptions } from '../../src/collective/communicator.ts';
import { createExchange } from '../../src/exchange/create.ts';
import { EngineExchange } from '../../src/exchange/engine-exchange.ts';
import { SynchronousStrategy } from '../../src/strategy/sync.ts';
import { gradientOf, meanOf, onRanks, settleOnRanks } from '../exchange/ranks.ts';

describe('synchronous SGD', () => {
  it('knows its place, and gives every rank the mean', async () => {
    const results = await onRanks(3, async (communicator) => {
      const strategy = new SynchronousStrategy(
        await createExchange(communicator, { codec: 'none' }),
      );
      const gradient = gradientOf(100, communicator.rank);
      await strategy.allReduce(gradient);
      return { rank: strategy.rank, size: strategy.size, gradient };
    });
    const mean = meanOf([0, 1, 2].map((rank) => gradientOf(100, rank)));
    for (const [rank, result] of results.entries()) {
      expect(result).toMatchObject({ rank, size: 3 });
      expect(result.gradient).toEqual(results[0]!.gradient);
      for (let i = 0; i < 100; i++) expect(result.gradient[i]).toBeCloseTo(mean[i]!, 6);
    }
  });

  it('passes a change of the learning rate on to what feedback holds back', async () => {
    const [norms] = await onRanks(1, async (communicator) => {
      const exchange = await createExchange(communicator, { codec: 'topk:density=0.01+ef' });
      const strategy = new SynchronousStrategy(exchange);
      await strategy.allReduce(gradientOf(1000, 0));
      const before = exchange.stats.residualNorm!;
      strategy.rescale(4);
      return [before, exchange.stats.residualNorm!];
    });
    expect(norms![0]).toBeGreaterThan(0);
    expect(norms![1]).toBeCloseTo(4 * norms![0]!, 3);
  });

  it('holds every exchange to its deadline', async () => {
    const settled = await settleOnRanks(2, async (communicator) => {
      const exchange = await createExchange(communicator, { codec: 'none' });
      const strategy = new SynchronousStrategy(exchange, { deadlineMs: 50 });
      // Rank 1 does not take part.
      if (communicator.rank === 0) await strategy.allReduce(gradientOf(100_000, 0));
    });
    expect(settled[0]).toMatchObject({
      status: 'rejected',
      reason: { code: 'GRADWIRE_COLLECTIVE_TIMEOUT', waitingFor: [1] },
    });
  });

  it('gives its options to every exchange', async () => {
    const seen: OperationOptions[] = [];
    const { signal } = new AbortController();
    await onRanks(1, async (communicator: Communicator) => {
      const exchange = new EngineExchange(communicator, { codec: 'none' });
      const allReduce = exchange.allReduce.bind(exchange);
      exchange.allReduce = (gradient, options) => {
        seen.push(options!);
        return allReduce(gradient, options);
      };
      const strategy = new SynchronousStrategy(exchange, { signal, deadlineMs: 1000 });
      await strategy.allReduce(gradientOf(10, 0));
      await strategy.allReduce(gradientOf(10, 0));
    });
    expect(seen).toEqual([
      { signal, deadlineMs: 1000 },
      { signal, deadlineMs: 1000 },
    ]);
  });

  it('has a name for the results', () => {
    expect(SynchronousStrategy.id).toBe('sync');
  });
});
