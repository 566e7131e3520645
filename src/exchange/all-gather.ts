/**
 * One-shot exchange: every rank encodes the whole unit and sends it to all others; every rank decodes
 * all payloads in rank order, so all hold the same bits. For sparse payloads, and wherever error
 * matters more than volume: the error of the mean is ω/P for independent gradients.
 *
 * Cost (P ranks, payload m bytes): 1 step, (P − 1) m bytes sent a rank, P decodes of the whole unit.
 */
import type { Codec } from '../../codecs/index.ts';
import { kernels } from '../../codecs/kernels/index.ts';
import type { Channel } from '../collective/channel.ts';
import type { OperationOptions } from '../collective/communicator.ts';
import { bounded } from './buffers.ts';
import { Encoder } from './encoder.ts';
import { Arrivals, timed, type ExchangeCounts } from './meter.ts';
import type { Residual, UnitContext, UnitExchange } from './unit.ts';

/** `Codec.decodeSum`, by `decodeAdd` for a codec without. */
function decodeSum(
  codec: Codec,
  payloads: readonly Uint8Array[],
  out: Float32Array,
  weight: number,
): void {
  if (codec.decodeSum) {
    codec.decodeSum(payloads, out, weight);
    return;
  }
  kernels.clear(out);
  for (const payload of payloads) codec.decodeAdd(payload, out, weight);
}

/** All-gather state of one unit on one rank. */
export class AllGatherExchange implements UnitExchange {
  readonly #context: UnitContext;
  readonly #encoder: Encoder;
  readonly #buffers: readonly Uint8Array[];

  constructor(context: UnitContext) {
    const { communicator, unit, space } = context;
    const bytes = unit.codec.maxBytes(unit.length);
    this.#context = context;
    this.#encoder = new Encoder(unit.codec, unit.length, space);
    this.#buffers = Array.from({ length: communicator.size }, (_, source) =>
      space.bytes(source === communicator.rank ? 0 : bytes),
    );
  }

  run(
    gradient: Float32Array,
    step: number,
    counts: ExchangeCounts,
    options: OperationOptions,
  ): Promise<void> {
    const { communicator, unit } = this.#context;
    return communicator.operate(
      `all-gather of unit ${unit.index}`,
      async (channel) => {
        const arrivals = new Arrivals(counts);
        const payloads = Array.from({ length: channel.size }, (_, source) =>
          source === channel.rank
            ? this.#send(channel, gradient, step, counts)
            : arrivals.watch(
                channel.receiveAny(source, 0, bounded(this.#buffers[source]!, source)),
              ),
        );
        await this.#apply(await Promise.all(payloads), gradient, counts);
      },
      options,
    );
  }

  /** Encodes the unit, when its turn has come, and sends it to everybody. */
  #send(
    channel: Channel,
    gradient: Float32Array,
    step: number,
    counts: ExchangeCounts,
  ): Promise<Uint8Array> {
    const { unit, seed, turns } = this.#context;
    const { rank, size } = channel;
    return turns.take(() => {
      const at = { seed, rank, step, bucket: unit.index };
      const own = this.#encoder.encode(gradient, at, counts, unit.offset);
      counts.encodedBytes += own.length;
      counts.encodedElements += unit.length;
      for (let round = 1; round < size; round++)
        void channel.sendAny((rank + round) % size, 0, own);
      return own;
    });
  }

  /** All payloads in rank order, so that all ranks have the same bits. */
  #apply(
    payloads: readonly Uint8Array[],
    gradient: Float32Array,
    counts: ExchangeCounts,
  ): Promise<void> {
    const { unit, turns } = this.#context;
    return turns.take(() =>
      timed(counts, 'decode', () => decodeSum(unit.codec, payloads, gradient, 1 / payloads.length)),
    );
  }

  rescale(factor: number): void {
    this.#encoder.rescale(factor);
  }

  copyResidual({ own }: Residual): void {
    if (this.#encoder.residual) own.set(this.#encoder.residual);
  }

  holdBack(residual: Float32Array): void {
    this.#encoder.residual?.set(residual);
  }

  residuals(): readonly Float32Array[] {
    return this.#encoder.residual ? [this.#encoder.residual] : [];
  }
}
