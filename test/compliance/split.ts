/** Several communicators over the same connections. */
import { describe, expect, it } from 'vitest';
import type { Communicator } from '../../src/collective/communicator.ts';
import { floats, KNOBS, onAll, type OpenJob } from './collective-job.ts';
import { ringReduce } from '../oracle/collective.ts';

export function splitCompliance(open: OpenJob): void {
  describe('split', () => {
    it('groups by color and numbers by key, equal keys in the old order', async () => {
      const job = await open(7, {});
      const colors = [3, undefined, 0, 3, 3, 0, 3];
      const keys = [5, 0, 1, -1, 5, 0, 4];
      const parts = await onAll(job, (c) => c.split(colors[c.rank], keys[c.rank]));
      expect(parts.map((part) => part && [part.rank, part.size])).toEqual([
        [2, 4],
        undefined,
        [1, 2],
        [0, 4],
        [3, 4],
        [0, 2],
        [1, 4],
      ]);
      const members = await Promise.all(
        parts.map(async (part, rank) => part && [...(await part.allGather(Uint8Array.of(rank)))]),
      );
      const four = [3, 6, 0, 4];
      expect(members).toEqual([four, undefined, [5, 2], four, four, [5, 2], four]);
      // And again, of a part.
      const pairs = await Promise.all(parts.map(async (part) => part?.split(part.rank >> 1)));
      const pairMembers = await Promise.all(
        pairs.map(async (pair, rank) => pair && [...(await pair.allGather(Uint8Array.of(rank)))]),
      );
      const [low, high] = [
        [3, 6],
        [0, 4],
      ];
      expect(pairMembers).toEqual([high, undefined, [5, 2], low, high, [5, 2], low]);
      await job.close();
    });

    it.each(Object.entries(KNOBS))(
      'operations of parent and part are in flight in any order, %s',
      async (_, options) => {
        const size = 5;
        const job = await open(size, { ...options, deadlineMs: 20_000 });
        const parts = await onAll(job, (c) => c.split(c.rank % 2));
        const length = 300;
        const rounds = 6;
        const input = (rank: number, round: number, where: number): Float32Array =>
          floats(length, 100 * round + 10 * where + rank);
        const results = await onAll(job, async (parent) => {
          const part = parts[parent.rank]!;
          const run = async (c: Communicator, where: number): Promise<Float32Array[]> => {
            const vectors = Array.from({ length: rounds }, (__, round) =>
              input(parent.rank, round, where),
            );
            await Promise.all(
              vectors.map(async (vector) => {
                await c.allReduce(vector, { algorithm: 'ring' });
              }),
            );
            return vectors;
          };
          // Half of the ranks begin with one, half with the other: each has an order of its own only.
          if (parent.rank < 2) return Promise.all([run(parent, 0), run(part, 1)]);
          const [inPart, inParent] = await Promise.all([run(part, 1), run(parent, 0)]);
          return [inParent, inPart] as const;
        });
        for (const [rank, [inParent, inPart]] of results.entries())
          for (let round = 0; round < rounds; round++) {
            const all = [0, 1, 2, 3, 4];
            const group = all.filter((other) => other % 2 === rank % 2);
            const sumOf = (members: readonly number[], where: number): Float32Array =>
              ringReduce(
                members.map((member) => input(member, round, where)),
                'sum',
              );
            expect(inParent[round]).toEqual(sumOf(all, 0));
            expect(inPart[round]).toEqual(sumOf(group, 1));
          }
        await job.close();
      },
    );

    it('divisions in flight at once, begun in different orders, share nothing', async () => {
      const job = await open(3, {});
      const halves = await onAll(job, (c) => c.split(0));
      const divided = await onAll(job, async (c) => {
        const half = halves[c.rank]!;
        const [one, two] = await (c.rank === 0
          ? Promise.all([c.split(0), half.split(0)])
          : Promise.all([half.split(0), c.split(0)]).then(([b, a]) => [a, b] as const));
        return [one, two] as const;
      });
      // The same operation under the same number in each, its messages told apart by nothing else.
      const results = await Promise.all(
        divided.map(async ([one, two], rank) => {
          const [a, b] = [Int32Array.of(rank), Int32Array.of(10 * rank)];
          await (rank === 1
            ? Promise.all([two.allReduce(b), one.allReduce(a)])
            : Promise.all([one.allReduce(a), two.allReduce(b)]));
          return [a[0], b[0]];
        }),
      );
      expect(results).toEqual([
        [3, 30],
        [3, 30],
        [3, 30],
      ]);
      await job.close();
    });

    it('a part that is closed drops what nobody received, and the others go on', async () => {
      const options = { eagerBytes: 64, creditBytes: 1000, deadlineMs: 20_000 };
      const job = await open(2, options);
      const [a, b] = job.communicators as [Communicator, Communicator];
      // More than the credit in total: it comes back each time, of what came before closing and after.
      for (let round = 0; round < 40; round++) {
        const [one, two] = await Promise.all([a.split(0), b.split(0)]);
        if (round % 2 === 0) await two.close();
        await one.send(1, new Uint8Array(60));
        await Promise.all([a.barrier(), b.barrier()]);
        await two.close();
        await expect(two.barrier()).rejects.toMatchObject({ code: 'GRADWIRE_COMMUNICATOR_CLOSED' });
        await one.close();
      }
      const into = new Uint8Array(60);
      await Promise.all([a.send(1, into.slice().fill(5)), b.receive(0, into)]);
      expect(into[59]).toBe(5);
      expect(a.failure).toBeUndefined();
      await job.close();
    });

    it('closing a part waits for its operations, and that of the job for all', async () => {
      const job = await open(2, {});
      const [a, b] = job.communicators as [Communicator, Communicator];
      const [one, two] = await Promise.all([a.split(0), b.split(0)]);
      const vector = new Float32Array(100_000).fill(1);
      const reduced = one.allReduce(vector);
      const closed = one.close();
      await expect(one.allReduce(new Float32Array(1))).rejects.toMatchObject({
        code: 'GRADWIRE_COMMUNICATOR_CLOSED',
      });
      await two.allReduce(new Float32Array(100_000).fill(1));
      await Promise.all([reduced, closed]);
      expect(vector[99_999]).toBe(2);

      const [three, four] = await Promise.all([a.split(0), b.split(0)]);
      const late = three.allReduce(vector);
      const allClosed = a.close();
      await Promise.all([four.allReduce(new Float32Array(100_000).fill(1)), late, allClosed]);
      expect(vector[99_999]).toBe(3);
      await expect(three.barrier()).rejects.toMatchObject({ code: 'GRADWIRE_COMMUNICATOR_CLOSED' });
      await b.close();
    });

    it('a failure in a part ends the job, names the rank of the job, and the operation', async () => {
      const job = await open(4, { deadlineMs: 200 });
      const parts = await onAll(job, (c) => c.split(c.rank >> 1));
      const errors = await Promise.all(
        [0, 1, 2].map(async (rank) => {
          const failed = parts[rank]!.allReduce(new Float32Array(9));
          // Ranks 0 and 1 have each other; rank 2 waits for rank 3, rank 1 of their part.
          return (rank < 2 ? failed.then(() => job.communicators[rank]!.barrier()) : failed).catch(
            (error: unknown) => error,
          );
        }),
      );
      expect(errors[2]).toMatchObject({
        name: 'CollectiveTimeoutError',
        waitingFor: [3],
        operation: expect.stringMatching(/^allReduce #1 of communicator \d+$/) as string,
      });
      for (const error of errors)
        expect(error).toMatchObject({ code: 'GRADWIRE_COLLECTIVE_TIMEOUT' });
      await job.close();
    });
  });
}
