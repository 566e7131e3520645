import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrameKind } from '../../proto/frame.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';
import type { Communicator } from '../../src/collective/communicator.ts';
import {
  init,
  listenAsMaster,
  type InitOptions,
  type MasterListener,
} from '../../src/rendezvous/init.ts';
import { frame, joinBody, refusal, Stranger } from './stranger.ts';

const before = process.env['GRADWIRE_LOG'];
beforeAll(() => {
  process.env['GRADWIRE_LOG'] = 'silent';
});
afterAll(() => {
  if (before === undefined) delete process.env['GRADWIRE_LOG'];
  else process.env['GRADWIRE_LOG'] = before;
});

/** Variables of this test's own process must not matter. */
const base = { env: {}, rendezvousMs: 20_000 } satisfies InitOptions;

const rankOf = (
  master: MasterListener,
  rank: number,
  size: number,
  options: InitOptions = {},
): Promise<Communicator> =>
  init({ ...base, rank, size, masterPort: master.port, ...(rank === 0 && { master }), ...options });

async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return 'done';
  } catch (error) {
    return error;
  }
}

/** All meet, work together once and leave. */
async function meetAndLeave(ranks: readonly Promise<Communicator>[]): Promise<void> {
  const communicators = await Promise.all(ranks);
  const vectors = communicators.map(({ rank }) => Float32Array.of(2 ** rank));
  await Promise.all(communicators.map((c, rank) => c.allReduce(vectors[rank]!)));
  for (const vector of vectors) expect(vector[0]).toBe(2 ** communicators.length - 1);
  await Promise.all(communicators.map((c) => c.close()));
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What ranks without a secret prove: that they know there is none. */
const NO_SECRET = 'no secret';

describe('init', () => {
  it('without options and variables is one rank without a socket', async () => {
    const communicator = await init({ env: {} });
    expect([communicator.rank, communicator.size]).toEqual([0, 1]);
    await communicator.barrier();
    await communicator.close();
  });

  it.each([2, 3, 5])('brings %i ranks together, rank 0 last', async (size) => {
    const master = await listenAsMaster();
    const others = Array.from({ length: size - 1 }, (_, i) => rankOf(master, i + 1, size));
    await pause(30);
    await meetAndLeave([rankOf(master, 0, size), ...others]);
  });

  it('reads the variables of the generic launcher; rank 0 may start late', async () => {
    const { port, close } = await listenAsMaster();
    close();
    const env = (rank: number): InitOptions => ({
      rendezvousMs: 20_000,
      env: {
        RANK: String(rank),
        WORLD_SIZE: '3',
        MASTER_ADDR: 'localhost',
        MASTER_PORT: String(port),
      },
    });
    const others = [init(env(1)), init(env(2))];
    await pause(120);
    await meetAndLeave([init(env(0)), ...others]);
  });

  it('lets two jobs follow each other on one port at once', async () => {
    const { port, close } = await listenAsMaster();
    close();
    for (let round = 0; round < 3; round++)
      await meetAndLeave([0, 1].map((rank) => init({ ...base, rank, size: 2, masterPort: port })));
  });

  it('guards payloads by a checksum when asked to', async () => {
    const master = await listenAsMaster();
    await meetAndLeave([0, 1, 2].map((rank) => rankOf(master, rank, 3, { checksum: true })));
  });

  it('stops listening once all are there, and leaves nothing open after close', async () => {
    const handles = (): number =>
      process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length;
    await pause(50);
    const quiet = handles();
    const master = await listenAsMaster();
    const communicators = await Promise.all([0, 1, 2].map((rank) => rankOf(master, rank, 3)));
    const socket = connect({ host: '127.0.0.1', port: master.port });
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    await Promise.all(communicators.map((c) => c.close()));
    await pause(50);
    expect(handles()).toBeLessThanOrEqual(quiet);
  });
});

describe('init refuses', () => {
  it('a port in use, naming host and port', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    const error = await outcome(init({ ...base, rank: 0, size: 2, masterPort: port }));
    expect(error).toMatchObject({
      name: 'PortInUseError',
      code: 'GRADWIRE_PORT_IN_USE',
      host: '127.0.0.1',
      port,
      message: expect.stringContaining(`127.0.0.1:${port}`) as string,
    });
    expect(await outcome(listenAsMaster({ port }))).toMatchObject({ name: 'PortInUseError' });
    squatter.close();
  });

  it('a master address that is not of this machine', async () => {
    const error = await outcome(
      init({
        ...base,
        rank: 0,
        size: 2,
        masterAddress: '192.0.2.1',
        masterPort: 5000,
        insecure: true,
      }),
    );
    expect(error).toMatchObject({ code: 'GRADWIRE_RENDEZVOUS_ADDRESS' });
  });

  it('to wait for ever: every rank says which ranks are missing', async () => {
    const master = await listenAsMaster();
    const ranks = [0, 1, 3].map((rank) => outcome(rankOf(master, rank, 5, { rendezvousMs: 300 })));
    for (const error of await Promise.all(ranks))
      expect(error).toMatchObject({
        name: 'RendezvousError',
        code: 'GRADWIRE_RENDEZVOUS_TIMEOUT',
        missing: [2, 4],
        message: expect.stringContaining('ranks 2, 4 of 5 did not arrive') as string,
      });
  });

  it('to wait for ever for rank 0', async () => {
    const { port, close } = await listenAsMaster();
    close();
    const error = await outcome(
      init({ ...base, rank: 1, size: 2, masterPort: port, rendezvousMs: 150 }),
    );
    expect(error).toMatchObject({
      code: 'GRADWIRE_RENDEZVOUS_TIMEOUT',
      missing: [0],
      message: expect.stringContaining(`127.0.0.1:${port}`) as string,
    });
  });

  it('a second process of the same rank, which does not harm the job', async () => {
    const master = await listenAsMaster();
    const [zero, one] = [rankOf(master, 0, 3), rankOf(master, 1, 3)];
    await pause(50);
    expect(await outcome(rankOf(master, 1, 3))).toMatchObject({
      code: 'GRADWIRE_RENDEZVOUS_DUPLICATE_RANK',
      message: expect.stringContaining('rank 1 is already there') as string,
    });
    await meetAndLeave([zero, one, rankOf(master, 2, 3)]);
  });

  it('a rank of another size, which does not harm the job', async () => {
    const master = await listenAsMaster();
    const ranks = [rankOf(master, 0, 2)];
    expect(await outcome(rankOf(master, 1, 3))).toMatchObject({
      code: 'GRADWIRE_RENDEZVOUS_SIZE',
      message: expect.stringContaining('3 ranks, rank 0 in 2') as string,
    });
    await meetAndLeave([...ranks, rankOf(master, 1, 2)]);
  });

  it('a rank of another job; the deadline tells who was turned away', async () => {
    const master = await listenAsMaster();
    const zero = outcome(rankOf(master, 0, 2, { job: 'red', rendezvousMs: 400 }));
    expect(await outcome(rankOf(master, 1, 2, { job: 'blue' }))).toMatchObject({
      code: 'GRADWIRE_RENDEZVOUS_JOB',
    });
    expect(await zero).toMatchObject({
      missing: [1],
      message: expect.stringMatching(/turned away: .*"blue".*"red"/) as string,
    });
  });

  it('a rank of another protocol version, and tells it', async () => {
    const master = await listenAsMaster();
    const zero = rankOf(master, 0, 2);
    const stranger = await Stranger.dial(master.port);
    const older = frame(FrameKind.greet, new Uint8Array(32));
    older[2] = 1;
    stranger.write(older);
    const answer = await stranger.hear();
    expect(answer).toMatchObject({ version: 2, kind: FrameKind.refuse });
    expect(refusal(answer)).toEqual({ code: 'GRADWIRE_RENDEZVOUS_VERSION', text: '' });
    stranger.leave();
    await meetAndLeave([zero, rankOf(master, 1, 2)]);
  });

  it('a master of another protocol version', async () => {
    const server = createServer((socket) => {
      const answer = frame(FrameKind.roster, new Uint8Array(0));
      answer[2] = 7;
      socket.on('error', () => {});
      socket.once('data', () => socket.end(answer));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await outcome(init({ ...base, rank: 1, size: 2, masterPort: port }))).toMatchObject({
      code: 'GRADWIRE_RENDEZVOUS_VERSION',
      message: expect.stringContaining('version 7') as string,
    });
    server.close();
  });

  it('a server that is something else', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await outcome(init({ ...base, rank: 1, size: 2, masterPort: port }))).toMatchObject({
      code: 'GRADWIRE_RENDEZVOUS_REFUSED',
      message: expect.stringContaining(`127.0.0.1:${port} did not let this rank in`) as string,
    });
    server.close();
  });

  it('to go on when its signal says so, at any stage', async () => {
    for (const delay of [0, 60]) {
      const controller = new AbortController();
      if (delay === 0) controller.abort();
      const master = await listenAsMaster();
      const ranks = [0, 1].map((rank) =>
        outcome(rankOf(master, rank, 3, { signal: controller.signal })),
      );
      await pause(delay);
      controller.abort();
      for (const error of await Promise.all(ranks))
        expect(error).toMatchObject({ code: expect.stringMatching(/ABORTED|REFUSED/) as string });
      master.close();
    }
  });

  it.each([
    ['rendezvousMs', { rendezvousMs: 0 }],
    ['deadlineMs', { deadlineMs: -1 }],
    ['segmentBytes', { segmentBytes: 3 }],
    ['creditBytes', { eagerBytes: 100, creditBytes: 100 }],
  ])('a %s out of range', async (name, options) => {
    const error = await outcome(init({ ...base, rank: 0, size: 1, ...options }));
    expect(error).toMatchObject({ code: 'GRADWIRE_ARGUMENT_RANGE' });
    expect((error as Error).message).toContain(name);
  });
});

