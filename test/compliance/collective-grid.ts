/**
 * Every operation by every algorithm on every type against its oracle: ranks × lengths × types ×
 * reductions, all types and reductions of one length in flight together, from several roots.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Communicator } from '../../src/collective/communicator.ts';
import type { NumericArray } from '../../src/collective/numeric-array.ts';
import type { CommunicatorOptions } from '../../src/collective/options.ts';
import type { ReduceName } from '../../src/collective/reducer.ts';
import {
  doublingReduce,
  halvingReduce,
  ownerOf,
  ringReduce,
  treeReduce,
} from '../oracle/collective.ts';
import {
  concatenated,
  expectSame,
  floats,
  KNOBS,
  lengthsFor,
  onAll,
  OPS,
  TYPES,
  valuesOf,
  type ArrayType,
  type Job,
  type OpenJob,
} from './collective-job.ts';

const LONG = 1000;

/** One operation among those in flight. */
interface Case {
  readonly type: ArrayType;
  readonly op: ReduceName;
  readonly root: number;
  readonly seed: number;
}

type Oracle = (inputs: readonly NumericArray[], op: ReduceName, root: number) => NumericArray;

const ALL_REDUCES: readonly (readonly [
  'ring' | 'recursive-doubling' | 'halving-doubling',
  Oracle,
])[] = [
  ['ring', (inputs, op) => ringReduce(inputs, op)],
  ['recursive-doubling', (inputs, op) => doublingReduce(inputs, op)],
  ['halving-doubling', halvingReduce],
];

export function collectiveGrid(transport: string, open: OpenJob, sizes: readonly number[]): void {
  describe.each(Object.entries(KNOBS))(`grid over ${transport}, %s`, (_, options) => {
    describe.each(sizes)('%i ranks', (size) => {
      grid(size, open, options);
    });
  });
  describe(`a million elements over ${transport}`, () => {
    million(open);
  });
}

