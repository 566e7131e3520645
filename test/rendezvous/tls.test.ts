/** Jobs whose connections are TLS, and who does not get in. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameKind } from '../../proto/frame.ts';
import { tlsCredentials, tlsFiles, tlsIdentity } from '../support/certificates.ts';
import { transportCompliance } from '../compliance/transport.ts';
import { openTcpMesh } from '../transport/tcp-mesh.ts';
import { listenToLog, outcome, SECRET, startJob } from './job.ts';
import { frame, Stranger } from './stranger.ts';

transportCompliance(
  'tls',
  (size, options) => openTcpMesh(size, { ...options, tls: tlsIdentity() }),
  // 22 bytes a record.
  220,
);

let log: ReturnType<typeof listenToLog>;
beforeEach(() => {
  log = listenToLog('warn');
});
afterEach(() => {
  log.stop();
  expect(log.lines.join('')).not.toContain(SECRET);
});

const tls = tlsFiles();

function expectLogged(reason: RegExp): void {
  expect(log.lines, log.lines.join('')).toHaveLength(1);
  expect(log.lines[0]).toMatch(/^gradwire: turned a connection from 127\.0\.0\.1:\d+ to .*\n$/);
  expect(log.lines[0]).toMatch(reason);
}

/** Passes everything on between whoever connects and `port`, and shows it. */
async function wiretap(port: number): Promise<{ server: Server; port: number; heard: Buffer[] }> {
  const heard: Buffer[] = [];
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      socket.on('error', () => {});
      socket.on('data', (bytes: Buffer) => heard.push(bytes));
    }
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port, heard };
}

async function closed(socket: Socket): Promise<void> {
  await new Promise((resolve) => {
    socket.on('error', () => {});
    socket.once('close', resolve);
  });
}

describe('a job under TLS', () => {
  it.each([2, 3])('%i ranks meet, work and leave', async (size) => {
    const job = await startJob(size, { tls });
    await job.finish();
    expect(log.lines).toEqual([]);
  });

  it('needs no secret, for the certificates tell members from strangers', async () => {
    const job = await startJob(2, { tls, secret: undefined as never });
    await job.finish();
  });

  it.each([
    ['says nothing to a wiretap', { tls }, false],
    ['the twin: without TLS it hears the name of the job', {}, true],
  ])('%s', async (_, options, isHeard) => {
    const job = await startJob(2, { ...options, job: 'the name of the job' });
    const tap = await wiretap(job.master.port);
    const one = job.rank(1, { masterPort: tap.port });
    await job.finish();
    await one;
    tap.server.close();
    const heard = Buffer.concat(tap.heard);
    expect(heard.length).toBeGreaterThan(500);
    expect(heard.includes('the name of the job')).toBe(isHeard);
  });

  it('counts what goes over the wire, which is more than what was sent', async () => {
    const { transports } = await openTcpMesh(2, { tls: tlsIdentity() });
    const [a, b] = transports;
    const arrived = new Promise<void>((resolve) => {
      b!.handler = {
        destination: (_, { length }) => new Uint8Array(length),
        frame: () => resolve(),
        lost: () => {},
        departed: () => {},
      };
    });
    a!.send(1, { kind: FrameKind.data }, new Uint8Array(1 << 20));
    await arrived;
    const { payloadBytes, framingBytes, socketBytes } = a!.traffic(1).sent;
    expect(payloadBytes).toBe(1 << 20);
    // 22 bytes a record of at most 16 KiB, and the handshakes of two connections.
    const records = Math.ceil((payloadBytes + framingBytes) / 16384);
    expect(socketBytes).toBeGreaterThan(payloadBytes + framingBytes + 22 * records);
    expect(socketBytes).toBeLessThan(payloadBytes + framingBytes + 22 * (records + 8) + 8192);
    await Promise.all(transports.map((transport) => transport.close()));
  });
});

