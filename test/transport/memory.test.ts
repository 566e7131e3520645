import { expect, it } from 'vitest';
import { FrameError } from '../../proto/comm-errors.ts';
import { FrameKind } from '../../proto/frame.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import { transportCompliance } from '../compliance/transport.ts';

transportCompliance('memory', async (size, options) => new MemoryNetwork(size, options));
transportCompliance(
  'memory with delays',
  async (size, options) => new MemoryNetwork(size, { ...options, maxDelayTurns: 5, seed: 3 }),
);

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** Order in which frames from ranks 1 and 2 reach rank 0. */
async function arrivals(seed: number): Promise<number[]> {
  const network = new MemoryNetwork(3, { maxDelayTurns: 4, seed });
  const order: number[] = [];
  network.transports[0]!.handler = {
    destination: (_, { length }) => new Uint8Array(length),
    frame: (peer) => order.push(peer),
    lost: () => {},
    departed: () => {},
  };
  for (let i = 0; i < 20; i++)
    for (const rank of [1, 2]) network.transports[rank]!.send(0, { kind: FrameKind.data });
  await turns(200);
  return order;
}

it('delays depend on the seed alone', async () => {
  const first = await arrivals(1);
  expect(first).toHaveLength(40);
  expect(await arrivals(1)).toEqual(first);
  expect(await arrivals(2)).not.toEqual(first);
});

it('a stalled rank neither sends nor receives until it is resumed', async () => {
  const network = new MemoryNetwork(2);
  let frames = 0;
  for (const transport of network.transports)
    transport.handler = {
      destination: (_, { length }) => new Uint8Array(length),
      frame: () => frames++,
      lost: () => {},
      departed: () => {},
    };
  network.stall(1);
  network.transports[0]!.send(1, { kind: FrameKind.data });
  network.transports[1]!.send(0, { kind: FrameKind.data });
  await turns(20);
  expect(frames).toBe(0);
  network.resume(1);
  await turns(20);
  expect(frames).toBe(2);
});

it('a corrupted payload is found by the checksum, and only by that', async () => {
  for (const checksum of [true, false]) {
    const network = new MemoryNetwork(2, { checksum });
    const causes: Error[] = [];
    const payloads: Uint8Array[] = [];
    network.transports[1]!.handler = {
      destination: (_, { length }) => new Uint8Array(length),
      frame: (_, __, payload) => payloads.push(payload),
      lost: (_, cause) => causes.push(cause),
      departed: () => {},
    };
    network.corrupt(0, 1);
    network.transports[0]!.send(1, { kind: FrameKind.data }, new Uint8Array(100));
    await turns(5);
    expect(causes.map((cause) => cause instanceof FrameError)).toEqual(checksum ? [true] : []);
    const ones = payloads.flatMap((payload) => [...payload]).filter((byte) => byte !== 0);
    expect(ones).toHaveLength(checksum ? 0 : 1);
  }
});

it('a peer that does not answer the goodbye is dropped after the linger time', async () => {
  const network = new MemoryNetwork(2);
  network.stall(1);
  const began = performance.now();
  await network.transports[0]!.close({ lingerMs: 30 });
  expect(performance.now() - began).toBeGreaterThan(25);
});
