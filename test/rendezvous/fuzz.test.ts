/**
 * Hostile streams: whatever the bytes, however they are cut, a handshake ends with a typed error or a
 * refusal, takes no more memory than it may, and lets nobody in whose proof is wrong.
 * `GRADWIRE_FUZZ_CASES` sets the number of mutated streams per target (default 50000), `GRADWIRE_SEED` the seed.
 */
import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrameError } from '../../proto/comm-errors.ts';
import { isGradwireError } from '../../proto/errors.ts';
import {
  FRAME_PREFIX_BYTES,
  FrameDecoder,
  FrameKind,
  writeFramePrefix,
  type FrameHeader,
} from '../../proto/frame.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';
import { admit, type Greeting } from '../../src/rendezvous/admission.ts';
import { Conversation } from '../../src/rendezvous/handshake.ts';
import type { Greeter } from '../../src/rendezvous/greeter.ts';
import { findPlace } from '../../src/rendezvous/launcher.ts';
import { Register } from '../../src/rendezvous/register.ts';
import { propertySeed } from '../../src/testing/index.ts';
import { Noise } from '../../src/testing/noise.ts';
import { Connection } from '../../src/transport/connection.ts';
import type { PipeReader } from '../../src/transport/pipe.ts';
import type { SocketPipe } from '../../src/transport/tcp.ts';
import { handshakeProof } from '../oracle/handshake.ts';
import { frame, joinBody } from './stranger.ts';

const CASES = Number(process.env['GRADWIRE_FUZZ_CASES'] ?? 50_000);
const SECRET = 'a secret for a great many handshakes';
const key = createSecretKey(Buffer.from(SECRET));

/** A pipe whose far end is the test. */
class FakePipe implements SocketPipe {
  readonly remote = 'the test';
  readonly localAddress = '127.0.0.1';
  readonly channelBinding: Uint8Array = new Uint8Array(0);
  bytesWritten = 0;
  bytesRead = 0;
  isOver = false;
  readonly written: Buffer[] = [];
  reader!: PipeReader;

  start(reader: PipeReader): void {
    this.reader = reader;
  }

  write(parts: readonly Uint8Array[], flushed?: () => void): void {
    for (const part of parts) {
      this.bytesWritten += part.length;
      this.written.push(Buffer.from(part));
    }
    flushed?.();
  }

  end(): void {
    this.isOver = true;
  }

  destroy(): void {
    this.isOver = true;
  }

  /** Has the far end read these bytes, in pieces of at most `most`. */
  feed(bytes: Uint8Array, most: number = bytes.length): void {
    for (let at = 0; at < bytes.length && !this.isOver; at += most) {
      this.bytesRead += Math.min(most, bytes.length - at);
      this.reader.push(bytes.subarray(at, at + most));
    }
  }

  said(): Buffer {
    return Buffer.concat(this.written);
  }
}

type Ending = 'admitted' | 'refused' | 'left';

/** An acceptor, and what has become of the connection. */
function admission(): { pipe: FakePipe; endings: Ending[]; greetings: Greeting[] } {
  const pipe = new FakePipe();
  const endings: Ending[] = [];
  const greetings: Greeting[] = [];
  admit(pipe, key, {
    admitted: (greeting) => {
      endings.push('admitted');
      greetings.push(greeting);
    },
    refused: () => endings.push('refused'),
    left: () => endings.push('left'),
    closed: () => {},
  });
  return { pipe, endings, greetings };
}

/** A proved introduction for the challenge that was written to `pipe`. */
function introduction(pipe: FakePipe, dialler: Buffer, kind: FrameKind, body: Uint8Array): Buffer {
  const acceptor = pipe.said().subarray(FRAME_PREFIX_BYTES, FRAME_PREFIX_BYTES + 32);
  const proof = handshakeProof(SECRET, 2, { dialler, acceptor }, [[kind, body]]);
  return frame(kind, Buffer.concat([body, proof]));
}

/** A dialler, and what has become of it. */
function conversation(): { pipe: FakePipe; talk: Conversation; nonce: () => Buffer } {
  const pipe = new FakePipe();
  const talk = new Conversation(pipe, {
    who: 'rank 0',
    credentials: { key, source: 'the test', tls: undefined },
  });
  return { pipe, talk, nonce: () => pipe.said().subarray(FRAME_PREFIX_BYTES, 64) };
}

