/**
 * Binomial-tree gather (Thakur, Rabenseifner and Gropp 2005, section 4): every rank collects the parts
 * of its subtree, which are a run of positions, and sends them to its parent as one message.
 *
 * Cost (P ranks, parts of m bytes): ⌈log₂ P⌉ steps; every rank but the root sends one message of m
 * bytes for each rank of its subtree; the root receives (P − 1) m. Scratch: the parts of the subtree.
 */
import type { Channel } from './channel.ts';
import { binomialPlace, childSubtree } from './tree.ts';

/** @param into of the root: P parts in rank order */
export async function binomialGather(
  channel: Channel,
  part: Uint8Array,
  root: number,
  into: Uint8Array | undefined,
): Promise<void> {
  const { length } = part;
  if (length === 0) return;
  const { position, parent, children, subtree, rankAt } = binomialPlace(
    channel.rank,
    channel.size,
    root,
  );
  const scratch = channel.scratch.take(subtree * length);
  scratch.set(part);
  const arrivals = children.map((child) => {
    const start = (child - position) * length;
    const end = start + childSubtree(position, child, channel.size) * length;
    return channel.receive(rankAt(child), 0, scratch.subarray(start, end));
  });
  await Promise.all(arrivals);
  if (parent >= 0) await channel.send(rankAt(parent), 0, scratch.subarray(0, subtree * length));
  else
    for (let i = 0; i < subtree; i++)
      into!.set(scratch.subarray(i * length, (i + 1) * length), rankAt(i) * length);
  channel.scratch.give(scratch);
}
