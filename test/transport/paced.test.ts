import { expect, it } from 'vitest';
import { FRAME_PREFIX_BYTES, FrameKind } from '../../proto/frame.ts';
import { init } from '../../src/rendezvous/init.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import { PacedTransport, parseLinkRate } from '../../src/transport/paced.ts';
import { transportCompliance } from '../compliance/transport.ts';

transportCompliance('memory, paced', async (size, options) => {
  const network = new MemoryNetwork(size, options);
  return {
    transports: network.transports.map((transport) => new PacedTransport(transport, 1e9)),
    kill: (rank) => network.kill(rank),
    dropLink: (a, b) => network.dropLink(a, b),
  };
});

/** Milliseconds until `frames` frames of `bytes` payload have gone to each of the peers of rank 0. */
async function sendingTime(
  rate: number,
  peers: number,
  frames: number,
  bytes: number,
): Promise<number> {
  const network = new MemoryNetwork(peers + 1);
  const sender = new PacedTransport(network.transports[0]!, rate);
  const began = performance.now();
  const sent: Promise<void>[] = [];
  for (let i = 0; i < frames; i++)
    for (let peer = 1; peer <= peers; peer++)
      sent.push(
        new Promise((resolve) => {
          sender.send(peer, { kind: FrameKind.data }, new Uint8Array(bytes), resolve);
        }),
      );
  await Promise.all(sent);
  return performance.now() - began;
}

it('all peers together get no more than the rate, prefixes included', async () => {
  const bytes = 1000 - FRAME_PREFIX_BYTES;
  // 2 × 25 frames of 1000 bytes at 1 MB/s: 50 ms; half a millisecond may be given away at the end.
  expect(await sendingTime(1e6, 2, 25, bytes)).toBeGreaterThan(49);
  expect(await sendingTime(1e6, 1, 25, bytes)).toBeGreaterThan(24);
});

it('control frames overtake, but take their share of the rate', async () => {
  const network = new MemoryNetwork(2);
  const sender = new PacedTransport(network.transports[0]!, 1e6);
  const kinds: number[] = [];
  network.transports[1]!.handler = {
    destination: (_, { length }) => new Uint8Array(length),
    frame: (_, { kind }) => kinds.push(kind),
    lost: () => {},
    departed: () => {},
  };
  const began = performance.now();
  sender.sendControl(1, { kind: FrameKind.abort }, new Uint8Array(20_000));
  await new Promise<void>((resolve) => {
    sender.send(1, { kind: FrameKind.data }, new Uint8Array(10_000), resolve);
    sender.sendControl(1, { kind: FrameKind.grant });
  });
  expect(performance.now() - began).toBeGreaterThan(29);
  expect(kinds).toEqual([FrameKind.abort, FrameKind.grant, FrameKind.data]);
});

it('frames of all peers leave in the order they were given, whole', async () => {
  const network = new MemoryNetwork(3);
  const sender = new PacedTransport(network.transports[0]!, 1e6);
  const arrived: string[] = [];
  for (const peer of [1, 2])
    network.transports[peer]!.handler = {
      destination: (_, { length }) => new Uint8Array(length),
      frame: (_, { tag }, payload) => arrived.push(`${peer} ${tag} ${payload.length}`),
      lost: () => {},
      departed: () => {},
    };
  // Long and short in turn: none may overtake.
  const frames = Array.from({ length: 12 }, (_, i) => [1 + (i % 2), i, i % 3 === 0 ? 3000 : 10]);
  await Promise.all(
    frames.map(
      ([peer, tag, bytes]) =>
        new Promise<void>((resolve) => {
          sender.send(peer!, { kind: FrameKind.data, tag: tag! }, new Uint8Array(bytes!), resolve);
        }),
    ),
  );
  // Each peer's connection is its own; on the way they keep the order in which the card let them go.
  for (const peer of [1, 2])
    expect(arrived.filter((text) => text.startsWith(`${peer} `))).toEqual(
      frames.filter(([to]) => to === peer).map((frame) => frame.join(' ')),
    );
});

it('an orderly close waits until the link has taken everything', async () => {
  const network = new MemoryNetwork(2);
  const sender = new PacedTransport(network.transports[0]!, 1e6);
  const kinds: string[] = [];
  network.transports[1]!.handler = {
    destination: (_, { length }) => new Uint8Array(length),
    frame: (_, { length }) => kinds.push(`${length} bytes`),
    lost: () => kinds.push('lost'),
    departed: () => kinds.push('departed'),
  };
  const began = performance.now();
  for (let i = 0; i < 10; i++) sender.send(1, { kind: FrameKind.data }, new Uint8Array(2000));
  const closed = sender.close();
  const peerClosed = new Promise<void>((resolve) => {
    const { handler } = network.transports[1]!;
    network.transports[1]!.handler = {
      ...handler,
      departed: (peer) => {
        handler.departed(peer);
        resolve(network.transports[1]!.close());
      },
    };
  });
  await Promise.all([closed, peerClosed]);
  expect(kinds).toEqual([...Array.from({ length: 10 }, () => '2000 bytes'), 'departed']);
  // 20 kB at 1 MB/s.
  expect(performance.now() - began).toBeGreaterThan(19);
});

it('a frame that takes longer than a timer can last is not let go early', async () => {
  const network = new MemoryNetwork(2);
  // 1 MB at 0.1 B/s: 116 days. A timer of more than 2³¹ ms, 25 days, would end at once, with a warning.
  const sender = new PacedTransport(network.transports[0]!, 0.1);
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  let isFlushed = false;
  sender.send(1, { kind: FrameKind.data }, new Uint8Array(1e6), () => (isFlushed = true));
  await new Promise((resolve) => setTimeout(resolve, 30));
  process.off('warning', note);
  await sender.close({ silent: true, lingerMs: 10 });
  expect({ isFlushed, warnings }).toEqual({ isFlushed: false, warnings: [] });
});

it('a close after a failure does not wait for what is queued', async () => {
  const network = new MemoryNetwork(2);
  const sender = new PacedTransport(network.transports[0]!, 1);
  sender.send(1, { kind: FrameKind.data }, new Uint8Array(1000));
  await sender.close({ silent: true, lingerMs: 100 });
});

it.each([
  ['100mbit', 12_500_000],
  ['1gbit', 125_000_000],
  ['2.5Gbit', 312_500_000],
  ['64 kbit', undefined],
  ['0mbit', undefined],
  ['-1mbit', undefined],
  ['100', undefined],
  ['fast', undefined],
])('rate %j', (text, rate) => {
  expect(parseLinkRate(text)).toBe(rate);
});

it.each([0, -1, Number.NaN, Infinity])('init refuses %d bytes per second', async (rate) => {
  await expect(init({ env: {}, linkBytesPerSecond: rate })).rejects.toMatchObject({
    code: 'GRADWIRE_ARGUMENT_RANGE',
  });
});
