/** Survivors of a failure go on: who they are, what they can do, and what becomes of the others. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CollectiveTimeoutError,
  CommunicatorClosedError,
  EvictedError,
  PeerLostError,
  ShrinkUnavailableError,
} from '../../proto/comm-errors.ts';
import type { Communicator } from '../../src/collective/communicator.ts';
import { EngineCommunicator } from '../../src/collective/engine-communicator.ts';
import { createMemoryCommunicators } from '../../src/rendezvous/memory.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import type { Job } from '../compliance/collective-job.ts';
import { startJob } from '../rendezvous/job.ts';
import { openWorkers, workerProgram } from '../worker/job.ts';

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: unknown) => error,
  );

/** All-reduces a vector that tells the ranks apart. */
async function sumOfRanks(communicators: readonly Communicator[]): Promise<number[]> {
  const vectors = communicators.map(({ rank }) => new Float32Array(1000).fill(2 ** rank));
  await Promise.all(communicators.map((c, i) => c.allReduce(vectors[i]!)));
  for (const vector of vectors) expect(vector.every((x) => x === vector[0])).toBe(true);
  return vectors.map(([first]) => first!);
}

const closeAll = async (communicators: readonly Communicator[]): Promise<void> => {
  await Promise.all(communicators.map((communicator) => communicator.close()));
};

async function openTcp(size: number): Promise<Job> {
  const job = await startJob(size, { deadlineMs: 30_000 });
  const communicators = await Promise.all(
    Array.from({ length: size }, (_, rank) => (rank === 0 ? job.first : job.rank(rank))),
  );
  return { communicators, close: () => closeAll(communicators) };
}

type Open = (size: number) => Promise<Job>;
let program: { readonly file: string; remove(): void };

beforeAll(async () => {
  program = await workerProgram();
});
afterAll(() => program.remove());

describe.each<[string, Open]>([
  ['memory', async (size) => createMemoryCommunicators(size, { maxDelayTurns: 3 })],
  ['TCP', (size) => openTcp(size)],
  ['TCP in workers', (size) => openWorkers(size, program.file)],
])('after the loss of a rank, over %s', (_, open) => {
  it.each([
    [2, 0],
    [2, 1],
    [4, 0],
    [4, 2],
    [5, 4],
  ])('of %i ranks the others go on without rank %i', async (size, lost) => {
    const { communicators } = await open(size);
    const others = communicators.filter(({ rank }) => rank !== lost);
    const pending = others.map((c) => outcome(c.allReduce(new Float32Array(300_000))));
    await communicators[lost]!.close();
    for (const error of await Promise.all(pending)) expect(error).toBeInstanceOf(PeerLostError);
    const next = await Promise.all(others.map((c) => c.shrink()));
    const former = others.map(({ rank }) => rank);
    for (const [rank, communicator] of next.entries()) {
      expect(communicator.rank).toBe(rank);
      expect(communicator.size).toBe(size - 1);
      expect(communicator.epoch).toBe(1);
      expect(communicator.formerRanks).toEqual(former);
      expect(communicator.failure).toBeUndefined();
    }
    expect(await sumOfRanks(next)).toEqual(next.map(() => 2 ** (size - 1) - 1));
    for (const c of others) expect(await outcome(c.barrier())).toBeInstanceOf(PeerLostError);
    await closeAll([...others, ...next]);
  });

  it('again and again, down to one', async () => {
    let { communicators } = await open(4);
    const all = [...communicators];
    for (let size = 4; size > 1; size--) {
      const [first, ...others] = communicators;
      const pending = others.map((c) => outcome(c.barrier()));
      await first!.close();
      await Promise.all(pending);
      communicators = await Promise.all(others.map((c) => c.shrink()));
      all.push(...communicators);
      expect(communicators.map(({ epoch }) => epoch)).toEqual(others.map(() => 5 - size));
      expect(await sumOfRanks(communicators)).toEqual(others.map(() => 2 ** (size - 1) - 1));
    }
    await closeAll(all);
  });

  it('a new communicator can be split, and messages arrive', async () => {
    const { communicators } = await open(4);
    await communicators[1]!.close();
    const others = communicators.filter(({ rank }) => rank !== 1);
    await Promise.all(others.map((c) => outcome(c.barrier())));
    const next = await Promise.all(others.map((c) => c.shrink()));
    const halves = await Promise.all(next.map((c) => c.split(c.rank === 0 ? 0 : 1)));
    expect(halves.map(({ size }) => size)).toEqual([1, 2, 2]);
    expect(halves.map(({ formerRanks }) => formerRanks)).toEqual([[0], [2, 3], [2, 3]]);
    const into = new Float64Array(2);
    const [received] = await Promise.all([
      next[2]!.receive('any', into),
      next[0]!.send(2, Float64Array.of(1, 2)),
    ]);
    expect(received.source).toBe(0);
    expect([...into]).toEqual([1, 2]);
    await closeAll([...next, ...others]);
  });
});

