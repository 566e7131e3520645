/**
 * All-to-all and all-gather of opaque byte strings of any length: the raw material of compressed
 * exchanges. Every message goes straight to its receiver; in round s rank r sends to r + s and receives
 * from r − s (modulo P), so that no receiver is everybody's first.
 *
 * Cost: one step in latency, P − 1 messages a rank; all-gather of m bytes: (P − 1) m bytes sent a
 * rank; all-to-all: the bytes of the chunks for others.
 */
import type { Channel } from './channel.ts';

/** `chunkFor(peer)` goes to each peer; `buffer(source, bytes)` gives the place for what comes from one. */
export async function allToAllBytes(
  channel: Channel,
  chunkFor: (peer: number) => Uint8Array,
  buffer: (source: number, length: number) => Uint8Array,
  arrived: (source: number) => void,
): Promise<void> {
  const { rank, size } = channel;
  const receiveFrom = async (source: number): Promise<void> => {
    await channel.receiveAny(source, 0, (length) => buffer(source, length));
    arrived(source);
  };
  for (let round = 1; round < size; round++) {
    const peer = (rank + round) % size;
    void channel.sendAny(peer, 0, chunkFor(peer));
  }
  arrived(rank);
  const rounds = Array.from({ length: size - 1 }, (_, i) => i + 1);
  await Promise.all(rounds.map((round) => receiveFrom((rank - round + size) % size)));
}
