/** What a communicator with a worker can do that others cannot, and how it ends. */
import { afterAll, describe, expect, it } from 'vitest';
import { allocateVector, defineCodec, releaseMemory } from '../../codecs/index.ts';
import { vectorMemory } from '../../codecs/memory.ts';
import {
  BufferInUseError,
  CommunicatorClosedError,
  RemoteAbortError,
  RendezvousError,
  SyncUnavailableError,
} from '../../proto/comm-errors.ts';
import type { Communicator } from '../../src/collective/communicator.ts';
import { createExchange } from '../../src/exchange/create.ts';
import type { NumericArray } from '../../src/collective/numeric-array.ts';
import { createMemoryCommunicators } from '../../src/rendezvous/memory.ts';
import { init } from '../../src/worker/init.ts';
import { WorkerCommunicator } from '../../src/worker/worker-communicator.ts';
import { openWorkers, workerProgram } from './job.ts';

const program = await workerProgram();
afterAll(() => program.remove());

const open = (size: number): ReturnType<typeof openWorkers> => openWorkers(size, program.file);

/** Runs `body` on a pair of ranks and closes them. */
async function withPair<T>(body: (a: Communicator, b: Communicator) => Promise<T>): Promise<T> {
  const job = await open(2);
  const [a, b] = job.communicators as [Communicator, Communicator];
  try {
    return await body(a, b);
  } finally {
    await job.close();
  }
}

/** Rank 0 waits standing still for what rank 1 has begun before. */
async function syncOn<T>(
  begin: (other: Communicator) => Promise<unknown>,
  wait: (own: Communicator) => T,
): Promise<{ own: T; other: unknown }> {
  return await withPair(async (a, b) => {
    const other = begin(b);
    const own = wait(a);
    return { own, other: await other };
  });
}

