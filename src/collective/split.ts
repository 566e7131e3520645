/**
 * How ranks divide into groups: every rank says which group it wants (its color) and where in it (its
 * key), and offers a context nobody else gives out. All ranks then work out the same groups; each takes
 * the context its first rank has offered, so no two communicators of a job ever share one, whatever
 * other divisions are under way.
 *
 * Cost: an all-gather (Bruck) of 24 bytes a rank.
 */
import { bruckAllGather } from './bruck-all-gather.ts';
import type { Channel, Group } from './channel.ts';
import { bytesOf } from './numeric-array.ts';

/** What one rank wants. */
export interface Wish {
  /** Groups have one color each; undefined to be in none. */
  readonly color: number | undefined;
  /** Ranks of a group are numbered by key, equal keys in the order they had before. */
  readonly key: number;
  /** The context it offers. */
  readonly context: number;
}

const FIELDS = 3;
const NO_COLOR = -1;

/** @returns the group of this rank, or undefined if it wants to be in none */
export async function split(
  channel: Channel,
  wish: Wish,
  parent: Group,
): Promise<Group | undefined> {
  const { color, key, context } = wish;
  const own = Float64Array.of(color ?? NO_COLOR, key, context);
  const all = new Float64Array(FIELDS * channel.size);
  await bruckAllGather(channel, bytesOf(own), bytesOf(all));
  const members = parent.ranks
    .map((jobRank, rank) => ({
      rank,
      jobRank,
      color: all[FIELDS * rank],
      key: all[FIELDS * rank + 1] ?? 0,
      context: all[FIELDS * rank + 2] ?? 0,
    }))
    .filter((member) => color !== undefined && member.color === color)
    .toSorted((a, b) => a.key - b.key || a.rank - b.rank);
  const [first] = members;
  if (first === undefined) return undefined;
  return {
    context: first.context,
    rank: members.findIndex(({ rank }) => rank === channel.rank),
    ranks: members.map(({ jobRank }) => jobRank),
  };
}
