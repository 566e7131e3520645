/**
 * Local compression, dense exchange: every rank replaces its gradient by what its payload decodes to,
 * then the float32 vectors are all-reduced. The result is that of an all-gather of payloads; cheaper
 * once these are so dense that (P − 1) of them outweigh the ring's 2 (P − 1)/P float32 vectors.
 *
 * Cost (P ranks, n elements): those of the all-reduce of 4n bytes.
 */
import type { OperationOptions } from '../collective/communicator.ts';
import { Encoder } from './encoder.ts';
import { timed, type ExchangeCounts } from './meter.ts';
import { allReduceMean } from './additive.ts';
import type { Residual, UnitContext, UnitExchange } from './unit.ts';

/** Densifying state of one unit on one rank. */
export class Densify implements UnitExchange {
  readonly #context: UnitContext;
  readonly #encoder: Encoder;

  constructor(context: UnitContext) {
    this.#context = context;
    this.#encoder = new Encoder(context.unit.codec, context.unit.length, context.space);
  }

  run(
    gradient: Float32Array,
    step: number,
    counts: ExchangeCounts,
    options: OperationOptions,
  ): Promise<void> {
    const { communicator, unit, seed } = this.#context;
    const at = { seed, rank: communicator.rank, step, bucket: unit.index };
    const payload = this.#encoder.encode(gradient, at, counts, unit.offset);
    // What travels is the dense vector, so that is what an element costs.
    counts.encodedBytes += gradient.byteLength;
    counts.encodedElements += unit.length;
    timed(counts, 'decode', () => unit.codec.decodeInto(payload, gradient));
    return allReduceMean(communicator, gradient, counts, options);
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