describe('under TLS a rank', () => {
  it.each([
    ['of another authority', tlsFiles('stranger', 'ca'), /unable|certificate|TLS/i],
    ['that trusts another authority', tlsFiles('rank', 'stranger-ca'), /TLS/],
  ])('%s is turned away', async (_, other, reason) => {
    const job = await startJob(2, { tls });
    const error = await outcome(job.rank(1, { tls: other }));
    expect(error).toMatchObject({
      name: 'RendezvousError',
      code: expect.stringMatching(/^GRADWIRE_RENDEZVOUS_(TLS|REFUSED)$/) as string,
    });
    expect((error as Error).message).toContain(`rank 0 at 127.0.0.1:${job.master.port}`);
    expect((error as Error).message).toMatch(/TLS/);
    void job.rank(1);
    await job.finish();
    expectLogged(reason);
  });

  it('with another secret is turned away all the same', async () => {
    const job = await startJob(2, { tls });
    expect(await outcome(job.rank(1, { secret: 'another secret, as long' }))).toMatchObject({
      code: 'GRADWIRE_RENDEZVOUS_SECRET',
    });
    void job.rank(1);
    await job.finish();
    expectLogged(/left before it proved/);
  });

  it('is not talked to by a client without a certificate', async () => {
    const job = await startJob(2, { tls });
    const client = connectTls({
      port: job.master.port,
      host: '127.0.0.1',
      ca: tlsCredentials().ca,
      checkServerIdentity: () => undefined,
    });
    let received = 0;
    client.on('data', (bytes: Buffer) => (received += bytes.length));
    client.once('secureConnect', () => client.write(frame(FrameKind.greet, Buffer.alloc(32))));
    await closed(client);
    expect(received).toBe(0);
    await job.finish();
    expectLogged(/TLS handshake failed: peer did not return a certificate/);
  });

  it('speaks nothing older than TLS 1.3', async () => {
    const job = await startJob(2, { tls });
    const client = connectTls({
      ...tlsCredentials(),
      port: job.master.port,
      host: '127.0.0.1',
      maxVersion: 'TLSv1.2',
      checkServerIdentity: () => undefined,
    });
    await closed(client);
    await job.finish();
    expectLogged(/TLS handshake failed: unsupported protocol/);
  });

  it('waits for nobody who does not begin', { timeout: 20_000 }, async () => {
    const job = await startJob(2, { tls });
    const stranger = await Stranger.dial(job.master.port);
    await stranger.ended;
    await job.finish();
    expectLogged(/did not prove itself within 5000 ms/);
  });
});

describe('where one side has TLS and the other has not', () => {
  it('a TLS client at a plain port is told, and both sides know why', async () => {
    const job = await startJob(2);
    const error = await outcome(job.rank(1, { tls }));
    expect(error).toMatchObject({ name: 'RendezvousError', code: 'GRADWIRE_RENDEZVOUS_TLS' });
    expect((error as Error).message).toMatch(/TLS handshake failed.*version/);
    void job.rank(1);
    await job.finish();
    expectLogged(/these bytes are TLS, here frames go without it/);
  });

  it('a plain client at a TLS port is turned away, and asked whether it should use TLS', async () => {
    const job = await startJob(2, { tls });
    const error = await outcome(job.rank(1, { tls: undefined as never }));
    expect(error).toMatchObject({ code: 'GRADWIRE_RENDEZVOUS_REFUSED' });
    expect((error as Error).message).toContain('does it expect TLS?');
    void job.rank(1);
    await job.finish();
    expectLogged(/TLS handshake failed: wrong version number/);
  });

  it('a plain client that is answered in TLS says so', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(Uint8Array.of(0x15, 3, 3, 0, 2, 2, 70));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const job = await startJob(2);
    const error = await outcome(job.rank(1, { masterPort: port }));
    expect(error).toMatchObject({ code: 'GRADWIRE_RENDEZVOUS_TLS' });
    server.close();
    void job.rank(1);
    await job.finish();
  });
});

/**
 * Somebody whose certificate the authority has signed stands between two ranks and passes on what they say,
 * decrypted and encrypted again; he does not know the secret.
 */
async function standBetween(port: number): Promise<{ server: Server; port: number }> {
  const server = createTlsServer({ ...tlsCredentials(), requestCert: true }, (near: TLSSocket) => {
    const far = connectTls({
      ...tlsCredentials(),
      port,
      host: '127.0.0.1',
      checkServerIdentity: () => undefined,
    });
    for (const socket of [near, far] as Socket[]) socket.on('error', () => {});
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

describe('a member between two ranks, without the secret', () => {
  it('is found out under TLS: proofs name the connection they were made for', async () => {
    const job = await startJob(2, { tls });
    const between = await standBetween(job.master.port);
    const error = await outcome(job.rank(1, { masterPort: between.port }));
    expect(error).toMatchObject({ code: 'GRADWIRE_RENDEZVOUS_SECRET' });
    between.server.close();
    void job.rank(1);
    await job.finish();
    expectLogged(/left before it proved/);
  });

  it('the twin: without TLS who passes everything on is not noticed', async () => {
    const job = await startJob(2);
    const tap = await wiretap(job.master.port);
    const one = job.rank(1, { masterPort: tap.port });
    await job.finish();
    await one;
    tap.server.close();
    expect(tap.heard.length).toBeGreaterThan(3);
    expect(log.lines).toEqual([]);
  });
});
