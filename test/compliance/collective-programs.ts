/**
 * Random programs of collectives over three communicators that share ranks: everything in flight, each rank
 * merging the three lists in an order of its own, with pauses of its own.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Communicator } from '../../src/collective/communicator.ts';
import { propertySeed } from '../../src/testing/index.ts';
import { KNOBS, onAll, type OpenJob } from './collective-job.ts';

const RANKS = 5;

/** One collective; `root` is taken modulo the ranks there are. */
interface Call {
  readonly kind: keyof typeof OPERATIONS;
  readonly root: number;
  /** Elements of a rank's part. */
  readonly length: number;
  readonly seed: number;
}

/** What rank `rank` of the job puts into a call. */
function input({ length, seed }: Call, rank: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => 1000 * seed + 50 * rank + i);
}

interface Operation {
  readonly run: (c: Communicator, call: Call, own: Int32Array) => Promise<ArrayLike<number>>;
  /** Result of the rank at `place`, from the inputs of all; by plain rules. */
  readonly expected: (
    inputs: readonly Int32Array[],
    call: Call,
    place: number,
  ) => readonly number[];
}

const sum = (inputs: readonly Int32Array[]): number[] =>
  [...inputs[0]!].map((_, i) => inputs.reduce((total, vector) => total + vector[i]!, 0));
const rootOf = ({ root }: Call, size: number): number => root % size;

const OPERATIONS = {
  allReduce: {
    run: async (c, _, own) => {
      await c.allReduce(own);
      return own;
    },
    expected: (inputs) => sum(inputs),
  },
  reduce: {
    run: async (c, call, own) => {
      await c.reduce(own, { root: rootOf(call, c.size) });
      return own;
    },
    expected: (inputs, call, place) =>
      place === rootOf(call, inputs.length) ? sum(inputs) : [...inputs[place]!],
  },
  broadcast: {
    run: async (c, call, own) => {
      await c.broadcast(own, { root: rootOf(call, c.size) });
      return own;
    },
    expected: (inputs, call) => [...inputs[rootOf(call, inputs.length)]!],
  },
  allGather: {
    run: (c, _, own) => c.allGather(own),
    expected: (inputs) => inputs.flatMap((vector) => [...vector]),
  },
  gather: {
    run: async (c, call, own) => (await c.gather(own, { root: rootOf(call, c.size) })) ?? [],
    expected: (inputs, call, place) =>
      place === rootOf(call, inputs.length) ? inputs.flatMap((vector) => [...vector]) : [],
  },
  allGatherV: {
    run: async (c, _, own) =>
      (await c.allGatherV(own.subarray(0, own.length - Math.min(own.length, c.rank)))).flatMap(
        (part) => [...part],
      ),
    expected: (inputs) =>
      inputs.flatMap((vector, place) => [...vector].slice(0, Math.max(0, vector.length - place))),
  },
  barrier: {
    run: async (c) => {
      await c.barrier();
      return [];
    },
    expected: () => [],
  },
} as const satisfies Readonly<Record<string, Operation>>;

const calls: fc.Arbitrary<readonly Call[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...(Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[])),
    root: fc.nat(4),
    length: fc.constantFrom(0, 1, 4, 17, 90),
    seed: fc.nat(50),
  }),
  { maxLength: 6 },
);

/** For each rank, which list goes next; a number beyond the lists is a pause. */
const orders = fc.array(fc.array(fc.nat(3), { minLength: 24, maxLength: 24 }), {
  minLength: RANKS,
  maxLength: RANKS,
});

type Results = readonly (readonly ArrayLike<number>[])[];

/** The results of one rank, by list and call. */
async function run(
  communicators: readonly Communicator[],
  lists: readonly (readonly Call[])[],
  order: readonly number[],
  rank: number,
): Promise<Results> {
  const results = lists.map((): Promise<ArrayLike<number>>[] => []);
  const next = (list: number): void => {
    const call = lists[list]![results[list]!.length];
    if (call === undefined) return;
    const operation: Operation = OPERATIONS[call.kind];
    results[list]!.push(operation.run(communicators[list]!, call, input(call, rank)));
  };
  for (const list of order)
    if (list < lists.length) next(list);
    else await new Promise((resolve) => setImmediate(resolve));
  for (const [list, { length }] of lists.entries())
    while (results[list]!.length < length) next(list);
  return Promise.all(results.map((ofList) => Promise.all(ofList)));
}

export function collectivePrograms(open: OpenJob): void {
  it.each(Object.entries(KNOBS))(
    'random programs on three communicators, %s',
    async (_, options) => {
      const job = await open(RANKS, { ...options, deadlineMs: 30_000 });
      const colors = [
        [0, 0, 0, 0, 0],
        [0, 1, 0, 1, 0],
        [7, 7, 3, 3, 3],
      ];
      const places = await onAll(job, async (c) => [
        c,
        await c.split(colors[1]![c.rank]!),
        // In reverse.
        await c.split(colors[2]![c.rank]!, -c.rank),
      ]);
      /** Ranks of the job that share communicator `list` with `rank`, in the order they have there. */
      const members = (list: number, rank: number): number[] => {
        const ranks = [...colors[0]!.keys()].filter(
          (r) => colors[list]![r] === colors[list]![rank],
        );
        return list === 2 ? ranks.toReversed() : ranks;
      };
      await fc.assert(
        fc.asyncProperty(fc.tuple(calls, calls, calls), orders, async (lists, order) => {
          const results = await onAll(job, (c) =>
            run(places[c.rank]!, lists, order[c.rank]!, c.rank),
          );
          for (const [rank, ofRank] of results.entries())
            for (const [list, ofList] of ofRank.entries())
              for (const [i, result] of ofList.entries()) {
                const call = lists[list]![i]!;
                const group = members(list, rank);
                const inputs = group.map((member) => input(call, member));
                const operation: Operation = OPERATIONS[call.kind];
                expect(Array.from(result), `${call.kind} on rank ${rank}`).toEqual(
                  operation.expected(inputs, call, group.indexOf(rank)),
                );
              }
        }),
        { seed: propertySeed(), numRuns: 60 },
      );
      await job.close();
    },
  );
}
