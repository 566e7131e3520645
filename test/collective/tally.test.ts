/** What each operation has sent, received and waited for. */
import { describe, expect, it } from 'vitest';
import type { Communicator } from '../../src/collective/communicator.ts';
import { Tallies } from '../../src/collective/tally.ts';
import { createExchange } from '../../src/exchange/create.ts';
import { gradientOf, onRanks } from '../exchange/ranks.ts';

const CHUNK = 25;

async function work(communicator: Communicator): Promise<Communicator['stats']> {
  const { rank, size } = communicator;
  for (let i = 0; i < 3; i++)
    await communicator.allReduce(new Float32Array(CHUNK * size), { algorithm: 'ring' });
  await communicator.barrier();
  const next = (rank + 1) % size;
  await communicator.sendReceive(next, new Uint8Array(7), 'any', new Uint8Array(7));
  // To oneself: nothing travels.
  void communicator.send(rank, new Uint8Array(9));
  await communicator.receive(rank, new Uint8Array(9));
  const exchange = await createExchange(communicator, { codec: 'qsgd:block=64' });
  await exchange.allReduce(gradientOf(1000, rank));
  return communicator.stats;
}

describe('operations are counted by name', () => {
  it('messages and bytes to the byte', async () => {
    const size = 4;
    for (const [rank, { operations }] of (await onRanks(size, work)).entries()) {
      const expected = { messages: 3 * 2 * (size - 1), bytes: 3 * 2 * (size - 1) * CHUNK * 4 };
      expect(operations['allReduce']).toMatchObject({ operations: 3, sent: expected });
      expect(operations['allReduce']!.received).toEqual(expected);
      const pair = operations[`sendReceive with ranks ${(rank + 1) % size} and any`]!;
      expect(pair).toMatchObject({ operations: 1, sent: { messages: 1, bytes: 7 } });
      expect(pair.received).toEqual({ messages: 1, bytes: 7 });
      expect(operations[`send to rank ${rank}`]).toMatchObject({
        operations: 1,
        sent: { messages: 0, bytes: 0 },
      });
      expect(operations['two-shot of unit 0']!.sent.messages).toBe(2 * (size - 1));
      for (const stats of Object.values(operations)) {
        expect(stats.milliseconds).toBeGreaterThan(0);
        expect(stats.queueMilliseconds).toBeGreaterThanOrEqual(0);
        expect(stats.transferMilliseconds).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it('all of them together are what went to the peers', async () => {
    for (const { operations, sent, received } of await onRanks(3, work)) {
      const all = Object.values(operations);
      expect(all.reduce((sum, stats) => sum + stats.sent.bytes, 0)).toBe(sent.payloadBytes);
      expect(all.reduce((sum, stats) => sum + stats.sent.messages, 0)).toBe(sent.messages);
      expect(all.reduce((sum, stats) => sum + stats.received.bytes, 0)).toBe(received.payloadBytes);
    }
  });

  it('a message that waits for its receiver is in the queue meanwhile', async () => {
    const [stats] = await onRanks(2, async (communicator) => {
      const long = new Uint8Array(2_000_000);
      if (communicator.rank === 0) await communicator.send(1, long);
      else {
        await new Promise((resolve) => setTimeout(resolve, 60));
        await communicator.receive(0, long);
      }
      await communicator.barrier();
      return communicator.stats;
    });
    expect(stats!.operations['send to rank 1']!.queueMilliseconds).toBeGreaterThan(30);
  });

  it('a part of the ranks counts for itself', async () => {
    await onRanks(4, async (communicator) => {
      const half = await communicator.split(communicator.rank % 2);
      await half.barrier();
      expect(Object.keys(half.stats.operations)).toEqual(['barrier']);
      expect(Object.keys(communicator.stats.operations)).toEqual(['split']);
    });
  });

  it('names without end are not kept apart without end', () => {
    const tallies = new Tallies();
    for (let i = 0; i < 10_000; i++) tallies.of(`step ${i}`).operations++;
    const kept = tallies.snapshot();
    expect(Object.keys(kept).length).toBeLessThan(1000);
    expect(Object.values(kept).reduce((sum, { operations }) => sum + operations, 0)).toBe(10_000);
  });
});
