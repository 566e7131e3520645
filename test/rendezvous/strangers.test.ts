/**
 * Strangers at the port of a job that has a secret: each is refused, logged once with its address, learns
 * nothing, and the job goes on. The twin of all of them is the first test: with the right secret the
 * same bytes are let in.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameKind } from '../../proto/frame.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';
import { handshakeProof } from '../oracle/handshake.ts';
import { init, listenAsMaster } from '../../src/rendezvous/init.ts';
import { listenToLog, outcome, pause, SECRET, startJob, until, work } from './job.ts';
import { frame, joinBody, refusal, Stranger } from './stranger.ts';

let log: ReturnType<typeof listenToLog>;
beforeEach(() => {
  log = listenToLog('warn');
});
afterEach(() => {
  log.stop();
  expect(log.lines.join('')).not.toContain(SECRET);
});

/** What was logged of a stranger, and that nothing else was. */
function expectLogged(stranger: Stranger | undefined, reason: RegExp): void {
  expect(log.lines, log.lines.join('')).toHaveLength(1);
  expect(log.lines[0]).toMatch(/^gradwire: turned a connection from 127\.0\.0\.1:\d+ to .*\n$/);
  expect(log.lines[0]).toMatch(reason);
  const port = stranger?.socket.localPort;
  if (port !== undefined) expect(log.lines[0]).toContain(`127.0.0.1:${port} `);
}

it('who holds the secret is let in, so that whoever is refused below is refused for his reason', async () => {
  const job = await startJob(2);
  const stranger = await Stranger.join(job.master.port, joinBody({ rank: 1 }), SECRET);
  const answer = await stranger.hear();
  expect(answer?.kind).toBe(FrameKind.roster);
  const roster = gradwirecomm.Roster.decode(answer!.payload.subarray(0, -32));
  expect(roster.addresses).toMatchObject([{ host: '' }, { host: '127.0.0.1', port: 9 }]);
  stranger.leave();
  // Its address is a lie, which is the job's end, as it would be the end of any rank.
  expect(await outcome(job.finish())).toMatchObject({ missing: [1] });
  expect(log.lines).toEqual([]);
});

describe('a stranger that sends', () => {
  const noise = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i * 31 + 7) & 0xff));
  const secretless = Buffer.concat([joinBody(), new Uint8Array(32)]);
  it.each<[string, Buffer | string, RegExp]>([
    ['a web browser', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', /do not start a gradwire frame/],
    ['zeros', Buffer.alloc(100_000), /do not start a gradwire frame/],
    ['random bytes', noise, /do not start a gradwire frame/],
    ['4 GiB', frame(FrameKind.data, Buffer.alloc(0), { length: 2 ** 32 - 1 }), /4294967295 bytes/],
    ['a greeting too long by a byte', frame(FrameKind.greet, Buffer.alloc(33)), /33 bytes/],
    ['a greeting too short by a byte', frame(FrameKind.greet, Buffer.alloc(31)), /no greeting/],
    ['a damaged prefix', frame(FrameKind.greet, Buffer.alloc(32)).fill(9, 8, 9), /damaged/],
    ['an unknown kind', frame(99 as FrameKind, Buffer.alloc(0)), /kind 99 is unknown/],
    ['data', frame(FrameKind.data, Buffer.alloc(0)), /no greeting/],
    ['an abort', frame(FrameKind.abort, Buffer.alloc(9)), /no greeting/],
    ['a join without a greeting', frame(FrameKind.join, secretless.subarray(0, 32)), /no greeting/],
    ['a roster', frame(FrameKind.roster, Buffer.alloc(0)), /no greeting/],
  ])('%s, is dropped', async (_, bytes, reason) => {
    const job = await startJob(2);
    const stranger = await Stranger.dial(job.master.port);
    stranger.write(bytes);
    await stranger.ended;
    expect(stranger.received).toHaveLength(0);
    await job.finish();
    expectLogged(stranger, reason);
  });

  it.each<[string, (challengeOf: Buffer) => Buffer, RegExp]>([
    ['nothing but its proof', () => frame(FrameKind.join, Buffer.alloc(32)), /proof is wrong/],
    ['less than a proof', () => frame(FrameKind.join, Buffer.alloc(31)), /proof is wrong/],
    ['480 bytes', () => frame(FrameKind.join, Buffer.alloc(480)), /proof is wrong/],
    ['481 bytes', () => frame(FrameKind.join, Buffer.alloc(481)), /481 bytes.*at most 480/],
    ['a megabyte', () => frame(FrameKind.hello, Buffer.alloc(1 << 20)), /at most 480/],
    ['data', () => frame(FrameKind.data, Buffer.alloc(0)), /of kind 6/],
    ['data of a byte', () => frame(FrameKind.data, Buffer.alloc(1)), /at most 0/],
    ['a second greeting', () => frame(FrameKind.greet, Buffer.alloc(32)), /of kind 12/],
    ['its own challenge', (bytes) => frame(FrameKind.challenge, bytes), /of kind 13/],
  ])('%s for an introduction, learns nothing but a nonce and a proof', async (_, bytes, reason) => {
    const job = await startJob(2);
    const stranger = await Stranger.dial(job.master.port);
    const { acceptor, proof } = await stranger.greet();
    stranger.write(bytes(Buffer.concat([acceptor, proof])));
    await stranger.ended;
    // The challenge, and where the proof was wrong a refusal that says no more than that.
    const told = stranger.received.subarray(32 + 64);
    if (told.length > 0)
      expect(refusal(await stranger.hear())).toEqual({
        code: 'GRADWIRE_RENDEZVOUS_SECRET',
        text: '',
      });
    await job.finish();
    expectLogged(stranger, reason);
  });
});

