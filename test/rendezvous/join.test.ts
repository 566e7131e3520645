/** New processes join a job that runs, at a moment when its ranks let them in. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PeerLostError, RendezvousError } from '../../proto/comm-errors.ts';
import type { Communicator } from '../../src/collective/communicator.ts';
import { shareState } from '../../src/collective/share-state.ts';
import { createMemoryCommunicators } from '../../src/rendezvous/memory.ts';
import { newJob } from '../../src/launch/ranks.ts';
import { init, type InitOptions } from '../../src/worker/init.ts';
import { workerProgram } from '../worker/job.ts';
import { outcome, pause, work } from './job.ts';

let program: { readonly file: string; remove(): void };
const open: Communicator[] = [];

beforeAll(async () => {
  program = await workerProgram();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((communicator) => communicator.close()));
});
afterAll(() => program.remove());

interface RunningJob {
  readonly communicators: Communicator[];
  join(options?: InitOptions): Promise<Communicator>;
}

async function start(size: number, worker: false | string): Promise<RunningJob> {
  const { port, name, credentials } = await newJob(size);
  const shared = {
    ...{ masterPort: port, job: name, env: { ...credentials } },
    ...{ deadlineMs: 30_000, rendezvousMs: 30_000, worker },
  };
  const keep = async (communicator: Promise<Communicator>): Promise<Communicator> => {
    open.push(await communicator);
    return await communicator;
  };
  const communicators = await Promise.all(
    Array.from({ length: size }, (_, rank) => keep(init({ ...shared, rank, size }))),
  );
  return { communicators, join: (options) => keep(init({ ...shared, join: true, ...options })) };
}

/** All ranks let in whoever waits, until somebody has. */
async function admit(communicators: readonly Communicator[]): Promise<Communicator[]> {
  for (;;) {
    const next = await Promise.all(communicators.map((communicator) => communicator.admit()));
    if (next[0] === communicators[0]) {
      for (const [rank, communicator] of next.entries())
        expect(communicator).toBe(communicators[rank]);
      await pause(20);
      continue;
    }
    open.push(...next);
    return next;
  }
}

describe.each(['on this thread', 'in workers'])('a new process, connections %s', (where) => {
  const worker = (): false | string => (where === 'in workers' ? program.file : false);

  it.each([2, 3])('becomes the last of %i ranks and one', async (size) => {
    const { communicators, join } = await start(size, worker());
    await work(communicators);
    const joining = join();
    const members = await admit(communicators);
    const newcomer = await joining;
    const former = Array.from({ length: size }, (_, rank) => rank);
    for (const [rank, communicator] of [...members, newcomer].entries()) {
      expect(communicator.rank).toBe(rank);
      expect(communicator.size).toBe(size + 1);
      expect(communicator.epoch).toBe(1);
      expect(communicator.formerRanks).toEqual([...former, -1]);
    }
    await work([...members, newcomer]);
    // What it came from is over.
    for (const communicator of communicators)
      expect(await outcome(communicator.barrier())).toBeInstanceOf(Error);
  });

  it('takes the place of one that was lost, and the state of one that was there', async () => {
    const { communicators, join } = await start(3, worker());
    await communicators[0]!.close();
    const survivors = communicators.slice(1);
    for (const communicator of survivors)
      expect(await outcome(communicator.barrier())).toBeInstanceOf(PeerLostError);
    const shrunk = await Promise.all(survivors.map((communicator) => communicator.shrink()));
    open.push(...shrunk);
    const joining = join();
    const members = await admit(shrunk);
    const all = [...members, await joining];
    expect(all.map(({ epoch }) => epoch)).toEqual([2, 2, 2]);
    const states = all.map(({ rank }) => [
      Float32Array.of(1.5, rank < 2 ? 2.5 : 0),
      Int32Array.of(rank < 2 ? 7 : 0),
    ]);
    const changed = await Promise.all(all.map((c, rank) => shareState(c, states[rank]!)));
    expect(changed).toEqual([false, false, true]);
    expect(states[2]).toEqual(states[0]);
    const again = await Promise.all(all.map((c, rank) => shareState(c, states[rank]!)));
    expect(again).toEqual([false, false, false]);
  });
});