const acceptorNonce = Buffer.alloc(32, 7);

function challenge(dialler: Buffer): Buffer {
  const proof = handshakeProof(SECRET, 1, { dialler, acceptor: acceptorNonce }, []);
  return frame(FrameKind.challenge, Buffer.concat([acceptorNonce, proof]));
}

const JOIN = { kind: FrameKind.join, body: joinBody() };

function answer(dialler: Buffer, kind: FrameKind, body: Uint8Array): Buffer {
  const proof = handshakeProof(SECRET, 1, { dialler, acceptor: acceptorNonce }, [
    [JOIN.kind, JOIN.body],
    [kind, body],
  ]);
  return frame(kind, Buffer.concat([body, proof]));
}

const words = [0, 1, 31, 32, 33, 255, 480, 481, 4096, 1 << 20, 1 << 24, 2 ** 31, 2 ** 32 - 1];

function splice(bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
}

function bytesOf(noise: Noise, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => noise.word());
}

/** One edit at random. */
function edit(bytes: Uint8Array, noise: Noise): Uint8Array {
  const at = noise.below(bytes.length + 1);
  const count = 1 + noise.below(24);
  switch (noise.below(9)) {
    case 0:
    case 1: {
      const copy = Uint8Array.from(bytes);
      if (copy.length > 0) copy[at % copy.length]! ^= 1 << noise.below(8);
      return copy;
    }
    case 2:
      return splice(bytes, at, count, bytesOf(noise, count));
    case 3:
      return splice(bytes, at, 0, bytesOf(noise, count));
    case 4:
      return splice(bytes, at, count, new Uint8Array(0));
    case 5:
      return bytes.subarray(0, at);
    case 6:
      return Buffer.concat([bytes, bytes.subarray(at)]);
    case 7: {
      // Another length in the prefix.
      const copy = Buffer.from(bytes);
      if (copy.length >= 24) copy.writeUInt32LE(words[noise.below(words.length)]!, 20);
      return copy;
    }
    default: {
      const copy = Uint8Array.from(bytes);
      if (copy.length > 5) copy[noise.below(2) === 0 ? 3 : 4] = noise.below(16);
      return copy;
    }
  }
}

/** Makes prefixes right again, whatever they say, so that the code behind them is reached. */
function reseal(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  for (let at = 0; at + FRAME_PREFIX_BYTES <= copy.length;) {
    const length = copy.readUInt32LE(at + 20);
    const header = {
      kind: copy[at + 3] as FrameKind,
      flags: copy[at + 4]!,
      context: copy.readUIntLE(at + 5, 3),
      epoch: copy.readUInt32LE(at + 8),
      operation: copy.readUInt32LE(at + 12),
      tag: copy.readUInt32LE(at + 16),
      length,
      checksum: copy.readUInt32LE(at + 24),
    };
    writeFramePrefix(header, copy.subarray(at));
    at += FRAME_PREFIX_BYTES + length;
  }
  return copy;
}

function mutate(bytes: Uint8Array, noise: Noise): Uint8Array {
  let mutated = edit(bytes, noise);
  for (let more = noise.below(3); more > 0; more--) mutated = edit(mutated, noise);
  return noise.below(4) > 0 ? reseal(mutated) : mutated;
}

const pieces = (noise: Noise): number => (noise.below(3) === 0 ? 1 + noise.below(40) : 4096);

// A stack trace for each of a million expected errors would be most of the work.
const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

