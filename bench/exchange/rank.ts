/** What one rank does in the suite, be it one of several in a process or a process of its own. */
import { createExchange } from '../../src/exchange/create.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import type { StageMilliseconds } from '../../src/exchange/meter.ts';
import type { Communicator } from '../../src/collective/communicator.ts';
import { laneChecksum } from '../../proto/checksum.ts';
import { makeData } from '../support/data.ts';

/** What a rank found when it looked at one exchange. */
export interface RankFindings {
  /** Of the mean this rank got; all ranks must have the same. */
  readonly checksum: number;
  /** ‖mean − true mean‖² / ‖true mean‖². */
  readonly squaredError: number;
  /** ⟨mean, true mean⟩ / ‖true mean‖²: 1 for unbiased codecs, up to chance. */
  readonly projection: number;
  /** Largest magnitude in the true mean ÷ ‖true mean‖: bounds what chance can do to `projection`. */
  readonly peak: number;
  readonly algorithm: string;
  /** Sent by this rank for one gradient, counted at the socket. */
  readonly wireBytes: number;
  readonly payloadBytes: number;
}

const SEED = 1;

/** The gradient of a rank: Gaussian, independent of the others'. */
function gradientOf(rank: number, elements: number): Float32Array {
  return makeData('gaussian', elements, SEED + rank);
}

/** One rank with its gradient. All ranks are asked the same in the same order. */
export class BenchRank {
  readonly #communicator: Communicator;
  readonly #gradient: Float32Array;
  readonly #work: Float32Array;
  readonly #exchanges: Map<string, Exchange> = new Map();

  constructor(communicator: Communicator, elements: number) {
    this.#communicator = communicator;
    this.#gradient = gradientOf(communicator.rank, elements);
    this.#work = this.#gradient.slice();
  }

  /** Exchanges the gradient `steps` times. */
  async exchange(spec: string, steps: number): Promise<void> {
    const exchange = await this.#exchangeFor(spec);
    for (let step = 0; step < steps; step++) {
      // In place, so every step starts from a copy; that copy is part of what is timed.
      this.#work.set(this.#gradient);
      await exchange.allReduce(this.#work);
    }
  }

  /** Exchanges once and holds the mean against the true one, computed here from all gradients. */
  async inspect(spec: string): Promise<RankFindings> {
    await this.exchange(spec, 1);
    const { stats } = await this.#exchangeFor(spec);
    const mean = this.#work;
    const truth = this.#trueMean();
    let [energy, error, product, largest] = [0, 0, 0, 0];
    for (let i = 0; i < truth.length; i++) {
      energy += truth[i]! ** 2;
      error += (mean[i]! - truth[i]!) ** 2;
      product += mean[i]! * truth[i]!;
      largest = Math.max(largest, Math.abs(truth[i]!));
    }
    return {
      checksum: laneChecksum(new Uint8Array(mean.buffer)),
      squaredError: error / energy,
      projection: product / energy,
      peak: largest / Math.sqrt(energy),
      algorithm: [...new Set(stats.algorithms)].join(' + '),
      wireBytes: stats.last.socketBytes,
      payloadBytes: stats.last.payloadBytes,
    };
  }

  /** Mean milliseconds of a step in each stage, over all steps so far. */
  async stages(spec: string): Promise<StageMilliseconds> {
    const { stats } = await this.#exchangeFor(spec);
    const { steps, stageMilliseconds } = stats.total;
    const { encode, wait, transfer, decode } = stageMilliseconds;
    return {
      encode: encode / steps,
      wait: wait / steps,
      transfer: transfer / steps,
      decode: decode / steps,
    };
  }

  async close(): Promise<void> {
    await this.#communicator.close();
  }

  async #exchangeFor(spec: string): Promise<Exchange> {
    const known = this.#exchanges.get(spec);
    if (known) return known;
    const exchange = await createExchange(this.#communicator, { codec: spec, seed: SEED });
    this.#exchanges.set(spec, exchange);
    return exchange;
  }

  #trueMean(): Float64Array {
    const { size } = this.#communicator;
    const mean = new Float64Array(this.#gradient.length);
    for (let rank = 0; rank < size; rank++) {
      const gradient = gradientOf(rank, mean.length);
      for (let i = 0; i < mean.length; i++) mean[i]! += gradient[i]! / size;
    }
    return mean;
  }
}
