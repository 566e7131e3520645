/**
 * All-to-all of Bruck, Ho, Kipnis, Upfal and Weathersbee 1997 (section 3), for short chunks and any
 * number of ranks.
 *
 * Place j of a rank holds what has j ranks to go: at first the chunk for rank + j (modulo P). In step k
 * everything whose distance j has bit k set travels 2ᵏ ranks up, in one message, and takes the same
 * places there. At the end place j holds what came from rank − j.
 *
 * Cost (P ranks, chunks of m bytes): ⌈log₂ P⌉ steps and messages; step k sends m bytes for each j in 1
 * … P − 1 with bit k set, so P/2 log₂ P m bytes a rank where P is a power of two. Scratch: 3 P m bytes.
 */
import type { Channel } from './channel.ts';

/** @param chunks P chunks in the order of their receivers @param into P chunks in that of their senders */
export async function bruckAllToAll(
  channel: Channel,
  chunks: Uint8Array,
  into: Uint8Array,
): Promise<void> {
  const { rank, size } = channel;
  const length = chunks.length / size;
  if (length === 0) return;
  const places = channel.scratch.take(size * length);
  const outgoing = channel.scratch.take(size * length);
  const incoming = channel.scratch.take(size * length);
  const at = (bytes: Uint8Array, index: number): Uint8Array =>
    bytes.subarray(index * length, (index + 1) * length);
  for (let j = 0; j < size; j++) places.set(at(chunks, (rank + j) % size), j * length);
  for (let step = 0, distance = 1; distance < size; step++, distance *= 2) {
    const moving = Array.from({ length: size }, (_, j) => j).filter((j) => (j & distance) !== 0);
    for (const [i, j] of moving.entries()) outgoing.set(at(places, j), i * length);
    const bytes = moving.length * length;
    const received = channel.receive(
      (rank - distance + size) % size,
      step,
      incoming.subarray(0, bytes),
    );
    // Packed anew in the next step, so it must have left.
    await channel.send((rank + distance) % size, step, outgoing.subarray(0, bytes));
    await received;
    for (const [i, j] of moving.entries()) places.set(at(incoming, i), j * length);
  }
  for (let j = 0; j < size; j++) into.set(at(places, j), ((rank - j + size) % size) * length);
  for (const scratch of [places, outgoing, incoming]) channel.scratch.give(scratch);
}
