/**
 * The time that algorithms take in the α–β model, by simulation: a message of m bytes keeps its
 * sender's port busy for α + m β, then its receiver's. With α = 1 and β = 0 that counts steps, with α =
 * 0 and β = 1 the bytes that must pass one after the other. The formulas of the cost model, by which
 * algorithms are chosen, must give the same.
 */
import { describe, expect, it } from 'vitest';
import { barrier } from '../../src/collective/barrier.ts';
import { binomialGather } from '../../src/collective/binomial-gather.ts';
import { binomialReduce } from '../../src/collective/binomial-reduce.ts';
import { binomialScatter } from '../../src/collective/binomial-scatter.ts';
import { broadcast } from '../../src/collective/broadcast.ts';
import { bruckAllGather } from '../../src/collective/bruck-all-gather.ts';
import { bruckAllToAll } from '../../src/collective/bruck-all-to-all.ts';
import type { Channel } from '../../src/collective/channel.ts';
import { AlgorithmChoice, type CostModel } from '../../src/collective/cost-model.ts';
import { halvingAllReduce } from '../../src/collective/halving-doubling.ts';
import { linearGather, linearScatter } from '../../src/collective/linear.ts';
import { pairwiseAllToAll } from '../../src/collective/pairwise-all-to-all.ts';
import { doublingAllReduce } from '../../src/collective/recursive-doubling.ts';
import { reducerOf } from '../../src/collective/reducer.ts';
import { ringReduce } from '../../src/collective/ring-reduce.ts';
import { ringAllGather, ringAllReduce, ringReduceScatter } from '../../src/collective/ring.ts';
import { createMemoryCommunicators } from '../../src/rendezvous/memory.ts';
import { ScratchPool } from '../../src/collective/scratch.ts';
import { binomialPlace, chainPlace } from '../../src/collective/tree.ts';

interface Event {
  readonly time: number;
  readonly happen: () => void;
}

/** Events in the order of their times; those of one time in the order they were made. */
class Simulation {
  now = 0;
  readonly #model: Pick<CostModel, 'secondsPerMessage' | 'secondsPerByte'>;
  readonly #events: Event[] = [];
  readonly #sendFree: Map<number, number> = new Map();
  readonly #receiveFree: Map<number, number> = new Map();
  readonly #mail: Map<string, Uint8Array[]> = new Map();
  readonly #waiting: Map<string, ((bytes: Uint8Array) => void)[]> = new Map();

  constructor(model: Pick<CostModel, 'secondsPerMessage' | 'secondsPerByte'>) {
    this.#model = model;
  }