describe('synchronous forms', () => {
  it.each([
    ['an array that both threads see', allocateVector],
    ['any other array', (length: number) => new Float32Array(length)],
  ])('all-reduce of %s', async (_, allocate) => {
    const vectors = [1, 2].map((x) => allocate(100_000).fill(x));
    await syncOn(
      (b) => b.allReduce(vectors[1]!),
      (a) => a.allReduceSync(vectors[0]!),
    );
    for (const vector of vectors) expect(vector.every((x) => x === 3)).toBe(true);
  });

  it('of every operation give what the others give', async () => {
    const results = await withPair(async (a, b) => {
      const run = async (begin: (c: Communicator) => Promise<unknown>, wait: () => unknown) => {
        const other = begin(b);
        const own = wait();
        return [own, await other];
      };
      const part = (rank: number): Int32Array => Int32Array.of(rank, 10 + rank);
      const vector = (rank: number): Int32Array =>
        Int32Array.of(1, 2, 3, 4).map((x) => x * (rank + 1));
      const root = { root: 1 };
      const sent = vector(0);
      const reduced = vector(1);
      return {
        barrier: await run(
          (c) => c.barrier(),
          () => a.barrierSync(),
        ),
        broadcast: await run(
          (c) => c.broadcast(vector(1), root),
          () => (a.broadcastSync(sent, root), [...sent]),
        ),
        reduce: await run(
          async (c) => (await c.reduce(reduced, root), [...reduced]),
          () => a.reduceSync(vector(0), root),
        ),
        reduceScatter: await run(
          (c) => c.reduceScatter(vector(1)),
          () => a.reduceScatterSync(vector(0)),
        ),
        reduceScatterV: await run(
          (c) => c.reduceScatterV(vector(1), [1, 3]),
          () => a.reduceScatterVSync(vector(0), [1, 3]),
        ),
        gather: await run(
          (c) => c.gather(part(1)),
          () => a.gatherSync(part(0)),
        ),
        gatherV: await run(
          (c) => c.gatherV(part(1).subarray(1)),
          () => a.gatherVSync(part(0)),
        ),
        scatter: await run(
          (c) => c.scatter(part(1), { root: 1, from: vector(1) }),
          () => a.scatterSync(part(0), root),
        ),
        scatterV: await run(
          (c) => c.scatterV(part(1), { root: 1, chunks: [part(5).subarray(1), part(6)] }),
          () => a.scatterVSync(part(0), root),
        ),
        allGather: await run(
          (c) => c.allGather(part(1)),
          () => a.allGatherSync(part(0)),
        ),
        allGatherV: await run(
          (c) => c.allGatherV(part(1).subarray(1)),
          () => a.allGatherVSync(part(0)),
        ),
        allToAll: await run(
          (c) => c.allToAll(part(1)),
          () => a.allToAllSync(part(0)),
        ),
        allToAllV: await run(
          (c) => c.allToAllV([part(7), part(8)]),
          () => a.allToAllVSync([part(3), part(4).subarray(1)]),
        ),
        message: await run(
          (c) => c.sendReceive(0, part(9), 0, part(0)),
          () => {
            a.sendSync(1, part(2));
            return a.receiveSync('any', part(0));
          },
        ),
        both: await run(
          (c) => c.sendReceive(0, part(9), 0, part(0)),
          () => a.sendReceiveSync(1, part(2), 1, part(0)),
        ),
      };
    });
    const message = (source: number, value: number): object => ({
      source,
      tag: 0,
      length: 2,
      data: Int32Array.of(value, 10 + value),
    });
    expect(results).toEqual({
      barrier: [undefined, undefined],
      broadcast: [[2, 4, 6, 8], undefined],
      reduce: [undefined, [3, 6, 9, 12]],
      reduceScatter: [Int32Array.of(3, 6), Int32Array.of(9, 12)],
      reduceScatterV: [Int32Array.of(3), Int32Array.of(6, 9, 12)],
      gather: [Int32Array.of(0, 10, 1, 11), undefined],
      gatherV: [[Int32Array.of(0, 10), Int32Array.of(11)], undefined],
      scatter: [Int32Array.of(2, 4), Int32Array.of(6, 8)],
      scatterV: [Int32Array.of(15), Int32Array.of(6, 16)],
      allGather: [Int32Array.of(0, 10, 1, 11), Int32Array.of(0, 10, 1, 11)],
      allGatherV: [
        [Int32Array.of(0, 10), Int32Array.of(11)],
        [Int32Array.of(0, 10), Int32Array.of(11)],
      ],
      allToAll: [Int32Array.of(0, 1), Int32Array.of(10, 11)],
      allToAllV: [
        [Int32Array.of(3, 13), Int32Array.of(7, 17)],
        [Int32Array.of(14), Int32Array.of(8, 18)],
      ],
      message: [message(1, 9), message(0, 2)],
      both: [message(1, 9), message(0, 2)],
    });
  });

  it('are refused where they need functions of the caller, and nothing is sent', async () => {
    await withPair(async (a, b) => {
      const op = { name: 'own', combine: (): void => {} };
      expect(() => a.allReduceSync(new Float32Array(1), { op })).toThrow(SyncUnavailableError);
      expect(() => a.receiveSync(1, () => new Float32Array(1))).toThrow(SyncUnavailableError);
      expect([a, b].map((c) => c.stats.sent.messages)).toEqual([0, 0]);
    });
  });

  it('throw what the others reject with', async () => {
    await withPair(async (a, b) => {
      const heard = b.barrier().catch((error: unknown) => error);
      b.abort(new RangeError('enough'));
      expect(() => a.barrierSync()).toThrow(RemoteAbortError);
      expect(await heard).toBe(b.failure);
    });
  });

  it('are there for one rank without a worker, and not for more', async () => {
    const alone = await init({ rank: 0, size: 1 });
    const vector = Float32Array.of(1, 2);
    alone.allReduceSync(vector);
    expect([...alone.allGatherSync(vector)]).toEqual([1, 2]);
    expect(alone.allToAllVSync([vector])[0]).toBe(vector);
    expect(() => alone.receiveSync(0, vector)).toThrow(SyncUnavailableError);
    await alone.close();
    expect(() => alone.barrierSync()).toThrow(CommunicatorClosedError);
    const { communicators, close } = createMemoryCommunicators(2);
    expect(() => communicators[0]!.barrierSync()).toThrow(SyncUnavailableError);
    await close();
  });
});

