/**
 * Synchronous SGD: at every step each rank's gradient is replaced by the mean over all ranks before the
 * optimiser sees it, so replicas stay equal bit for bit (Bottou, Curtis & Nocedal 2018, §3; with
 * compressed gradients: Alistarh et al. 2017, arXiv 1610.02132, algorithm 1).
 */
import type { Communicator, OperationOptions } from '../collective/communicator.ts';
import type { Exchange, ExchangeStats } from '../exchange/exchange.ts';

/** What a training loop needs of the other ranks. */
export class SynchronousStrategy {
  /** Name in results. */
  static readonly id = 'sync';
  readonly exchange: Exchange;
  readonly #options: OperationOptions;

  /** @param options deadline and signal of every exchange */
  constructor(exchange: Exchange, options: OperationOptions = {}) {
    this.exchange = exchange;
    this.#options = options;
  }

  get communicator(): Communicator {
    return this.exchange.communicator;
  }

  get stats(): ExchangeStats {
    return this.exchange.stats;
  }

  get rank(): number {
    return this.exchange.communicator.rank;
  }

  get size(): number {
    return this.exchange.communicator.size;
  }

  /** Replaces the flat gradient by the mean over ranks, in place. */
  async allReduce(gradient: Float32Array): Promise<void> {
    await this.exchange.allReduce(gradient, this.#options);
  }

  /** Bytes this rank has sent, counted at the socket. */
  get wireBytes(): number {
    return this.exchange.stats.total.socketBytes;
  }

  /** What must be equal on all ranks, and after a restart, as text. */
  get settings(): Readonly<Record<string, string>> {
    return { strategy: SynchronousStrategy.id, ...this.exchange.settings };
  }

  /** Everything of this rank that later steps depend on, between two of them. @throws SnapshotError */
  snapshot(): Uint8Array {
    return this.exchange.snapshot();
  }

  /** Goes on from a snapshot of this rank. @throws SnapshotError; nothing changes then */
  restore(bytes: Uint8Array): void {
    this.exchange.restore(bytes);
  }

  /** Byte strings of all ranks, by rank. */
  gather(bytes: Uint8Array): Promise<Uint8Array[]> {
    return this.exchange.communicator.allGatherV(bytes, this.#options);
  }

  /** Before a step whose learning rate differs from the last one's: previous / next. */
  rescale(factor: number): void {
    this.exchange.rescale(factor);
  }
}
