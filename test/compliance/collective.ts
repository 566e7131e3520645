/** What every communicator promises, whatever transport it runs over. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Communicator } from '../../src/collective/communicator.ts';
import { doublingReduce, halvingReduce, ringReduce } from '../oracle/collective.ts';
import { collectiveCosts } from './collective-costs.ts';
import { collectiveGrid } from './collective-grid.ts';
import {
  bits,
  bytes,
  expectSame,
  floats,
  KNOBS,
  OPS,
  type Job,
  type OpenJob,
} from './collective-job.ts';
import { collectiveMisuse } from './collective-misuse.ts';
import { collectivePrograms } from './collective-programs.ts';
import { messageCompliance } from './messages.ts';
import { splitCompliance } from './split.ts';

const SIZES = [1, 2, 3, 4, 5, 7, 8];

/** @param sizes numbers of ranks that rounds and the grid are run with */
export function collectiveCompliance(
  transport: string,
  open: OpenJob,
  sizes: readonly number[] = SIZES,
): void {
  describe.each(Object.entries(KNOBS))(`collectives over ${transport}, %s`, (_, options) => {
    describe.each(sizes)('%i ranks', (size) => {
      rounds(size, () => open(size, options));
    });
  });
  describe(`collectives over ${transport}`, () => {
    reductions(open);
    longVectors(open);
    interleaving(open);
    deadlines(open);
    collectiveCosts(open);
    collectiveMisuse(open);
    messageCompliance(open);
    splitCompliance(open);
    collectivePrograms(open);
  });
  collectiveGrid(transport, open, sizes);
}

function rounds(size: number, open: () => Promise<Job>): void {
  let job: Job;
  beforeAll(async () => {
    job = await open();
  });
  afterAll(() => job.close());

  it('barrier: nobody leaves before everybody has come', async () => {
    for (let late = 0; late < size; late++) {
      let hasCome = false;
      await Promise.all(
        job.communicators.map(async (communicator, rank) => {
          if (rank === late) {
            await new Promise((resolve) => setTimeout(resolve, 5));
            hasCome = true;
          }
          await communicator.barrier();
          expect(hasCome).toBe(true);
        }),
      );
    }
  });
}

function reductions(open: OpenJob): void {
  it('NaN, infinities and negative zero come out the same everywhere', async () => {
    const special = [Number.NaN, Infinity, -Infinity, -0, 0, 1e-45, 3.4e38];
    const size = 5;
    const job = await open(size, {});
    for (const op of OPS)
      for (const [algorithm, oracle] of [
        ['ring', ringReduce],
        ['recursive-doubling', doublingReduce],
        ['halving-doubling', halvingReduce],
      ] as const) {
        const vectors = Array.from({ length: size }, (_, rank) =>
          Float32Array.from({ length: 49 }, (__, i) => special[(i + rank * (i >> 3)) % 7]!),
        );
        const expected = oracle(vectors, op);
        await Promise.all(
          job.communicators.map((c, rank) => c.allReduce(vectors[rank]!, { op, algorithm })),
        );
        for (const vector of vectors) {
          expect(bits(vector)).toEqual(bits(vectors[0]!));
          for (let i = 0; i < vector.length; i++)
            expect(Object.is(vector[i], expected[i]), `${op} ${algorithm} [${i}]`).toBe(true);
        }
      }
    await job.close();
  });

  it('NaNs of different bits end as one NaN on all ranks', async () => {
    const size = 5;
    const job = await open(size, {});
    const nan = new Uint32Array(Float32Array.of(Number.NaN).buffer)[0]!;
    for (const algorithm of ['ring', 'recursive-doubling', 'halving-doubling'] as const)
      for (const op of OPS) {
        // Quiet NaNs, the rank in their payload, negative on odd ranks.
        const words = Array.from({ length: size }, (_, rank) =>
          new Uint32Array(20).fill(((rank % 2) * 0x80000000 + 0x7fc00100 + rank) >>> 0),
        );
        await Promise.all(
          job.communicators.map((c, rank) =>
            c.allReduce(new Float32Array(words[rank]!.buffer), { algorithm, op }),
          ),
        );
        for (const word of words) expect(word).toEqual(words[0]);
        if (algorithm === 'recursive-doubling')
          expect(words[0]).toEqual(new Uint32Array(20).fill(nan));
      }
    await job.close();
  });

  it('takes a reducer of the caller', async () => {
    const job = await open(3, {});
    const last = {
      name: 'last',
      combine: (target: Int32Array, _: Int32Array, right: Int32Array) => {
        target.set(right);
      },
    };
    const vectors = [0, 1, 2].map((rank) => Int32Array.from({ length: 10 }, () => rank));
    await Promise.all(
      job.communicators.map((c, r) => c.allReduce(vectors[r]!, { op: last, algorithm: 'ring' })),
    );
    for (const vector of vectors) expect([...vector]).toEqual([0, 0, 0, 0, 1, 1, 1, 2, 2, 2]);
    await job.close();
  });
}

