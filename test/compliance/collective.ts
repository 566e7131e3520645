/** What every communicator promises, whatever transport it runs over. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Communicator, CommunicatorOptions } from '../../src/collective/communicator.ts';
import type { NumericArray, ReduceName } from '../../src/collective/reducer.ts';
import { FRAME_PREFIX_BYTES } from '../../proto/frame.ts';
import { doublingReduce, ownerOf, ringReduce } from '../oracle/collective.ts';

/** All ranks of a job in this process. */
export interface Job {
  readonly communicators: readonly Communicator[];
  close(): Promise<void>;
}

export type OpenJob = (size: number, options: CommunicatorOptions) => Promise<Job>;

const SIZES = [1, 2, 3, 4, 5, 7];
const IN_FLIGHT = [1, 3];

/** Small limits take every path (eager, offered, granted, many segments) in milliseconds. */
const KNOBS: Readonly<Record<string, CommunicatorOptions>> = {
  'default limits': {},
  'tiny limits': { segmentBytes: 240, eagerBytes: 64, creditBytes: 300, doublingBytes: 128 },
};

const lengthsFor = (size: number): number[] => [...new Set([0, 1, size - 1, size, size + 1, 1000])];

/** Floats whose sums round, so that the order of additions shows. */
function floats(length: number, seed: number): Float32Array {
  let state = seed * 2_654_435_761 + 12_345;
  const result = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    result[i] = (state / 2 ** 32 - 0.5) * 2 ** (state % 20);
  }
  return result;
}

function bytes(length: number, seed: number): Uint8Array {
  const result = new Uint8Array(length);
  for (let i = 0; i < length; i++) result[i] = i * 7 + seed * 31;
  return result;
}

/** Bits of an array: −0 and NaN are compared too. */
function bits(array: NumericArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice();
}

function expectSame(actual: readonly NumericArray[], expected: NumericArray): void {
  const wanted = Buffer.from(bits(expected));
  for (const [rank, array] of actual.entries())
    if (!Buffer.from(bits(array)).equals(wanted)) {
      expect(array, `rank ${rank}`).toEqual(expected);
      throw new Error(`rank ${rank} has other bits`);
    }
}

export function collectiveCompliance(transport: string, open: OpenJob): void {
  describe.each(Object.entries(KNOBS))(`collectives over ${transport}, %s`, (_, options) => {
    describe.each(SIZES)('%i ranks', (size) => {
      grid(size, () => open(size, options));
    });
  });
  describe(`collectives over ${transport}`, () => {
    arrayTypes(open);
    longVectors(open);
    byteCounts(open);
    interleaving(open);
    arguments_(open);
  });
}

function grid(size: number, open: () => Promise<Job>): void {
  let job: Job;
  beforeAll(async () => {
    job = await open();
  });
  afterAll(() => job.close());

  /** Runs `count` operations at once on all ranks; result [operation][rank]. */
  const run = <T>(
    count: number,
    operation: (communicator: Communicator, index: number) => Promise<T>,
  ): Promise<T[][]> =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        Promise.all(job.communicators.map((communicator) => operation(communicator, index))),
      ),
    );
  /** Every rank's own vector of operation `index`. */
  const inputs = (length: number, index: number): Float32Array[] =>
    Array.from({ length: size }, (_, rank) => floats(length, 100 * index + rank));

  const cases = lengthsFor(size).flatMap((length) => IN_FLIGHT.map((k) => [length, k] as const));

  describe.each(cases)('%i elements, %i in flight', (length, inFlight) => {
    it.each(['ring', 'recursive-doubling'] as const)('all-reduce by %s', async (algorithm) => {
      const vectors = Array.from({ length: inFlight }, (_, index) => inputs(length, index));
      await run(inFlight, (communicator, index) =>
        communicator.allReduce(vectors[index]![communicator.rank]!, { algorithm }),
      );
      const oracle = algorithm === 'ring' ? ringReduce : doublingReduce;
      for (const [index, results] of vectors.entries())
        expectSame(results, oracle(inputs(length, index), 'sum'));
    });

    it('reduce-scatter', async () => {
      const chunks = await run(inFlight, (communicator, index) =>
        communicator.reduceScatter(inputs(length, index)[communicator.rank]!),
      );
      for (const [index, results] of chunks.entries()) {
        const whole = ringReduce(inputs(length, index), 'sum');
        for (const [rank, chunk] of results.entries())
          expectSame(
            [chunk],
            whole.filter((_, i) => ownerOf(i, length, size) === rank),
          );
      }
    });

    it('all-gather', async () => {
      const results = await run(inFlight, (communicator, index) =>
        communicator.allGather(inputs(length, index)[communicator.rank]!),
      );
      for (const [index, gathered] of results.entries())
        expectSame(gathered, Float32Array.from(inputs(length, index).flatMap((v) => [...v])));
    });

    it('broadcast', async () => {
      const vectors = Array.from({ length: inFlight }, (_, index) => inputs(length, index));
      const rootOf = (index: number): number => (index + 1) % size;
      await run(inFlight, (communicator, index) =>
        communicator.broadcast(vectors[index]![communicator.rank]!, { root: rootOf(index) }),
      );
      for (const [index, results] of vectors.entries())
        expectSame(results, inputs(length, index)[rootOf(index)]!);
    });

    it('all-gather of byte strings of different lengths', async () => {
      const own = (rank: number, index: number): Uint8Array =>
        bytes((length * (rank + 1)) % 1777, 10 * index + rank);
      const results = await run(inFlight, (communicator, index) =>
        communicator.allGatherV(own(communicator.rank, index)),
      );
      for (const [index, byRank] of results.entries())
        for (const gathered of byRank)
          for (const [rank, part] of gathered.entries()) expectSame([part], own(rank, index));
    });

    it('all-to-all of byte strings of different lengths', async () => {
      const chunk = (from: number, to: number, index: number): Uint8Array =>
        bytes((length * (from + 2 * to)) % 1777, 49 * index + 7 * from + to);
      const results = await run(inFlight, (communicator, index) =>
        communicator.allToAllV(
          Array.from({ length: size }, (_, to) => chunk(communicator.rank, to, index)),
        ),
      );
      for (const [index, byRank] of results.entries())
        for (const [to, received] of byRank.entries())
          for (const [from, part] of received.entries()) expectSame([part], chunk(from, to, index));
    });

    it('messages around the ring', async () => {
      const received = await run(inFlight, async (communicator, index) => {
        const { rank } = communicator;
        if (size === 1) return inputs(length, index)[0]!;
        const into = new Float32Array(length + 3);
        const count = await communicator.sendReceive(
          (rank + 1) % size,
          inputs(length, index)[rank]!,
          (rank - 1 + size) % size,
          into,
          { tag: index },
        );
        return into.subarray(0, count);
      });
      for (const [index, results] of received.entries())
        for (const [rank, vector] of results.entries())
          expectSame([vector], inputs(length, index)[(rank - 1 + size) % size]!);
    });
  });

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

