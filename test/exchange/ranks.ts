/** Several ranks of one job in this process, over the memory transport. */
import { decode, streamsFor, type Codec } from '../../codecs/index.ts';
import type { Communicator, CommunicatorOptions } from '../../src/collective/communicator.ts';
import { EngineCommunicator } from '../../src/collective/engine-communicator.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';

/** Runs `body` on each rank and returns what each returned, in rank order. */
export async function onRanks<T>(
  size: number,
  body: (communicator: Communicator) => Promise<T>,
  options: CommunicatorOptions = {},
): Promise<T[]> {
  const settled = await settleOnRanks(size, body, options);
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** Like `onRanks`, but failures are results too. */
export async function settleOnRanks<T>(
  size: number,
  body: (communicator: Communicator) => Promise<T>,
  options: CommunicatorOptions = {},
): Promise<PromiseSettledResult<T>[]> {
  const network = new MemoryNetwork(size, { maxDelayTurns: 3, seed: size });
  const communicators = network.transports.map(
    (transport) => new EngineCommunicator(transport, { deadlineMs: 20_000, ...options }),
  );
  const settled = await Promise.allSettled(communicators.map(body));
  await Promise.all(communicators.map((communicator) => communicator.close()));
  return settled;
}

/** A seeded gradient of roughly normal values, different on every rank and step. */
export function gradientOf(length: number, rank: number, step = 0): Float32Array {
  let state = (rank + 1) * 7919 + step * 104729 + 1;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Float32Array.from({ length }, () => uniform() + uniform() + uniform() + uniform() - 2);
}

/** Mean over ranks in float64, and its squared norm. */
export function meanOf(gradients: readonly Float32Array[]): Float64Array {
  const mean = new Float64Array(gradients[0]!.length);
  for (const gradient of gradients) gradient.forEach((value, i) => (mean[i]! += value));
  return mean.map((value) => value / gradients.length);
}

/** Σ (a − b)². */
export function squaredError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}

/** What is left of a chunk of the first gradient once a rank has encoded it: 0 as worker, 1 as owner. */
export function recoderOf(
  codec: Codec,
  at: { readonly seed: number; readonly chunk: number },
): (vector: Float32Array, rank: number, phase: number) => Float32Array {
  return (vector, rank, phase) => {
    const out = new Uint8Array(codec.maxBytes(vector.length));
    const random = streamsFor({ ...at, rank, step: 0, bucket: 0, phase });
    return decode(out.slice(0, codec.encodeInto(vector, out, random)));
  };
}
