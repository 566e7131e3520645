/**
 * Two-shot exchange of dense payloads (scatter-reduce, then all-gather, as in CGX, Markov et al. 2022,
 * arXiv 2111.08617).
 *
 * The unit is cut into P chunks at multiples of the codec's block; rank c owns chunk c.
 *   1. every rank encodes each chunk and sends it to its owner;
 *   2. the owner decodes all P in rank order, takes their mean, and encodes that once;
 *   3. every rank, the owner too, decodes the owner's payload.
 *
 * All ranks decode the same bytes in step 3, so they hold the same bits. For an ω-codec and independent
 * gradients the error of the mean is about 2ω/P, whatever P; requantising at every hop of a ring would
 * grow with P. Under `+ef` both ends keep residuals: the worker one per chunk, the owner one for its
 * chunk.
 *
 * Cost (P ranks, payload of m bytes for the whole unit): 2 steps, about 2 (P − 1) m / P bytes a rank.
 */
import { kernels } from '../../codecs/kernels/index.ts';
import type { Communicator, OperationOptions } from '../collective/communicator.ts';
import type { Channel } from '../collective/channel.ts';
import { bounded } from './buffers.ts';
import { cutAtBlocks } from './cut.ts';
import { Encoder } from './encoder.ts';
import { Arrivals, timed, type ExchangeCounts } from './meter.ts';
import type { Residual, UnitContext, UnitExchange } from './unit.ts';

const TO_OWNER = 0;
const FROM_OWNER = 1;
const WORKER_PHASE = 0;
const OWNER_PHASE = 1;

/** Two-shot state of one unit on one rank. */
export class TwoShot implements UnitExchange {
  readonly #context: UnitContext;
  readonly #communicator: Communicator;
  readonly #chunks: readonly { readonly start: number; readonly end: number }[];
  readonly #workers: readonly Encoder[];
  readonly #owner: Encoder;
  readonly #mean: Float32Array;
  /** By source: payloads of the owned chunk, then the owners' payloads of their chunks. */
  readonly #contributions: readonly Uint8Array[];
  readonly #results: readonly Uint8Array[];
  /** By owner: this rank's payloads of the step under way. */
  readonly #encoded: Promise<Uint8Array>[] = [];

  constructor(context: UnitContext) {
    const { communicator, unit, space } = context;
    const { codec, length } = unit;
    const { rank, size } = communicator;
    this.#context = context;
    this.#communicator = communicator;
    this.#chunks = cutAtBlocks(length, size, codec.traits.block ?? 1);
    const lengths = this.#chunks.map(({ start, end }) => end - start);
    this.#workers = lengths.map((chunk) => new Encoder(codec, chunk, space));
    this.#owner = new Encoder(codec, lengths[rank]!, space);
    this.#mean = space.vector(lengths[rank]!);
    const others = (bytes: number, source: number): Uint8Array =>
      space.bytes(source === rank ? 0 : bytes);
    const ownBytes = codec.maxBytes(lengths[rank]!);
    this.#contributions = lengths.map((_, source) => others(ownBytes, source));
    this.#results = lengths.map((chunk, owner) => others(codec.maxBytes(chunk), owner));
  }

