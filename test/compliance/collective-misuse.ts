/** What is refused on the calling rank, by which code, before anything is sent. */
import { describe, expect, it } from 'vitest';
import type { Communicator } from '../../src/collective/communicator.ts';
import type { Job, OpenJob } from './collective-job.ts';

const RANGE = 'GRADWIRE_ARGUMENT_RANGE';
const TYPE = 'GRADWIRE_ARGUMENT_TYPE';
const IN_USE = 'GRADWIRE_BUFFER_IN_USE';

type Call = (communicator: Communicator) => Promise<unknown>;

const vector = (length = 4): Float32Array => new Float32Array(length);
const any = (value: unknown): never => value as never;

const WRONG: readonly (readonly [string, Call, string])[] = [
  ['an array of numbers', (c) => c.allReduce(any([1, 2])), TYPE],
  ['a DataView', (c) => c.broadcast(any(new DataView(new ArrayBuffer(8)))), TYPE],
  ['nothing', (c) => c.send(1, any(undefined)), TYPE],
  ['a string for bytes', (c) => c.allGatherV(any('x')), TYPE],
  ['an array buffer to receive into', (c) => c.receive(1, any(new ArrayBuffer(8))), TYPE],
  ['another type in "into"', (c) => c.allGather(vector(), { into: any(new Int32Array(8)) }), TYPE],
  ['another type at the root', (c) => c.gather(vector(), { into: any(new Int8Array(8)) }), TYPE],
  ['nothing to scatter', (c) => c.scatter(vector()), TYPE],
  ['chunks that are no list', (c) => c.allToAllV(any(vector())), TYPE],
  ['chunks of two types', (c) => c.allToAllV<NumericChunk>([vector(), new Int8Array(1)]), TYPE],
  ['no chunks at the root', (c) => c.scatterV(vector()), TYPE],
  ['counts that are no list', (c) => c.reduceScatterV(vector(), any(4)), TYPE],
  ['a count that is no number', (c) => c.reduceScatterV(vector(), any(['4', 0])), TYPE],
  ['an op that is neither name nor reducer', (c) => c.reduce(vector(), { op: any(3) }), TYPE],
  ['a rank that is no number', (c) => c.send(any('1'), vector()), TYPE],
  ['a signal that is none', (c) => c.barrier({ signal: any({ aborted: true }) }), TYPE],
  ['a deadline that is no number', (c) => c.barrier({ deadlineMs: any('soon') }), TYPE],
  ['a color that is no number', (c) => c.split(any('red')), TYPE],
  ['an op nobody knows', (c) => c.allReduce(vector(), { op: any('mean') }), RANGE],
  ['an op of the prototype', (c) => c.allReduce(vector(), { op: any('toString') }), RANGE],
  ['an unknown algorithm', (c) => c.allReduce(vector(), { algorithm: any('tree') }), RANGE],
  ['one of another operation', (c) => c.gather(vector(), { algorithm: any('ring') }), RANGE],
  ['no algorithm of broadcast', (c) => c.broadcast(vector(), { algorithm: any('x') }), RANGE],
  ['no algorithm of reduce', (c) => c.reduce(vector(), { algorithm: any('linear') }), RANGE],
  ['no algorithm of all-to-all', (c) => c.allToAll(vector(), { algorithm: any('ring') }), RANGE],
  ['a deadline of 0', (c) => c.barrier({ deadlineMs: 0 }), RANGE],
  ['a deadline of NaN', (c) => c.barrier({ deadlineMs: Number.NaN }), RANGE],
  ['a root above', (c) => c.broadcast(vector(), { root: 2 }), RANGE],
  ['a root below', (c) => c.reduce(vector(), { root: -1 }), RANGE],
  ['half a root', (c) => c.gatherV(vector(), { root: 0.5 }), RANGE],
  ['a destination above', (c) => c.send(2, vector()), RANGE],
  ['a source below', (c) => c.receive(-1, vector()), RANGE],
  ['a tag above', (c) => c.send(1, vector(), { tag: 2 ** 20 }), RANGE],
  ['a tag below', (c) => c.receive('any', vector(), { tag: -1 }), RANGE],
  [
    'half a receive tag',
    (c) => c.sendReceive(1, vector(), 1, vector(), { receiveTag: 0.5 }),
    RANGE,
  ],
  ['a short "into"', (c) => c.allGather(vector(), { into: vector(7) }), RANGE],
  ['a long "into"', (c) => c.gather(vector(), { into: vector(9) }), RANGE],
  ['too much to scatter', (c) => c.scatter(vector(), { from: vector(9) }), RANGE],
  ['a vector that P does not divide', (c) => c.allToAll(vector(3)), RANGE],
  ['another length out', (c) => c.allToAll(vector(), { into: vector(6) }), RANGE],
  ['a chunk too few', (c) => c.allToAllV([vector()]), RANGE],
  [
    'a chunk too many',
    (c) => c.scatterV(vector(), { chunks: [vector(), vector(), vector()] }),
    RANGE,
  ],
  [
    'no room for the own chunk',
    (c) => c.scatterV(vector(), { chunks: [vector(5), vector()] }),
    RANGE,
  ],
  ['counts that do not add up', (c) => c.reduceScatterV(vector(), [2, 3]), RANGE],
  ['a count too few', (c) => c.reduceScatterV(vector(), [4]), RANGE],
  ['a negative count', (c) => c.reduceScatterV(vector(), [5, -1]), RANGE],
  ['a negative color', (c) => c.split(-1), RANGE],
  ['half a key', (c) => c.split(0, 0.5), RANGE],
];