describe('every split of a valid handshake', () => {
  const dialler = Buffer.alloc(32, 3);
  const greet = frame(FrameKind.greet, dialler);

  it('is accepted by the acceptor', () => {
    const cutGreeting = Array.from({ length: greet.length + 1 }, (_, cut) => [cut, 0] as const);
    const length = FRAME_PREFIX_BYTES + JOIN.body.length + 32;
    const cutJoin = Array.from({ length: length + 1 }, (_, cut) => [0, cut] as const);
    for (const [first, second] of [...cutGreeting, ...cutJoin]) {
      const { pipe, endings, greetings } = admission();
      pipe.feed(greet.subarray(0, first));
      pipe.feed(greet.subarray(first));
      const join = introduction(pipe, dialler, JOIN.kind, JOIN.body);
      expect(join).toHaveLength(length);
      pipe.feed(join.subarray(0, second));
      pipe.feed(join.subarray(second));
      expect(endings).toEqual(['admitted']);
      expect(Buffer.from(greetings[0]!.body)).toEqual(Buffer.from(JOIN.body));
    }
  });

  it('is accepted by the dialler', async () => {
    const roster = gradwirecomm.Roster.encode({ meeting: Buffer.alloc(16, 1) }).finish();
    const lengths = [FRAME_PREFIX_BYTES + 64, FRAME_PREFIX_BYTES + roster.length + 32] as const;
    const cuts = lengths.flatMap((length, i) =>
      Array.from({ length: length + 1 }, (_, cut) => (i === 0 ? [cut, 0] : [0, cut])),
    );
    for (const [first = 0, second = 0] of cuts) {
      const { pipe, talk, nonce } = conversation();
      const challenged = talk.challenged();
      const one = challenge(nonce());
      pipe.feed(one.subarray(0, first));
      pipe.feed(one.subarray(first));
      await challenged;
      const accepted = (_: Connection, body: Uint8Array): Buffer => Buffer.from(body);
      const answered = talk.introduce({ ...JOIN, answer: FrameKind.roster, accepted });
      const two = answer(nonce(), FrameKind.roster, roster);
      pipe.feed(two.subarray(0, second));
      pipe.feed(two.subarray(second));
      expect(await answered).toEqual(Buffer.from(roster));
    }
  });
});

