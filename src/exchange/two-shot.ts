/**
 * Two-shot exchange of dense payloads (scatter-reduce, then all-gather, as in CGX, Markov et al. 2022,
 * arXiv 2111.08617).
 *
 * The unit is cut into P chunks at multiples of the codec's block; rank c owns chunk c.
 *   1. every rank encodes each chunk but its own and sends it to its owner;
 *   2. the owner adds what these decode to, in rank order, to its own part, which need not travel and so
 *      is not rounded, and encodes the mean once;
 *   3. every rank, the owner too, decodes the owner's payload.
 *
 * All ranks decode the same bytes in step 3, so they hold the same bits. For an ω-codec and independent
 * gradients the error of the mean is about ω (2P − 1)/P², whatever P; requantising at every hop of a ring
 * (hop-wise.ts) would grow with P. Under `+ef` both ends keep residuals: the worker one for each chunk of
 * another rank, the owner one for its chunk.
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

interface Chunk {
  readonly start: number;
  readonly end: number;
}

/** Two-shot state of one unit on one rank. */
export class TwoShot implements UnitExchange {
  readonly #context: UnitContext;
  readonly #communicator: Communicator;
  readonly #chunks: readonly Chunk[];
  /** By owner; none for the own chunk. */
  readonly #workers: ReadonlyMap<number, Encoder>;
  readonly #owner: Encoder;
  /** By source: payloads of the owned chunk, then the owners' payloads of their chunks. */
  readonly #contributions: readonly Uint8Array[];
  readonly #results: readonly Uint8Array[];
  /** By owner: when this rank's part of the chunk has been taken from the gradient. */
  readonly #taken: Promise<void>[] = [];

  constructor(context: UnitContext) {
    const { communicator, unit, space } = context;
    const { codec, length } = unit;
    const { rank, size } = communicator;
    this.#context = context;
    this.#communicator = communicator;
    this.#chunks = cutAtBlocks(length, size, codec.traits.block ?? 1);
    const lengths = this.#chunks.map(({ start, end }) => end - start);
    this.#workers = new Map(
      lengths.flatMap((chunk, owner) =>
        owner === rank ? [] : [[owner, new Encoder(codec, chunk, space)] as const],
      ),
    );
    this.#owner = new Encoder(codec, lengths[rank]!, space);
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
        results[channel.rank] = this.#reduce(contributions, gradient, step, counts).then((own) => {
          sendToAll(channel, own);
          return own;
        });
        const applied = results.map((result, chunk) =>
          this.#apply(result, chunk, gradient, counts),
        );
        // What an encoder refuses ends the operation at once, whatever else is waited for.
        await Promise.all([...this.#taken, ...applied]);
      },
      options,
    );
  }

  /**
   * Step 1: chunks to their owners, each when its turn has come; the others' payloads of the owned one, in
   * rank order.
   */
  #collect(
    channel: Channel,
    gradient: Float32Array,
    step: number,
    counts: ExchangeCounts,
  ): Promise<Uint8Array>[] {
    const { rank, size } = channel;
    const arrivals = new Arrivals(counts);
    const payloads = new Array<Promise<Uint8Array>>(size);
    for (let round = 1; round < size; round++) {
      const source = (rank - round + size) % size;
      payloads[source] = arrivals.watch(
        channel.receiveAny(source, TO_OWNER, bounded(this.#contributions[source]!, source)),
      );
      const owner = (rank + round) % size;
      this.#taken[owner] = this.#context.turns.take(() => {
        void channel.sendAny(owner, TO_OWNER, this.#encodeChunk(owner, gradient, step, counts));
      });
    }
    return payloads.flat();
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
    const worker = this.#workers.get(chunk)!;
    const payload = worker.encode(gradient.subarray(start, end), at, counts, first);
    counts.encodedBytes += payload.length;
    counts.encodedElements += end - start;
    return payload;
  }

  /**
   * Step 2: the encoded mean of the owned chunk, made in its place in the gradient: all in one go, while the
   * chunk is in the cache. What is not finite stays so, and the encoder refuses it.
   */
  async #reduce(
    arrivals: readonly Promise<Uint8Array>[],
    gradient: Float32Array,
    step: number,
    counts: ExchangeCounts,
  ): Promise<Uint8Array> {
    const { unit, communicator } = this.#context;
    const { rank, size } = communicator;
    const { start, end } = this.#chunks[rank]!;
    const mean = gradient.subarray(start, end);
    const payloads = await Promise.all(arrivals);
    timed(counts, 'decode', () => {
      kernels.divide(mean, size);
      for (const payload of payloads) unit.codec.decodeAdd(payload, mean, 1 / size);
    });
    const at = this.#coordinates(step, rank, OWNER_PHASE);
    const encoded = this.#owner.encode(mean, at, counts, unit.offset + start);
    counts.encodedBytes += encoded.length;
    counts.encodedElements += mean.length;
    return encoded;
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

  /** The mean of a chunk takes the place of the gradient, which has been taken by then. */
  async #apply(
    result: Promise<Uint8Array>,
    chunk: number,
    gradient: Float32Array,
    counts: ExchangeCounts,
  ): Promise<void> {
    const payload = await result;
    await this.#taken[chunk];
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
    for (const encoder of [...this.#workers.values(), this.#owner]) encoder.rescale(factor);
  }

  copyResidual({ own, mean }: Residual): void {
    for (const [owner, { residual = [] }] of this.#workers)
      own.set(residual, this.#chunks[owner]!.start);
    mean.set(this.#owner.residual ?? [], this.#chunks[this.#communicator.rank]!.start);
  }

  holdBack(residual: Float32Array): void {
    const { rank, size } = this.#communicator;
    for (const [owner, { start, end }] of this.#chunks.entries()) {
      const part = residual.subarray(start, end);
      this.#workers.get(owner)?.residual?.set(part);
      if (owner === rank) this.#owner.residual?.set(part.map((x) => x / size));
    }
  }

  residuals(): readonly Float32Array[] {
    return [...this.#workers.values(), this.#owner].flatMap(({ residual }) => residual ?? []);
  }
}

function sendToAll(channel: Channel, payload: Uint8Array): void {
  const { rank, size } = channel;
  for (let round = 1; round < size; round++)
    void channel.sendAny((rank + round) % size, FROM_OWNER, payload);
}