function arrayTypes(open: OpenJob): void {
  const types = [
    Float32Array,
    Float64Array,
    Int8Array,
    Uint8Array,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
  ];
  const ops: ReduceName[] = ['sum', 'min', 'max', 'prod'];

  it('reduce all typed arrays by all operations, also from an odd offset', async () => {
    const size = 3;
    const job = await open(size, { segmentBytes: 64 });
    for (const type of types)
      for (const op of ops)
        for (const algorithm of ['ring', 'recursive-doubling'] as const) {
          const make = (rank: number): NumericArray => {
            const room = new type(53);
            for (let i = 0; i < room.length; i++)
              room[i] = (i + 1) * 1_234_567_891 * (rank + 1) * (i % 2 === 0 ? 1 : -1);
            return room.subarray(3, 50);
          };
          const vectors = Array.from({ length: size }, (_, rank) => make(rank));
          const oracle = algorithm === 'ring' ? ringReduce : doublingReduce;
          const expected = oracle(
            Array.from({ length: size }, (_, rank) => make(rank)),
            op,
          );
          await Promise.all(
            job.communicators.map((c, rank) => c.allReduce(vectors[rank]!, { op, algorithm })),
          );
          expectSame(vectors, expected);
        }
    await job.close();
  });

  it('NaN, infinities and negative zero come out the same everywhere', async () => {
    const special = [Number.NaN, Infinity, -Infinity, -0, 0, 1e-45, 3.4e38];
    const size = 5;
    const job = await open(size, {});
    for (const op of ops)
      for (const algorithm of ['ring', 'recursive-doubling'] as const) {
        const vectors = Array.from({ length: size }, (_, rank) =>
          Float32Array.from({ length: 49 }, (__, i) => special[(i + rank * (i >> 3)) % 7]!),
        );
        const oracle = algorithm === 'ring' ? ringReduce : doublingReduce;
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

  it('takes a reducer of the caller', async () => {
    const job = await open(3, {});
    const last = {
      name: 'last',
      combine: (target: NumericArray, _: NumericArray, right: NumericArray) => {
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

function byteCounts(open: OpenJob): void {
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
    await Promise.all(job.communicators.map(operation));
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

  it.each([1, 2, 3, 4, 5, 7])('are what the algorithms promise, %i ranks', async (size) => {
    const job = await open(size, {});
    const n = 4 * 60 * size;
    const vector = (): Float32Array => new Float32Array(n / 4);
    const each = (payloadBytes: number, messages: number): Sent[] =>
      Array.from({ length: size }, () => ({ payloadBytes, messages }));

    const ring = (2 * (size - 1) * n) / size;
    expect(await sentDuring(job, (c) => c.allReduce(vector(), { algorithm: 'ring' }))).toEqual(
      each(ring, 2 * (size - 1)),
    );
    expect(await sentDuring(job, (c) => c.reduceScatter(vector()))).toEqual(
      each(ring / 2, size - 1),
    );
    expect(await sentDuring(job, (c) => c.allGather(new Float32Array(n / 4)))).toEqual(
      each((size - 1) * n, size - 1),
    );
    expect(await sentDuring(job, (c) => c.barrier())).toEqual(each(0, Math.ceil(Math.log2(size))));
    const gathered = await sentDuring(job, (c) => c.allGatherV(bytes(100 + c.rank, 1)));
    expect(gathered).toEqual(
      gathered.map((_, rank) => ({
        payloadBytes: (size - 1) * (100 + rank),
        messages: size - 1,
      })),
    );
    const broadcast = await sentDuring(job, (c) => c.broadcast(vector()));
    expect(broadcast.reduce((sum, { payloadBytes }) => sum + payloadBytes, 0)).toBe((size - 1) * n);
    const power = 2 ** Math.floor(Math.log2(size));
    const doubling = await sentDuring(job, (c) =>
      c.allReduce(vector(), { algorithm: 'recursive-doubling' }),
    );
    expect(doubling.reduce((sum, { payloadBytes }) => sum + payloadBytes, 0)).toBe(
      n * (power * Math.log2(power) + 2 * (size - power)),
    );
    if (power === size) expect(doubling).toEqual(each(n * Math.log2(size), Math.log2(size)));
    await job.close();
  });

  it('of a ring where P does not divide n: 2 (P − 1) chunks, no rank above the longest', async () => {
    const size = 4;
    const job = await open(size, {});
    const sent = await sentDuring(job, (c) =>
      c.allReduce(new Float32Array(1003), { algorithm: 'ring' }),
    );
    for (const { payloadBytes, messages } of sent) {
      expect(messages).toBe(6);
      expect(payloadBytes).toBeLessThanOrEqual(6 * 4 * Math.ceil(1003 / 4));
      expect(payloadBytes).toBeGreaterThanOrEqual(6 * 4 * Math.floor(1003 / 4));
    }
    expect(sent.reduce((sum, { payloadBytes }) => sum + payloadBytes, 0)).toBe(6 * 4 * 1003);
    await job.close();
  });

  it('include everything a long message needs', async () => {
    const job = await open(2, { segmentBytes: 1 << 16, eagerBytes: 1000 });
    await Promise.all(job.communicators.map((c) => c.allGatherV(new Uint8Array(1_000_000))));
    for (const { stats } of job.communicators) {
      expect(stats.sent.payloadBytes).toBe(1_000_000);
      expect(stats.sent.socketBytes).toBe(1_000_000 + stats.sent.framingBytes);
      expect(stats.sent.framingBytes).toBeLessThan(2000);
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
      expect(await b.receive(0, into, { tag: 1 })).toBe(length);
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

function arguments_(open: OpenJob): void {
  it('that are wrong are refused at once and do no harm', async () => {
    const job = await open(2, {});
    const [a, b] = job.communicators as [Communicator, Communicator];
    const range = expect.objectContaining({ code: 'GRADWIRE_ARGUMENT_RANGE' }) as unknown;
    const type = expect.objectContaining({ code: 'GRADWIRE_ARGUMENT_TYPE' }) as unknown;
    const vector = new Float32Array(4);
    await expect(a.allReduce([1, 2] as unknown as Float32Array)).rejects.toEqual(type);
    await expect(a.allReduce(new BigInt64Array(1) as unknown as Int32Array)).rejects.toEqual(type);
    await expect(a.allReduce(vector, { op: 'mean' as 'sum' })).rejects.toEqual(range);
    await expect(a.allReduce(vector, { op: 'toString' as 'sum' })).rejects.toEqual(range);
    await expect(a.allReduce(vector, { algorithm: 'tree' as 'ring' })).rejects.toEqual(range);
    await expect(a.allReduce(vector, { deadlineMs: 0 })).rejects.toEqual(range);
    await expect(a.allReduce(vector, { deadlineMs: Number.NaN })).rejects.toEqual(range);
    await expect(a.broadcast(vector, { root: 2 })).rejects.toEqual(range);
    await expect(a.send(0, vector)).rejects.toEqual(range);
    await expect(a.send(2, vector)).rejects.toEqual(range);
    await expect(a.send(1, vector, { tag: 2 ** 20 })).rejects.toEqual(range);
    await expect(a.receive(0, vector)).rejects.toEqual(range);
    await expect(a.allGather(vector, { into: new Float32Array(7) })).rejects.toEqual(range);
    await expect(
      a.allGather<Float32Array | Int32Array>(vector, { into: new Int32Array(8) }),
    ).rejects.toEqual(type);
    await expect(a.allToAllV([new Uint8Array(1)])).rejects.toEqual(range);
    await expect(a.allGatherV('x' as unknown as Uint8Array)).rejects.toEqual(type);
    await Promise.all([a.barrier(), b.barrier()]);
    expect(a.failure).toBeUndefined();
    await job.close();
  });

  it('of a deadline may be infinite', async () => {
    const job = await open(2, { deadlineMs: Infinity });
    await Promise.all(job.communicators.map((c) => c.barrier()));
    await Promise.all(job.communicators.map((c) => c.barrier({ deadlineMs: 2 ** 40 })));
    await job.close();
  });
}
