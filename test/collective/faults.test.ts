import { describe, expect, it } from 'vitest';
import {
  CollectiveTimeoutError,
  PeerLostError,
  RemoteAbortError,
} from '../../proto/comm-errors.ts';
import { isGradwireError } from '../../proto/errors.ts';
import type { Communicator, CommunicatorOptions } from '../../src/collective/communicator.ts';
import { EngineCommunicator } from '../../src/collective/engine-communicator.ts';
import type { NumericArray } from '../../src/collective/numeric-array.ts';
import { createMemoryCommunicators } from '../../src/rendezvous/memory.ts';
import { openTcpMesh } from '../transport/tcp-mesh.ts';

interface Job {
  readonly communicators: readonly Communicator[];
  kill(rank: number): void;
  dropLink(a: number, b: number): void;
}

type Open = (size: number, options?: CommunicatorOptions) => Promise<Job>;

const openMemory: Open = async (size, options = {}) => {
  const { communicators, network } = createMemoryCommunicators(size, {
    maxDelayTurns: 3,
    ...options,
  });
  return {
    communicators,
    kill: (rank) => network.kill(rank),
    dropLink: (a, b) => network.dropLink(a, b),
  };
};

const openTcp: Open = async (size, options = {}) => {
  const mesh = await openTcpMesh(size);
  return {
    communicators: mesh.transports.map((transport) => new EngineCommunicator(transport, options)),
    kill: (rank) => mesh.kill(rank),
    dropLink: (a, b) => mesh.dropLink(a, b),
  };
};

type Operation = (communicator: Communicator) => Promise<unknown>;