describe('in memory', () => {
  it('a rank killed while the others agree is left behind, too', async () => {
    const { communicators, network, close } = createMemoryCommunicators(5, { maxDelayTurns: 9 });
    network.kill(3);
    const others = communicators.filter(({ rank }) => rank !== 3);
    await Promise.all(others.map((c) => outcome(c.barrier())));
    const shrinking = others.map((c) => outcome(c.shrink()));
    // The one that leads.
    network.kill(0);
    await Promise.all(shrinking);
    const next = await Promise.all(others.filter(({ rank }) => rank !== 0).map((c) => c.shrink()));
    const members = new Set(next.map(({ formerRanks }) => String(formerRanks)));
    expect([...members]).toEqual(['1,2,4']);
    expect(await sumOfRanks(next)).toEqual([7, 7, 7]);
    await Promise.all([close(), closeAll(next)]);
  });

  it('a rank that does not want to go on in time is evicted, and hears of it', async () => {
    const { communicators, network, close } = createMemoryCommunicators(4);
    network.kill(1);
    const survivors = communicators.filter(({ rank }) => rank !== 1);
    await Promise.all(survivors.map((c) => outcome(c.barrier())));
    const [a, late, b] = survivors;
    const next = await Promise.all([a!, b!].map((c) => c.shrink({ deadlineMs: 100 })));
    expect(next.map(({ formerRanks }) => formerRanks)).toEqual([
      [0, 3],
      [0, 3],
    ]);
    const error = await outcome(late!.shrink());
    expect(error).toBeInstanceOf(EvictedError);
    expect(error).toMatchObject({ code: 'GRADWIRE_EVICTED', survivors: [0, 3] });
    await Promise.all([close(), closeAll(next)]);
  });

  it('a rank that was stopped hears that it was evicted as soon as it runs again', async () => {
    const { communicators, network, close } = createMemoryCommunicators(3);
    network.stall(0);
    const others = communicators.slice(1);
    await Promise.all(others.map((c) => outcome(c.barrier({ deadlineMs: 50 }))));
    const next = await Promise.all(others.map((c) => c.shrink({ deadlineMs: 100 })));
    expect(await sumOfRanks(next)).toEqual([3, 3]);
    const failed = new Promise((resolve) => communicators[0]!.onFailure(resolve));
    network.resume(0);
    await failed;
    expect(await outcome(communicators[0]!.shrink())).toBeInstanceOf(EvictedError);
    await Promise.all([close(), closeAll(next)]);
  });

  it('ranks that cannot reach each other do not both go on', async () => {
    const { communicators, network, close } = createMemoryCommunicators(4);
    network.dropLink(1, 2);
    await Promise.all(communicators.map((c) => outcome(c.barrier())));
    const outcomes = await Promise.all(
      communicators.map((c) => c.shrink({ deadlineMs: 300 }).catch((error: unknown) => error)),
    );
    expect(outcomes[2]).toBeInstanceOf(EvictedError);
    const next = [0, 1, 3].map((rank) => outcomes[rank] as Communicator);
    expect(next.map(({ formerRanks }) => formerRanks)).toEqual(next.map(() => [0, 1, 3]));
    expect(await sumOfRanks(next)).toEqual([7, 7, 7]);
    await Promise.all([close(), closeAll(next)]);
  });

  it('a communicator without a failure is given up for it on all ranks', async () => {
    const { communicators, close } = createMemoryCommunicators(3);
    const pending = outcome(communicators[2]!.receive(0, new Uint8Array(1)));
    const next = await Promise.all(communicators.map((c) => c.shrink()));
    expect(await pending).toMatchObject({ code: 'GRADWIRE_OPERATION_ABORTED' });
    expect(await sumOfRanks(next)).toEqual([7, 7, 7]);
    await Promise.all([close(), closeAll(next)]);
  });

  it('whoever nobody answers gives up', async () => {
    const { communicators, network, close } = createMemoryCommunicators(2);
    const [a] = communicators;
    network.stall(1);
    await outcome(a!.barrier({ deadlineMs: 50 }));
    const alone = await a!.shrink({ deadlineMs: 50 });
    expect(alone.size).toBe(1);
    await alone.barrier();
    network.resume(1);
    await Promise.all([close(), alone.close()]);
  });

  it('only the communicator of the job, and an open one, can be shrunk', async () => {
    const { communicators, close } = createMemoryCommunicators(2);
    const halves = await Promise.all(communicators.map((c) => c.split(0)));
    expect(await outcome(halves[0]!.shrink())).toBeInstanceOf(ShrinkUnavailableError);
    expect(communicators[0]!.failure).toBeUndefined();
    await close();
    expect(await outcome(communicators[0]!.shrink())).toBeInstanceOf(CommunicatorClosedError);
    const network = new MemoryNetwork(1);
    const bare = new EngineCommunicator(network.transports[0]!);
    expect(await outcome(bare.shrink())).toBeInstanceOf(ShrinkUnavailableError);
    await bare.close();
  });

  it('a leader that is stopped after it got ready does not keep the others waiting for ever', async () => {
    const { communicators, network, close } = createMemoryCommunicators(3);
    network.kill(2);
    await Promise.all(communicators.map((c) => outcome(c.barrier())));
    const [leader, other] = communicators;
    network.stall(0);
    const waiting = outcome(other!.shrink({ deadlineMs: 100 }));
    const result = await waiting;
    // It has heard nothing of rank 0, so it goes on alone.
    expect(result).toBe('done');
    const alone = await other!.shrink();
    expect(alone.size).toBe(1);
    network.resume(0);
    expect(await outcome(leader!.shrink({ deadlineMs: 100 }))).toBeInstanceOf(EvictedError);
    await Promise.all([close(), alone.close()]);
  });
});