  run(
    gradient: Float32Array,
    step: number,
    counts: ExchangeCounts,
    options: OperationOptions,
  ): Promise<void> {
    return this.#communicator.operate(
      `two-shot of unit ${this.#context.unit.index}`,
      async (channel) => {
        const contributions = this.#collect(channel, gradient, step, counts);
        const results = this.#receiveResults(channel, counts);
        results[channel.rank] = this.#reduce(contributions, step, counts).then((own) => {
          sendToAll(channel, own);
          return own;
        });
        const applied = results.map((result, chunk) =>
          this.#apply(result, chunk, gradient, counts),
        );
        // What an encoder refuses ends the operation at once, whatever else is waited for.
        await Promise.all([...this.#encoded, ...applied]);
      },
      options,
    );
  }

  /** Step 1: chunks to their owners, each when its turn has come; the payloads of the owned one, by rank. */
  #collect(
    channel: Channel,
    gradient: Float32Array,
    step: number,
    counts: ExchangeCounts,
  ): Promise<Uint8Array>[] {
    const { rank, size } = channel;
    const arrivals = new Arrivals(counts);
    const payloads = new Array<Promise<Uint8Array>>(size);
    for (let round = 1; round <= size; round++) {
      const source = (rank - round + size) % size;
      if (source !== rank)
        payloads[source] = arrivals.watch(
          channel.receiveAny(source, TO_OWNER, bounded(this.#contributions[source]!, source)),
        );
      const owner = (rank + round) % size;
      const encoded = this.#context.turns.take(() => {
        const payload = this.#encodeChunk(owner, gradient, step, counts);
        if (owner !== rank) void channel.sendAny(owner, TO_OWNER, payload);
        return payload;
      });
      this.#encoded[owner] = encoded;
    }
    payloads[rank] = this.#encoded[rank]!;
    return payloads;
  }

  #encodeChunk(
    chunk: number,
    gradient: Float32Array,
    step: number,
    counts: ExchangeCounts,
  ): Uint8Array {
    const { start, end } = this.#chunks[chunk]!;
    const at = this.#coordinates(step, chunk, WORKER_PHASE);
    const first = this.#context.unit.offset + start;
    const payload = this.#workers[chunk]!.encode(gradient.subarray(start, end), at, counts, first);
    counts.encodedBytes += payload.length;
    counts.encodedElements += end - start;
    return payload;
  }

  /** Step 2: the encoded mean of the owned chunk; payloads are added in rank order as they come. */
  async #reduce(
    payloads: readonly Promise<Uint8Array>[],
    step: number,
    counts: ExchangeCounts,
  ): Promise<Uint8Array> {
    const { unit, communicator } = this.#context;
    const mean = this.#mean;
    timed(counts, 'decode', () => kernels.clear(mean));
    for (const arrival of payloads) {
      const payload = await arrival;
      timed(counts, 'decode', () => unit.codec.decodeAdd(payload, mean, 1 / communicator.size));
    }
    return this.#owner.encode(
      mean,
      this.#coordinates(step, communicator.rank, OWNER_PHASE),
      counts,
    );
  }

  /** Step 3: the payloads of the chunks' owners, this rank's own left out. */
  #receiveResults(channel: Channel, counts: ExchangeCounts): Promise<Uint8Array>[] {
    const { rank, size } = channel;
    const arrivals = new Arrivals(counts);
    const results = new Array<Promise<Uint8Array>>(size);
    for (let round = 1; round < size; round++) {
      const source = (rank - round + size) % size;
      results[source] = arrivals.watch(
        channel.receiveAny(source, FROM_OWNER, bounded(this.#results[source]!, source)),
      );
    }
    return results;
  }

  /** The mean of a chunk takes the place of the gradient, which has been encoded by then. */
  async #apply(
    result: Promise<Uint8Array>,
    chunk: number,
    gradient: Float32Array,
    counts: ExchangeCounts,
  ): Promise<void> {
    const payload = await result;
    await this.#encoded[chunk];
    const { start, end } = this.#chunks[chunk]!;
    timed(counts, 'decode', () =>
      this.#context.unit.codec.decodeInto(payload, gradient.subarray(start, end)),
    );
  }

  #coordinates(
    step: number,
    chunk: number,
    phase: number,
  ): { seed: number; rank: number; step: number; bucket: number; chunk: number; phase: number } {
    const { seed, unit, communicator } = this.#context;
    return { seed, rank: communicator.rank, step, bucket: unit.index, chunk, phase };
  }

  rescale(factor: number): void {
    for (const encoder of [...this.#workers, this.#owner]) encoder.rescale(factor);
  }

  copyResidual({ own, mean }: Residual): void {
    for (const [i, { start }] of this.#chunks.entries())
      own.set(this.#workers[i]!.residual ?? [], start);
    mean.set(this.#owner.residual ?? [], this.#chunks[this.#communicator.rank]!.start);
  }

  holdBack(residual: Float32Array): void {
    for (const [i, { start, end }] of this.#chunks.entries())
      this.#workers[i]!.residual?.set(residual.subarray(start, end));
    this.#owner.residual?.fill(0);
  }

  residuals(): readonly Float32Array[] {
    return [...this.#workers, this.#owner].flatMap(({ residual }) => residual ?? []);
  }
}

function sendToAll(channel: Channel, payload: Uint8Array): void {
  const { rank, size } = channel;
  for (let round = 1; round < size; round++)
    void channel.sendAny((rank + round) % size, FROM_OWNER, payload);
}
