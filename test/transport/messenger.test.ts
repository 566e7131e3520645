import { describe, expect, it } from 'vitest';
import { CollectiveMismatchError, ProtocolError } from '../../proto/comm-errors.ts';
import { FrameFlag, FrameKind } from '../../proto/frame.ts';
import { ANY } from '../../src/transport/mailbox.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import { Messenger, type Address } from '../../src/transport/messenger.ts';

const OPTIONS = { eagerBytes: 100, creditBytes: 1000, frameBytes: 256 };

const at = (operation: number, step = 0, collective = 1): Address => ({
  context: 0,
  operation,
  collective,
  step,
});

const turns = async (count = 20): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

interface Pair {
  readonly network: MemoryNetwork;
  readonly a: Messenger;
  readonly b: Messenger;
  /** What rank 1 has heard of rank 0's end. */
  readonly losses: Error[];
}

function open(): Pair {
  const network = new MemoryNetwork(2, { maxDelayTurns: 2 });
  const losses: Error[] = [];
  const events = (list: Error[]): ConstructorParameters<typeof Messenger>[2] => ({
    aborted: () => {},
    lost: (_, cause) => list.push(cause),
    departed: () => list.push(new Error('departed')),
    gone: () => {},
    regroup: () => {},
  });
  const [a, b] = network.transports.map(
    (transport, rank) => new Messenger(transport, OPTIONS, events(rank === 1 ? losses : [])),
  ) as [Messenger, Messenger];
  return { network, a, b, losses };
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 3);
}

const received = ({ network }: Pair): number =>
  network.transports[1]!.traffic(0).received.payloadBytes;

describe('a receiver', () => {
  it('holds no more than the credit, whatever is sent unasked, and gets it all in the end', async () => {
    const pair = open();
    const lengths = [...Array(200).keys()].map((i) => (i * 53) % 400);
    const sends = lengths.map((length, i) => pair.a.send(1, at(1, i), pattern(length), false));
    await turns(100);
    expect(received(pair)).toBeGreaterThan(100);
    expect(received(pair)).toBeLessThanOrEqual(OPTIONS.creditBytes);
    for (const [i, length] of lengths.entries()) {
      const message = await pair.b.receive(0, at(1, i), (n) => new Uint8Array(n));
      expect(message).toEqual(pattern(length));
    }
    await Promise.all(sends);
    expect(pair.losses).toEqual([]);
  });

  it('that waits for exact lengths holds nothing', async () => {
    const pair = open();
    const sends = [500, 101, 3000].map((length, i) =>
      pair.a.send(1, at(1, i), pattern(length), true),
    );
    await turns();
    expect(received(pair)).toBe(0);
    for (const [i, length] of [500, 101, 3000].entries()) {
      const into = new Uint8Array(length);
      expect(await pair.b.receiveExact(0, at(1, i), into)).toBe(into);
      expect(into).toEqual(pattern(length));
    }
    await Promise.all(sends);
  });

  it('takes a short message between long ones of the same step in order', async () => {
    const pair = open();
    const lengths = [300, 5, 900, 0, 100, 101];
    const sends = lengths.map((length) => pair.a.send(1, at(1), pattern(length), true));
    const receives = lengths.map((length) => pair.b.receiveExact(0, at(1), new Uint8Array(length)));
    expect(await Promise.all(receives)).toEqual(lengths.map(pattern));
    await Promise.all(sends);
    expect(pair.losses).toEqual([]);
  });

  it('may ask before or after: the bytes come straight into the place or through a copy', async () => {
    for (const early of [true, false])
      for (const length of [0, 40, 1000]) {
        const pair = open();
        const into = new Uint8Array(length + 5);
        const receive = (): Promise<Uint8Array> => pair.b.receive(0, at(3), () => into);
        const waiting = early ? receive() : undefined;
        const sent = pair.a.send(1, at(3), pattern(length), false);
        await turns();
        const message = await (waiting ?? receive());
        await sent;
        expect(message).toEqual(pattern(length));
        expect(message.buffer).toBe(into.buffer);
      }
  });
});

describe('a peer that breaks the rules is lost:', () => {
  const data = FrameKind.data;
  const eager = FrameFlag.eager | FrameFlag.last;
  const tag = 1 << 20;

  it.each([
    ['data without a grant', { kind: data, flags: FrameFlag.last, operation: 1, tag }, 300],
    ['empty data without a grant', { kind: data, flags: FrameFlag.last, operation: 1, tag }, 0],
    ['a malformed offer', { kind: FrameKind.offer, operation: 1, tag }, 7],
  ])('%s', async (_, fields, length) => {
    const { network, losses } = open();
    network.transports[0]!.send(1, fields, new Uint8Array(length));
    await turns();
    expect(losses).toEqual([expect.any(ProtocolError)]);
  });

  it('more unasked bytes than its credit', async () => {
    const { network, losses } = open();
    for (let i = 0; i < 6; i++)
      network.transports[0]!.send(
        1,
        { kind: data, flags: eager, operation: 1, tag: tag + i },
        new Uint8Array(90),
      );
    await turns();
    expect(losses).toEqual([]);
    network.transports[0]!.send(
      1,
      { kind: data, flags: eager, operation: 1, tag },
      new Uint8Array(90),
    );
    await turns();
    expect(losses).toEqual([expect.any(ProtocolError)]);
  });

  it('more bytes than the granted buffer has', async () => {
    const { network, b, losses } = open();
    void b.receiveExact(0, at(1), new Uint8Array(300)).catch(() => {});
    network.transports[0]!.send(1, { kind: data, operation: 1, tag }, new Uint8Array(200));
    network.transports[0]!.send(1, { kind: data, operation: 1, tag }, new Uint8Array(101));
    await turns();
    expect(losses).toEqual([expect.any(CollectiveMismatchError)]);
  });

  it('another length than expected, short or long', async () => {
    for (const [expected, sent] of [
      [40, 41],
      [41, 40],
      [300, 40],
      [300, 301],
      [301, 300],
    ] as const) {
      const { a, b, losses } = open();
      void b.receiveExact(0, at(1), new Uint8Array(expected)).catch(() => {});
      void a.send(1, at(1), new Uint8Array(sent), true).catch(() => {});
      await turns();
      expect(losses.map(({ message }) => message)).toEqual([
        expect.stringContaining('all ranks must pass the same length'),
      ]);
    }
  });

  it('another collective under the same number, whoever began first', async () => {
    const first = open();
    first.b.begin(0, 1, 2);
    void first.a.send(1, at(1, 0, 1), new Uint8Array(4), true);
    await turns();
    expect(first.losses).toEqual([expect.any(CollectiveMismatchError)]);

    const second = open();
    void second.a.send(1, at(1, 0, 1), new Uint8Array(4), true);
    await turns();
    expect(() => second.b.begin(0, 1, 2)).toThrow(CollectiveMismatchError);
    expect(() => second.b.begin(0, 2, 2)).not.toThrow();
  });
});

