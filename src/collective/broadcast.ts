/**
 * Broadcast in segments down a tree: a rank receives each segment from its parent and passes it on to
 * its children, farthest first. Segments follow each other, so a long vector keeps all levels busy.
 *
 * - binomial: for short vectors. ⌈log₂ P⌉ steps; a rank sends n bytes to each of its at most ⌈log₂ P⌉
 *   children.
 * - pipeline: a chain in rank order from the root, for long vectors. P − 2 + S steps for S segments;
 *   every rank but the last sends n bytes once, so no link carries them twice.
 *
 * Cost (P ranks, n bytes): all ranks together send (P − 1) n bytes, in S messages a child. Scratch:
 * none.
 */
import type { Channel } from './channel.ts';
import { segmentsOf } from './chunks.ts';
import type { TreePlace } from './tree.ts';

/** Receives posted ahead. */
const WINDOW = 4;

/** `bytes` of the root are copied into `bytes` of all ranks. */
export async function broadcast(
  channel: Channel,
  bytes: Uint8Array,
  place: TreePlace,
  segmentBytes: number,
): Promise<void> {
  const segments = segmentsOf({ start: 0, end: bytes.length }, segmentBytes).map(({ start, end }) =>
    bytes.subarray(start, end),
  );
  const children = place.children.map(place.rankAt).toReversed();
  const receiveSegment = (i: number): Promise<void> | undefined =>
    place.parent < 0 || i >= segments.length
      ? undefined
      : channel.receive(place.rankAt(place.parent), 0, segments[i]!);

  const pending = Array.from({ length: WINDOW }, (_, i) => receiveSegment(i));
  for (let i = 0; i < segments.length; i++) {
    await pending[i % WINDOW];
    pending[i % WINDOW] = receiveSegment(i + WINDOW);
    for (const child of children) void channel.send(child, 0, segments[i]!);
  }
}
