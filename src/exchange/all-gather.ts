/**
 * One-shot exchange: every rank encodes the whole unit and sends it to all others; every rank decodes
 * all payloads in rank order, so all hold the same bits. For sparse payloads, and wherever error
 * matters more than volume: the error of the mean is ω/P for independent gradients.
 *
 * Cost (P ranks, payload m bytes): 1 step, (P − 1) m bytes sent a rank, P decodes of the whole unit.
 */
import type { OperationOptions } from '../collective/communicator.ts';
import { bounded } from './buffers.ts';
import { Encoder } from './encoder.ts';
import { received, timed, type ExchangeCounts } from './meter.ts';
import type { UnitContext, UnitExchange } from './unit.ts';

/** All-gather state of one unit on one rank. */
export class AllGatherExchange implements UnitExchange {
  readonly #context: UnitContext;
  readonly #encoder: Encoder;
  readonly #buffers: readonly Uint8Array[];

  constructor(context: UnitContext) {
    const { communicator, unit } = context;
    const bytes = unit.codec.maxBytes(unit.length);
    this.#context = context;
    this.#encoder = new Encoder(unit.codec, unit.length);
    this.#buffers = Array.from({ length: communicator.size }, (_, source) =>
      source === communicator.rank ? new Uint8Array(0) : new Uint8Array(bytes),
    );
  }

  run(
    gradient: Float32Array,
    step: number,
    counts: ExchangeCounts,
    options: OperationOptions,
  ): Promise<void> {
    const { communicator, unit, seed } = this.#context;
    return communicator.operate(
      `all-gather of unit ${unit.index}`,
      async (channel) => {
        const { rank, size } = channel;
        const at = { seed, rank, step, bucket: unit.index };
        const payloads = new Array<Uint8Array>(size);
        const own = this.#encoder.encode(gradient, at, counts);
        counts.encodedBytes += own.length;
        counts.encodedElements += unit.length;
        payloads[rank] = own;
        const messages: Promise<void>[] = [];
        for (let round = 1; round < size; round++) {
          const source = (rank - round + size) % size;
          messages.push(
            channel
              .receiveAny(source, 0, bounded(this.#buffers[source]!, source))
              .then((bytes) => void (payloads[source] = bytes)),
          );
          void channel.sendAny((rank + round) % size, 0, own);
        }
        await received(counts, messages);
        this.#apply(payloads, gradient, counts);
      },
      options,
    );
  }

  #apply(payloads: readonly Uint8Array[], gradient: Float32Array, counts: ExchangeCounts): void {
    timed(counts, 'decode', () => {
      gradient.fill(0);
      for (const payload of payloads)
        this.#context.unit.codec.decodeAdd(payload, gradient, 1 / payloads.length);
    });
  }

  rescale(factor: number): void {
    this.#encoder.rescale(factor);
  }

  residuals(): readonly Float32Array[] {
    return this.#encoder.residual ? [this.#encoder.residual] : [];
  }
}
