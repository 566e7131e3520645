import { describe, expect, it } from 'vitest';
import { CollectiveTimeoutError } from '../../proto/comm-errors.ts';
import { ArgumentRangeError, ArgumentTypeError } from '../../proto/errors.ts';
import { createMemoryCommunicators } from '../../src/rendezvous/memory.ts';

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: unknown) => error,
  );

describe('an operation in which nothing moves', () => {
  it('is given up on all ranks, which name the one that is stuck', async () => {
    const { communicators, network, close } = createMemoryCommunicators(3);
    network.stall(2);
    const vectors = communicators.map(() => new Float32Array(300_000));
    const outcomes = communicators
      .filter(({ rank }) => rank !== 2)
      .map((c) => outcome(c.allReduce(vectors[c.rank]!, { progressMs: 200 })));
    const errors = await Promise.all(outcomes);
    for (const error of errors) {
      expect(error).toBeInstanceOf(CollectiveTimeoutError);
      expect((error as CollectiveTimeoutError).waitingFor).toEqual([2]);
    }
    // Whose timer was first says so; another may have heard of it before its own went off.
    expect(String(errors)).toContain('made no progress within 200 ms');
    network.resume(2);
    await close();
  });

  it('goes on as long as something does, however slowly', async () => {
    const { communicators, close } = createMemoryCommunicators(2, { progressMs: 400 });
    const [a, b] = communicators;
    // Twenty messages, each of them late, but none as late as that.
    const operation = (c: typeof a, pause: number): Promise<void> =>
      c!.operate('slow', async (channel) => {
        const peer = 1 - channel.rank;
        for (let step = 0; step < 20; step++) {
          await new Promise((resolve) => setTimeout(resolve, pause));
          void channel.send(peer, step, new Uint8Array(10));
          await channel.receive(peer, step, new Uint8Array(10));
        }
      });
    expect(await Promise.all([operation(a, 60), operation(b, 0)].map(outcome))).toEqual([
      'done',
      'done',
    ]);
    await close();
  });

  it('wants a time', async () => {
    expect(() => createMemoryCommunicators(1, { progressMs: 0 })).toThrow(ArgumentRangeError);
    const { communicators, close } = createMemoryCommunicators(1);
    const wrong = communicators[0]!.barrier({ progressMs: 'x' as never });
    await expect(wrong).rejects.toThrow(ArgumentTypeError);
    await close();
  });
});