const LONG = 600_000;
/** Operations that no rank can finish without rank 2. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'all-reduce by ring': (c) => c.allReduce(new Float32Array(LONG), { algorithm: 'ring' }),
  'all-reduce by recursive doubling': (c) =>
    c.allReduce(new Float32Array(9), { algorithm: 'recursive-doubling' }),
  'reduce-scatter': (c) => c.reduceScatter(new Float32Array(LONG)),
  'all-gather': (c) => c.allGather(new Float32Array(LONG)),
  'broadcast from it': (c) => c.broadcast(new Float32Array(LONG), { root: 2 }),
  'byte all-gather': (c) => c.allGatherV(new Uint8Array(LONG)),
  'all-to-all': (c) => c.allToAllV(Array.from({ length: c.size }, () => new Uint8Array(LONG))),
  barrier: (c) => c.barrier(),
  'all-reduce by halving and doubling': (c) =>
    c.allReduce(new Float32Array(LONG), { algorithm: 'halving-doubling' }),
  'reduce to it': (c) => c.reduce(new Float32Array(LONG), { root: 2 }),
  'gather at it': (c) => c.gather(new Float32Array(LONG), { root: 2 }),
  'byte gather at it': (c) => c.gatherV(new Uint8Array(LONG), { root: 2 }),
  'scatter from it': (c) => c.scatter(new Float32Array(LONG), { root: 2 }),
  'byte scatter from it': (c) => c.scatterV(new Uint8Array(LONG), { root: 2 }),
  'all-to-all of equal parts': (c) => c.allToAll(new Float32Array(c.size * LONG)),
  split: (c) => c.split(0),
  'receive from it': (c) => c.receive(2, new Uint8Array(9)),
  'send to it': (c) => c.send(2, new Uint8Array(LONG)),
  'receive from any': (c) => c.receive('any', new Uint8Array(9)),
};

async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return 'done';
  } catch (error) {
    return error;
  }
}

const closeAll = async ({ communicators }: Pick<Job, 'communicators'>): Promise<void> => {
  await Promise.all(communicators.map((c) => c.close()));
};

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.each([
  ['memory', openMemory],
  ['tcp', openTcp],
])('failure over %s', (_, open) => {
  it.each(Object.entries(OPERATIONS))(
    'a rank killed during %s is lost to all others, who name it and the operation',
    async (__, operation) => {
      const job = await open(4, { deadlineMs: 30_000 });
      await Promise.all(job.communicators.map((c) => c.barrier()));
      const survivors = job.communicators.filter(({ rank }) => rank !== 2);
      const outcomes = survivors.map((c) => outcome(operation(c)));
      await pause(5);
      job.kill(2);
      for (const error of await Promise.all(outcomes)) {
        expect(error).toBeInstanceOf(PeerLostError);
        expect(error).toMatchObject({ rank: 2, code: 'GRADWIRE_PEER_LOST' });
        expect((error as PeerLostError).operation).toMatch(/ #2$|rank 2$|any rank$/);
        expect((error as PeerLostError).cause).toBeDefined();
      }
      await closeAll(job);
    },
  );

  it('a rank killed while all compute is reported by the next operation', async () => {
    const job = await open(3);
    const heard = new Promise<Error>((resolve) => job.communicators[0]!.onFailure(resolve));
    job.kill(1);
    expect(await heard).toMatchObject({ rank: 1, operation: undefined });
    expect(await outcome(job.communicators[0]!.barrier())).toBe(await heard);
    expect(job.communicators[0]!.failure).toBe(await heard);
    await closeAll(job);
  });

  it('a broken link ends the job on all ranks, also on those it does not touch', async () => {
    const job = await open(4);
    const outcomes = job.communicators.map((c) =>
      outcome(c.allReduce(new Float32Array(LONG), { algorithm: 'ring' })),
    );
    job.dropLink(0, 1);
    const errors = await Promise.all(outcomes);
    for (const error of errors) expect(isGradwireError(error)).toBe(true);
    expect(errors[2]).toBeInstanceOf(PeerLostError);
    expect([0, 1]).toContain((errors[2] as PeerLostError).rank);
    await closeAll(job);
  });

  it('abort: the peers learn rank and code, this rank gets its own error', async () => {
    const job = await open(4);
    const outcomes = job.communicators
      .filter(({ rank }) => rank !== 3)
      .map((c) => outcome(c.allReduce(new Float32Array(LONG))));
    await pause(5);
    const mine = Object.assign(new Error('gradient[7] is NaN'), {
      code: 'GRADWIRE_NON_FINITE_GRADIENT',
    });
    job.communicators[3]!.abort(mine);
    for (const error of await Promise.all(outcomes)) {
      expect(error).toBeInstanceOf(RemoteAbortError);
      expect(error).toMatchObject({ rank: 3, code: 'GRADWIRE_NON_FINITE_GRADIENT' });
      expect((error as Error).message).toContain('gradient[7] is NaN');
    }
    expect(await outcome(job.communicators[3]!.barrier())).toBe(mine);
    await closeAll(job);
  });

  it('who fails and leaves at once is still the one who is blamed', async () => {
    for (let round = 0; round < 10; round++) {
      const job = await open(5);
      const outcomes = job.communicators.map(async (c) => {
        const result = await outcome(
          c.rank === 4
            ? c.operate('fail', async () => {
                throw new Error('bad luck');
              })
            : c.operate('fail', (channel) =>
                channel.receive((c.rank + 1) % 5, 0, new Uint8Array(1)),
              ),
        );
        // Everybody closes as soon as it fails: later closes must not be taken for the cause.
        await c.close();
        return result;
      });
      const errors = await Promise.all(outcomes);
      expect((errors[4] as Error).message).toBe('bad luck');
      for (const error of errors.slice(0, 4))
        expect(error).toMatchObject({
          name: 'RemoteAbortError',
          rank: 4,
          code: 'GRADWIRE_OPERATION_FAILED',
          operation: 'fail #1',
        });
    }
  });

  it.each([
    [
      'a buffer provider',
      (c: Communicator) =>
        c.allGatherV(new Uint8Array(100), {
          buffer: () => {
            if (c.rank === 1) throw new Error('mine');
            return new Uint8Array(100);
          },
        }),
    ],
    [
      'a listener',
      (c: Communicator) =>
        c.allGatherV(new Uint8Array(100), {
          onReceive: (source) => {
            if (c.rank === 1 && source === 2) throw new Error('mine');
          },
        }),
    ],
    [
      'a reducer',
      (c: Communicator) =>
        c.allReduce(new Float32Array(100), {
          op: {
            name: 'fragile',
            combine: () => {
              if (c.rank === 1) throw new Error('mine');
            },
          },
        }),
    ],
  ])('what %s of the caller throws ends the job', async (__, operation) => {
    const job = await open(3);
    // The others may have all they need from rank 1 before it fails: the next operation tells.
    const errors = await Promise.all(
      job.communicators.map(async (c) => {
        const first = await outcome(operation(c));
        return first === 'done' ? outcome(c.barrier()) : first;
      }),
    );
    expect((errors[1] as Error).message).toBe('mine');
    for (const rank of [0, 2])
      expect(errors[rank]).toMatchObject({ name: 'RemoteAbortError', rank: 1 });
    await closeAll(job);
  });

  it('a signal gives up on all ranks, before and during an operation', async () => {
    for (const early of [true, false]) {
      const job = await open(3);
      const controller = new AbortController();
      if (early) controller.abort(new Error('user pressed stop'));
      const outcomes = job.communicators.map((c) =>
        outcome(
          c.rank === 0
            ? c.receive(1, new Uint8Array(1), { signal: controller.signal })
            : c.barrier(),
        ),
      );
      await pause(2);
      controller.abort(new Error('user pressed stop'));
      const [own, ...others] = await Promise.all(outcomes);
      expect(own).toMatchObject({
        name: 'OperationAbortedError',
        operation: 'receive from rank 1',
        message: expect.stringContaining('user pressed stop') as string,
      });
      for (const error of others)
        expect(error).toMatchObject({
          name: 'RemoteAbortError',
          rank: 0,
          code: 'GRADWIRE_OPERATION_ABORTED',
        });
      await closeAll(job);
    }
  });

  it('a rank that does not take part is named by the deadline, on all ranks', async () => {
    const job = await open(4, { deadlineMs: 100 });
    const heard = new Promise<Error>((resolve) => job.communicators[2]!.onFailure(resolve));
    const errors = await Promise.all(
      job.communicators
        .filter(({ rank }) => rank !== 2)
        .map(async (c) => {
          const error = await outcome(c.allReduce(new Float32Array(LONG), { algorithm: 'ring' }));
          // Whoever knows leaves: the others must not take that for the cause.
          await c.close();
          return error;
        }),
    );
    for (const error of errors) {
      expect(error).toBeInstanceOf(CollectiveTimeoutError);
      expect(error).toMatchObject({ waitingFor: [2], operation: 'allReduce #1' });
    }
    expect(await heard).toBeInstanceOf(CollectiveTimeoutError);
    await closeAll(job);
  });

  it('an operation has its own deadline; a receive that is never served names the sender', async () => {
    const job = await open(3, { deadlineMs: 60_000 });
    const error = await outcome(
      job.communicators[0]!.receive(1, new Uint8Array(1), { deadlineMs: 50 }),
    );
    expect(error).toMatchObject({
      name: 'CollectiveTimeoutError',
      waitingFor: [1],
      operation: 'receive from rank 1',
    });
    await closeAll(job);
  });

  it('different lengths are told at once', async () => {
    for (const [a, b] of [
      [10, 11],
      [100_000, 100_004],
      [10, 100_000],
    ] as const)
      for (const algorithm of ['ring', 'recursive-doubling'] as const) {
        const job = await open(2, { deadlineMs: 30_000 });
        const lengths = [a, b];
        const errors = await Promise.all(
          job.communicators.map((c, rank) =>
            outcome(c.allReduce(new Float32Array(lengths[rank]!), { algorithm })),
          ),
        );
        for (const error of errors)
          expect(error).toMatchObject({ code: 'GRADWIRE_COLLECTIVE_MISMATCH' });
        await closeAll(job);
      }
  });

  it('different collectives under one number are told at once', async () => {
    const job = await open(3, { deadlineMs: 30_000 });
    const errors = await Promise.all(
      job.communicators.map((c, rank) =>
        outcome(rank === 1 ? c.allGather(new Float32Array(8)) : c.allReduce(new Float32Array(8))),
      ),
    );
    for (const error of errors)
      expect(error).toMatchObject({ code: 'GRADWIRE_COLLECTIVE_MISMATCH' });
    await closeAll(job);
  });

  const types = [Float32Array, Int32Array, Uint32Array] as const;
  it.each<[string, Operation]>([
    ['types of one width', (c) => c.allReduce(new types[c.rank]!(8))],
    ['types in all-gather', (c) => c.allGather<NumericArray>(new types[c.rank]!(8))],
    ['types where lengths may differ', (c) => c.allGatherV<NumericArray>(new types[c.rank]!(8))],
    ['reductions', (c) => c.allReduce(new Float32Array(8), { op: c.rank === 1 ? 'max' : 'sum' })],
    ['roots of a broadcast', (c) => c.broadcast(new Float32Array(8), { root: c.rank })],
    ['roots of a reduce', (c) => c.reduce(new Float32Array(8), { root: c.rank === 2 ? 1 : 0 })],
    [
      'algorithms',
      (c) => c.allReduce(new Float32Array(8), { algorithm: c.rank === 1 ? 'ring' : 'auto' }),
    ],
  ])('different %s are told at once', async (__, operation) => {
    const job = await open(3, { deadlineMs: 30_000 });
    const errors = await Promise.all(
      job.communicators.map(async (c) => {
        const first = await outcome(operation(c));
        return first === 'done' ? outcome(c.barrier()) : first;
      }),
    );
    for (const error of errors)
      expect(error).toMatchObject({ code: 'GRADWIRE_COLLECTIVE_MISMATCH' });
    await closeAll(job);
  });

  it('a message longer than the buffer ends the job', async () => {
    const job = await open(2);
    const [a, b] = job.communicators as [Communicator, Communicator];
    const sent = outcome(a.send(1, new Float32Array(5)).then(() => a.barrier()));
    expect(await outcome(b.receive(0, new Float32Array(4)))).toMatchObject({
      name: 'MessageTooLongError',
      length: 20,
      limit: 16,
    });
    expect(await sent).toMatchObject({ rank: 1, code: 'GRADWIRE_MESSAGE_TOO_LONG' });
    await closeAll(job);
  });

  it('a message that is no whole number of elements ends the job', async () => {
    const job = await open(2);
    const [a, b] = job.communicators as [Communicator, Communicator];
    const sent = outcome(a.send(1, new Uint8Array(5)));
    expect(await outcome(b.receive(0, new Float32Array(4)))).toMatchObject({
      code: 'GRADWIRE_COLLECTIVE_MISMATCH',
    });
    await sent;
    await closeAll(job);
  });

  it('close waits for what is under way, and refuses what comes after', async () => {
    const job = await open(2);
    const [a, b] = job.communicators as [Communicator, Communicator];
    const vector = new Float32Array(LONG).fill(1);
    const reduced = a.allReduce(vector);
    const closed = a.close();
    await b.allReduce(new Float32Array(LONG).fill(1));
    await reduced;
    await closed;
    expect(vector[LONG - 1]).toBe(2);
    expect(await outcome(a.barrier())).toMatchObject({ code: 'GRADWIRE_COMMUNICATOR_CLOSED' });
    await a.close();
    await b.close();
  });

  it('a rank that has closed is lost to those who still need it, not to the others', async () => {
    const job = await open(3);
    const [a, b, c] = job.communicators as [Communicator, Communicator, Communicator];
    await c.close();
    // Rank 2 is not needed here.
    const into = new Float32Array(1);
    await Promise.all([a.send(1, Float32Array.of(7)), b.receive(0, into)]);
    expect(into[0]).toBe(7);
    const errors = await Promise.all([outcome(a.barrier()), outcome(b.barrier())]);
    for (const error of errors)
      expect(error).toMatchObject({
        name: 'PeerLostError',
        rank: 2,
        message: expect.stringContaining('closed its communicator') as string,
      });
    await closeAll(job);
  });

  it('what a rank sent before it closed is still received', async () => {
    const job = await open(2);
    const [a, b] = job.communicators as [Communicator, Communicator];
    await a.send(1, Float32Array.of(1, 2, 3));
    await a.close();
    const into = new Float32Array(3);
    await b.receive(0, into);
    expect([...into]).toEqual([1, 2, 3]);
    await b.close();
  });

  it('a receive from any rank goes on as long as one is left to send', async () => {
    const job = await open(3);
    const [a, b, c] = job.communicators as [Communicator, Communicator, Communicator];
    const first = a.receive('any', new Float32Array(1));
    await c.close();
    await b.send(0, Float32Array.of(5));
    expect(await first).toMatchObject({ source: 1, length: 1 });
    const second = outcome(a.receive('any', new Float32Array(1)));
    await b.close();
    expect(await second).toMatchObject({
      name: 'PeerLostError',
      operation: 'receive from any rank',
    });
    await closeAll(job);
  });

  it('one rank alone works like any other number', async () => {
    const { communicators } = await open(1);
    const alone = communicators[0]!;
    const vector = Float32Array.of(1, 2);
    await alone.allReduce(vector);
    await alone.barrier();
    await alone.broadcast(vector);
    expect([...(await alone.allGather(vector))]).toEqual([1, 2]);
    expect(await alone.allGatherV(Uint8Array.of(3))).toEqual([Uint8Array.of(3)]);
    expect([...(await alone.reduceScatter(vector))]).toEqual([1, 2]);
    alone.abort(new Error('enough'));
    expect(await outcome(alone.barrier())).toEqual(new Error('enough'));
    await alone.close();
  });
});

describe('failure in memory', () => {
  it('a stopped rank is named by all others, however far away in the ring', async () => {
    const { communicators, network } = createMemoryCommunicators(6, { deadlineMs: 100 });
    network.stall(3);
    const errors = await Promise.all(
      communicators
        .filter(({ rank }) => rank !== 3)
        .map((c) => outcome(c.allReduce(new Float32Array(LONG), { algorithm: 'ring' }))),
    );
    for (const error of errors)
      expect(error).toMatchObject({
        name: 'CollectiveTimeoutError',
        waitingFor: [3],
        operation: 'allReduce #1',
      });
    // Back again, it hears why there is no job any more.
    const late = outcome(communicators[3]!.allReduce(new Float32Array(LONG)));
    network.resume(3);
    expect(await late).toMatchObject({ code: 'GRADWIRE_COLLECTIVE_TIMEOUT' });
    await closeAll({ communicators });
  });

  it('damaged bytes are the loss of their sender; without a checksum nobody notices', async () => {
    for (const checksum of [true, false]) {
      const { communicators, network } = createMemoryCommunicators(3, { checksum });
      await Promise.all(communicators.map((c) => c.barrier()));
      network.corrupt(0, 1);
      const outcomes = await Promise.all(
        communicators.map((c) => outcome(c.allReduce(new Float32Array(LONG)))),
      );
      if (checksum) {
        expect(outcomes[1]).toMatchObject({ name: 'PeerLostError', rank: 0 });
        expect((outcomes[1] as PeerLostError).cause).toMatchObject({
          code: 'GRADWIRE_FRAME_CHECKSUM',
        });
        expect(outcomes[2]).toMatchObject({ name: 'PeerLostError', rank: 0 });
        // Nobody is told to be lost to itself.
        expect(outcomes[0]).toMatchObject({ name: 'RemoteAbortError', rank: 1 });
      } else expect(outcomes).toEqual(['done', 'done', 'done']);
      await closeAll({ communicators });
    }
  });

  it('ranks killed at any moment of any operations: everybody ends with a typed error', async () => {
    const kinds = Object.values(OPERATIONS).slice(0, 8);
    for (let seed = 1; seed <= 60; seed++) {
      const { communicators, network } = createMemoryCommunicators(3 + (seed % 4), {
        seed,
        maxDelayTurns: seed % 6,
        deadlineMs: 30_000,
        segmentBytes: 4096,
        eagerBytes: 512,
        creditBytes: 2048,
      });
      const run = async (c: Communicator): Promise<unknown> => {
        for (let i = 0; i < 1000; i++)
          await Promise.all([
            kinds[(seed + i) % 8]!(c),
            c.allReduce(Float32Array.of(1)),
            c.allGatherV(new Uint8Array(100 * c.rank)),
          ]);
        return 'done';
      };
      const outcomes = communicators.map((c) => outcome(run(c)));
      const victim = network.integer(communicators.length);
      for (let turn = network.integer(200); turn > 0; turn--)
        await new Promise((resolve) => setImmediate(resolve));
      network.kill(victim);
      for (const [rank, error] of (await Promise.all(outcomes)).entries()) {
        expect(error).toBeInstanceOf(PeerLostError);
        if (rank !== victim) expect(error).toMatchObject({ rank: victim });
      }
      await closeAll({ communicators });
    }
  });
});
