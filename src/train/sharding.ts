/**
 * Which samples a rank sees at a step.
 *
 * Every epoch has one seeded permutation of the training samples, and the permutations of epochs
 * 0, 1, 2 … stand one behind another. The global batch of step t is the run of P·b samples that starts
 * at t·P·b; rank r takes the r-th slice of b. So P ranks with batch b walk through the same samples in
 * the same steps as one rank with batch P·b; every sample is used exactly once an epoch; and all
 * batches have b samples even where one straddles two epochs. When ranks are lost the walk goes on from where
 * it is, in shorter steps.
 */
import { assertInteger } from '../../proto/assert.ts';
import { permutation, SeededRandom } from './random.ts';

/** One rank's share. All ranks agree on everything but `rank`. */
export interface ShardOptions {
  /** Number of training samples (≥ 1). */
  readonly samples: number;
  /** Samples a rank takes at a step (≥ 1). */
  readonly batch: number;
  readonly rank: number;
  readonly size: number;
  readonly seed: number;
  /** Samples that had been used before a step from which on these ranks share the work. Default: none, 0. */
  readonly since?: { readonly step: number; readonly used: number };
}

/** Draws batches in any order; caches the permutations of the epochs around the last one drawn. */
export class Sharder {
  readonly #options: ShardOptions;
  readonly #epochs = new Map<number, Uint32Array>();

  /** @throws ArgumentRangeError when an option is out of range */
  constructor(options: ShardOptions) {
    assertInteger(options.samples, 'samples', 1, 2 ** 32 - 1);
    assertInteger(options.batch, 'batch', 1);
    assertInteger(options.size, 'size', 1);
    assertInteger(options.rank, 'rank', 0, options.size - 1);
    this.#options = options;
  }

  /** The same walk with other ranks, from step `step` on. */
  with(rank: number, size: number, step: number): Sharder {
    if (rank === this.#options.rank && size === this.#options.size) return this;
    return new Sharder({ ...this.#options, rank, size, since: { step, used: this.#used(step) } });
  }

  /** Epochs begun or finished after `steps` steps, as a fraction. */
  epochsAfter(steps: number): number {
    return this.#used(steps) / this.#options.samples;
  }

  /** Samples that all ranks have used before a step. */
  #used(step: number): number {
    const { batch, size, since = { step: 0, used: 0 } } = this.#options;
    return since.used + (step - since.step) * batch * size;
  }

  /**
   * Positions, among the training samples, of this rank's batch.
   *
   * @param step from 0
   * @param out `batch` elements, overwritten and returned
   */
  batchAt(step: number, out: Uint32Array): Uint32Array {
    const { samples, batch, rank } = this.#options;
    const start = this.#used(step) + rank * batch;
    for (let i = 0; i < batch; i++) {
      const position = start + i;
      const epoch = Math.floor(position / samples);
      out[i] = this.#permutationOf(epoch)[position - epoch * samples]!;
    }
    return out;
  }

  #permutationOf(epoch: number): Uint32Array {
    const known = this.#epochs.get(epoch);
    if (known) return known;
    for (const old of this.#epochs.keys()) if (Math.abs(old - epoch) > 1) this.#epochs.delete(old);
    const { samples, seed } = this.#options;
    const made = permutation(samples, new SeededRandom(seed, `epoch ${epoch}`));
    this.#epochs.set(epoch, made);
    return made;
  }
}
