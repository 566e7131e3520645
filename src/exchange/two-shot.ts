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
import type { Communicator, OperationOptions } from '../collective/communicator.ts';
import type { Channel } from '../collective/channel.ts';
import { bounded } from './buffers.ts';
import { cutAtBlocks } from './cut.ts';
import { Encoder } from './encoder.ts';
import { received, timed, type ExchangeCounts } from './meter.ts';
import type { UnitContext, UnitExchange } from './unit.ts';

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

  constructor(context: UnitContext) {
    const { communicator, unit } = context;
    const { codec, length } = unit;
    const { rank, size } = communicator;
    this.#context = context;
    this.#communicator = communicator;
    this.#chunks = cutAtBlocks(length, size, codec.traits.block ?? 1);
    const lengths = this.#chunks.map(({ start, end }) => end - start);
    this.#workers = lengths.map((chunk) => new Encoder(codec, chunk));
    this.#owner = new Encoder(codec, lengths[rank]!);
    this.#mean = new Float32Array(lengths[rank]!);
    this.#contributions = lengths.map(() => new Uint8Array(codec.maxBytes(lengths[rank]!)));
    this.#results = lengths.map((chunk) => new Uint8Array(codec.maxBytes(chunk)));
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
        const payloads = await this.#collect(channel, gradient, step, counts);
        const own = this.#reduce(payloads, step, counts);
        const results = await this.#distribute(channel, own, counts);
        this.#apply(results, gradient, counts);
      },
      options,
    );
  }

  /** Step 1: chunks to their owners; returns all payloads of the owned chunk, by rank. */
  async #collect(
    channel: Channel,
    gradient: Float32Array,
    step: number,
    counts: ExchangeCounts,
  ): Promise<Uint8Array[]> {
    const { rank, size } = channel;
    const payloads = new Array<Uint8Array>(size);
    const messages: Promise<void>[] = [];
    for (let round = 1; round <= size; round++) {
      const source = (rank - round + size) % size;
      if (source !== rank)
        messages.push(
          channel
            .receiveAny(source, TO_OWNER, bounded(this.#contributions[source]!, source))
            .then((bytes) => void (payloads[source] = bytes)),
        );
      const owner = (rank + round) % size;
      const payload = this.#encodeChunk(owner, gradient, step, counts);
      if (owner === rank) payloads[rank] = payload;
      else void channel.sendAny(owner, TO_OWNER, payload);
    }
    await received(counts, messages);
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
    const payload = this.#workers[chunk]!.encode(gradient.subarray(start, end), at, counts);
    counts.encodedBytes += payload.length;
    counts.encodedElements += end - start;
    return payload;
  }

  /** Step 2: the encoded mean of the owned chunk. */
  #reduce(payloads: readonly Uint8Array[], step: number, counts: ExchangeCounts): Uint8Array {
    const { unit, communicator } = this.#context;
    const mean = this.#mean;
    timed(counts, 'decode', () => {
      mean.fill(0);
      for (const payload of payloads) unit.codec.decodeAdd(payload, mean);
      for (let i = 0; i < mean.length; i++) mean[i] = mean[i]! / communicator.size;
    });
    return this.#owner.encode(
      mean,
      this.#coordinates(step, communicator.rank, OWNER_PHASE),
      counts,
    );
  }

  /** Step 3: the owned chunk to everybody; returns the payloads of all chunks. */
  async #distribute(
    channel: Channel,
    own: Uint8Array,
    counts: ExchangeCounts,
  ): Promise<Uint8Array[]> {
    const { rank, size } = channel;
    const results = new Array<Uint8Array>(size);
    results[rank] = own;
    const messages: Promise<void>[] = [];
    for (let round = 1; round < size; round++) {
      const source = (rank - round + size) % size;
      messages.push(
        channel
          .receiveAny(source, FROM_OWNER, bounded(this.#results[source]!, source))
          .then((bytes) => void (results[source] = bytes)),
      );
      void channel.sendAny((rank + round) % size, FROM_OWNER, own);
    }
    await received(counts, messages);
    return results;
  }

  #apply(results: readonly Uint8Array[], gradient: Float32Array, counts: ExchangeCounts): void {
    timed(counts, 'decode', () => {
      for (const [chunk, { start, end }] of this.#chunks.entries())
        this.#context.unit.codec.decodeInto(results[chunk]!, gradient.subarray(start, end));
    });
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

  residuals(): readonly Float32Array[] {
    return [...this.#workers, this.#owner].flatMap(({ residual }) => residual ?? []);
  }
}
