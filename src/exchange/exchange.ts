/**
 * The exchange: gradient in, mean gradient over all ranks out, compressed on the way. The only place
 * where a codec meets the network.
 */
import type { Codec } from '../../codecs/index.ts';
import type { Communicator, OperationOptions } from '../collective/communicator.ts';
import type { Layout } from '../gradient/layout.ts';
import type { ExchangeCounts } from './meter.ts';
import type { Algorithm, Residual } from './unit.ts';
import type { CodecRule, Granularity } from './units.ts';

/** Options of `createExchange`. Everything but `nonFinite` and `residual` must be equal on all ranks. */
export interface ExchangeOptions {
  /** Codec or spec. */
  readonly codec: Codec | string;
  /** Names all randomness. Default 0. */
  readonly seed?: number;
  /** Tensors of the gradient; without it, the first gradient's length makes one. */
  readonly layout?: Layout;
  /** Other codecs for some tensors; the first match wins. */
  readonly rules?: readonly CodecRule[];
  /** Most bytes of a bucket when no layout is given. Default 1.5 MiB times the ranks, from 4 to 16 MiB. */
  readonly bucketBytes?: number;
  /**
   * What is encoded by itself, with scales of its own. Default `auto`: layers for codecs with one scale a
   * payload, buckets for all others.
   */
  readonly granularity?: Granularity;
  /** Default `auto`: by the codec's traits and sizes. */
  readonly algorithm?: Algorithm | 'auto';
  /** Compare a hash of the result over all ranks after every step. */
  readonly verify?: boolean;
  /**
   * With feedback: what this rank holds back at first, of another exchange of gradients of the same length.
   * Differs between ranks. What is of the mean is P times as much of the gradient of one of P ranks.
   * Default: nothing.
   */
  readonly residual?: Residual | undefined;
  /** NaN and ±Infinity in a gradient: end the job (default), or take such elements as 0. */
  readonly nonFinite?: 'throw' | 'zero';
}

/** Where things stand. */
export interface ExchangeStats {
  /** Since the exchange was created. */
  readonly total: ExchangeCounts;
  /** The last step alone. */
  readonly last: ExchangeCounts;
  /** Euclidean norm of everything held back on this rank, gradient units; null without feedback. */
  readonly residualNorm: number | null;
  /** Algorithm of each unit, in flat order. */
  readonly algorithms: readonly Algorithm[];
}

/** Use `createExchange`. */
export interface Exchange {
  readonly communicator: Communicator;

  /** Canonical spec of the codec for tensors without a rule. */
  readonly spec: string;

  /** Counts of bytes and time, and the residual. */
  readonly stats: ExchangeStats;

  /**
   * Replaces `gradient` by the mean over ranks, in place; the same bits on all ranks. The array
   * belongs to the exchange until the promise settles.
   * @param gradient the flat gradient, every time of the same length
   * @throws NonFiniteGradientError on the rank whose gradient is not finite, `RemoteAbortError` with
   * that rank on the others; and what the communicator throws. Afterwards the job is over.
   */
  allReduce(gradient: Float32Array, options?: OperationOptions): Promise<void>;

  /**
   * For a change of the learning rate: multiplies what is held back by previous / next, so that it is
   * later applied at the size it was withheld at.
   * @throws ArgumentRangeError when factor is not positive and finite
   */
  rescale(factor: number): void;

  /**
   * A copy of what this rank holds back, for an exchange that follows this one among other ranks:
   * `createExchange(shrunk, { …, residual: old.residual() })`. Undefined without feedback and before the
   * first gradient. After an exchange that has failed, it belongs to no step: take it before.
   */
  residual(): Residual | undefined;

  /** What must be equal on all ranks, and after a restart, as text. */
  readonly settings: Readonly<Record<string, string>>;

  /** Compares settings over all ranks. @throws AgreementError */
  agree(options?: OperationOptions): Promise<void>;

  /**
   * Gives the buffers and residuals back, between two exchanges; there can be none afterwards. An exchange
   * in a communication worker is closed with its communicator at the latest.
   */
  close(): void;

  /**
   * Residuals, step and counts of this rank as bytes, between two exchanges; `restore` takes them
   * back. Random streams are functions of the step, so there is nothing else to keep.
   * @throws SnapshotError during an exchange, and after one that failed
   */
  snapshot(): Uint8Array;

  /**
   * Goes on from a snapshot of the same rank of an exchange with the same settings: the next gradient
   * is exchanged as it would have been then. To be called on all ranks, with snapshots of one step.
   * @throws SnapshotError when the snapshot is damaged or another's; nothing changes
   */
  restore(bytes: Uint8Array): void;
}
