/** Jobs of ranks in this process, and what they write to standard error. */
import { expect, vi } from 'vitest';
import type { Communicator } from '../../src/collective/communicator.ts';
import {
  init,
  listenAsMaster,
  type InitOptions,
  type MasterListener,
} from '../../src/rendezvous/init.ts';

export const SECRET = 'a secret that only these tests know';

export interface TestJob {
  readonly master: MasterListener;
  /** Rank 0, once all have met. */
  readonly first: Promise<Communicator>;
  /** `init` of a rank of this job. */
  rank(rank: number, options?: InitOptions): Promise<Communicator>;
  /** Ranks that have not been started yet join; all compute together, and leave. */
  finish(): Promise<void>;
}

/** A job whose rank 0 is already there and waits for the others. */
export async function startJob(size: number, options: InitOptions = {}): Promise<TestJob> {
  const master = await listenAsMaster();
  const started = new Map<number, Promise<Communicator>>();
  const start = (rank: number, own: InitOptions = {}): Promise<Communicator> =>
    init({
      env: {},
      secret: SECRET,
      rendezvousMs: 30_000,
      rank,
      size,
      masterPort: master.port,
      ...(rank === 0 && { master }),
      ...options,
      ...own,
    });
  const first = start(0);
  started.set(0, first);
  const job: TestJob = {
    master,
    first,
    rank(rank, own) {
      const communicator = start(rank, own);
      started.set(rank, communicator);
      return communicator;
    },
    async finish() {
      for (let rank = 0; rank < size; rank++) if (!started.has(rank)) void job.rank(rank);
      const communicators = await Promise.all(started.values());
      await work(communicators);
      await Promise.all(communicators.map((communicator) => communicator.close()));
    },
  };
  return job;
}

/** All ranks add up, twice; wrong results fail the test. */
export async function work(communicators: readonly Communicator[]): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const vectors = communicators.map(({ rank }) => new Float32Array(5000).fill(2 ** rank));
    await Promise.all(communicators.map((c, i) => c.allReduce(vectors[i]!)));
    const sum = 2 ** communicators.length - 1;
    for (const vector of vectors) expect(vector.every((x) => x === sum)).toBe(true);
  }
}

export async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return 'done';
  } catch (error) {
    return error;
  }
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Collects the lines that are logged from now on, at the levels of GRADWIRE_LOG=`level`. */
export function listenToLog(level: string): { readonly lines: string[]; stop(): void } {
  const before = process.env['GRADWIRE_LOG'];
  process.env['GRADWIRE_LOG'] = level;
  const lines: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    // Node has warnings of its own.
    if (String(text).startsWith('gradwire:')) lines.push(String(text));
    return true;
  });
  return {
    lines,
    stop() {
      spy.mockRestore();
      if (before === undefined) delete process.env['GRADWIRE_LOG'];
      else process.env['GRADWIRE_LOG'] = before;
    },
  };
}

/** Waits until something is so. @throws when it does not come true in a long time */
export async function until(isSo: () => boolean): Promise<void> {
  for (let left = 4000; !isSo(); left--) {
    if (left === 0) throw new Error(`never came true: ${String(isSo)}`);
    await pause(5);
  }
}
