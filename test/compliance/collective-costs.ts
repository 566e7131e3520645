/** Bytes and messages that each rank sends, exactly as the headers of the algorithms promise. */
import { describe, expect, it } from 'vitest';
import { FRAME_PREFIX_BYTES } from '../../proto/frame.ts';
import type { Communicator } from '../../src/collective/communicator.ts';
import { bytes, onAll, type Job, type OpenJob } from './collective-job.ts';

interface Sent {
  readonly payloadBytes: number;
  readonly messages: number;
}

/** What each rank sends during `operation`, and that all counts agree with each other. */
async function sentDuring(
  job: Job,
  operation: (communicator: Communicator) => Promise<unknown>,
): Promise<Sent[]> {
  const before = job.communicators.map(({ stats }) => stats);
  await onAll(job, operation);
  const after = job.communicators.map(({ stats }) => stats);
  for (const { sent, received, peers } of after) {
    expect(sent.payloadBytes + sent.framingBytes).toBe(sent.socketBytes);
    expect(received.payloadBytes + received.framingBytes).toBe(received.socketBytes);
    expect(peers.reduce((sum, peer) => sum + peer.sent.socketBytes, 0)).toBe(sent.socketBytes);
    expect(sent.framingBytes).toBeGreaterThanOrEqual(FRAME_PREFIX_BYTES * sent.frames);
  }
  return after.map(({ sent }, rank) => ({
    payloadBytes: sent.payloadBytes - before[rank]!.sent.payloadBytes,
    messages: sent.messages - before[rank]!.sent.messages,
  }));
}

const popCount = (value: number): number => value.toString(2).replaceAll('0', '').length;
/** Elements of each rank's chunk. */
const chunkLengths = (length: number, size: number): number[] =>
  Array.from({ length: size }, (_, rank) => Math.ceil((length - rank) / size));

/** The closed forms of one job, by rank. `length` elements of 4 bytes. */
class Promised {
  readonly #size: number;
  readonly #n: number;
  readonly #chunks: readonly number[];
  /** G and its logarithm, and the ranks above it. */
  readonly #power: number;
  readonly #log: number;
  readonly #surplus: number;
  /** ⌈log₂ P⌉. */
  readonly depth: number;

  constructor(size: number, length: number) {
    this.#size = size;
    this.#n = 4 * length;
    this.#chunks = chunkLengths(length, size).map((elements) => 4 * elements);
    this.#log = Math.floor(Math.log2(size));
    this.#power = 2 ** this.#log;
    this.#surplus = size - this.#power;
    this.depth = Math.ceil(Math.log2(size));
  }

  each(of: (rank: number) => readonly [payloadBytes: number, messages: number]): Sent[] {
    return Array.from({ length: this.#size }, (_, rank) => {
      const [payloadBytes, messages] = of(rank);
      return { payloadBytes, messages };
    });
  }