  /** Runs `body` on every rank; returns when the last has ended. */
  async run(size: number, body: (channel: Channel) => Promise<void>): Promise<number> {
    let running = size;
    const ranks = Array.from({ length: size }, async (_, rank) => {
      const channel = this.#channel(rank, size);
      await body(channel);
      await channel.flush();
      running--;
    });
    while (running > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#events.reduce<Event | undefined>(
        (first, event) => (first === undefined || event.time < first.time ? event : first),
        undefined,
      );
      if (next === undefined) continue;
      this.#events.splice(this.#events.indexOf(next), 1);
      this.now = next.time;
      next.happen();
    }
    await Promise.all(ranks);
    return this.now;
  }

  #at(time: number, happen: () => void): void {
    this.#events.push({ time, happen });
  }

  #send(from: number, to: number, step: number, bytes: Uint8Array): Promise<void> {
    const { secondsPerMessage, secondsPerByte } = this.#model;
    const duration = secondsPerMessage + bytes.length * secondsPerByte;
    const sent = Math.max(this.now, this.#sendFree.get(from) ?? 0) + duration;
    this.#sendFree.set(from, sent);
    const copy = bytes.slice();
    return new Promise((resolve) => {
      this.#at(sent, () => {
        const arrived = Math.max(sent, (this.#receiveFree.get(to) ?? 0) + duration);
        this.#receiveFree.set(to, arrived);
        this.#at(arrived, () => this.#arrive(`${from} ${to} ${step}`, copy));
        resolve();
      });
    });
  }

  #arrive(key: string, bytes: Uint8Array): void {
    const waiting = this.#waiting.get(key)?.shift();
    if (waiting === undefined) this.#mail.set(key, [...(this.#mail.get(key) ?? []), bytes]);
    else waiting(bytes);
  }

  async #receive(key: string, into: Uint8Array): Promise<void> {
    const bytes =
      this.#mail.get(key)?.shift() ??
      (await new Promise<Uint8Array>((resolve) => {
        this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), resolve]);
      }));
    into.set(bytes);
  }

  #channel(rank: number, size: number): Channel {
    let unflushed: Promise<void>[] = [];
    const send = (peer: number, step: number, bytes: Uint8Array): Promise<void> => {
      const sent = this.#send(rank, peer, step, bytes);
      unflushed.push(sent);
      return sent;
    };
    return {
      rank,
      size,
      segmentBytes: SEGMENT,
      scratch: new ScratchPool(),
      send,
      sendAny: send,
      receive: (peer, step, into) => this.#receive(`${peer} ${rank} ${step}`, into),
      receiveAny: () => Promise.reject(new Error('no algorithm here needs it')),
      flush: async () => {
        await Promise.all(unflushed);
        unflushed = [];
      },
    };
  }
}

const SEGMENT = 1 << 20;
const sum = reducerOf('sum');
const ROOT = 1;

interface Candidate {
  readonly operation:
    | 'allReduce'
    | 'reduceScatter'
    | 'reduce'
    | 'broadcast'
    | 'allGather'
    | 'gather'
    | 'scatter'
    | 'allToAll';
  readonly algorithm: string;
  /** @param root below the number of ranks */
  readonly run: (channel: Channel, bytes: number, root: number) => Promise<void>;
}

const floatsOf = (bytes: number): Float32Array => new Float32Array(bytes / 4);
/** What only the root has. */
const atRoot = ({ rank, size }: Channel, bytes: number, root: number): Uint8Array | undefined =>
  rank === root ? new Uint8Array(size * bytes) : undefined;

const CANDIDATES: readonly Candidate[] = [
  {
    operation: 'allReduce',
    algorithm: 'ring',
    run: (c, bytes) => ringAllReduce(c, floatsOf(bytes), sum),
  },
  {
    operation: 'allReduce',
    algorithm: 'recursive-doubling',
    run: (c, bytes) => doublingAllReduce(c, floatsOf(bytes), sum),
  },
  {
    operation: 'allReduce',
    algorithm: 'halving-doubling',
    run: (c, bytes) => halvingAllReduce(c, floatsOf(bytes), sum),
  },
  {
    operation: 'reduceScatter',
    algorithm: 'ring',
    run: (c, bytes) => ringReduceScatter(c, floatsOf(bytes), sum),
  },
  {
    operation: 'reduceScatter',
    algorithm: 'recursive-doubling',
    run: (c, bytes) => doublingAllReduce(c, floatsOf(bytes), sum),
  },
  {
    operation: 'reduce',
    algorithm: 'binomial',
    run: (c, bytes, root) => binomialReduce(c, floatsOf(bytes), root, sum),
  },
  {
    operation: 'reduce',
    algorithm: 'ring',
    run: (c, bytes, root) => ringReduce(c, floatsOf(bytes), root, sum),
  },
  {
    operation: 'broadcast',
    algorithm: 'binomial',
    run: (c, bytes, root) =>
      broadcast(c, new Uint8Array(bytes), binomialPlace(c.rank, c.size, root), SEGMENT),
  },
  {
    operation: 'allGather',
    algorithm: 'ring',
    run: (c, bytes) => ringAllGather(c, floatsOf(c.size * bytes)),
  },
  {
    operation: 'allGather',
    algorithm: 'bruck',
    run: (c, bytes) => bruckAllGather(c, new Uint8Array(bytes), new Uint8Array(c.size * bytes)),
  },
  {
    operation: 'gather',
    algorithm: 'binomial',
    run: (c, bytes, root) => binomialGather(c, new Uint8Array(bytes), root, atRoot(c, bytes, root)),
  },
  {
    operation: 'gather',
    algorithm: 'linear',
    run: (c, bytes, root) => linearGather(c, new Uint8Array(bytes), root, atRoot(c, bytes, root)),
  },
  {
    operation: 'scatter',
    algorithm: 'binomial',
    run: (c, bytes, root) =>
      binomialScatter(c, new Uint8Array(bytes), root, atRoot(c, bytes, root)),
  },
  {
    operation: 'scatter',
    algorithm: 'linear',
    run: (c, bytes, root) => linearScatter(c, new Uint8Array(bytes), root, atRoot(c, bytes, root)),
  },
  {
    operation: 'allToAll',
    algorithm: 'pairwise',
    run: (c, bytes) => pairwiseAllToAll(c, new Uint8Array(bytes), new Uint8Array(bytes)),
  },
  {
    operation: 'allToAll',
    algorithm: 'bruck',
    run: (c, bytes) => bruckAllToAll(c, new Uint8Array(bytes), new Uint8Array(bytes)),
  },
];

