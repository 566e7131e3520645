/**
 * All-reduce by recursive halving and doubling (Rabenseifner 2004, "Optimization of collective
 * reduction operations"; Thakur, Rabenseifner and Gropp 2005, section 4).
 *
 * Surplus ranks are folded (`folding.ts`). The vector is cut into G chunks.
 * - Halving, d = G/2, G/4 … 1: number i and number i xor d share a run of 2d chunks; each sends the
 *   half that has the other's number and combines the half that has its own, the lower number's
 *   elements on the left. At the end number i holds chunk i, complete.
 * - Doubling, d = 1, 2 … G/2: the same partners exchange the runs of d chunks they have complete.
 *
 * Each element is combined on one rank and copied, so all ranks hold the same bits.
 *
 * Cost (P ranks, n bytes): 2 log₂ G steps and messages, 2 (G − 1) n / G bytes sent by each of G ranks
 * where G divides the length, 2 (G − 1) n over all of them in any case; folding as there. Empty runs
 * send nothing.
 * Scratch: n / 2 bytes.
 */
import type { Channel } from './channel.ts';
import { chunkRange, type Range } from './chunks.ts';
import { FIRST_STEP_INSIDE, withFolding } from './folding.ts';
import { bytesOf, partOf, viewLike, type NumericArray } from './numeric-array.ts';
import type { Reducer } from './reducer.ts';

export async function halvingAllReduce(
  channel: Channel,
  vector: NumericArray,
  reducer: Reducer,
): Promise<void> {
  if (channel.size === 1 || vector.length === 0) return;
  await withFolding(channel, vector, reducer, async ({ number, count, rankOf }) => {
    /** The run of `distance` chunks that `of` ends its halving with. */
    const runOf = (of: number, distance: number): Range => {
      const first = of & ~(distance - 1);
      const { start } = chunkRange(vector.length, count, first);
      return { start, end: chunkRange(vector.length, count, first + distance - 1).end };
    };
    let step = FIRST_STEP_INSIDE;
    for (let distance = count / 2; distance >= 1; distance /= 2, step++) {
      const partner = number ^ distance;
      const own = runOf(number, distance);
      const theirs = runOf(partner, distance);
      await halve(channel, vector, reducer, {
        peer: rankOf(partner),
        step,
        own,
        theirs,
        isLower: number < partner,
      });
    }
    for (let distance = 1; distance < count; distance *= 2, step++) {
      const partner = number ^ distance;
      const received = receive(channel, rankOf(partner), step, vector, runOf(partner, distance));
      await Promise.all([
        received,
        send(channel, rankOf(partner), step, vector, runOf(number, distance)),
      ]);
    }
  });
}

interface Halving {
  readonly peer: number;
  readonly step: number;
  /** The half this rank keeps, and the one it gives away. */
  readonly own: Range;
  readonly theirs: Range;
  readonly isLower: boolean;
}

async function halve(
  channel: Channel,
  vector: NumericArray,
  reducer: Reducer,
  { peer, step, own, theirs, isLower }: Halving,
): Promise<void> {
  const mine = partOf(vector, own.start, own.end);
  const scratch = channel.scratch.take(mine.byteLength);
  const incoming = viewLike(vector, scratch, mine.length);
  await Promise.all([
    receive(channel, peer, step, incoming, { start: 0, end: mine.length }),
    send(channel, peer, step, vector, theirs),
  ]);
  if (isLower) reducer.combine(mine, mine, incoming);
  else reducer.combine(mine, incoming, mine);
  channel.scratch.give(scratch);
}

async function send(
  channel: Channel,
  peer: number,
  step: number,
  vector: NumericArray,
  { start, end }: Range,
): Promise<void> {
  if (end > start) await channel.send(peer, step, bytesOf(partOf(vector, start, end)));
}

async function receive(
  channel: Channel,
  peer: number,
  step: number,
  vector: NumericArray,
  { start, end }: Range,
): Promise<void> {
  if (end > start) await channel.receive(peer, step, bytesOf(partOf(vector, start, end)));
}