  /** Counted from the root. */
  fromRoot(
    root: number,
    of: (position: number) => readonly [payloadBytes: number, messages: number],
  ): Sent[] {
    return this.each((rank) => of((rank - root + this.#size) % this.#size));
  }

  /** Every chunk but the own one, P − 1 messages. */
  ringReduceScatter(): Sent[] {
    return this.each((rank) => [this.#n - this.#chunks[rank]!, this.#size - 1]);
  }

  /** And every chunk but the right neighbour's. */
  ringAllReduce(): Sent[] {
    return this.each((rank) => [
      2 * this.#n - this.#chunks[rank]! - this.#chunks[(rank + 1) % this.#size]!,
      2 * (this.#size - 1),
    ]);
  }

  /** Folded ranks send n once; their partners n besides what all inside send. */
  folding(payloadBytes: number, messages: number): Sent[] {
    return this.each((rank) => {
      if (rank >= 2 * this.#surplus) return [payloadBytes, messages];
      return rank % 2 === 0 ? [this.#n, 1] : [payloadBytes + this.#n, messages + 1];
    });
  }

  doubling(): Sent[] {
    return this.folding(this.#n * this.#log, this.#log);
  }

  /** Where G divides the length. */
  halving(): Sent[] {
    return this.folding((2 * (this.#power - 1) * this.#n) / this.#power, 2 * this.#log);
  }

  /** Ranks in the subtree of a position of a binomial tree. */
  subtree(position: number): number {
    if (position === 0) return this.#size;
    return Math.min(position & -position, this.#size - position);
  }

  children(position: number): number {
    return Math.ceil(Math.log2(this.subtree(position)));
  }

  ringReduce(root: number): Sent[] {
    return this.each((rank) =>
      rank === root ? [this.#n - this.#chunks[root]!, this.#size - 1] : [this.#n, this.#size],
    );
  }
}

export function collectiveCosts(open: OpenJob): void {
  /** Divides by 1, 2, 3, 4, 5, 7 and 8. */
  const divisible = 840;

  describe.each([1, 2, 3, 4, 5, 7, 8])('what %i ranks send is what the headers promise', (size) => {
    const length = divisible;
    const n = 4 * length;
    const vector = (): Float32Array => new Float32Array(length);
    const promised = new Promised(size, length);
    const { depth } = promised;
    const root = size >> 1;

    const cases: readonly (readonly [
      string,
      (communicator: Communicator) => Promise<unknown>,
      Sent[],
    ])[] = [
      ['barrier', (c) => c.barrier(), promised.each(() => [0, depth])],
      [
        'all-reduce by ring',
        (c) => c.allReduce(vector(), { algorithm: 'ring' }),
        promised.each(() => [(2 * (size - 1) * n) / size, 2 * (size - 1)]),
      ],
      [
        'all-reduce by recursive doubling',
        (c) => c.allReduce(vector(), { algorithm: 'recursive-doubling' }),
        promised.doubling(),
      ],
      [
        'all-reduce by halving and doubling',
        (c) => c.allReduce(vector(), { algorithm: 'halving-doubling' }),
        promised.halving(),
      ],
      [
        'reduce-scatter by ring',
        (c) => c.reduceScatter(vector(), { algorithm: 'ring' }),
        promised.each(() => [((size - 1) * n) / size, size - 1]),
      ],
      [
        'reduce-scatter by recursive doubling',
        (c) => c.reduceScatter(vector(), { algorithm: 'recursive-doubling' }),
        promised.doubling(),
      ],
      [
        'reduce by a binomial tree',
        (c) => c.reduce(vector(), { algorithm: 'binomial', root }),
        promised.fromRoot(root, (position) => (position === 0 ? [0, 0] : [n, 1])),
      ],
      [
        'reduce by ring',
        (c) => c.reduce(vector(), { algorithm: 'ring', root }),
        promised.ringReduce(root),
      ],
      [
        'broadcast by a binomial tree',
        (c) => c.broadcast(vector(), { algorithm: 'binomial', root }),
        promised.fromRoot(root, (position) => {
          const children = promised.children(position);
          return [children * n, children];
        }),
      ],
      [
        'broadcast by a chain',
        (c) => c.broadcast(vector(), { algorithm: 'pipeline', root }),
        promised.fromRoot(root, (position) => (position === size - 1 ? [0, 0] : [n, 1])),
      ],
      [
        'all-gather by ring',
        (c) => c.allGather(vector(), { algorithm: 'ring' }),
        promised.each(() => [(size - 1) * n, size - 1]),
      ],
      [
        'all-gather by Bruck',
        (c) => c.allGather(vector(), { algorithm: 'bruck' }),
        promised.each(() => [(size - 1) * n, depth]),
      ],
      [
        'gather by a binomial tree',
        (c) => c.gather(vector(), { algorithm: 'binomial', root }),
        promised.fromRoot(root, (position) =>
          position === 0 ? [0, 0] : [promised.subtree(position) * n, 1],
        ),
      ],
      [
        'gather straight',
        (c) => c.gather(vector(), { algorithm: 'linear', root }),
        promised.fromRoot(root, (position) => (position === 0 ? [0, 0] : [n, 1])),
      ],
      [
        'scatter by a binomial tree',
        (c) =>
          c.scatter(vector(), {
            algorithm: 'binomial',
            root,
            ...(c.rank === root && { from: new Float32Array(size * length) }),
          }),
        promised.fromRoot(root, (position) => [
          (promised.subtree(position) - 1) * n,
          promised.children(position),
        ]),
      ],
      [
        'scatter straight',
        (c) =>
          c.scatter(vector(), {
            algorithm: 'linear',
            root,
            ...(c.rank === root && { from: new Float32Array(size * length) }),
          }),
        promised.fromRoot(root, (position) =>
          position === 0 ? [(size - 1) * n, size - 1] : [0, 0],
        ),
      ],
      [
        'all-to-all in pairs',
        (c) => c.allToAll(vector(), { algorithm: 'pairwise' }),
        promised.each(() => [((size - 1) * n) / size, size - 1]),
      ],
      [
        'all-to-all by Bruck',
        (c) => c.allToAll(vector(), { algorithm: 'bruck' }),
        promised.each(() => {
          const hops = Array.from({ length: size }, (_, j) => popCount(j));
          return [(hops.reduce((a, b) => a + b, 0) * n) / size, depth];
        }),
      ],
      [
        'all-gather of different lengths',
        (c) => c.allGatherV(bytes(100 + c.rank, 1)),
        promised.each((rank) => [(size - 1) * (100 + rank), size - 1]),
      ],
      [
        'gather of different lengths',
        (c) => c.gatherV(bytes(100 + c.rank, 1), { root }),
        promised.each((rank) => (rank === root ? [0, 0] : [100 + rank, 1])),
      ],
      [
        'scatter of different lengths',
        (c) =>
          c.scatterV(new Uint8Array(200), {
            root,
            chunks: Array.from({ length: size }, (_, rank) => bytes(100 + rank, 1)),
          }),
        promised.each((rank) =>
          rank === root ? [100 * (size - 1) + (size * (size - 1)) / 2 - root, size - 1] : [0, 0],
        ),
      ],
      [
        'all-to-all of different lengths',
        (c) => c.allToAllV(Array.from({ length: size }, (_, to) => bytes(10 * to, 1))),
        promised.each((rank) => [10 * ((size * (size - 1)) / 2 - rank), size - 1]),
      ],
      ['split', (c) => c.split(c.rank % 2), promised.each(() => [24 * (size - 1), depth])],
      [
        'messages, those to oneself included',
        async (c) => {
          await Promise.all([c.send(c.rank, vector()), c.receive(c.rank, vector())]);
          await c.sendReceive((c.rank + 1) % size, vector(), 'any', vector());
        },
        promised.each(() => (size === 1 ? [0, 0] : [n, 1])),
      ],
    ];

    it.each(cases)('%s', async (_, operation, expected) => {
      const job = await open(size, {});
      expect(await sentDuring(job, operation)).toEqual(expected);
      await job.close();
    });
  });

  it.each([
    [3, 1003],
    [4, 1003],
    [5, 1001],
    [7, 1000],
    [8, 1001],
  ])('to the byte where %i ranks do not divide %i elements', async (size, length) => {
    const job = await open(size, {});
    const vector = (): Float32Array => new Float32Array(length);
    const promised = new Promised(size, length);
    expect(await sentDuring(job, (c) => c.allReduce(vector(), { algorithm: 'ring' }))).toEqual(
      promised.ringAllReduce(),
    );
    expect(await sentDuring(job, (c) => c.reduceScatter(vector(), { algorithm: 'ring' }))).toEqual(
      promised.ringReduceScatter(),
    );
    expect(
      await sentDuring(job, (c) => c.reduce(vector(), { algorithm: 'ring', root: 1 })),
    ).toEqual(promised.ringReduce(1));
    const halving = await sentDuring(job, (c) =>
      c.allReduce(vector(), { algorithm: 'halving-doubling' }),
    );
    const power = 2 ** Math.floor(Math.log2(size));
    expect(halving.reduce((sum, { payloadBytes }) => sum + payloadBytes, 0)).toBe(
      4 * length * 2 * (power - 1 + size - power),
    );
    await job.close();
  });

  it('of chunks of given lengths: all but the own one, none for an empty one', async () => {
    const job = await open(4, {});
    const counts = [0, 100, 7, 0];
    const sent = await sentDuring(job, (c) => c.reduceScatterV(new Float32Array(107), counts));
    expect(sent).toEqual([
      { payloadBytes: 428, messages: 2 },
      { payloadBytes: 28, messages: 1 },
      { payloadBytes: 400, messages: 1 },
      { payloadBytes: 428, messages: 2 },
    ]);
    await job.close();
  });

  it('a chain passes a long vector on in the segments that the cost model asks for', async () => {
    const costModel = { secondsPerMessage: 1e-5, secondsPerByte: 1e-8 };
    const job = await open(4, { costModel });
    // S² = (P − 2) n β / α = 2000, so 44.7 segments of 22 361 bytes.
    const sent = await sentDuring(job, (c) =>
      c.broadcast(new Uint8Array(1_000_000), { algorithm: 'pipeline', root: 3 }),
    );
    const passing = { payloadBytes: 1_000_000, messages: 45 };
    expect(sent).toEqual([passing, passing, { payloadBytes: 0, messages: 0 }, passing]);
    await job.close();
  });

  it('include everything a long message needs', async () => {
    const job = await open(2, { segmentBytes: 1 << 16, eagerBytes: 1000 });
    await onAll(job, (c) => c.allGatherV(new Uint8Array(1_000_000)));
    for (const { stats } of job.communicators) {
      expect(stats.sent.payloadBytes).toBe(1_000_000);
      expect(stats.sent.socketBytes).toBe(1_000_000 + stats.sent.framingBytes);
      expect(stats.sent.framingBytes).toBeLessThan(2000);
    }
    await job.close();
  });
}
