/**
 * Messages between two ranks: who gets which. Random programs of sends and receives are run, and what
 * came of them is held against the rules. (Which of several messages from different ranks a receive
 * gets depends on what arrives first: `test/transport/mailbox.test.ts` has that.)
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Communicator } from '../../src/collective/communicator.ts';
import { propertySeed } from '../../src/testing/index.ts';
import { bytes, KNOBS, onAll, type OpenJob } from './collective-job.ts';

interface Message {
  readonly source: number;
  readonly destination: number;
  readonly tag: number;
  /** Bytes; tells the messages of a program apart. */
  readonly length: number;
}

/** What a receive asks for. */
interface Post {
  readonly source: number | 'any';
  readonly tag: number | 'any';
}

/** And what it got: the message's place in the program, in which a source sends its messages in order. */
interface Got {
  readonly post: Post;
  readonly index: number;
}

const takes = ({ source, tag }: Post, message: Message): boolean =>
  (source === 'any' || source === message.source) && (tag === 'any' || tag === message.tag);

/**
 * What is wrong with the receives of one rank, in the order they were posted: messages of one source
 * must not overtake each other on their way to a receive that takes both.
 */
function overtakings(received: readonly Got[], messages: readonly Message[]): string[] {
  return received.flatMap((later, at) =>
    received.slice(0, at).flatMap((earlier) => {
      const missed = messages[later.index]!;
      const isOvertaken =
        missed.source === messages[earlier.index]!.source &&
        later.index < earlier.index &&
        takes(earlier.post, missed);
      return isOvertaken ? [`${earlier.index} overtook ${later.index}`] : [];
    }),
  );
}

/** How a rank receives: so that whatever goes where, every receive finds a message in the end. */
type Manner = 'exact' | 'any source' | 'any tag' | 'anything';

function postFor(manner: Manner, { source, tag }: Message): Post {
  return {
    source: manner === 'exact' || manner === 'any tag' ? source : 'any',
    tag: manner === 'exact' || manner === 'any source' ? tag : 'any',
  };
}

interface Program {
  readonly size: number;
  readonly messages: readonly Message[];
  /** By rank. */
  readonly manners: readonly Manner[];
  /** Orders the receives of a rank and makes it pause, a number a message. */
  readonly dice: readonly number[];
}

const MOST = 40;

/** By the tiny limits: eager or offered for lack of credit; granted in one frame; granted in several. */
const programs: fc.Arbitrary<Program> = fc.integer({ min: 1, max: 4 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    messages: fc
      .array(
        fc.record({
          source: fc.nat(size - 1),
          destination: fc.nat(size - 1),
          tag: fc.nat(2),
          base: fc.constantFrom(0, 100, 500),
        }),
        { maxLength: MOST },
      )
      .map((messages) =>
        messages.map(({ base, ...message }, index) => ({ ...message, length: base + index })),
      ),
    manners: fc.array(fc.constantFrom<Manner>('exact', 'any source', 'any tag', 'anything'), {
      minLength: size,
      maxLength: size,
    }),
    dice: fc.array(fc.nat(5), { minLength: MOST, maxLength: MOST }),
  }),
);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function sendAll(communicator: Communicator, { messages, dice }: Program): Promise<void> {
  const sent: Promise<void>[] = [];
  for (const [index, { source, destination, tag, length }] of messages.entries()) {
    if (source !== communicator.rank) continue;
    sent.push(communicator.send(destination, bytes(length, index), { tag }));
    if (dice[index] === 0) await turn();
  }
  await Promise.all(sent);
}

async function receiveAll(communicator: Communicator, program: Program): Promise<Got[]> {
  const { messages, manners, dice } = program;
  const posts = messages
    .filter(({ destination }) => destination === communicator.rank)
    .map((message, i) => [dice[i]!, postFor(manners[communicator.rank]!, message)] as const)
    .toSorted(([a], [b]) => a - b);
  const received: Promise<Got>[] = [];
  for (const [die, post] of posts) {
    received.push(receiveOne(communicator, post, messages));
    if (die === 1) await turn();
  }
  return await Promise.all(received);
}

async function receiveOne(
  communicator: Communicator,
  post: Post,
  messages: readonly Message[],
): Promise<Got> {
  const { source, tag, length, data } = await communicator.receive(
    post.source,
    ({ byteLength }) => new Uint8Array(byteLength + 3),
    { tag: post.tag },
  );
  const index = messages.findIndex((message) => message.length === length);
  expect({ source, tag }).toEqual({ source: messages[index]!.source, tag: messages[index]!.tag });
  expect(takes(post, messages[index]!)).toBe(true);
  expect(Buffer.from(data).equals(Buffer.from(bytes(length, index)))).toBe(true);
  return { post, index };
}

