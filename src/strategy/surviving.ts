/**
 * Synchronous SGD that goes on when ranks are lost: the survivors shrink their communicator, find out how far
 * each of them has got, and do the step again from the gradient as it was.
 *
 * Every call that all ranks make together has a number. When one fails, some ranks may have completed it
 * (all their peers had sent what they needed), and others not: the former tell the latter the result. If
 * nobody has, it is repeated. So all survivors see the same results, and no replica goes its own way.
 *
 * Of a lost rank's work its gradient of the step under way and its residuals are lost. What survivors
 * hold back goes on being theirs; what they held back as owners of a chunk of the mean is kept too
 * (`Exchange.residual`).
 */
import {
  CollectiveTimeoutError,
  PeerLostError,
  RemoteAbortError,
} from '../../proto/comm-errors.ts';
import type { Communicator } from '../collective/communicator.ts';
import { bytesOf } from '../collective/numeric-array.ts';
import { createExchange } from '../exchange/create.ts';
import type { Exchange, ExchangeOptions, ExchangeStats } from '../exchange/exchange.ts';
import type { Residual } from '../exchange/unit.ts';
import { addCounts, noCounts, type ExchangeCounts } from '../exchange/meter.ts';
import { SynchronousStrategy } from './sync.ts';

/** A rank is gone, and the others are here to stay. */
export interface Loss {
  /** Ranks that are lost, as they were numbered before. */
  readonly ranks: readonly number[];
  readonly cause: Error;
  /** Of the survivors. */
  readonly communicator: Communicator;
}

/** Something all ranks do together. */
interface Attempt {
  /** @returns the result, the same on all ranks */
  readonly perform: () => Promise<Uint8Array>;
  /** Makes up for what a failed attempt has spoilt. */
  readonly again: () => void;
}

/** Between the seeds of an exchange and the one that follows it. */
const SEED_DISTANCE = 1_000_003;

export class SurvivingStrategy {
  /** Name in results. */
  static readonly id: string = SynchronousStrategy.id;
  readonly #options: ExchangeOptions;
  readonly #onLoss: (loss: Loss) => void;
  #communicator: Communicator;
  /** There as soon as the strategy is. */
  #exchange!: Exchange;
  #hasExchange = false;
  /** Of the exchanges before this one. */
  readonly #past: ExchangeCounts = noCounts();
  #input: Float32Array = new Float32Array(0);
  #residual: Residual | undefined;
  /** An exchange is under way. */
  #isExchanging = false;
  #completed = 0;
  /** What was completed last. */
  #last: Uint8Array = new Uint8Array(0);

  private constructor(
    communicator: Communicator,
    options: ExchangeOptions,
    onLoss: (loss: Loss) => void,
  ) {
    this.#communicator = communicator;
    this.#options = options;
    this.#onLoss = onLoss;
  }

  /** Makes the exchange; all ranks call it. @throws AgreementError */
  static async create(
    communicator: Communicator,
    options: ExchangeOptions,
    onLoss: (loss: Loss) => void = () => {},
  ): Promise<SurvivingStrategy> {
    const strategy = new SurvivingStrategy(communicator, options, onLoss);
    await strategy.#begin();
    return strategy;
  }

  async #begin(): Promise<void> {
    let failure: Error | undefined;
    do {
      try {
        if (failure) await this.#goOn(failure);
        else await this.#renewExchange();
      } catch (error) {
        if (!isLoss(error)) throw error;
        failure = error;
      }
    } while (!this.#hasExchange);
  }

  /** Of the ranks that are left. */
  get communicator(): Communicator {
    return this.#communicator;
  }

  get rank(): number {
    return this.communicator.rank;
  }

  get size(): number {
    return this.communicator.size;
  }

  /** Counts of all exchanges, those among more ranks too. */
  get stats(): ExchangeStats {
    const { stats } = this.#exchange;
    const total = structuredClone(this.#past);
    addCounts(total, stats.total);
    return { ...stats, total };
  }

  get wireBytes(): number {
    return this.stats.total.socketBytes;
  }

  get settings(): Readonly<Record<string, string>> {
    return { strategy: SurvivingStrategy.id, ...this.#exchange.settings };
  }

  /** Replaces the flat gradient by the mean over the ranks that are left, in place. */
  async allReduce(gradient: Float32Array): Promise<void> {
    if (this.#input.length !== gradient.length) this.#input = new Float32Array(gradient.length);
    this.#input.set(gradient);
    const own = bytesOf(gradient);
    const mean = await this.#together({
      perform: async () => {
        this.#residual = this.#exchange.residual();
        this.#isExchanging = true;
        await this.#exchange.allReduce(gradient);
        return own;
      },
      again: () => gradient.set(this.#input),
    });
    this.#isExchanging = false;
    if (mean !== own) own.set(mean);
  }

  /** Byte strings of the ranks that are left, by rank. */
  async gather(bytes: Uint8Array): Promise<Uint8Array[]> {
    const packed = await this.#together({
      perform: async () => pack(await this.communicator.allGatherV(bytes)),
      again: () => {},
    });
    return unpack(packed);
  }