describe('members of the job that say what cannot be are turned away and the job goes on:', () => {
  const hello = (fields: gradwirecomm.Hello.$Properties): Uint8Array =>
    gradwirecomm.Hello.encode({ job: '', size: 2, epoch: 0, ...fields }).finish();
  const meeting = new Uint8Array(16);
  it.each<[string, FrameKind, Uint8Array, string | undefined]>([
    ['a join that is no message', FrameKind.join, Buffer.from([0xff, 0xff, 0xff, 1]), undefined],
    ['an empty join', FrameKind.join, new Uint8Array(0), 'SIZE'],
    ['a join without an address', FrameKind.join, joinBody({ address: null }), 'ADDRESS'],
    ['a join as rank 0', FrameKind.join, joinBody({ rank: 0 }), 'DUPLICATE_RANK'],
    ['a join as rank 2 of 2', FrameKind.join, joinBody({ rank: 2 }), 'SIZE'],
    ['a join of another epoch', FrameKind.join, joinBody({ epoch: 1 }), 'EPOCH'],
    ['a join of another job', FrameKind.join, joinBody({ job: 'x' }), 'JOB'],
    ['a join of another size', FrameKind.join, joinBody({ size: 3 }), 'SIZE'],
    ['an empty hello', FrameKind.hello, new Uint8Array(0), 'REFUSED'],
    ['a hello to no meeting', FrameKind.hello, hello({ meeting, rank: 1, target: 0 }), 'REFUSED'],
  ])('%s', async (_, kind, body, code) => {
    const master = await listenAsMaster();
    const zero = rankOf(master, 0, 2);
    const stranger = await Stranger.dial(master.port);
    stranger.introduce(await stranger.greet(), kind, body, NO_SECRET);
    const answer = await stranger.hear();
    if (code === undefined) expect(answer).toBeUndefined();
    else expect(refusal(answer).code).toBe(`GRADWIRE_RENDEZVOUS_${code}`);
    stranger.leave();
    await meetAndLeave([zero, rankOf(master, 1, 2)]);
  });

  it('one that joins properly and leaves again: its place is free for the real one', async () => {
    const master = await listenAsMaster();
    const zero = rankOf(master, 0, 3);
    const stranger = await Stranger.join(master.port, joinBody({ size: 3 }), NO_SECRET);
    await pause(30);
    stranger.leave();
    await pause(30);
    await meetAndLeave([zero, rankOf(master, 1, 3), rankOf(master, 2, 3)]);
  });

  it('one that joins and cannot be reached ends the meeting with its address', async () => {
    const master = await listenAsMaster();
    const zero = outcome(rankOf(master, 0, 2));
    const { port, close } = await listenAsMaster();
    close();
    const body = joinBody({ address: { host: '127.0.0.1', port } });
    const stranger = await Stranger.join(master.port, body, NO_SECRET);
    expect(await zero).toMatchObject({
      code: 'GRADWIRE_RENDEZVOUS_REFUSED',
      missing: [1],
      message: expect.stringContaining(`rank 1 at 127.0.0.1:${port} joined`) as string,
    });
    stranger.leave();
  });
});

it('a rank that dies between joining and connecting ends the meeting of all', async () => {
  const master = await listenAsMaster();
  const ranks = [0, 1].map((rank) => outcome(rankOf(master, rank, 3)));
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const body = joinBody({ rank: 2, size: 3, address: { host: '127.0.0.1', port } });
  const stranger = await Stranger.join(master.port, body, NO_SECRET);
  for (const error of await Promise.all(ranks))
    expect((error as { code: string }).code).toMatch(/^GRADWIRE_(RENDEZVOUS_REFUSED|PEER_LOST)$/);
  server.close();
  stranger.leave();
});