describe('proofs', () => {
  it('of a recorded handshake are worth nothing the second time', async () => {
    const recorded: Buffer[] = [];
    const first = await startJob(2);
    // Rank 1 reaches rank 0 by way of somebody who listens.
    const tap = createServer((near) => {
      const far = connect(first.master.port, '127.0.0.1');
      near.on('data', (bytes: Buffer) => recorded.push(bytes));
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(tap, 'listening');
    const { port } = tap.address() as AddressInfo;
    const one = first.rank(1, { masterPort: port });
    // The twin: what is replayed below has been good once.
    await first.finish();
    await one;
    tap.close();

    const second = await startJob(2);
    const stranger = await Stranger.dial(second.master.port);
    stranger.write(Buffer.concat(recorded));
    expect((await stranger.hear())?.kind).toBe(FrameKind.challenge);
    expect(refusal(await stranger.hear()).code).toBe('GRADWIRE_RENDEZVOUS_SECRET');
    stranger.leave();
    await second.finish();
    expectLogged(stranger, /its proof is wrong/);
  });

  /** Introductions made of what the acceptor itself has said. */
  it('that the acceptor gave are none of the dialling side', async () => {
    const job = await startJob(2);
    const victim = await Stranger.dial(job.master.port);
    const challenge = await victim.greet();
    // A second connection is made to prove over the first one's nonce.
    const mirror = await Stranger.dial(job.master.port);
    const reflected = await mirror.greet(challenge.acceptor);
    const body = joinBody();
    victim.write(frame(FrameKind.join, Buffer.concat([body, reflected.proof])));
    mirror.write(frame(FrameKind.join, reflected.proof));
    for (const stranger of [victim, mirror]) {
      expect(refusal(await stranger.hear()).code).toBe('GRADWIRE_RENDEZVOUS_SECRET');
      stranger.leave();
    }
    await job.finish();
    // One address and one reason.
    expectLogged(undefined, /its proof is wrong/);
    // The twin: without the roles the mirror's proof would have been that of the victim's dialler.
    const nonces = { dialler: challenge.acceptor, acceptor: reflected.acceptor };
    expect(handshakeProof(SECRET, 1, nonces, []).equals(reflected.proof)).toBe(true);
    expect(handshakeProof(SECRET, 2, nonces, []).equals(reflected.proof)).toBe(false);
  });

  it.each<[string, (body: Uint8Array) => readonly [FrameKind, Uint8Array]]>([
    ['rank', () => [FrameKind.join, joinBody({ rank: 2, size: 3 })]],
    ['size', () => [FrameKind.join, joinBody({ rank: 1, size: 4 })]],
    ['job', () => [FrameKind.join, joinBody({ size: 3, job: 'x' })]],
    ['epoch', () => [FrameKind.join, joinBody({ size: 3, epoch: 1 })]],
    ['kind', (body) => [FrameKind.hello, body]],
  ])('do not let the %s be changed on the way', async (_, change) => {
    const job = await startJob(3);
    const stranger = await Stranger.dial(job.master.port);
    const challenge = await stranger.greet();
    const body = joinBody({ size: 3 });
    const proof = handshakeProof(SECRET, 2, challenge, [[FrameKind.join, body]]);
    const [kind, changed] = change(body);
    stranger.write(frame(kind, Buffer.concat([changed, proof])));
    expect(refusal(await stranger.hear()).code).toBe('GRADWIRE_RENDEZVOUS_SECRET');
    stranger.leave();
    await job.finish();
    expectLogged(stranger, /its proof is wrong/);
  });

  it.each(['challenge', 'answer'] as const)(
    'a false one of the %s is found by the dialler',
    async (which) => {
      const server = createServer((socket) => {
        const rank = new Stranger(socket);
        void (async () => {
          const dialler = (await rank.hear())!.payload;
          const acceptor = randomBytes(32);
          const right = handshakeProof(SECRET, 1, { dialler, acceptor }, []);
          const proof = which === 'challenge' ? randomBytes(32) : right;
          rank.write(frame(FrameKind.challenge, Buffer.concat([acceptor, proof])));
          const heard = await rank.hear();
          if (heard === undefined) return;
          const roster = gradwirecomm.Roster.encode({ meeting: new Uint8Array(16) }).finish();
          rank.write(frame(FrameKind.roster, Buffer.concat([roster, randomBytes(32)])));
          joined.push(heard.payload);
        })();
      }).listen(0, '127.0.0.1');
      const joined: Buffer[] = [];
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const job = await startJob(2);
      const error = await outcome(job.rank(1, { masterPort: port }));
      server.close();
      // Who has not proved the secret is told nothing, least of all who asks.
      expect(joined).toHaveLength(which === 'challenge' ? 0 : 1);
      expect(error).toMatchObject({
        name: 'RendezvousError',
        code: `GRADWIRE_RENDEZVOUS_${which === 'challenge' ? 'SECRET' : 'REFUSED'}`,
      });
      void job.rank(1);
      await job.finish();
    },
  );
});

describe('a rank with', () => {
  it.each([
    ['another secret', { secret: 'another secret, as long' }, 'the option "secret"'],
    ['no secret', { secret: undefined as never }, 'this rank has none'],
  ])('%s is told what to check', async (_, options, source) => {
    const job = await startJob(2);
    const error = await outcome(job.rank(1, options));
    expect(error).toMatchObject({ name: 'RendezvousError', code: 'GRADWIRE_RENDEZVOUS_SECRET' });
    const { message } = error as Error;
    expect(message).toContain(`rank 0 at 127.0.0.1:${job.master.port}`);
    expect(message).toContain(source);
    expect(message).toContain('GRADWIRE_SECRET_FILE');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('another secret, as');
    void job.rank(1);
    await job.finish();
    expectLogged(undefined, /left before it proved that it holds the secret/);
  });

  it.each<[string, Parameters<typeof joinBody>[0], string, RegExp]>([
    ['a rank that is there', { rank: 0, size: 3 }, 'DUPLICATE_RANK', /rank 0 is already there/],
    ['another job', { size: 3, job: 'x' }, 'JOB', /belongs to job "x"/],
    ['another size', { size: 4 }, 'SIZE', /believes in 4 ranks, rank 0 in 3/],
    ['another epoch', { size: 3, epoch: 7 }, 'EPOCH', /of epoch 7/],
  ])('the secret and %s is told so, with a proof', async (_, fields, code, reason) => {
    const job = await startJob(3);
    const body = joinBody(fields);
    const stranger = await Stranger.dial(job.master.port);
    const challenge = await stranger.greet();
    stranger.introduce(challenge, FrameKind.join, body, SECRET);
    const { kind, payload } = (await stranger.hear())!;
    expect(refusal({ version: 2, kind, payload })).toMatchObject({
      code: `GRADWIRE_RENDEZVOUS_${code}`,
    });
    const said = payload.subarray(0, -32);
    const messages = [
      [FrameKind.join, body],
      [FrameKind.refuse, said],
    ] as const;
    expect(payload.subarray(-32)).toEqual(handshakeProof(SECRET, 1, challenge, messages));
    stranger.leave();
    await job.finish();
    expectLogged(stranger, reason);
  });

  it('the secret and another version is told ours, and nothing else', async () => {
    const job = await startJob(2);
    const stranger = await Stranger.dial(job.master.port);
    const greeting = frame(FrameKind.greet, randomBytes(32));
    greeting[2] = 3;
    stranger.write(greeting);
    const answer = await stranger.hear();
    expect(answer?.version).toBe(2);
    expect(refusal(answer)).toEqual({ code: 'GRADWIRE_RENDEZVOUS_VERSION', text: '' });
    await job.finish();
    expectLogged(stranger, /version 3 is not supported/);
  });
});

describe('patience', () => {
  it(
    'is the same for all: who sends a byte a second is dropped in time',
    { timeout: 20_000 },
    async () => {
      const job = await startJob(2);
      const greeting = frame(FrameKind.greet, randomBytes(32));
      const slow = await Stranger.dial(job.master.port);
      // The second one has asked for its challenge, and then takes its time.
      const slower = await Stranger.dial(job.master.port);
      await slower.greet();
      const introduction = frame(FrameKind.join, Buffer.alloc(100));
      let sent = 0;
      const timer = setInterval(() => {
        slow.write(greeting.subarray(sent, sent + 1));
        slower.write(introduction.subarray(sent, sent + 1));
        sent++;
      }, 1000);
      await Promise.all([slow.ended, slower.ended]);
      clearInterval(timer);
      // Neither has come to the end of what it had to say.
      expect(sent).toBeLessThan(greeting.length);
      await job.finish();
      expectLogged(undefined, /did not prove itself within 5000 ms/);
    },
  );

  it('the twin: who sends byte by byte, but at once, is let in', async () => {
    const job = await startJob(2);
    const stranger = await Stranger.dial(job.master.port);
    const dialler = randomBytes(32);
    for (const byte of frame(FrameKind.greet, dialler)) stranger.write(Uint8Array.of(byte));
    expect((await stranger.hear())?.kind).toBe(FrameKind.challenge);
    stranger.leave();
    await job.finish();
  });

  it.each([
    ['after half a greeting', frame(FrameKind.greet, randomBytes(32)).subarray(0, 40)],
    ['after its greeting', frame(FrameKind.greet, randomBytes(32))],
  ])('ends with a half-open connection %s', async (_, bytes) => {
    const job = await startJob(2);
    const stranger = await Stranger.dial(job.master.port);
    stranger.socket.end(bytes);
    await stranger.ended;
    await job.finish();
    expectLogged(stranger, /left before it proved/);
  });

  it('is not tried by who only knocks: it is no warning', async () => {
    const job = await startJob(2);
    const stranger = await Stranger.dial(job.master.port);
    stranger.leave();
    await job.finish();
    expect(log.lines).toEqual([]);
  });
});

describe('a flood', () => {
  it.each([
    ['of connections that say nothing', Buffer.alloc(0)],
    ['of greetings', frame(FrameKind.greet, Buffer.alloc(32))],
  ])('%s takes a bounded number of places, and ranks come through', async (_, bytes) => {
    const job = await startJob(3);
    const crowd: Stranger[] = [];
    for (let i = 0; i < 600; i++) {
      const stranger = await Stranger.dial(job.master.port);
      if (bytes.length > 0) stranger.write(bytes);
      crowd.push(stranger);
    }
    const kept = (): number => crowd.filter(({ isCutOff }) => !isCutOff).length;
    await until(() => kept() <= 256);
    expect(kept()).toBe(256);
    await job.finish();
    for (const stranger of crowd) stranger.leave();
    expectLogged(undefined, /more than 256 connections/);
  });

  it.each([
    ['silence', Buffer.alloc(0)],
    ['greetings', frame(FrameKind.greet, Buffer.alloc(32))],
  ])('of %s that goes on while ranks join does not keep them out', async (_, bytes) => {
    const job = await startJob(3);
    let flooding = true;
    const sockets: Socket[] = [];
    const wave = async (): Promise<void> => {
      while (flooding) {
        const socket = connect({ host: '127.0.0.1', port: job.master.port });
        sockets.push(socket);
        await new Promise<void>((resolve) => {
          socket.once('connect', () => {
            if (bytes.length > 0) socket.write(bytes);
            resolve();
          });
          socket.on('error', () => resolve());
        });
      }
    };
    const waves = Array.from({ length: 20 }, wave);
    await pause(200);
    await job.finish().finally(() => {
      flooding = false;
    });
    await Promise.all(waves);
    for (const socket of sockets) socket.destroy();
    expect(sockets.length).toBeGreaterThan(300);
    // One address, and two reasons at the most.
    expect(log.lines.length).toBeLessThanOrEqual(2);
  });
});

it.each([
  [3, 'comes through'],
  [Infinity, 'is refused'],
])('a rank whose connections are closed without a word, %d of them, %s', async (times) => {
  const job = await startJob(2);
  let closed = 0;
  const busy = createServer((near) => {
    near.on('error', () => {});
    if (closed++ < times) {
      near.destroy();
      return;
    }
    const far = connect(job.master.port, '127.0.0.1');
    far.on('error', () => {});
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(busy, 'listening');
  const { port } = busy.address() as AddressInfo;
  if (times === Infinity) {
    expect(await outcome(job.rank(1, { masterPort: port }))).toMatchObject({
      code: 'GRADWIRE_RENDEZVOUS_REFUSED',
      message: expect.stringContaining('closed 8 connections without a word') as string,
    });
    void job.rank(1);
  } else void job.rank(1, { masterPort: port });
  await job.finish();
  // Its join and its hello come through.
  expect(closed).toBe(times === Infinity ? 8 : times + 2);
  busy.close();
});

it('a running job listens nowhere, so a stranger finds nobody', async () => {
  const job = await startJob(2);
  const { port } = job.master;
  // The twin: before all are there somebody answers.
  (await Stranger.dial(port)).leave();
  const one = job.rank(1);
  await one;
  await pause(20);
  const error = await outcome(Stranger.dial(port));
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  await job.finish();
  expect(log.lines).toEqual([]);
});

it('a stranger between two ranks can pass on what it hears, and change nothing', async () => {
  const job = await startJob(2);
  let flips = 0;
  const meddler = createServer((near) => {
    const far = connect(job.master.port, '127.0.0.1');
    // One bit of each handshake, in a place of its own.
    let count = 0;
    const at = [40, 100, 130][flips++ % 3]!;
    near.on('data', (bytes: Buffer) => {
      const place = at - count;
      if (place >= 0 && place < bytes.length) bytes[place]! ^= 1;
      count += bytes.length;
      far.write(bytes);
    });
    far.pipe(near);
    near.on('close', () => far.destroy());
    for (const socket of [near, far]) socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(meddler, 'listening');
  const { port } = meddler.address() as AddressInfo;
  for (let i = 0; i < 3; i++)
    expect(await outcome(job.rank(1, { masterPort: port }))).toMatchObject({
      name: 'RendezvousError',
    });
  meddler.close();
  void job.rank(1);
  await job.finish();
  expect(log.lines.length).toBeGreaterThan(0);
});

it('a crowd that comes before rank 0 is ready is kept in bounds too', async () => {
  const master = await listenAsMaster();
  const crowd: Stranger[] = [];
  for (let i = 0; i < 400; i++) crowd.push(await Stranger.dial(master.port));
  const options = { env: {}, secret: SECRET, size: 2, masterPort: master.port };
  // One of the crowd by its age, and yet it comes through.
  const one = init({ ...options, rank: 1 });
  await pause(50);
  for (let i = 0; i < 300; i++) crowd.push(await Stranger.dial(master.port));
  await until(() => crowd.filter(({ isCutOff }) => !isCutOff).length <= 256);
  const communicators = await Promise.all([init({ ...options, rank: 0, master }), one]);
  await work(communicators);
  await Promise.all(communicators.map((communicator) => communicator.close()));
  for (const stranger of crowd) stranger.leave();
  expectLogged(undefined, /more than 256 connections/);
});