/** Divides by all numbers of ranks here. */
const BYTES = 4 * 1680;
const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 16];

/** Simulated, and by the formula. */
async function both(
  { operation, algorithm, run }: Candidate,
  size: number,
  model: { readonly secondsPerMessage: number; readonly secondsPerByte: number },
): Promise<readonly [simulated: number, predicted: number]> {
  const simulated = await new Simulation(model).run(size, (c) => run(c, BYTES, ROOT % size));
  const choice = new AlgorithmChoice(SEGMENT, { ...model, secondsPerReducedByte: 0 });
  return [simulated, choice.seconds(operation, algorithm as never, size, BYTES)];
}

describe('in the α–β model', () => {
  it.each(CANDIDATES)(
    '$operation by $algorithm takes the steps of its formula',
    async (candidate) => {
      for (const size of SIZES) {
        const [simulated, predicted] = await both(candidate, size, {
          secondsPerMessage: 1,
          secondsPerByte: 0,
        });
        expect(simulated, `${size} ranks`).toBe(predicted);
      }
    },
  );

  it.each(CANDIDATES)(
    '$operation by $algorithm moves the bytes of its formula',
    async (candidate) => {
      for (const size of SIZES) {
        const [simulated, predicted] = await both(candidate, size, {
          secondsPerMessage: 0,
          secondsPerByte: 1,
        });
        // The formula has the surplus ranks fold first; what the others send meanwhile gets in their way.
        const isLate =
          candidate.algorithm === 'halving-doubling' && !Number.isInteger(Math.log2(size));
        expect(simulated, `${size} ranks`).toBeGreaterThanOrEqual(predicted);
        expect(simulated, `${size} ranks`).toBeLessThanOrEqual(predicted + (isLate ? BYTES : 0));
      }
    },
  );

  it('a chain of P ranks and S segments takes P − 2 + S steps', async () => {
    const steps = { secondsPerMessage: 1, secondsPerByte: 0 };
    for (const size of [2, 3, 5, 8])
      for (const segments of [1, 2, 8, 40]) {
        const bytes = new Uint8Array(40 * 4096);
        const simulated = await new Simulation(steps).run(size, (c) =>
          broadcast(c, bytes, chainPlace(c.rank, c.size, ROOT), bytes.length / segments),
        );
        expect(simulated).toBe(size - 2 + segments);
      }
  });

  it('a barrier takes ⌈log₂ P⌉ steps', async () => {
    const steps = { secondsPerMessage: 1, secondsPerByte: 0 };
    for (const size of SIZES)
      expect(await new Simulation(steps).run(size, barrier)).toBe(Math.ceil(Math.log2(size)));
  });

  it('the simulation tells a chain of messages from messages side by side', async () => {
    const run = (isChain: boolean): Promise<number> =>
      new Simulation({ secondsPerMessage: 2, secondsPerByte: 1 }).run(3, async (c) => {
        const bytes = new Uint8Array(5);
        if (isChain && c.rank > 0) await c.receive(c.rank - 1, 0, bytes);
        if (c.rank < 2) void c.send(c.rank + 1, 0, bytes);
        if (!isChain && c.rank > 0) await c.receive(c.rank - 1, 0, bytes);
      });
    expect([await run(true), await run(false)]).toEqual([14, 7]);
  });
});

