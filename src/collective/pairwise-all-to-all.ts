/**
 * All-to-all of chunks of one length, each straight to its receiver: in round s rank r sends to r + s
 * and receives from r − s (modulo P), so that no receiver is everybody's first.
 *
 * Cost (P ranks, chunks of m bytes): P − 1 messages and (P − 1) m bytes sent a rank, all of them at
 * once. Scratch: none.
 */
import type { Channel } from './channel.ts';

/** @param chunks P chunks in the order of their receivers @param into P chunks in that of their senders */
export async function pairwiseAllToAll(
  channel: Channel,
  chunks: Uint8Array,
  into: Uint8Array,
): Promise<void> {
  const { rank, size } = channel;
  const length = chunks.length / size;
  if (length === 0) return;
  const at = (bytes: Uint8Array, index: number): Uint8Array =>
    bytes.subarray(index * length, (index + 1) * length);
  into.set(at(chunks, rank), rank * length);
  const arrivals: Promise<void>[] = [];
  for (let round = 1; round < size; round++) {
    const source = (rank - round + size) % size;
    arrivals.push(channel.receive(source, 0, at(into, source)));
  }
  for (let round = 1; round < size; round++) {
    const peer = (rank + round) % size;
    void channel.send(peer, 0, at(chunks, peer));
  }
  await Promise.all(arrivals);
}