describe.each(Array.from({ length: 60 }, (_, seed) => seed + 1))('seed %i', (seed) => {
  it('ranks killed at any moment of shrinking: nobody hangs, and groups agree', async () => {
    const size = 3 + (seed % 5);
    const options = { seed, maxDelayTurns: 12, deadlineMs: 2000 };
    const job = createMemoryCommunicators(size, options);
    const { communicators, network } = job;
    const victims = new Set<number>();
    const next = new Map<number, Communicator>();
    const kill = (rank: number): void => {
      victims.add(rank);
      network.kill(rank);
    };
    kill(network.integer(size));
    const live = async (c: Communicator): Promise<void> => {
      await outcome(c.barrier());
      try {
        const shrunk = await c.shrink({ deadlineMs: 500 });
        next.set(c.rank, shrunk);
      } catch (error) {
        // A killed one may hear nothing until it is closed, or that it was left behind.
        expect(victims.has(c.rank)).toBe(true);
        const typed = [EvictedError, CollectiveTimeoutError, CommunicatorClosedError];
        expect(typed.some((type) => error instanceof type)).toBe(true);
      }
    };
    const lives = communicators.map(live);
    for (let i = network.integer(60); i > 0; i--) await new Promise((r) => setImmediate(r));
    kill(network.integer(size));
    // A killed rank lives on here, cut off from all others, and may believe anything.
    await Promise.all(lives.filter((_, rank) => !victims.has(rank)));
    const groups = new Set(
      [...next].flatMap(([rank, c]) => (victims.has(rank) ? [] : [String(c.formerRanks)])),
    );
    expect(groups.size).toBeLessThanOrEqual(1);
    await Promise.all([job.close(), closeAll([...next.values()])]);
  });
});
