/**
 * Hop-wise exchange: a ring whose partial sums are encoded anew at every hop. It sends the bytes of
 * two-shot, and is here to be compared with it: a payload has been through up to P − 1 encodings, one
 * after the other, before the mean is encoded.
 *
 * The unit is cut into P chunks at multiples of the codec's block; rank c owns chunk c, and its sum is
 * made on the way from rank c + 1 around the ring to it.
 *   1. rank c + 1 encodes its part and sends it to the right;
 *   2. every further rank adds its own part to what arrives, and sends that, encoded, to the right;
 *   3. the owner adds the last part, and encodes the mean once for all (chunked.ts).
 *
 * Error of the sum before step 3, ω-codec with exact ω (rand-k), s_j the squared norm of a sum of j
 * gradients: Σ over j = 1 … P − 1 of ω s_j (1 + ω)^(P − 1 − j), which grows with ω as a power of P.
 * Lattices like QSGD's are kinder, and still end far from two-shot: measured in test/exchange/hop-wise.test.ts.
 *
 * Cost (P ranks, payload of m bytes for the whole unit): P steps, about 2 (P − 1) m / P bytes a rank, and
 * P − 1 encodings that wait for each other.
 */
import { kernels } from '../../codecs/kernels/index.ts';
import { bounded } from './buffers.ts';
import { ChunkedExchange, NEXT_STEP, type Reduction, type Round } from './chunked.ts';
import { Arrivals, timed } from './meter.ts';
import type { UnitContext } from './unit.ts';

/** Hop-wise state of one unit on one rank. */
export class HopWise extends ChunkedExchange {
  protected readonly name = 'hop-wise';
  /** By hop: what arrives from the left. */
  readonly #arriving: readonly Uint8Array[];

  constructor(context: UnitContext) {
    super(context);
    const { size } = context.communicator;
    this.#arriving = Array.from({ length: size - 1 }, (_, hop) => this.roomFor(this.#chunkAt(hop)));
  }

  /** What arrives in a hop; of the last one, this rank's own. */
  #chunkAt(hop: number): number {
    const { rank, size } = this.context.communicator;
    return (rank - 2 - hop + 2 * size) % size;
  }

  protected reduce(round: Round): Reduction {
    const { channel, gradient, counts } = round;
    const { rank, size } = channel;
    if (size === 1) return { taken: [], mean: Promise.resolve() };
    const left = (rank - 1 + size) % size;
    const first = (rank - 1 + size) % size;
    const arrivals = new Arrivals(counts);
    const taken: Promise<void>[] = [];
    taken[first] = this.#sendOn(round, first, 0);
    let mean = Promise.resolve();
    for (const [hop, buffer] of this.#arriving.entries()) {
      const chunk = this.#chunkAt(hop);
      const added = arrivals
        .watch(channel.receiveAny(left, NEXT_STEP + hop, bounded(buffer, left)))
        .then((payload) => {
          const part = this.partOf(gradient, chunk);
          timed(counts, 'decode', () => {
            this.context.unit.codec.decodeAdd(payload, part);
            if (chunk === rank) kernels.divide(part, size);
          });
        });
      if (chunk === rank) mean = added;
      else taken[chunk] = added.then(() => this.#sendOn(round, chunk, hop + 1));
    }
    return { taken, mean };
  }

  /** Encodes the sum so far of a chunk, when its turn has come, and sends it to the right. */
  #sendOn(round: Round, chunk: number, hop: number): Promise<void> {
    const { channel } = round;
    return this.context.turns.take(() => {
      const right = (channel.rank + 1) % channel.size;
      void channel.sendAny(right, NEXT_STEP + hop, this.encodePart(chunk, round));
    });
  }
}
