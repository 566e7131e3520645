/**
 * All-to-all and all-gather of opaque byte strings of any length: the raw material of compressed
 * exchanges. Every message goes straight to its receiver; in round s rank r sends to r + s and receives
 * from r − s (modulo P), so that no receiver is everybody's first.
 *
 * Cost: one step in latency, P − 1 messages a rank; all-gather of m bytes: (P − 1) m bytes sent a
 * rank; all-to-all: the bytes of the chunks for others.
 */
import type { Channel } from './channel.ts';

/** Returns at least `length` bytes for what comes from `source`. */
export type ReceiveBuffer = (source: number, length: number) => Uint8Array;

/** Called for every message as soon as it is there, in the order of arrival. */
export type ReceiveListener = (source: number, bytes: Uint8Array) => void;

/** `chunkFor(peer)` goes to each peer; returns what came from each rank, the own chunk uncopied. */
export async function allToAllBytes(
  channel: Channel,
  chunkFor: (peer: number) => Uint8Array,
  buffer: ReceiveBuffer,
  listener?: ReceiveListener,
): Promise<Uint8Array[]> {
  const { rank, size } = channel;
  const received = new Array<Uint8Array>(size);
  const receiveFrom = async (source: number): Promise<void> => {
    const bytes = await channel.receiveAny(source, 0, (length) => buffer(source, length));
    received[source] = bytes;
    listener?.(source, bytes);
  };
  for (let round = 1; round < size; round++) {
    const peer = (rank + round) % size;
    void channel.sendAny(peer, 0, chunkFor(peer));
  }
  received[rank] = chunkFor(rank);
  listener?.(rank, received[rank]);
  const rounds = Array.from({ length: size - 1 }, (_, i) => i + 1);
  await Promise.all(rounds.map((round) => receiveFrom((rank - round + size) % size)));
  return received;
}