describe('a message of an operation that has ended here', () => {
  it.each([4, 0, 300])('tells that the ranks disagree: %i bytes', async (length) => {
    const { a, b, losses } = open();
    b.begin(0, 1, 1);
    b.begin(0, 2, 1);
    b.finish(0, 1);
    void a.send(1, at(2), new Uint8Array(length), length < 100);
    await turns();
    expect(losses).toEqual([]);
    void a.send(1, at(1), new Uint8Array(length), length < 100);
    await turns();
    expect(losses).toEqual([expect.any(CollectiveMismatchError)]);
  });
});

describe('a context', () => {
  const inContext = (context: number): Address => ({ ...at(1), context });

  it('has operations of its own under the same numbers', async () => {
    const { a, b, losses } = open();
    b.begin(0, 1, 2);
    const into = [new Uint8Array(9), new Uint8Array(300)];
    const receives = into.map((buffer, context) =>
      b.receiveExact(0, { ...inContext(context + 7), collective: 1 + context }, buffer),
    );
    void a.send(1, { ...inContext(8), collective: 2 }, pattern(300), true);
    void a.send(1, inContext(7), pattern(9), true);
    expect(await Promise.all(receives)).toEqual([pattern(9), pattern(300)]);
    expect(losses).toEqual([]);
  });

  it('that this rank has left gives back the credit of what arrives, asked for or not', async () => {
    const pair = open();
    const { a, b, losses } = pair;
    const message = { ...inContext(5), operation: 0, collective: 0 };
    for (let i = 0; i < 5; i++) void a.send(1, message, pattern(90), false);
    await turns();
    b.leave(5);
    // Twice the credit in total; without it they would be offers, which nobody answers.
    for (let i = 0; i < 8; i++) {
      await a.send(1, message, pattern(90), false);
      await turns();
    }
    void a.send(1, { ...message, context: 6 }, pattern(90), false);
    expect(await b.receiveMessage(6, 0, 0, (n) => new Uint8Array(n))).toEqual(pattern(90));
    expect(losses).toEqual([]);
  });
});

describe('failure', () => {
  it('rejects everything pending and everything after', async () => {
    const { a } = open();
    const failure = new Error('enough');
    const pending = [
      a.send(1, at(1), new Uint8Array(5000), true),
      a.send(1, at(2), new Uint8Array(5000), false),
      a.receive(1, at(3), (n) => new Uint8Array(n)),
      a.receiveExact(1, at(4), new Uint8Array(9)),
      a.receiveMessage(3, ANY, ANY, (n) => new Uint8Array(n)),
      a.send(0, { context: 0, operation: 0, collective: 0, step: 0 }, new Uint8Array(1), false),
    ];
    a.fail(failure);
    pending.push(a.send(1, at(5), new Uint8Array(1), true));
    pending.push(a.receiveExact(1, at(6), new Uint8Array(1)));
    pending.push(a.receiveMessage(0, 1, 0, (n) => new Uint8Array(n)));
    for (const outcome of await Promise.allSettled(pending))
      expect(outcome).toEqual({ status: 'rejected', reason: failure });
  });

  it('of a buffer provider rejects that receive alone', async () => {
    const { a, b, losses } = open();
    const refuse = (): Uint8Array => {
      throw new Error('no buffer today');
    };
    for (const length of [10, 1000]) {
      const refused = b.receive(0, at(length), refuse);
      void a.send(1, at(length), pattern(length), false).catch(() => {});
      await expect(refused).rejects.toThrow('no buffer today');
    }
    for (const length of [10, 1000])
      for (const isPosted of [true, false]) {
        const send = (): void => {
          const address = { context: 0, operation: 0, collective: 0, step: length };
          void a.send(1, address, pattern(length), false).catch(() => {});
        };
        if (!isPosted) send();
        await turns();
        const refused = b.receiveMessage(0, ANY, length, refuse);
        if (isPosted) send();
        await expect(refused).rejects.toThrow('no buffer today');
      }
    void a.send(1, at(9), pattern(10), false);
    await expect(b.receive(0, at(9), () => new Uint8Array(9))).rejects.toMatchObject({
      code: 'GRADWIRE_MESSAGE_TOO_LONG',
      length: 10,
      limit: 9,
    });
    expect(losses).toEqual([]);
  });
});
