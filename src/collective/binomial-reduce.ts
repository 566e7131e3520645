/**
 * Binomial-tree reduce (Thakur, Rabenseifner and Gropp 2005, section 4). Every rank combines what its
 * children send with its own vector, nearest child first, and sends the result to its parent. A subtree
 * is a run of positions counted from the root, and its vectors are combined in that order.
 *
 * Only the root's vector changes.
 *
 * Cost (P ranks, n bytes): ⌈log₂ P⌉ steps; every rank but the root sends one message of n bytes, (P −
 * 1) n together.
 * Scratch: 2 n bytes in ranks that have children, n at the root.
 */
import type { Channel } from './channel.ts';
import { bytesOf, copyInto, viewLike, type NumericArray } from './numeric-array.ts';
import type { Reducer } from './reducer.ts';
import { binomialPlace } from './tree.ts';

export async function binomialReduce(
  channel: Channel,
  vector: NumericArray,
  root: number,
  reducer: Reducer,
): Promise<void> {
  if (vector.length === 0) return;
  const { parent, children, rankAt } = binomialPlace(channel.rank, channel.size, root);
  // A leaf has nothing to combine.
  if (children.length === 0 && parent >= 0) return channel.send(rankAt(parent), 0, bytesOf(vector));
  const room = channel.scratch.take(vector.byteLength);
  const partial = channel.scratch.take(parent < 0 ? 0 : vector.byteLength);
  const theirs = viewLike(vector, room, vector.length);
  const sum = parent < 0 ? vector : viewLike(vector, partial, vector.length);
  if (parent >= 0) copyInto(sum, vector, 0);
  for (const child of children) {
    await channel.receive(rankAt(child), 0, bytesOf(theirs));
    reducer.combine(sum, sum, theirs);
  }
  if (parent >= 0) await channel.send(rankAt(parent), 0, bytesOf(sum));
  channel.scratch.give(room);
  channel.scratch.give(partial);
}
