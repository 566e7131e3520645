/** Snapshots of an exchange: what comes after is what would have come. */
import { describe, expect, it } from 'vitest';
import { SnapshotError } from '../../proto/errors.ts';
import { seal } from '../../proto/seal.ts';
import { createExchange } from '../../src/exchange/create.ts';
import type { Exchange, ExchangeOptions } from '../../src/exchange/exchange.ts';
import { readExchangeSnapshot, writeExchangeSnapshot } from '../../src/exchange/snapshot.ts';
import { gradientOf, onRanks } from './ranks.ts';

const LENGTH = 1000;

/** Means of steps `from` to `to` − 1 on this rank. */
async function exchangeSteps(exchange: Exchange, from: number, to: number): Promise<number[][]> {
  const means: number[][] = [];
  for (let step = from; step < to; step++) {
    const gradient = gradientOf(LENGTH, exchange.communicator.rank, step);
    await exchange.allReduce(gradient);
    means.push([...gradient]);
  }
  return means;
}

const options: [string, ExchangeOptions][] = [
  ['additive', { codec: 'randomk:density=0.1+ef', seed: 3 }],
  ['hop-wise', { codec: 'qsgd:levels=3+ef', seed: 3, algorithm: 'hop-wise' }],
  ['two-shot', { codec: 'qsgd:levels=3+ef', seed: 3, algorithm: 'two-shot' }],
  ['all-gather', { codec: 'topk:density=0.02/qsgd:levels=3+ef', algorithm: 'all-gather' }],
  ['densify', { codec: 'topk:density=0.02+ef', algorithm: 'densify' }],
  ['several units', { codec: 'qsgd:levels=3+ef', bucketBytes: 1024 }],
];

describe.each(options)('%s', (_name, setup) => {
  it('goes on in an exchange that has not seen a gradient', async () => {
    const all = await onRanks(3, async (communicator) => {
      const first = await createExchange(communicator, setup);
      await exchangeSteps(first, 0, 4);
      const bytes = first.snapshot();
      const expected = await exchangeSteps(first, 4, 8);
      const second = await createExchange(communicator, setup);
      second.restore(bytes);
      const means = await exchangeSteps(second, 4, 8);
      // The twin: a new exchange that only knows the step.
      const third = await createExchange(communicator, setup);
      const state = readExchangeSnapshot(bytes);
      const units = state.units.map((unit) => ({
        ...unit,
        residuals: unit.residuals.map(({ length }) => new Float32Array(length)),
      }));
      third.restore(writeExchangeSnapshot({ ...state, units }));
      const forgetful = await exchangeSteps(third, 4, 8);
      const stats = [first, second].map(({ stats: { total, residualNorm } }) => ({
        ...{ residualNorm, steps: total.steps, payloadBytes: total.payloadBytes },
      }));
      return { expected, means, forgetful, stats };
    });
    for (const { expected, means, forgetful, stats } of all) {
      expect(means).toEqual(expected);
      expect(forgetful).not.toEqual(expected);
      expect(stats[1]).toEqual(stats[0]);
    }
  });
});

describe('a snapshot that does not belong here', () => {
  const setup = { codec: 'topk:density=0.02+ef', seed: 3 };

  async function snapshotOf(extra: Partial<ExchangeOptions> = {}, ranks = 1): Promise<Uint8Array> {
    const [bytes] = await onRanks(ranks, async (communicator) => {
      const exchange = await createExchange(communicator, { ...setup, ...extra });
      await exchangeSteps(exchange, 0, 2);
      return exchange.snapshot();
    });
    return bytes!;
  }

  /** Expects a refusal, and that the exchange goes on as if nothing had been tried. */
  async function expectRefusal(bytes: Uint8Array, message: RegExp): Promise<void> {
    await onRanks(1, async (communicator) => {
      const exchange = await createExchange(communicator, setup);
      await exchangeSteps(exchange, 0, 1);
      const before = exchange.snapshot();
      let error: unknown;
      try {
        exchange.restore(bytes);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(SnapshotError);
      expect((error as Error).message).toMatch(message);
      expect(exchange.snapshot()).toEqual(before);
    });
  }

  it.each([
    ['codec', { codec: 'none' }, /codec "none", not "topk/],
    ['seed', { seed: 4 }, /seed 4, not 3/],
    ['layout', { bucketBytes: 400 }, /layout "[0-9a-f]{32}", not "[0-9a-f]{32}"/],
    ['algorithm', { algorithm: 'densify' }, /units ".*densify 1000", not ".*all-gather 1000"/],
  ] as const)('another %s', async (_what, extra, message) => {
    await expectRefusal(await snapshotOf(extra), message);
  });

  it('another number of ranks', async () => {
    await expectRefusal(await snapshotOf({}, 2), /number of ranks 2, not 1/);
  });

  it('damaged bytes', async () => {
    const bytes = await snapshotOf();
    for (const at of [0, 20, bytes.length >> 1, bytes.length - 1]) {
      const other = bytes.slice();
      other[at]! ^= 1;
      await expectRefusal(other, /damaged: the checksum does not match/);
    }
    for (const length of [0, 4, bytes.length - 1])
      await expectRefusal(bytes.slice(0, length), /damaged/);
    await expectRefusal(seal(Uint8Array.of(0xff, 0xff)), /not a valid protobuf message/);
    const version = bytes.slice(0, -5);
    version[1] = 9;
    await expectRefusal(seal(version), /format version 9, this library reads 1/);
  });

  it('is not given out in the middle of an exchange, nor after one that failed', async () => {
    await onRanks(1, async (communicator) => {
      const exchange = await createExchange(communicator, setup);
      await exchangeSteps(exchange, 0, 1);
      const pending = exchange.allReduce(gradientOf(LENGTH, 0, 1));
      await Promise.resolve();
      expect(() => exchange.snapshot()).toThrow(SnapshotError);
      await pending;
      expect(exchange.snapshot().length).toBeGreaterThan(4 * LENGTH);
      const broken = exchange.allReduce(new Float32Array(LENGTH).fill(Number.NaN));
      await expect(broken).rejects.toMatchObject({ code: 'GRADWIRE_NON_FINITE_GRADIENT' });
      expect(() => exchange.snapshot()).toThrow(/exchange 2: it is under way, or has failed/);
    });
  });
});