describe(`${CASES} mutated streams`, { timeout: 600_000 }, () => {
  it('of frames: a FrameError or frames, and no more memory than the limits allow', () => {
    const noise = new Noise(propertySeed());
    const limits = { data: 1000, control: 200 };
    const stream = Buffer.concat([
      frame(FrameKind.data, bytesOf(noise, 300), { flags: 4, tag: 3 }),
      frame(FrameKind.grant, new Uint8Array(0)),
      frame(FrameKind.abort, bytesOf(noise, 60)),
      frame(FrameKind.data, bytesOf(noise, 40)),
    ]);
    const seen = new Map<string, number>();
    for (let i = 0; i < CASES; i++) {
      const mutated = mutate(stream, noise);
      let allocated = 0;
      const decoder = new FrameDecoder(
        {
          destination: ({ length }: FrameHeader) => {
            allocated += length;
            return new Uint8Array(length);
          },
          frame: () => {},
        },
        limits,
      );
      let ending = 'decoded';
      try {
        const most = pieces(noise);
        for (let at = 0; at < mutated.length; at += most)
          decoder.push(mutated.subarray(at, at + most));
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        ending = error.code;
      }
      if (allocated > mutated.length + limits.data) throw new Error(`${allocated} bytes`);
      seen.set(ending, (seen.get(ending) ?? 0) + 1);
    }
    for (const code of ['decoded', 'MAGIC', 'HEADER', 'KIND', 'LENGTH', 'CHECKSUM'])
      expect(seen.get(code === 'decoded' ? code : `GRADWIRE_FRAME_${code}`), code).toBeGreaterThan(
        CASES / 1000,
      );
  });

  it('of strangers: nobody is let in, and none is told more than a nonce and a proof', () => {
    const noise = new Noise(propertySeed() ^ 1);
    const seen = new Map<string, number>();
    for (let i = 0; i < CASES; i++) {
      const dialler = Buffer.from(bytesOf(noise, 32));
      const greet = frame(FrameKind.greet, dialler);
      const { pipe, endings, greetings } = admission();
      const stage = noise.below(3);
      let sent: Uint8Array = mutate(greet, noise);
      if (stage > 0) {
        pipe.feed(greet, pieces(noise));
        sent = mutate(introduction(pipe, dialler, JOIN.kind, JOIN.body), noise);
      }
      pipe.feed(sent, pieces(noise));
      if (!pipe.isOver) pipe.reader.ended();
      pipe.reader.closed();
      // Beside the one that was passed on unchanged, apart from bytes behind it or fields that say nothing.
      for (const { kind, body } of greetings)
        if (kind !== JOIN.kind || Buffer.compare(body, JOIN.body) !== 0)
          throw new Error(`let in: ${Buffer.from(sent).toString('hex')}`);
      if (endings.length > 1 || (endings.length === 0 && !pipe.isOver))
        throw new Error(`${endings.join()}: ${Buffer.from(sent).toString('hex')}`);
      // A challenge, and a refusal without text.
      if (pipe.bytesWritten > 96 + 32 + 40) throw new Error(`${pipe.bytesWritten} bytes told`);
      const ending = `${stage > 0 ? 'introduction' : 'greeting'} ${endings[0]}`;
      seen.set(ending, (seen.get(ending) ?? 0) + 1);
    }
    for (const ending of ['greeting refused', 'greeting left', 'introduction refused'])
      expect(seen.get(ending), ending).toBeGreaterThan(CASES / 50);
    // The twin: an introduction whose meaning was left alone (an edit of the tag, say) does get in.
    expect(seen.get('introduction admitted')).toBeGreaterThan(0);
    expect(seen.get('greeting admitted')).toBeUndefined();
  });

  it('of acceptors: the dialler believes nobody whose proof is wrong', async () => {
    const noise = new Noise(propertySeed() ^ 2);
    const roster = gradwirecomm.Roster.encode({ meeting: Buffer.alloc(16, 1) }).finish();
    const seen = new Map<string, number>();
    for (let i = 0; i < CASES; i++) {
      const { pipe, talk, nonce } = conversation();
      const challenged = talk.challenged();
      const stage = noise.below(2);
      const right = challenge(nonce());
      pipe.feed(stage === 0 ? mutate(right, noise) : right, pieces(noise));
      const believed: Uint8Array[] = [];
      try {
        if (!pipe.isOver && stage === 0) pipe.reader.ended();
        await challenged;
        const accepted = (_: Connection, body: Uint8Array): number => believed.push(body);
        const answered = talk.introduce({ ...JOIN, answer: FrameKind.roster, accepted });
        pipe.feed(mutate(answer(nonce(), FrameKind.roster, roster), noise), pieces(noise));
        pipe.reader.ended();
        await answered;
      } catch (error) {
        const name = isGradwireError(error) ? error.code : (error as Error).message;
        if (!/^GRADWIRE_|^it closed the connection$/.test(name)) throw error;
        seen.set(name, (seen.get(name) ?? 0) + 1);
      }
      talk.drop();
      for (const body of believed)
        if (Buffer.compare(body, roster) !== 0) throw new Error('believed a changed roster');
      if (believed.length > 0) seen.set('believed', (seen.get('believed') ?? 0) + 1);
    }
    for (const name of ['GRADWIRE_RENDEZVOUS_SECRET', 'GRADWIRE_FRAME_LENGTH', 'GRADWIRE_PROTOCOL'])
      expect(seen.get(name), name).toBeGreaterThan(CASES / 200);
    expect(seen.get('believed')).toBeGreaterThan(0);
  });

  it('of members who hold the secret: their words are taken for what they are, or refused', () => {
    const noise = new Noise(propertySeed() ^ 3);
    const place = findPlace({ rank: 0, size: 4 }, {});
    const seen = new Map<string, number>();
    const refusals: string[] = [];
    const greeter = {
      turnedAway: [],
      refuse: (_: Greeting, code: string) => refusals.push(code),
    } as unknown as Greeter;
    const body = joinBody({ rank: 2, size: 4 });
    for (let i = 0; i < CASES; i++) {
      const register = new Register(place, greeter);
      const pipe = new FakePipe();
      const events = {
        destination: () => new Uint8Array(0),
        frame: () => {},
        broken: () => {},
        ended: () => {},
        closed: () => {},
      };
      refusals.length = 0;
      register.join({
        connection: new Connection(pipe, events),
        kind: FrameKind.join,
        body: edit(edit(body, noise), noise),
        answer: () => {},
      });
      const arrived = register.missing.length < 3;
      const ending = arrived ? 'arrived' : (refusals[0] ?? (pipe.isOver ? 'dropped' : 'nothing'));
      seen.set(ending, (seen.get(ending) ?? 0) + 1);
    }
    expect(seen.get('nothing')).toBeUndefined();
    for (const ending of ['arrived', 'dropped', 'GRADWIRE_RENDEZVOUS_SIZE'])
      expect(seen.get(ending), ending).toBeGreaterThan(CASES / 200);
  });
});
