/**
 * Reduce of long vectors: a ring reduce-scatter, then every rank sends its chunk to the root (Thakur,
 * Rabenseifner and Gropp 2005, section 4, with a ring in place of recursive halving).
 *
 * Only the root's vector changes. The elements are combined as in a ring all-reduce, to the same bits.
 *
 * Cost (P ranks, n bytes): P − 1 steps round the ring, then P − 1 messages that meet at the root. The
 * root sends n bytes less its chunk, every other rank n.
 * Scratch: n bytes in every rank but the root.
 */
import type { Channel } from './channel.ts';
import { chunkRange } from './chunks.ts';
import { bytesOf, copyInto, partOf, viewLike, type NumericArray } from './numeric-array.ts';
import type { Reducer } from './reducer.ts';
import { ringReduceScatter } from './ring.ts';

export async function ringReduce(
  channel: Channel,
  vector: NumericArray,
  root: number,
  reducer: Reducer,
): Promise<void> {
  const { rank, size } = channel;
  const chunkOf = (array: NumericArray, owner: number): Uint8Array => {
    const { start, end } = chunkRange(array.length, size, owner);
    return bytesOf(partOf(array, start, end));
  };
  /** Behind the steps of the ring. */
  const step = size;
  if (rank !== root) {
    const scratch = channel.scratch.take(vector.byteLength);
    const copy = viewLike(vector, scratch, vector.length);
    copyInto(copy, vector, 0);
    await ringReduceScatter(channel, copy, reducer);
    const own = chunkOf(copy, rank);
    if (own.length > 0) void channel.send(root, step, own);
    await channel.flush();
    channel.scratch.give(scratch);
    return;
  }
  await ringReduceScatter(channel, vector, reducer);
  // The chunks that come next replace partial results, which must have left.
  await channel.flush();
  const others = Array.from({ length: size }, (_, owner) => owner).filter((o) => o !== root);
  await Promise.all(
    others.map(async (owner) => {
      const chunk = chunkOf(vector, owner);
      if (chunk.length > 0) await channel.receive(owner, step, chunk);
    }),
  );
}
