/**
 * What exchanges have in common that cut a unit into P chunks, at multiples of the codec's block, of which
 * rank c owns chunk c: however the owner comes by its chunk's mean, it encodes that once and sends it to
 * all, and every rank, the owner too, decodes the owner's payload. So all ranks hold the same bits.
 *
 * Under `+ef` there is a residual for each encoding: the rank's parts of the others' chunks, the worker's,
 * and the mean of its own, the owner's.
 */
import type { Channel } from '../collective/channel.ts';
import type { OperationOptions } from '../collective/communicator.ts';
import { bounded } from './buffers.ts';
import { cutAtBlocks } from './cut.ts';
import { Encoder } from './encoder.ts';
import { Arrivals, timed, type ExchangeCounts } from './meter.ts';
import type { Residual, UnitContext, UnitExchange } from './unit.ts';

/** Steps of the operation: messages to and from owners, then whatever else an exchange needs. */
export const TO_OWNER = 0;
const FROM_OWNER = 1;
export const NEXT_STEP = 2;

const WORKER_PHASE = 0;
const OWNER_PHASE = 1;

interface Chunk {
  readonly start: number;
  readonly end: number;
}

/** One exchange of a unit. */
export interface Round {
  readonly channel: Channel;
  /** The unit's elements. */
  readonly gradient: Float32Array;
  readonly step: number;
  readonly counts: ExchangeCounts;
}

/** On its way to the mean. */
export interface Reduction {
  /** By chunk: when this rank's part of it has been taken from the gradient. The own one may be absent. */
  readonly taken: readonly Promise<void>[];
  /** When the own chunk of the gradient is the mean over ranks. */
  readonly mean: Promise<void>;
}

export abstract class ChunkedExchange implements UnitExchange {
  protected readonly context: UnitContext;
  readonly #chunks: readonly Chunk[];
  /** By owner; none for the own chunk. */
  readonly #workers: ReadonlyMap<number, Encoder>;
  readonly #owner: Encoder;
  /** By owner: its payload. */
  readonly #results: readonly Uint8Array[];

  constructor(context: UnitContext) {
    const { communicator, unit, space } = context;
    const { codec, length } = unit;
    const { rank, size } = communicator;
    this.context = context;
    this.#chunks = cutAtBlocks(length, size, codec.traits.block ?? 1);
    const lengths = this.#chunks.map(({ start, end }) => end - start);
    this.#workers = new Map(
      lengths.flatMap((chunk, owner) =>
        owner === rank ? [] : [[owner, new Encoder(codec, chunk, space)] as const],
      ),
    );
    this.#owner = new Encoder(codec, lengths[rank]!, space);
    this.#results = lengths.map((_, owner) => this.roomFor(owner, owner !== rank));
  }

  /** Name of the operation. */
  protected abstract readonly name: string;

  /** Brings the mean of each chunk to its owner. */
  protected abstract reduce(round: Round): Reduction;

  run(
    gradient: Float32Array,
    step: number,
    counts: ExchangeCounts,
    options: OperationOptions,
  ): Promise<void> {
    const { communicator, unit } = this.context;
    return communicator.operate(
      `${this.name} of unit ${unit.index}`,
      async (channel) => {
        const round = { channel, gradient, step, counts };
        const { taken, mean } = this.reduce(round);
        const results = this.#receiveResults(round);
        results[channel.rank] = mean.then(() => this.#sendMean(round));
        const applied = results.map((result, chunk) =>
          this.#apply(result, chunk, taken[chunk], round),
        );
        // What an encoder refuses ends the operation at once, whatever else is waited for.
        await Promise.all([...taken, ...applied]);
      },
      options,
    );
  }

  /** A buffer for a payload of a chunk; an empty one where none is needed. */
  protected roomFor(chunk: number, isNeeded = true): Uint8Array {
    const { start, end } = this.#chunks[chunk]!;
    const { unit, space } = this.context;
    return space.bytes(isNeeded ? unit.codec.maxBytes(end - start) : 0);
  }

  /** Elements of a chunk. */
  protected partOf(gradient: Float32Array, chunk: number): Float32Array {
    const { start, end } = this.#chunks[chunk]!;
    return gradient.subarray(start, end);
  }

  /** Encodes what this rank has of another's chunk. */
  protected encodePart(chunk: number, { gradient, step, counts }: Round): Uint8Array {
    const { start } = this.#chunks[chunk]!;
    const at = this.#coordinates(step, chunk, WORKER_PHASE);
    const part = this.partOf(gradient, chunk);
    const first = this.context.unit.offset + start;
    const payload = this.#workers.get(chunk)!.encode(part, at, counts, first);
    counts.encodedBytes += payload.length;
    counts.encodedElements += part.length;
    return payload;
  }

  /** Encodes the mean of the own chunk, and sends it to everybody. */
  #sendMean({ channel, gradient, step, counts }: Round): Uint8Array {
    const { rank, size } = channel;
    const mean = this.partOf(gradient, rank);
    const first = this.context.unit.offset + this.#chunks[rank]!.start;
    const at = this.#coordinates(step, rank, OWNER_PHASE);
    const payload = this.#owner.encode(mean, at, counts, first);
    counts.encodedBytes += payload.length;
    counts.encodedElements += mean.length;
    for (let round = 1; round < size; round++)
      void channel.sendAny((rank + round) % size, FROM_OWNER, payload);
    return payload;
  }

  /** The payloads of the chunks' owners, this rank's own left out. */
  #receiveResults({ channel, counts }: Round): Promise<Uint8Array>[] {
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
    taken: Promise<void> | undefined,
    { gradient, counts }: Round,
  ): Promise<void> {
    const payload = await result;
    await taken;
    timed(counts, 'decode', () =>
      this.context.unit.codec.decodeInto(payload, this.partOf(gradient, chunk)),
    );
  }

  #coordinates(
    step: number,
    chunk: number,
    phase: number,
  ): { seed: number; rank: number; step: number; bucket: number; chunk: number; phase: number } {
    const { seed, unit, communicator } = this.context;
    return { seed, rank: communicator.rank, step, bucket: unit.index, chunk, phase };
  }

  rescale(factor: number): void {
    for (const encoder of [...this.#workers.values(), this.#owner]) encoder.rescale(factor);
  }

  copyResidual({ own, mean }: Residual): void {
    for (const [owner, { residual = [] }] of this.#workers)
      own.set(residual, this.#chunks[owner]!.start);
    mean.set(this.#owner.residual ?? [], this.#chunks[this.context.communicator.rank]!.start);
  }

  holdBack(residual: Float32Array): void {
    const { rank, size } = this.context.communicator;
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