describe('the algorithm chosen', () => {
  const gigabit = { secondsPerMessage: 50e-6, secondsPerByte: 8e-9, secondsPerReducedByte: 0 };

  it.each([
    [4, 25_000],
    [8, 15_000],
    [16, 11_765],
    [64, 9302],
  ])('of %i ranks changes where recursive doubling loses to halving: %i bytes', (size, bytes) => {
    const choice = new AlgorithmChoice(SEGMENT, gigabit);
    const chosen = (length: number): string => choice.choose('allReduce', 'auto', size, length);
    expect([chosen(0.99 * bytes), chosen(1.01 * bytes)]).toEqual([
      'recursive-doubling',
      'halving-doubling',
    ]);
  });

  it('is never dearer than another one, and the one asked for if one is', () => {
    const choice = new AlgorithmChoice(SEGMENT);
    for (const size of SIZES)
      for (const bytes of [0, 100, 10_000, 100_000, 1e6, 1e8])
        for (const { operation, algorithm } of CANDIDATES) {
          const chosen = choice.choose(operation, 'auto', size, bytes);
          const [best, other] = [chosen, algorithm].map((name) =>
            choice.seconds(operation, name as never, size, bytes),
          );
          expect(best).toBeLessThanOrEqual(other!);
          expect(choice.choose(operation, algorithm as never, size, bytes)).toBe(algorithm);
        }
  });

  it('follows the model: short vectors take fewer steps, long ones fewer bytes', () => {
    const choice = new AlgorithmChoice(SEGMENT);
    const pairs = (
      ['allReduce', 'reduce', 'broadcast', 'allGather', 'gather', 'allToAll'] as const
    ).map((operation) => [
      choice.choose(operation, 'auto', 8, 64),
      choice.choose(operation, 'auto', 8, 1e8),
    ]);
    expect(pairs).toEqual([
      ['recursive-doubling', 'ring'],
      ['binomial', 'ring'],
      ['binomial', 'pipeline'],
      ['bruck', 'ring'],
      ['binomial', 'linear'],
      ['bruck', 'pairwise'],
    ]);
    // Where bytes cost nothing, steps decide; where messages cost nothing, bytes.
    const free = (model: Partial<CostModel>): string =>
      new AlgorithmChoice(SEGMENT, { secondsPerReducedByte: 0, ...model }).choose(
        'allReduce',
        'auto',
        8,
        1e6,
      );
    expect(free({ secondsPerByte: 0 })).toBe('recursive-doubling');
    expect(free({ secondsPerMessage: 0 })).toBe('ring');
  });

  it('is the communicator’s: by its cost model, unless the call names one', async () => {
    const { communicators, close } = createMemoryCommunicators(4, {
      costModel: { secondsPerMessage: 0 },
    });
    const before = communicators[0]!.stats.sent.messages;
    await Promise.all(communicators.map((c) => c.allReduce(new Float32Array(8))));
    const between = communicators[0]!.stats.sent.messages;
    const algorithm = 'recursive-doubling';
    await Promise.all(communicators.map((c) => c.allReduce(new Float32Array(8), { algorithm })));
    expect([between - before, communicators[0]!.stats.sent.messages - between]).toEqual([6, 2]);
    await close();
  });
});