function grid(size: number, open: OpenJob, options: CommunicatorOptions): void {
  let job: Job;
  beforeAll(async () => {
    job = await open(size, options);
  });
  afterAll(() => job.close());

  const moves: readonly Case[] = TYPES.map((type, i) => ({
    type,
    op: 'sum',
    root: (i + 1) % size,
    seed: 1000 * i,
  }));
  /** All types by all reductions; of long vectors a quarter of them, another one for each number of ranks. */
  const reductionsOf = (length: number): readonly Case[] =>
    moves.flatMap((move, i) =>
      OPS.map((op, j) => ({ ...move, op, root: (i + j) % size, seed: move.seed + 100 * j })).filter(
        (_, j) => length < LONG || (i + j + size) % OPS.length === 0,
      ),
    );
  const inputsOf = ({ type, seed }: Case, length: number): NumericArray[] =>
    Array.from({ length: size }, (_, rank) => valuesOf(type, length, seed + rank));
  const flying = async <T>(
    cases: readonly Case[],
    operation: (communicator: Communicator, at: Case) => Promise<T>,
    check: (results: T[], at: Case) => void,
  ): Promise<void> => {
    const results = await Promise.all(cases.map((at) => onAll(job, (c) => operation(c, at))));
    for (const [i, at] of cases.entries()) check(results[i]!, at);
  };

  describe.each(lengthsFor(size))('%i elements', (length) => {
    const reductions = reductionsOf(length);
    const own = (at: Case, { rank }: Communicator): NumericArray =>
      valuesOf(at.type, length, at.seed + rank);
    /** Of rank `rank` where lengths differ: some empty, some long. */
    const uneven = (at: Case, rank: number, offset = 0): NumericArray =>
      valuesOf(at.type, (length * (rank + offset)) % 1777, at.seed + rank + 10 * offset);

    it.each([...ALL_REDUCES])('all-reduce by %s', (algorithm, oracle) =>
      flying(
        reductions,
        async (c, at) => {
          const vector = own(at, c);
          await c.allReduce(vector, { algorithm, op: at.op });
          return vector;
        },
        (results, at) => expectSame(results, oracle(inputsOf(at, length), at.op, at.root)),
      ),
    );

    it.each([
      ['binomial', treeReduce],
      ['ring', (inputs, op) => ringReduce(inputs, op)],
    ] as const satisfies readonly (readonly [string, Oracle])[])(
      'reduce by %s: the root has the result, the others what they had',
      (algorithm, oracle) =>
        flying(
          reductions,
          async (c, at) => {
            const vector = own(at, c);
            await c.reduce(vector, { algorithm, op: at.op, root: at.root });
            return vector;
          },
          (results, at) => {
            const inputs = inputsOf(at, length);
            for (const [rank, vector] of results.entries())
              expectSame(
                [vector],
                rank === at.root ? oracle(inputs, at.op, at.root) : inputs[rank]!,
              );
          },
        ),
    );

    it.each([
      ['ring', (inputs, op) => ringReduce(inputs, op)],
      ['recursive-doubling', doublingReduce],
    ] as const satisfies readonly (readonly [string, Oracle])[])(
      'reduce-scatter by %s',
      (algorithm, oracle) =>
        flying(
          reductions,
          (c, at) => c.reduceScatter(own(at, c), { algorithm, op: at.op }),
          (results, at) => {
            const whole = oracle(inputsOf(at, length), at.op) as Float32Array;
            for (const [rank, chunk] of results.entries())
              expectSame(
                [chunk],
                whole.filter((_, i) => ownerOf(i, length, size) === rank),
              );
          },
        ),
    );

    it('reduce-scatter of chunks of different lengths', () => {
      // All of it to one rank, none to others, and everything between.
      const countsFor = ({ root, seed }: Case): number[] => {
        const counts = new Array<number>(size).fill(0);
        for (let i = 0; i < length; i++)
          counts[(root + Math.floor((i * (seed % 7)) / 997)) % size]!++;
        return counts;
      };
      return flying(
        reductions,
        (c, at) => c.reduceScatterV(own(at, c), countsFor(at), { op: at.op }),
        (results, at) => {
          const owners = countsFor(at).flatMap((count, rank) =>
            new Array<number>(count).fill(rank),
          );
          const whole = ringReduce(inputsOf(at, length), at.op, (i) => owners[i]!) as Float32Array;
          for (const [rank, chunk] of results.entries())
            expectSame(
              [chunk],
              whole.filter((_, i) => owners[i] === rank),
            );
        },
      );
    });

    it.each(['binomial', 'pipeline'] as const)('broadcast by %s', (algorithm) =>
      flying(
        moves,
        async (c, at) => {
          const vector = own(at, c);
          await c.broadcast(vector, { algorithm, root: at.root });
          return vector;
        },
        (results, at) => expectSame(results, inputsOf(at, length)[at.root]!),
      ),
    );

    it.each(['ring', 'bruck'] as const)('all-gather by %s', (algorithm) =>
      flying(
        moves,
        (c, at) => c.allGather(own(at, c), { algorithm }),
        (results, at) => {
          const inputs = inputsOf(at, length);
          expectSame(results, concatenated(inputs, inputs[0]!));
        },
      ),
    );

    it.each(['binomial', 'linear'] as const)('gather by %s', (algorithm) =>
      flying(
        moves,
        (c, at) => c.gather(own(at, c), { algorithm, root: at.root }),
        (results, at) => {
          const inputs = inputsOf(at, length);
          for (const [rank, gathered] of results.entries())
            if (rank === at.root) expectSame([gathered!], concatenated(inputs, inputs[0]!));
            else expect(gathered).toBeUndefined();
        },
      ),
    );

    it.each(['binomial', 'linear'] as const)('scatter by %s', (algorithm) =>
      flying(
        moves,
        (c, at) => {
          const inputs = inputsOf(at, length);
          const from = c.rank === at.root && { from: concatenated(inputs, inputs[0]!) };
          const part = valuesOf(at.type, length, at.seed + 77);
          return c.scatter(part, { algorithm, root: at.root, ...from });
        },
        (results, at) => {
          for (const [rank, part] of results.entries())
            expectSame([part], inputsOf(at, length)[rank]!);
        },
      ),
    );

    it.each(['pairwise', 'bruck'] as const)('all-to-all by %s', (algorithm) => {
      const chunk = (at: Case, from: number, to: number): NumericArray =>
        valuesOf(at.type, length, at.seed + 9 * from + to);
      const ranks = Array.from({ length: size }, (_, rank) => rank);
      return flying(
        moves,
        (c, at) => {
          const chunks = ranks.map((to) => chunk(at, c.rank, to));
          return c.allToAll(concatenated(chunks, chunks[0]!), { algorithm });
        },
        (results, at) => {
          for (const [to, received] of results.entries()) {
            const chunks = ranks.map((from) => chunk(at, from, to));
            expectSame([received], concatenated(chunks, chunks[0]!));
          }
        },
      );
    });

    it('all-gather of different lengths', () =>
      flying(
        moves,
        (c, at) => c.allGatherV(uneven(at, c.rank)),
        (results, at) => {
          for (const gathered of results)
            for (const [rank, part] of gathered.entries()) expectSame([part], uneven(at, rank));
        },
      ));

    it('gather of different lengths', () =>
      flying(
        moves,
        (c, at) => c.gatherV(uneven(at, c.rank), { root: at.root }),
        (results, at) => {
          for (const [rank, gathered] of results.entries()) {
            expect(gathered !== undefined).toBe(rank === at.root);
            for (const [source, part] of gathered?.entries() ?? [])
              expectSame([part], uneven(at, source));
          }
        },
      ));

    it('scatter of different lengths, into arrays that are there or made to measure', () =>
      flying(
        moves,
        (c, at) => {
          const { root, type } = at;
          const isMade = c.rank % 2 === 0;
          const chunks = Array.from({ length: size }, (_, rank) => uneven(at, rank));
          return c.scatterV<NumericArray>(
            isMade
              ? ({ byteLength }) => new type(byteLength / type.BYTES_PER_ELEMENT)
              : valuesOf(type, 1777, 1),
            { root, ...(c.rank === root && { chunks }) },
          );
        },
        (results, at) => {
          for (const [rank, chunk] of results.entries()) expectSame([chunk], uneven(at, rank));
        },
      ));

    it('all-to-all of different lengths', () =>
      flying(
        moves,
        (c, at) => c.allToAllV(Array.from({ length: size }, (_, to) => uneven(at, c.rank, 2 * to))),
        (results, at) => {
          for (const [to, received] of results.entries())
            for (const [from, part] of received.entries())
              expectSame([part], uneven(at, from, 2 * to));
        },
      ));
  });
}

function million(open: OpenJob): void {
  const length = 1_000_000;

  it.each([...ALL_REDUCES])('all-reduce by %s, 3 ranks', async (algorithm, oracle) => {
    const job = await open(3, {});
    const inputs = Array.from({ length: 3 }, (_, rank) => floats(length, rank));
    const vectors = inputs.map((vector) => vector.slice());
    await onAll(job, (c) => c.allReduce(vectors[c.rank]!, { algorithm }));
    expectSame(vectors, oracle(inputs, 'sum', 0));
    await job.close();
  });

  it.each(['ring', 'bruck'] as const)('all-gather by %s, 5 ranks', async (algorithm) => {
    const job = await open(5, {});
    const inputs = Array.from({ length: 5 }, (_, rank) => floats(length, rank));
    const results = await onAll(job, (c) => c.allGather(inputs[c.rank]!, { algorithm }));
    expectSame(results, concatenated(inputs, inputs[0]!));
    await job.close();
  });
}
