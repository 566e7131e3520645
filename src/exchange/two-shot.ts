/**
 * Two-shot exchange of dense payloads (scatter-reduce, then all-gather, as in CGX, Markov et al. 2022,
 * arXiv 2111.08617).
 *
 * The unit is cut into P chunks at multiples of the codec's block; rank c owns chunk c.
 *   1. every rank encodes each chunk but its own and sends it to its owner;
 *   2. the owner adds what these decode to, in rank order, to its own part, which need not travel and so
 *      is not rounded, and encodes the mean once;
 *   3. every rank, the owner too, decodes the owner's payload (chunked.ts).
 *
 * For an ω-codec and independent gradients the error of the mean is about ω (2P − 1)/P², whatever P;
 * requantising at every hop of a ring (hop-wise.ts) does not profit from more ranks.
 *
 * Cost (P ranks, payload of m bytes for the whole unit): 2 steps, about 2 (P − 1) m / P bytes a rank.
 */
import { kernels } from '../../codecs/kernels/index.ts';
import { bounded } from './buffers.ts';
import { ChunkedExchange, TO_OWNER, type Reduction, type Round } from './chunked.ts';
import { Arrivals, timed } from './meter.ts';
import type { UnitContext } from './unit.ts';

/** Two-shot state of one unit on one rank. */
export class TwoShot extends ChunkedExchange {
  protected readonly name = 'two-shot';
  /** By source: payloads of the owned chunk. */
  readonly #contributions: readonly Uint8Array[];

  constructor(context: UnitContext) {
    super(context);
    const { rank, size } = context.communicator;
    this.#contributions = Array.from({ length: size }, (_, source) =>
      this.roomFor(rank, source !== rank),
    );
  }

  protected reduce(round: Round): Reduction {
    const taken: Promise<void>[] = [];
    const contributions = this.#collect(round, taken);
    return { taken, mean: this.#add(contributions, round) };
  }

  /**
   * Step 1: chunks to their owners, each when its turn has come; the others' payloads of the owned one, in
   * rank order.
   */
  #collect(round: Round, taken: Promise<void>[]): Promise<Uint8Array>[] {
    const { channel, counts } = round;
    const { rank, size } = channel;
    const arrivals = new Arrivals(counts);
    const payloads = new Array<Promise<Uint8Array>>(size);
    for (let distance = 1; distance < size; distance++) {
      const source = (rank - distance + size) % size;
      payloads[source] = arrivals.watch(
        channel.receiveAny(source, TO_OWNER, bounded(this.#contributions[source]!, source)),
      );
      const owner = (rank + distance) % size;
      taken[owner] = this.context.turns.take(() => {
        void channel.sendAny(owner, TO_OWNER, this.encodePart(owner, round));
      });
    }
    return payloads.flat();
  }

  /**
   * Step 2: the mean of the owned chunk, in its place in the gradient: all in one go, while the chunk is in
   * the cache. What is not finite stays so, and the encoder refuses it.
   */
  async #add(
    arrivals: readonly Promise<Uint8Array>[],
    { channel, gradient, counts }: Round,
  ): Promise<void> {
    const { rank, size } = channel;
    const { codec } = this.context.unit;
    const mean = this.partOf(gradient, rank);
    const payloads = await Promise.all(arrivals);
    timed(counts, 'decode', () => {
      kernels.divide(mean, size);
      for (const payload of payloads) codec.decodeAdd(payload, mean, 1 / size);
    });
  }
}
