/**
 * Recursive-doubling all-reduce, with folding where P is no power of two (Thakur, Rabenseifner and Gropp
 * 2005, "Optimization of collective communication operations in MPICH", section 4).
 *
 * Let G be the largest power of two ≤ P and r = P − G.
 *   fold:    of the first 2r ranks each even one hands its vector to the odd one above it and waits;
 *   double:  the G ranks left are numbered anew; for d = 1, 2, 4 … < G, number i and number i xor d
 *            exchange their whole vectors and both combine them, the lower number's on the left;
 *   unfold:  the odd ranks hand the result back.
 *
 * Both partners compute the same expression, so all ranks hold the same bits.
 *
 * Cost (P ranks, n bytes): log₂ G steps and n log₂ G bytes sent a rank; folded ranks send n once, their
 * partners n more. Scratch: n bytes.
 */
import type { Channel } from './channel.ts';
import { bytesOf, viewLike, type NumericArray, type Reducer } from './reducer.ts';

const FOLD_STEP = 0;
const UNFOLD_STEP = 1;
const FIRST_DOUBLING_STEP = 2;

export async function doublingAllReduce(
  channel: Channel,
  vector: NumericArray,
  reducer: Reducer,
): Promise<void> {
  if (channel.size === 1 || vector.length === 0) return;
  const folded = channel.size - largestPowerOfTwo(channel.size);
  const bytes = bytesOf(vector);
  if (channel.rank < 2 * folded && channel.rank % 2 === 0) {
    await channel.send(channel.rank + 1, FOLD_STEP, bytes);
    await channel.receive(channel.rank + 1, UNFOLD_STEP, bytes);
    return;
  }
  const scratch = channel.scratch.take(bytes.length);
  const incoming = scratch.subarray(0, bytes.length);
  const theirs = viewLike(vector, scratch, vector.length);
  const hasFolded = channel.rank < 2 * folded;
  if (hasFolded) {
    await channel.receive(channel.rank - 1, FOLD_STEP, incoming);
    reducer.combine(vector, theirs, vector);
  }
  const number = hasFolded ? (channel.rank - 1) / 2 : channel.rank - folded;
  const rankOf = (other: number): number => (other < folded ? 2 * other + 1 : other + folded);
  let step = FIRST_DOUBLING_STEP;
  for (let distance = 1; distance < channel.size - folded; distance *= 2, step++) {
    const partner = number ^ distance;
    const received = channel.receive(rankOf(partner), step, incoming);
    // The own vector changes next, so it must have left.
    await channel.send(rankOf(partner), step, bytes);
    await received;
    if (partner < number) reducer.combine(vector, theirs, vector);
    else reducer.combine(vector, vector, theirs);
  }
  channel.scratch.give(scratch);
  if (hasFolded) void channel.send(channel.rank - 1, UNFOLD_STEP, bytes);
}

function largestPowerOfTwo(atMost: number): number {
  return 2 ** Math.floor(Math.log2(atMost));
}
