import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { FrameKind } from '../../proto/frame.ts';
import { EngineCommunicator } from '../../src/collective/engine-communicator.ts';
import type { PipeReader } from '../../src/transport/pipe.ts';
import { listen, type SocketPipe } from '../../src/transport/tcp.ts';
import { transportCompliance } from '../compliance/transport.ts';
import { openTcpMesh } from './tcp-mesh.ts';

transportCompliance('tcp', openTcpMesh);

/** Output of ss about the TCP sockets of this process, or undefined where there is no ss. */
function socketTable(): string | undefined {
  try {
    const table = execFileSync('ss', ['-tinpOH'], { encoding: 'utf8' });
    return table
      .split('\n')
      .filter((line) => line.includes(`pid=${process.pid},`))
      .join('\n');
  } catch {
    return undefined;
  }
}

const hasSs = process.platform === 'linux' && socketTable() !== undefined;

describe('bytes counted at the socket', () => {
  it.skipIf(!hasSs)('agree with what the kernel says of the same sockets (needs ss)', async () => {
    const { transports } = await openTcpMesh(3);
    const communicators = transports.map((transport) => new EngineCommunicator(transport));
    const vectors = communicators.map(() => new Float32Array(500_000));
    await Promise.all(communicators.map((c, rank) => c.allReduce(vectors[rank]!)));
    await Promise.all(communicators.map((c) => c.allGatherV(new Uint8Array(70_000))));
    await Promise.all(communicators.map((c) => c.barrier()));
    const counted = communicators.reduce((sum, c) => sum + c.stats.sent.socketBytes, 0);
    const table = socketTable()!;
    const sumOf = (field: string): number =>
      [...table.matchAll(new RegExp(`${field}:(\\d+)`, 'g'))].reduce(
        (sum, [, bytes]) => sum + Number(bytes),
        0,
      );
    // On a busy machine the kernel sends segments again, which it counts among those it has sent.
    const kernel = sumOf('bytes_sent') - sumOf('bytes_retrans');
    await Promise.all(communicators.map((c) => c.close()));
    expect(counted).toBeGreaterThan(8_000_000);
    expect(Math.abs(kernel - counted) / counted).toBeLessThan(0.02);
  });
});

describe('tcp', () => {
  it('leaves no socket behind when it is closed', async () => {
    const handles = (): number =>
      process.getActiveResourcesInfo().filter((name) => /TCP|Server|Timeout/.test(name)).length;
    const before = handles();
    const { transports } = await openTcpMesh(4);
    expect(handles()).toBeGreaterThan(before);
    await Promise.all(transports.map((transport) => transport.close()));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(handles()).toBeLessThanOrEqual(before);
  });

  it('listens on the interface it is told, and only there', async () => {
    const listener = await listen({ host: '127.0.0.1', port: 0 }, (caller) => caller.destroy());
    const refused = await new Promise<string | undefined>((resolve) => {
      const socket = connect({ host: '127.0.0.2', port: listener.address.port });
      socket.once('connect', () => {
        socket.destroy();
        resolve(undefined);
      });
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    listener.close();
    // Only Linux has the rest of 127/8 on its loopback interface; elsewhere it cannot be reached at all.
    expect(refused).toBeDefined();
  });

  it('a write that fails does not take with it what the peer has sent before', async () => {
    const heard: number[] = [];
    let spoken: SocketPipe;
    await new Promise<void>((resolve) => {
      const reader: PipeReader = {
        nextBuffer: () => new Uint8Array(64),
        advance: () => {},
        push: (bytes) => void heard.push(...bytes),
        ended: () => {},
        closed: resolve,
      };
      void listen({ host: '127.0.0.1', port: 0 }, (caller) =>
        caller.answer((pipe) => {
          pipe.start(reader);
          spoken = pipe;
        }),
      ).then((listener) => {
        const peer = connect(listener.address, () => {
          listener.close();
          peer.once('data', () => {
            // All before this process reads again, as if it had been stopped.
            peer.write(Uint8Array.of(1, 2, 3));
            peer.resetAndDestroy();
            for (let i = 0; i < 3; i++) spoken.write([Uint8Array.of(4)]);
          });
          setImmediate(() => spoken.write([Uint8Array.of(0)]));
        });
      });
    });
    expect(heard).toEqual([1, 2, 3]);
  });

  it('an abort reaches a peer whose data direction is full', async () => {
    const { transports } = await openTcpMesh(2);
    const [a, b] = transports as [(typeof transports)[0], (typeof transports)[0]];
    let aborted: () => void;
    const abortSeen = new Promise<void>((resolve) => {
      aborted = resolve;
    });
    let dataFrames = 0;
    b.handler = {
      destination: (_, { length }) => new Uint8Array(length),
      frame: (_, { kind }) => {
        if (kind === FrameKind.abort) aborted();
        else dataFrames++;
      },
      lost: () => {},
      departed: () => {},
    };
    const chunk = new Uint8Array(1 << 20);
    for (let i = 0; i < 200; i++) a.send(1, { kind: FrameKind.data }, chunk);
    a.sendControl(1, { kind: FrameKind.abort });
    await abortSeen;
    expect(dataFrames).toBeLessThan(200);
    await Promise.all(transports.map((transport) => transport.close({ silent: true })));
  });
});