type NumericChunk = Float32Array | Int8Array;

async function expectUnharmed(job: Job, before: number): Promise<void> {
  const [a] = job.communicators;
  expect(a!.stats.sent.socketBytes).toBe(before);
  expect(a!.failure).toBeUndefined();
  await Promise.all(job.communicators.map((c) => c.barrier()));
}

export function collectiveMisuse(open: OpenJob): void {
  it('wrong arguments are refused at once, send nothing, and do no harm', async () => {
    const job = await open(2, {});
    const [a] = job.communicators as [Communicator, Communicator];
    const before = a.stats.sent.socketBytes;
    for (const [what, call, code] of WRONG)
      await expect(call(a), what).rejects.toMatchObject({ code });
    await expectUnharmed(job, before);
    await job.close();
  });

  it('a cost model of anything but finite seconds is refused', async () => {
    for (const [costModel, code] of [
      [{ secondsPerByte: -1 }, RANGE],
      [{ secondsPerMessage: Infinity }, RANGE],
      [{ secondsPerReducedByte: any('1') }, TYPE],
    ] as const)
      await expect(open(1, { costModel })).rejects.toMatchObject({ code });
  });

  describe('a buffer in use', () => {
    const shared = new Float32Array(100);
    const part = (start: number, end: number): Float32Array => shared.subarray(start, end);
    const barrier: Call = (c) => c.barrier();
    const sendIt: Call = (c) => c.send(1, shared, { tag: 9 });
    const takeIt: Call = (c) => c.receive(0, vector(100), { tag: 9 });
    const reduceIt: Call = (c) => c.allReduce(shared);
    const reduce =
      (length: number): Call =>
      (c) =>
        c.allReduce(vector(length));

    /** In flight on rank 0; refused there meanwhile; what rank 1 does for the first. */
    const conflicts: readonly (readonly [string, Call, Call, Call])[] = [
      ['all-reduce twice', reduceIt, reduceIt, reduce(100)],
      [
        'an overlap',
        (c) => c.allReduce(part(0, 51)),
        (c) => c.broadcast(part(50, 60), { root: 1 }),
        reduce(51),
      ],
      ['another view', reduceIt, (c) => c.send(1, new Uint8Array(shared.buffer)), reduce(100)],
      ['receive over what is sent', sendIt, (c) => c.receive(1, shared), takeIt],
      ['gather over what is sent', sendIt, (c) => c.gather(vector(50), { into: shared }), takeIt],
      [
        'receive twice',
        (c) => c.receive(1, part(0, 9), { tag: 9 }),
        (c) => c.receive('any', part(8, 20)),
        (c) => c.send(0, vector(9), { tag: 9 }),
      ],
      [
        'both ends of sendReceive',
        barrier,
        (c) => c.sendReceive(1, part(0, 9), 1, part(5, 14)),
        barrier,
      ],
      ['all-to-all in place', barrier, (c) => c.allToAll(shared, { into: shared }), barrier],
      [
        'scatter into another part of what is scattered',
        barrier,
        (c) => c.scatter(part(50, 100), { from: shared }),
        barrier,
      ],
    ];

    it.each(conflicts)(
      'is refused, sends nothing, does no harm: %s',
      async (_, first, second, other) => {
        const job = await open(2, { deadlineMs: 20_000 });
        const [a, b] = job.communicators as [Communicator, Communicator];
        const flying = first(a);
        const before = a.stats.sent.socketBytes;
        await expect(second(a)).rejects.toMatchObject({ code: IN_USE });
        expect(a.stats.sent.socketBytes).toBe(before);
        await Promise.all([flying, other(b)]);
        // Free again.
        await Promise.all([reduceIt(a), reduce(100)(b)]);
        await job.close();
      },
    );

    it('may be read by several, and its other parts are free', async () => {
      const job = await open(2, {});
      const [a, b] = job.communicators as [Communicator, Communicator];
      const into = [1, 2, 3].map(() => new Float32Array(100));
      await Promise.all([
        a.send(1, shared),
        a.send(1, shared),
        a.allGatherV(shared),
        b.receive(0, into[0]!),
        b.receive(0, into[1]!),
        b.allGatherV(into[2]!),
      ]);
      await Promise.all(
        job.communicators.flatMap((c) => {
          const own = c.rank === 0 ? shared : new Float32Array(100);
          return [c.allReduce(own.subarray(0, 50)), c.allReduce(own.subarray(50))];
        }),
      );
      // A part that is already where it belongs need not be copied.
      await Promise.all([
        a.scatter(part(0, 50), { from: shared }),
        b.scatter(new Float32Array(50)),
      ]);
      await Promise.all([a.gather(part(0, 50), { into: shared }), b.gather(new Float32Array(50))]);
      await job.close();
    });
  });

  it('a signal that has aborted: no message leaves, and the peers hear why', async () => {
    const job = await open(2, {});
    const [a, b] = job.communicators as [Communicator, Communicator];
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(a.allReduce(vector(), { signal })).rejects.toMatchObject({
      code: 'GRADWIRE_OPERATION_ABORTED',
    });
    expect(a.stats.sent.messages).toBe(0);
    await expect(b.allReduce(vector())).rejects.toMatchObject({
      code: 'GRADWIRE_OPERATION_ABORTED',
      rank: 0,
    });
    await job.close();
  });

  it('a closed communicator takes no call of any kind', async () => {
    const job = await open(1, {});
    const [alone] = job.communicators as [Communicator];
    await job.close();
    const calls: readonly Call[] = [
      (c) => c.send(0, vector()),
      (c) => c.receive('any', vector()),
      (c) => c.sendReceive(0, vector(), 0, vector()),
      (c) => c.barrier(),
      (c) => c.broadcast(vector()),
      (c) => c.reduce(vector()),
      (c) => c.allReduce(vector()),
      (c) => c.reduceScatter(vector()),
      (c) => c.reduceScatterV(vector(), [4]),
      (c) => c.gather(vector()),
      (c) => c.gatherV(vector()),
      (c) => c.scatter(vector(), { from: vector() }),
      (c) => c.scatterV(vector(), { chunks: [vector()] }),
      (c) => c.allGather(vector()),
      (c) => c.allGatherV(vector()),
      (c) => c.allToAll(vector()),
      (c) => c.allToAllV([vector()]),
      (c) => c.operate('mine', async () => {}),
      (c) => c.split(0),
    ];
    for (const call of calls)
      await expect(call(alone)).rejects.toMatchObject({ code: 'GRADWIRE_COMMUNICATOR_CLOSED' });
  });
}
