/**
 * Gather and scatter without detours: every part is one message between its rank and the root. For long
 * parts, which trees would copy and send several times, and for parts of different lengths, which the
 * other side need not know.
 *
 * Cost (P ranks): P − 1 messages and the bytes of all parts but the root's, once; all at the root's
 * link.
 */
import type { Channel } from './channel.ts';

function othersOf({ size }: Channel, root: number): number[] {
  return Array.from({ length: size }, (_, rank) => rank).filter((rank) => rank !== root);
}

/** @param into of the root: P parts of the same length in rank order */
export async function linearGather(
  channel: Channel,
  part: Uint8Array,
  root: number,
  into: Uint8Array | undefined,
): Promise<void> {
  const { length } = part;
  if (length === 0) return;
  if (channel.rank !== root) return channel.send(root, 0, part);
  into!.set(part, root * length);
  await Promise.all(
    othersOf(channel, root).map((rank) =>
      channel.receive(rank, 0, into!.subarray(rank * length, (rank + 1) * length)),
    ),
  );
}

/** @param from of the root: P parts of the same length in rank order; its own is left to the caller */
export async function linearScatter(
  channel: Channel,
  part: Uint8Array,
  root: number,
  from: Uint8Array | undefined,
): Promise<void> {
  const { length } = part;
  if (length === 0) return;
  if (channel.rank !== root) return channel.receive(root, 0, part);
  for (const rank of othersOf(channel, root))
    void channel.send(rank, 0, from!.subarray(rank * length, (rank + 1) * length));
}

/** Parts of any lengths: `buffer(source, bytes)` gives the root the buffers, `arrived` hears of each part. */
export async function gatherBytes(
  channel: Channel,
  part: Uint8Array,
  root: number,
  buffer: (source: number, length: number) => Uint8Array,
  arrived: (source: number) => void,
): Promise<void> {
  if (channel.rank !== root) return channel.sendAny(root, 0, part);
  arrived(root);
  await Promise.all(
    othersOf(channel, root).map(async (source) => {
      await channel.receiveAny(source, 0, (length) => buffer(source, length));
      arrived(source);
    }),
  );
}

/** The root sends `chunkFor(rank)` to each other rank, which receives any length. */
export function sendChunks(channel: Channel, chunkFor: (rank: number) => Uint8Array): void {
  for (const rank of othersOf(channel, channel.rank)) void channel.sendAny(rank, 0, chunkFor(rank));
}
