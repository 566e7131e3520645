/**
 * Recursive-doubling all-reduce, with folding where P is no power of two (Thakur, Rabenseifner and
 * Gropp 2005, "Optimization of collective communication operations in MPICH", section 4).
 *
 * Surplus ranks are folded (`folding.ts`). Of the G left, for d = 1, 2, 4 … < G, number i and number i
 * xor d exchange their whole vectors and both combine them, the lower number's on the left.
 *
 * Both partners compute the same expression, so all ranks hold the same bits.
 *
 * Cost (P ranks, n bytes): log₂ G steps, log₂ G messages and n log₂ G bytes sent by each of G ranks;
 * where G < P two steps more, n bytes sent by a folded rank and n more by its partner: n (G log₂ G + 2
 * (P − G)) over all ranks.
 * Scratch: n bytes.
 */
import type { Channel } from './channel.ts';
import { FIRST_STEP_INSIDE, withFolding } from './folding.ts';
import { bytesOf, viewLike, type NumericArray } from './numeric-array.ts';
import { unifyNaN, type Reducer } from './reducer.ts';

export async function doublingAllReduce(
  channel: Channel,
  vector: NumericArray,
  reducer: Reducer,
): Promise<void> {
  if (channel.size === 1 || vector.length === 0) return;
  const bytes = bytesOf(vector);
  await withFolding(channel, vector, reducer, async ({ number, count, rankOf }) => {
    const scratch = channel.scratch.take(bytes.length);
    const incoming = scratch.subarray(0, bytes.length);
    const theirs = viewLike(vector, scratch, vector.length);
    let step = FIRST_STEP_INSIDE;
    for (let distance = 1; distance < count; distance *= 2, step++) {
      const partner = number ^ distance;
      const received = channel.receive(rankOf(partner), step, incoming);
      // The own vector changes next, so it must have left.
      await channel.send(rankOf(partner), step, bytes);
      await received;
      if (partner < number) reducer.combine(vector, theirs, vector);
      else reducer.combine(vector, vector, theirs);
    }
    channel.scratch.give(scratch);
    unifyNaN(vector);
  });
}