describe('the worker', () => {
  it('moves bytes while the calling thread computes', async () => {
    await withPair(async (a, b) => {
      const vectors = [1, 2].map((x) => allocateVector(1_000_000).fill(x));
      const done = [a.allReduce(vectors[0]!), b.allReduce(vectors[1]!)];
      // No turn of the event loop: this thread does nothing but look.
      const last = (): number[] => vectors.map((vector) => vector.at(-1)!);
      const patience = performance.now() + 20_000;
      while (last().some((x) => x !== 3) && performance.now() < patience);
      expect(last()).toEqual([3, 3]);
      await Promise.all(done);
      for (const vector of vectors) releaseMemory(vector);
    });
  });

  it('runs bodies of the caller, with buffers and listeners of its own', async () => {
    await withPair(async (a, b) => {
      const heard: [number, number[]][] = [];
      const buffer = (_: number, length: number): Float32Array => new Float32Array(length);
      const onReceive = (source: number, array: Float32Array): void => {
        heard.push([source, [...array]]);
      };
      const parts = [Float32Array.of(1), Float32Array.of(2, 3)];
      await Promise.all([a.allGatherV(parts[0]!, { buffer, onReceive }), b.allGatherV(parts[1]!)]);
      expect(heard).toEqual([
        [0, [1]],
        [1, [2, 3]],
      ]);
      const op = {
        name: 'difference to the largest',
        combine(target: NumericArray, left: NumericArray, right: NumericArray): void {
          for (let i = 0; i < target.length; i++)
            target[i] = Math.max(Number(left[i]), Number(right[i]));
        },
      };
      const vectors = [Float64Array.of(1, 5), Float64Array.of(4, 2)];
      await Promise.all([a.allReduce(vectors[0]!, { op }), b.allReduce(vectors[1]!, { op })]);
      expect(vectors.map((vector) => [...vector])).toEqual([
        [4, 5],
        [4, 5],
      ]);
    });
  });

  it('ends the job with the very error that a body of the caller throws', async () => {
    await withPair(async (a, b) => {
      const mine = new Error('mine');
      const other = b.operate('both', (channel) => channel.receive(0, 0, new Uint8Array(1)));
      const own = a.operate('both', () => Promise.reject(mine));
      await expect(own).rejects.toBe(mine);
      await expect(other).rejects.toBeInstanceOf(RemoteAbortError);
      expect(a.failure).toBe(mine);
    });
  });

  it('knows which buffers are in use, and gives them back', async () => {
    await withPair(async (a, b) => {
      const vector = new Float32Array(10);
      const first = a.allReduce(vector);
      await expect(a.allReduce(vector.subarray(5))).rejects.toThrow(BufferInUseError);
      expect(() => a.allReduceSync(vector)).toThrow(BufferInUseError);
      await Promise.all([first, b.allReduce(new Float32Array(10))]);
      await Promise.all([a.allReduce(vector), b.allReduce(new Float32Array(10))]);
    });
  });

  it('makes exchanges, with the bits and the counts of one without a worker', async () => {
    const gradients = (): Float32Array[] =>
      [1, 2].map((rank) => Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i * rank)));
    const options = { codec: 'qsgd:levels=3+ef', seed: 5 };
    const run = async (communicators: readonly Communicator[]): Promise<unknown> => {
      const exchanges = await Promise.all(communicators.map((c) => createExchange(c, options)));
      const vectors = gradients();
      for (let step = 0; step < 3; step++)
        await Promise.all(exchanges.map((exchange, rank) => exchange.allReduce(vectors[rank]!)));
      const [exchange] = exchanges;
      const { residualNorm, total } = exchange!.stats;
      const { encodedBytes, payloadBytes, steps } = total;
      exchange!.rescale(2);
      exchange!.restore(exchange!.snapshot());
      return { vectors, residualNorm, encodedBytes, payloadBytes, steps, spec: exchange!.spec };
    };
    const job = createMemoryCommunicators(2);
    const expected = await run(job.communicators);
    await job.close();
    await withPair(async (a, b) => {
      expect(await run([a, b])).toEqual(expected);
      expect(a).toBeInstanceOf(WorkerCommunicator);
    });
  });

  it('leaves exchanges of codecs that are functions to the calling thread', async () => {
    const codec = defineCodec({
      id: 0x8123,
      name: 'always-one',
      maxBodyBytes: () => 1,
      encode: () => 1,
      decode: (_, out) => void out.fill(1),
    });
    await withPair(async (a, b) => {
      const vectors = [new Float32Array(10), new Float32Array(10)];
      const exchanges = await Promise.all([a, b].map((c) => createExchange(c, { codec })));
      await Promise.all(exchanges.map((exchange, i) => exchange.allReduce(vectors[i]!)));
      expect(vectors.flatMap((vector) => [...vector]).every((x) => x === 1)).toBe(true);
    });
  });

  it('gives its share of the memory back: many jobs, one after the other, need no more', async () => {
    const sizes: number[] = [];
    for (let round = 0; round < 4; round++) {
      await withPair(async (a, b) => {
        await Promise.all([a, b].map((c) => c.allReduce(new Float32Array(50_000))));
      });
      sizes.push(vectorMemory()!.memory.buffer.byteLength);
    }
    expect(new Set(sizes.slice(1)).size).toBe(1);
  });

  it('says why the ranks have not met', async () => {
    const lonely = init({
      rank: 1,
      size: 2,
      masterPort: 1,
      secret: 's'.repeat(32),
      rendezvousMs: 50,
      worker: program.file,
    });
    await expect(lonely).rejects.toBeInstanceOf(RendezvousError);
    const reason = new Error('no more');
    const given = init({
      ...{ rank: 1, size: 2, masterPort: 1, secret: 's'.repeat(32), worker: program.file },
      signal: AbortSignal.abort(reason),
    });
    await expect(given).rejects.toMatchObject({
      code: 'GRADWIRE_RENDEZVOUS_ABORTED',
      cause: reason,
    });
  });

  it('is refused where it is no file, and its options where they are wrong', async () => {
    await expect(init({ rank: 0, size: 2, worker: 3 as never })).rejects.toThrow(/"worker"/);
    const missing = init({ rank: 0, size: 2, worker: '/no/such/file.mjs', secret: 's'.repeat(32) });
    await expect(missing).rejects.toMatchObject({ code: 'GRADWIRE_WORKER_LOST' });
  });
});
