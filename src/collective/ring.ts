/**
 * Ring algorithms: reduce-scatter, all-gather, and all-reduce as one after the other (Patarasuk and
 * Yuan 2009, "Bandwidth optimal all-reduce algorithms for clusters of workstations").
 *
 * A vector is cut into P chunks, one a rank (as even as possible, or by given counts), and chunks into
 * segments. Each rank only receives from its left neighbour (rank − 1) and sends to its right one (rank
 * + 1). In step s it receives chunk (first − 1 − s) mod P, segment by segment, and sends each segment
 * on in step s + 1 as soon as it is there; step 0 starts with this rank's chunk `first`.
 * - reduce-scatter, first = rank − 1, P − 1 steps: what arrives is combined with the own elements. The
 *   chunk of the last step is chunk `rank`, complete.
 * - all-gather, first = rank, P − 1 steps: what arrives is complete and stored in place.
 * - all-reduce, first = rank − 1, 2 (P − 1) steps: the first P − 1 combine, the others store. The
 *   chunk completed in step P − 2 is just the one to send on in step P − 1, so both phases overlap.
 *
 * Chunk c is combined as ((x₍c+1₎ ∘ x₍c+2₎) ∘ …) ∘ x₍c₎, on one rank each time, then copied: all ranks
 * hold the same bits.
 *
 * In place: an element is stored in the second phase only after the right neighbour has received
 * this rank's partial result for it, since the complete value is made from that.
 *
 * Cost (P ranks, n bytes): all-reduce 2 (P − 1) steps; a rank sends 2 n bytes less the chunks `rank`
 * and `rank` + 1, which is 2 (P − 1) n / P where P divides the length. Reduce-scatter P − 1 steps and n
 * bytes less chunk `rank`; all-gather P − 1 steps and n bytes less chunk `rank` + 1. A message a step
 * and segment, none for empty chunks. Scratch: `WINDOW` segments.
 */
import type { Channel } from './channel.ts';
import { evenChunks, segmentsOf, type Chunks, type Range } from './chunks.ts';
import { bytesOf, viewLike, type NumericArray } from './numeric-array.ts';
import type { Reducer } from './reducer.ts';

/** Segments a rank is ready to receive ahead of the one it works on. */
const WINDOW = 4;

interface Plan {
  /** Chunk this rank starts with. */
  readonly first: number;
  readonly steps: number;
  /** In the first so many steps arriving elements are combined, then stored. */
  readonly reducing: number;
  readonly chunks: Chunks;
}

interface Arrival extends Range {
  readonly step: number;
}

interface Pending {
  readonly scratch: Uint8Array | undefined;
  readonly done: Promise<void>;
}

/** After it, chunk `rank` of `vector` is complete on each rank; the other chunks are used up. */
export function ringReduceScatter(
  channel: Channel,
  vector: NumericArray,
  reducer: Reducer,
  chunks: Chunks = evenChunks(vector.length, channel.size),
): Promise<void> {
  const { rank, size } = channel;
  const plan = { first: rank - 1, steps: size - 1, reducing: size - 1, chunks };
  return ring(channel, vector, plan, reducer);
}

/** Chunk `rank` of `vector` is complete on each rank before, all chunks are after. */
export function ringAllGather(channel: Channel, vector: NumericArray): Promise<void> {
  const { rank, size } = channel;
  const chunks = evenChunks(vector.length, size);
  return ring(channel, vector, { first: rank, steps: size - 1, reducing: 0, chunks });
}

export function ringAllReduce(
  channel: Channel,
  vector: NumericArray,
  reducer: Reducer,
): Promise<void> {
  const { rank, size } = channel;
  const chunks = evenChunks(vector.length, size);
  const plan = { first: rank - 1, steps: 2 * (size - 1), reducing: size - 1, chunks };
  return ring(channel, vector, plan, reducer);
}

async function ring(
  channel: Channel,
  vector: NumericArray,
  plan: Plan,
  reducer?: Reducer,
): Promise<void> {
  const { rank, size } = channel;
  if (size === 1) return;
  const right = (rank + 1) % size;
  const left = (rank - 1 + size) % size;
  const bytes = bytesOf(vector);
  const width = vector.BYTES_PER_ELEMENT;
  const view = ({ start, end }: Range): Uint8Array => bytes.subarray(start * width, end * width);
  const segmentsOfChunk = (index: number): Range[] =>
    segmentsOf(
      plan.chunks((index + 2 * size) % size),
      Math.max(1, Math.floor(channel.segmentBytes / width)),
    );

  const arrivals: Arrival[] = [];
  for (let step = 0; step < plan.steps; step++)
    for (const segment of segmentsOfChunk((plan.first - 1 - step) % size))
      arrivals.push({ step, ...segment });

  const expect = (arrival: Arrival | undefined): Pending | undefined => {
    if (arrival === undefined) return undefined;
    const into = view(arrival);
    const scratch = arrival.step < plan.reducing ? channel.scratch.take(into.length) : undefined;
    const target = scratch === undefined ? into : scratch.subarray(0, into.length);
    return { scratch, done: channel.receive(left, arrival.step, target) };
  };

  const pending = Array.from({ length: WINDOW }, (_, i) => expect(arrivals[i]));
  for (const segment of segmentsOfChunk(plan.first)) void channel.send(right, 0, view(segment));
  for (let i = 0; i < arrivals.length; i++) {
    const arrival = arrivals[i]!;
    const { scratch, done } = pending[i % WINDOW]!;
    await done;
    if (scratch !== undefined) {
      const own = vector.subarray(arrival.start, arrival.end);
      reducer!.combine(own, viewLike(vector, scratch, own.length), own);
      channel.scratch.give(scratch);
    }
    pending[i % WINDOW] = expect(arrivals[i + WINDOW]);
    if (arrival.step + 1 < plan.steps) void channel.send(right, arrival.step + 1, view(arrival));
  }
}