  /** Everything of this rank that later steps depend on, between two of them. @throws SnapshotError */
  snapshot(): Uint8Array {
    return this.#exchange.snapshot();
  }

  /** Goes on from a snapshot of this rank. @throws SnapshotError; nothing changes then */
  restore(bytes: Uint8Array): void {
    this.#exchange.restore(bytes);
  }

  /** Before a step whose learning rate differs from the last one's: previous / next. */
  rescale(factor: number): void {
    this.#exchange.rescale(factor);
  }

  /** Does what all ranks do together, until it is done on all that are left. */
  async #together({ perform, again }: Attempt): Promise<Uint8Array> {
    let failure: Error | undefined;
    for (;;) {
      try {
        const result = (failure && (await this.#goOn(failure))) ?? this.#keep(await perform());
        this.#completed++;
        return result;
      } catch (error) {
        if (!isLoss(error)) throw error;
        failure = error;
        again();
      }
    }
  }

  #keep(result: Uint8Array): Uint8Array {
    if (this.#last.length !== result.length) this.#last = new Uint8Array(result.length);
    this.#last.set(result);
    return result;
  }

  /** Shrinks. @returns the result of the call under way, where a survivor has it */
  async #goOn(cause: Error): Promise<Uint8Array | undefined> {
    const before = this.#communicator;
    const communicator = await before.shrink();
    this.#communicator = communicator;
    const counts = await communicator.allGather(Float64Array.of(this.#completed));
    const most = Math.max(...counts);
    const isBehind = this.#completed < most;
    // A step that others have completed is complete here, but for its end: residuals are those after it.
    if (this.#hasExchange && (isBehind || !this.#isExchanging))
      this.#residual = this.#exchange.residual();
    await this.#renewExchange();
    const ranks = Array.from({ length: before.size }, (_, rank) => rank);
    const lost = ranks.filter((rank) => !communicator.formerRanks.includes(rank));
    this.#onLoss({ ranks: lost, cause, communicator });
    if (counts.every((count) => count === most)) return undefined;
    const result = await this.#share(counts.indexOf(most));
    return isBehind ? this.#keep(result) : undefined;
  }

  /** The last result of rank `root`, on all ranks. */
  async #share(root: number): Promise<Uint8Array> {
    const length = Float64Array.of(this.#last.length);
    await this.communicator.broadcast(length, { root });
    const result = this.rank === root ? this.#last : new Uint8Array(length[0]!);
    await this.communicator.broadcast(result, { root });
    return result;
  }

  async #renewExchange(): Promise<void> {
    const { seed = 0 } = this.#options;
    const communicator = this.#communicator;
    const exchange = await createExchange(communicator, {
      ...this.#options,
      // Steps are counted from 0 again, and must not draw the numbers of the first ones again.
      seed: seed + communicator.epoch * SEED_DISTANCE,
      residual: this.#residual,
    });
    if (this.#hasExchange) addCounts(this.#past, this.#exchange.stats.total);
    this.#exchange = exchange;
    this.#hasExchange = true;
  }
}

/** A rank is gone or does not answer. What another rank has thrown for a reason of its own is no loss. */
function isLoss(error: unknown): error is Error {
  if (error instanceof PeerLostError || error instanceof CollectiveTimeoutError) return true;
  return error instanceof RemoteAbortError && LOSSES.has(error.code);
}

const LOSSES: ReadonlySet<string> = new Set(['GRADWIRE_PEER_LOST', 'GRADWIRE_COLLECTIVE_TIMEOUT']);

/** Byte strings as one: their number and lengths, 32 bits each, then their bytes. */
function pack(strings: readonly Uint8Array[]): Uint8Array {
  const head = Uint32Array.of(strings.length, ...strings.map(({ length }) => length));
  return new Uint8Array(Buffer.concat([new Uint8Array(head.buffer), ...strings]));
}

function unpack(packed: Uint8Array): Uint8Array[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const count = view.getUint32(0, true);
  let start = 4 * (count + 1);
  return Array.from({ length: count }, (_, i) => {
    const end = start + view.getUint32(4 * (i + 1), true);
    const string = packed.slice(start, end);
    start = end;
    return string;
  });
}