describe('newcomers', () => {
  it('come several at once, and one after the other', async () => {
    const { communicators, join } = await start(2, false);
    let members: Communicator[] = communicators;
    const joined: Communicator[] = [];
    const joining = [join(), join()];
    while (members.length + joined.length < 4) {
      members = await admit(members);
      members.push(...(await Promise.all(joining.splice(0, members[0]!.size - members.length))));
    }
    expect(members.map(({ rank }) => rank)).toEqual([0, 1, 2, 3]);
    const third = join();
    members = await admit(members);
    members.push(await third);
    await work(members);
  });

  it('that leave before they are let in are forgotten', async () => {
    const { communicators, join } = await start(2, false);
    await Promise.all(communicators.map((communicator) => communicator.admit()));
    const gone = await outcome(join({ rendezvousMs: 300 }));
    expect(gone).toMatchObject({ code: 'GRADWIRE_RENDEZVOUS_TIMEOUT' });
    await pause(50);
    expect(await Promise.all(communicators.map((c) => c.admit()))).toEqual(communicators);
    await work(communicators);
  });

  it('wait in vain where nobody lets them in', async () => {
    const { join } = await start(2, false);
    const error = await outcome(join({ rendezvousMs: 250 }));
    expect(error).toBeInstanceOf(RendezvousError);
    expect((error as Error).message).toMatch(/within 250 ms.*admit\(\)/);
  });

  it('of another job or without the secret are refused, and nobody is harmed', async () => {
    const { communicators, join } = await start(2, false);
    await Promise.all(communicators.map((communicator) => communicator.admit()));
    const stranger = await outcome(join({ job: 'another' }));
    expect(stranger).toMatchObject({ code: 'GRADWIRE_RENDEZVOUS_JOB' });
    const secretless = await outcome(join({ secret: 'not the secret of this job' }));
    expect(secretless).toMatchObject({ code: 'GRADWIRE_RENDEZVOUS_SECRET' });
    expect(await Promise.all(communicators.map((c) => c.admit()))).toEqual(communicators);
    await work(communicators);
  });

  it('cannot be let in where all ranks are in one process', async () => {
    const { communicators, close } = createMemoryCommunicators(3);
    const next = await Promise.all(communicators.map((communicator) => communicator.admit()));
    expect(next).toEqual(communicators);
    await close();
  });
});

describe('shareState', () => {
  it('says which ranks hold something else in the end', async () => {
    const { communicators, close } = createMemoryCommunicators(3);
    const states = communicators.map(({ rank }) => Float32Array.of(rank));
    // A rank whose memory is not its own.
    const stubborn = new Proxy(communicators[1]!, {
      get: (target, name): unknown => {
        if (name === 'broadcast') return (array: Float32Array) => target.broadcast(array.slice());
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const used = [communicators[0]!, stubborn, communicators[2]!];
    const results = await Promise.all(
      used.map((communicator, rank) => outcome(shareState(communicator, [states[rank]!]))),
    );
    for (const error of results)
      expect(error).toMatchObject({ code: 'GRADWIRE_STATE_MISMATCH', root: 0, ranks: [1] });
    await close();
  });
});

describe('whoever is lost while others join', () => {
  const RUNS = 30;
  const ROUNDS = 40;

  /**
   * Reduces among those that are there, lets newcomers in and goes on after losses. The first thing on every
   * communicator is to find out how far the others are.
   */
  async function goOn(place: { communicator: Communicator }): Promise<void> {
    let isNew = true;
    let round = 0;
    const enter = (communicator: Communicator): void => {
      place.communicator = communicator;
      open.push(communicator);
      isNew = true;
    };
    while (round < ROUNDS)
      try {
        if (isNew) round = Math.max(...(await place.communicator.allGather(Uint32Array.of(round))));
        isNew = false;
        const next = await place.communicator.admit();
        if (next !== place.communicator) {
          enter(next);
          continue;
        }
        const ones = new Float32Array(1000).fill(1);
        await next.allReduce(ones);
        if (!ones.every((x) => x === next.size)) throw new Error('a wrong sum');
        round++;
      } catch (error) {
        if (!isLoss(error)) throw error;
        enter(await place.communicator.shrink());
      }
    await place.communicator.close();
  }

  function isLoss(error: unknown): boolean {
    const { code } = error as { code?: string };
    return ['GRADWIRE_PEER_LOST', 'GRADWIRE_COLLECTIVE_TIMEOUT'].includes(code ?? '');
  }

  it.each(Array.from({ length: RUNS }, (_, seed) => seed))('seed %i', async (seed) => {
    const next = (
      (state) => () =>
        (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0)
    )(seed * 7919 + 1);
    const { communicators, join } = await start(3, false);
    await Promise.all(communicators.map((communicator) => communicator.admit()));
    const places = communicators.map((communicator) => ({ communicator }));
    const givenUp = new AbortController();
    const joining = outcome(
      join({ signal: givenUp.signal }).then((communicator) => goOn({ communicator })),
    );
    const running = places.map((place) => outcome(goOn(place)));
    setTimeout(() => {
      // The newcomer on its way, or one of those that are there.
      if (seed % 2 === 0) givenUp.abort();
      else void places[seed % 3]!.communicator.close();
    }, next() % 60);
    const results = await Promise.all(running);
    givenUp.abort();
    await joining;
    const survivors = results.filter((result) => result === 'done');
    expect(survivors.length, String(results)).toBeGreaterThanOrEqual(2);
  });
});
