/**
 * All-gather of Bruck, Ho, Kipnis, Upfal and Weathersbee 1997 ("Efficient algorithms for all-to-all
 * communications in multiport message-passing systems", section 4), for any number of ranks.
 *
 * Every rank lines the parts up starting with its own: place j is for rank + j (modulo P). In step k it
 * has the first d = 2ᵏ; it sends the first min(d, P − d) of them to rank − d and receives as many
 * behind them from rank + d. At the end they are put in rank order.
 *
 * Cost (P ranks, parts of m bytes): ⌈log₂ P⌉ steps and messages, (P − 1) m bytes sent a rank. Scratch:
 * P m bytes.
 */
import type { Channel } from './channel.ts';

/** @param into P parts in rank order */
export async function bruckAllGather(
  channel: Channel,
  part: Uint8Array,
  into: Uint8Array,
): Promise<void> {
  const { rank, size } = channel;
  const { length } = part;
  if (length === 0) return;
  const scratch = channel.scratch.take(size * length);
  scratch.set(part);
  for (let step = 0, distance = 1; distance < size; step++, distance *= 2) {
    const count = Math.min(distance, size - distance);
    void channel.send((rank - distance + size) % size, step, scratch.subarray(0, count * length));
    await channel.receive(
      (rank + distance) % size,
      step,
      scratch.subarray(distance * length, (distance + count) * length),
    );
  }
  const before = (size - rank) * length;
  into.set(scratch.subarray(0, before), rank * length);
  into.set(scratch.subarray(before, size * length));
  await channel.flush();
  channel.scratch.give(scratch);
}
