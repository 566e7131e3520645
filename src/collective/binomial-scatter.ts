/**
 * Binomial-tree scatter (Thakur, Rabenseifner and Gropp 2005, section 4): a rank receives the parts
 * of its subtree as one message, keeps the first and passes on to each child the parts of that child's,
 * farthest first.
 *
 * Cost (P ranks, parts of m bytes): ⌈log₂ P⌉ steps, P − 1 messages; the root sends (P − 1) m bytes, any
 * other rank m for each rank below it. Scratch: the parts of the subtree, in ranks that have children.
 */
import type { Channel } from './channel.ts';
import { binomialPlace, childSubtree } from './tree.ts';

/** @param from of the root: P parts in rank order; its own is left to the caller */
export async function binomialScatter(
  channel: Channel,
  part: Uint8Array,
  root: number,
  from: Uint8Array | undefined,
): Promise<void> {
  const { length } = part;
  if (length === 0) return;
  const { position, parent, children, subtree, rankAt } = binomialPlace(
    channel.rank,
    channel.size,
    root,
  );
  if (parent >= 0 && children.length === 0) return channel.receive(rankAt(parent), 0, part);
  const scratch = channel.scratch.take(subtree * length);
  if (parent >= 0) {
    await channel.receive(rankAt(parent), 0, scratch.subarray(0, subtree * length));
    part.set(scratch.subarray(0, length));
  } else
    for (let i = 1; i < subtree; i++)
      scratch.set(from!.subarray(rankAt(i) * length, (rankAt(i) + 1) * length), i * length);
  for (const child of children.toReversed()) {
    const start = (child - position) * length;
    const end = start + childSubtree(position, child, channel.size) * length;
    void channel.send(rankAt(child), 0, scratch.subarray(start, end));
  }
  await channel.flush();
  channel.scratch.give(scratch);
}