/** Runs a program on the first ranks of a job and checks what every rank received. */
async function check(communicators: readonly Communicator[], program: Program): Promise<void> {
  const taking = communicators.slice(0, program.size);
  const received = await Promise.all(
    taking.map(async (communicator) => {
      const [got] = await Promise.all([
        receiveAll(communicator, program),
        sendAll(communicator, program),
      ]);
      return got;
    }),
  );
  for (const [rank, got] of received.entries()) {
    expect(overtakings(got, program.messages)).toEqual([]);
    const sentHere = program.messages.flatMap((message, index) =>
      message.destination === rank ? [index] : [],
    );
    expect(got.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(sentHere);
  }
}

export function messageCompliance(open: OpenJob): void {
  describe.each(Object.entries(KNOBS))('messages, %s', (_, options) => {
    it('reach each receive once, in order, whatever it leaves open', async () => {
      const job = await open(4, options);
      await fc.assert(
        fc.asyncProperty(programs, (program) => check(job.communicators, program)),
        { seed: propertySeed(), numRuns: 150 },
      );
      await job.close();
    });

    it('of two communicators do not meet, with the same tags and nothing else to tell them apart', async () => {
      const job = await open(4, options);
      const halves = await onAll(job, (c) => c.split(0, -c.rank));
      // Rank r of the job is rank 3 − r here.
      const others = halves.toReversed();
      await fc.assert(
        fc.asyncProperty(programs, programs, async (one, other) => {
          await Promise.all([check(job.communicators, one), check(others, other)]);
        }),
        { seed: propertySeed(), numRuns: 40 },
      );
      await job.close();
    });
  });

  it('the check finds a message that overtook another', () => {
    const messages = [0, 1].map((length) => ({ source: 1, destination: 0, tag: length, length }));
    const post = { source: 1, tag: 'any' } as const;
    const [first, second] = [
      { post, index: 0 },
      { post, index: 1 },
    ];
    expect(overtakings([first, second], messages)).toEqual([]);
    expect(overtakings([second, first], messages)).toEqual(['1 overtook 0']);
    expect(overtakings([{ post: { source: 1, tag: 1 }, index: 1 }, first], messages)).toEqual([]);
  });

  it('a rank that floods another does not keep a third one waiting', async () => {
    const job = await open(3, KNOBS['tiny limits']!);
    const [taker, flooder, quiet] = job.communicators as [Communicator, Communicator, Communicator];
    let isHeard = false;
    // Without end as long as the quiet rank is not heard, and always some of them waiting.
    const flood = async (): Promise<number> => {
      const sent: Promise<void>[] = [];
      let waiting = 0;
      for (; !isHeard; await turn())
        for (const length of waiting < 1000 ? [5, 300] : []) {
          waiting++;
          sent.push(flooder.send(0, new Uint8Array(length)).finally(() => void waiting--));
        }
      sent.push(flooder.send(0, new Uint8Array(0), { tag: 1 }));
      await Promise.all(sent);
      return sent.length;
    };
    const flooded = flood();
    // Everything the flood had under way is taken before it; then it is its turn.
    for (let i = 0; i < 20; i++) await taker.receive('any', new Uint8Array(300));
    const sent = quiet.send(0, Uint8Array.of(7));
    let taken = 20;
    for (; ; taken++) {
      const { source } = await taker.receive('any', new Uint8Array(300));
      if (source === 2) break;
    }
    isHeard = true;
    await sent;
    const tail = (async () => {
      for (; ; taken++)
        if ((await taker.receive(1, new Uint8Array(300), { tag: 'any' })).tag === 1) return;
    })();
    await Promise.all([tail, flooded]);
    expect(taken + 1).toBe(await flooded);
    await job.close();
  });

  it('are received from any rank with what is known of them', async () => {
    const job = await open(3, {});
    const [a, b, c] = job.communicators as [Communicator, Communicator, Communicator];
    const into = new Int16Array(5);
    const received = a.receive('any', into, { tag: 'any' });
    await c.send(0, Int16Array.of(1, -2, 3), { tag: 77 });
    expect(await received).toEqual({
      source: 2,
      tag: 77,
      length: 3,
      data: Int16Array.of(1, -2, 3),
    });
    expect((await received).data.buffer).toBe(into.buffer);
    // A receive for another tag or source is passed over.
    const [late, early] = [
      a.receive(1, new Uint8Array(1), { tag: 5 }),
      a.receive('any', new Uint8Array(1)),
    ];
    await Promise.all([c.send(0, Uint8Array.of(8)), b.send(0, Uint8Array.of(9), { tag: 5 })]);
    expect([(await late).data[0], (await early).data[0]]).toEqual([9, 8]);
    await job.close();
  });

  it('to oneself wait for the receive, before or after', async () => {
    const job = await open(1, {});
    const [alone] = job.communicators as [Communicator];
    let isSent = false;
    const sent = alone.send(0, Float64Array.of(1.5), { tag: 3 }).then(() => (isSent = true));
    await turn();
    expect(isSent).toBe(false);
    expect(await alone.receive('any', new Float64Array(2), { tag: 'any' })).toEqual({
      source: 0,
      tag: 3,
      length: 1,
      data: Float64Array.of(1.5),
    });
    await sent;
    const received = alone.receive(0, new Float64Array(2));
    await alone.send(0, Float64Array.of(2.5));
    expect([...(await received).data]).toEqual([2.5]);
    await job.close();
  });

  it('around the ring at once, and each with its left neighbour only', async () => {
    for (const size of [1, 2, 5]) {
      const job = await open(size, {});
      const received = await onAll(job, (c) =>
        c.sendReceive(
          (c.rank + 1) % size,
          Uint32Array.of(c.rank, 99),
          (c.rank + size - 1) % size,
          ({ byteLength }) => new Uint32Array(byteLength / 4),
          { tag: c.rank, receiveTag: 'any' },
        ),
      );
      for (const [rank, message] of received.entries()) {
        const left = (rank + size - 1) % size;
        expect(message).toMatchObject({ source: left, tag: left, length: 2 });
        expect([...message.data]).toEqual([left, 99]);
      }
      await job.close();
    }
  });
}
