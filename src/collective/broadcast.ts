/**
 * Binomial-tree broadcast in segments.
 *
 * Ranks are counted from the root. A rank other than the root receives from the rank without its
 * lowest set bit, and passes on to the ranks with one lower bit set, farthest first. Segments follow
 * each other down the tree, so a long vector keeps all levels busy.
 *
 * Cost (P ranks, n bytes): ⌈log₂ P⌉ steps; a rank sends n bytes to each of its at most ⌈log₂ P⌉
 * children, all ranks together (P − 1) n.
 */
import type { Channel } from './channel.ts';
import { segmentsOf } from './chunks.ts';

/** Receives posted ahead. */
const WINDOW = 4;

function parentAndChildren(index: number, size: number): { parent: number; children: number[] } {
  let bit = 1;
  while (bit < size && (index & bit) === 0) bit *= 2;
  const children: number[] = [];
  for (let lower = bit / 2; lower >= 1; lower /= 2)
    if (index + lower < size) children.push(index + lower);
  return { parent: index - bit, children };
}

/** `bytes` of the root are copied into `bytes` of all ranks. */
export async function broadcast(channel: Channel, bytes: Uint8Array, root: number): Promise<void> {
  const { rank, size } = channel;
  const index = (rank - root + size) % size;
  const { parent, children } = parentAndChildren(index, size);
  const rankOf = (position: number): number => (position + root) % size;
  const segments = segmentsOf({ start: 0, end: bytes.length }, channel.segmentBytes).map(
    ({ start, end }) => bytes.subarray(start, end),
  );
  const receiveSegment = (i: number): Promise<void> | undefined =>
    index === 0 || i >= segments.length
      ? undefined
      : channel.receive(rankOf(parent), 0, segments[i]!);

  const pending = Array.from({ length: WINDOW }, (_, i) => receiveSegment(i));
  for (let i = 0; i < segments.length; i++) {
    await pending[i % WINDOW];
    pending[i % WINDOW] = receiveSegment(i + WINDOW);
    for (const child of children) void channel.send(rankOf(child), 0, segments[i]!);
  }
}
