/**
 * How algorithms for powers of two run on any number of ranks (Thakur, Rabenseifner and Gropp 2005,
 * "Optimization of collective communication operations in MPICH", section 4).
 *
 * Let G be the largest power of two ≤ P and r = P − G.
 *   fold:    of the first 2r ranks each even one hands its vector to the odd one above it and waits;
 *   inside:  the G ranks left are numbered anew, 0 to G − 1, in the order of their ranks;
 *   unfold:  the odd ranks hand the result back.
 *
 * Cost (n bytes), where G < P: two steps; n bytes sent by each folded rank and by each partner of one.
 * Scratch: n bytes at the partners.
 */
import type { Channel } from './channel.ts';
import { bytesOf, viewLike, type NumericArray } from './numeric-array.ts';
import type { Reducer } from './reducer.ts';

const FOLD_STEP = 0;
const UNFOLD_STEP = 1;
/** Steps from here on are free for what runs inside. */
export const FIRST_STEP_INSIDE = 2;

/** One of G ranks, a power of two. */
interface Inside {
  readonly number: number;
  /** G. */
  readonly count: number;
  /** The rank of a number. */
  readonly rankOf: (number: number) => number;
}

/** Runs `inside`, which replaces `vector` by the reduction over the G ranks left, where this rank is one. */
export async function withFolding(
  channel: Channel,
  vector: NumericArray,
  reducer: Reducer,
  inside: (place: Inside) => Promise<void>,
): Promise<void> {
  const { rank, size } = channel;
  const count = 2 ** Math.floor(Math.log2(size));
  const folded = size - count;
  const rankOf = (other: number): number => (other < folded ? 2 * other + 1 : other + folded);
  const bytes = bytesOf(vector);
  if (rank >= 2 * folded) return inside({ number: rank - folded, count, rankOf });
  if (rank % 2 === 0) {
    await channel.send(rank + 1, FOLD_STEP, bytes);
    return channel.receive(rank + 1, UNFOLD_STEP, bytes);
  }
  const scratch = channel.scratch.take(bytes.length);
  await channel.receive(rank - 1, FOLD_STEP, scratch.subarray(0, bytes.length));
  reducer.combine(vector, viewLike(vector, scratch, vector.length), vector);
  channel.scratch.give(scratch);
  await inside({ number: (rank - 1) / 2, count, rankOf });
  void channel.send(rank - 1, UNFOLD_STEP, bytes);
}