function longVectors(open: OpenJob): void {
  it.each([2, 3])('move 100 003 elements and more than a segment, %i ranks', async (size) => {
    const job = await open(size, {});
    for (const length of [100_003, 700_001]) {
      const inputs = (): Float32Array[] =>
        Array.from({ length: size }, (_, rank) => floats(length, rank));
      for (const algorithm of ['ring', 'recursive-doubling'] as const) {
        const vectors = inputs();
        await Promise.all(job.communicators.map((c, r) => c.allReduce(vectors[r]!, { algorithm })));
        const sum = inputs().reduce((a, b) => a.map((x, i) => x + b[i]!));
        for (const vector of vectors) {
          expect(Buffer.from(vector.buffer).equals(Buffer.from(vectors[0]!.buffer))).toBe(true);
          const error = vector.reduce((most, x, i) => Math.max(most, Math.abs(x - sum[i]!)), 0);
          expect(error).toBeLessThan(1);
        }
      }
      const gathered = await Promise.all(
        job.communicators.map((c, r) => c.allGatherV(bytes(length + r, r))),
      );
      for (const parts of gathered)
        for (const [r, part] of parts.entries())
          expect(Buffer.from(part).equals(Buffer.from(bytes(length + r, r)))).toBe(true);
      const vectors = inputs();
      await Promise.all(job.communicators.map((c, r) => c.broadcast(vectors[r]!, { root: 1 })));
      for (const vector of vectors) expectSame([vector], inputs()[1]!);
    }
    await job.close();
  });
}

function interleaving(open: OpenJob): void {
  it('ranks that run ahead do not block those that wait for each operation', async () => {
    // Small credit: the eager bytes of the operations ahead exceed it many times.
    const options = { segmentBytes: 512, eagerBytes: 128, creditBytes: 256, deadlineMs: 20_000 };
    const size = 3;
    const job = await open(size, options);
    const ahead = 40;
    const lengthOf = (index: number): number => (index * 37) % 300;
    const run = async (communicator: Communicator): Promise<Float32Array[]> => {
      const vectors = Array.from({ length: ahead }, (_, i) =>
        floats(lengthOf(i), 10 * i + communicator.rank),
      );
      const one = (vector: Float32Array, i: number): Promise<void> =>
        communicator.allReduce(vector, {
          algorithm: i % 3 === 0 ? 'ring' : 'recursive-doubling',
        });
      // Rank 0 starts everything at once, the others take one operation at a time.
      if (communicator.rank === 0) await Promise.all(vectors.map(one));
      else for (const [i, vector] of vectors.entries()) await one(vector, i);
      return vectors;
    };
    const results = await Promise.all(job.communicators.map(run));
    for (let i = 0; i < ahead; i++) {
      const inputs = Array.from({ length: size }, (_, rank) => floats(lengthOf(i), 10 * i + rank));
      const oracle = i % 3 === 0 ? ringReduce : doublingReduce;
      expectSame(
        results.map((vectors) => vectors[i]!),
        oracle(inputs, 'sum'),
      );
    }
    await job.close();
  });

  it('messages of one tag keep their order, those of different tags do not wait', async () => {
    const job = await open(2, { eagerBytes: 64, creditBytes: 128, segmentBytes: 100 });
    const [a, b] = job.communicators as [Communicator, Communicator];
    const lengths = [3, 500, 0, 20, 77, 1000, 1];
    const sends = lengths.map((length, i) => a.send(1, bytes(length, i), { tag: 1 }));
    sends.push(a.send(1, bytes(9, 99), { tag: 2 }));
    const last = new Uint8Array(9);
    await b.receive(0, last, { tag: 2 });
    expect(last).toEqual(bytes(9, 99));
    for (const [i, length] of lengths.entries()) {
      const into = new Uint8Array(1000);
      expect(await b.receive(0, into, { tag: 1 })).toMatchObject({ length });
      expect(into.subarray(0, length)).toEqual(bytes(length, i));
    }
    await Promise.all(sends);
    await job.close();
  });

  it('a collective of the caller runs beside the built-in ones', async () => {
    const job = await open(4, {});
    const results = await Promise.all(
      job.communicators.map(async (communicator) => {
        const vector = Float32Array.of(communicator.rank);
        const [relayed] = await Promise.all([
          communicator.operate('relay', async (channel) => {
            // A token runs around once; every rank adds its number.
            const token = new Uint8Array(1);
            if (channel.rank > 0) await channel.receive(channel.rank - 1, 0, token);
            token[0]! += channel.rank;
            void channel.send((channel.rank + 1) % channel.size, 0, token.slice());
            if (channel.rank === 0) await channel.receive(channel.size - 1, 0, token);
            return token[0];
          }),
          communicator.allReduce(vector),
        ]);
        return [relayed, vector[0]];
      }),
    );
    expect(results).toEqual([
      [6, 6],
      [1, 6],
      [3, 6],
      [6, 6],
    ]);
    await job.close();
  });

  it('a buffer provider is asked for every length and its buffers are used', async () => {
    const job = await open(3, { eagerBytes: 100, creditBytes: 200 });
    await Promise.all(
      job.communicators.map(async (communicator) => {
        const room = Array.from({ length: 3 }, () => new Uint8Array(1000));
        const order: number[] = [];
        const asked = new Map<number, number>();
        const parts = await communicator.allGatherV(bytes(300 * communicator.rank, 5), {
          buffer: (source, length) => {
            asked.set(source, length);
            return room[source]!;
          },
          onReceive: (source) => order.push(source),
        });
        expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
        expect(order[0]).toBe(communicator.rank);
        for (const [source, part] of parts.entries()) {
          expect(part).toEqual(bytes(300 * source, 5));
          if (source === communicator.rank) continue;
          expect(asked.get(source)).toBe(300 * source);
          expect(part.buffer).toBe(room[source]!.buffer);
        }
      }),
    );
    await job.close();
  });
}

function deadlines(open: OpenJob): void {
  it('a deadline may be infinite', async () => {
    const job = await open(2, { deadlineMs: Infinity });
    await Promise.all(job.communicators.map((c) => c.barrier()));
    await Promise.all(job.communicators.map((c) => c.barrier({ deadlineMs: 2 ** 40 })));
    await job.close();
  });
}
