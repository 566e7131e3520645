/** What callers may ask of a communicator and its operations, and what they get. */
import type { OperationStats } from './tally.ts';
import type { DuplexTraffic } from '../transport/traffic.ts';
import type {
  AllGatherAlgorithm,
  AllReduceAlgorithm,
  AllToAllAlgorithm,
  BroadcastAlgorithm,
  CostModel,
  GatherAlgorithm,
  ReduceAlgorithm,
  ReduceScatterAlgorithm,
} from './cost-model.ts';
import type { NumericArray } from './numeric-array.ts';
import type { ReduceName, Reducer } from './reducer.ts';

export interface CommunicatorOptions {
  /** Default deadline of every operation, milliseconds; `Infinity` for none. Default 60 000. */
  readonly deadlineMs?: number;
  /**
   * An operation in which no byte of a message moves between this rank and those it waits for, for so many
   * milliseconds, is given up like one beyond its deadline. Default `Infinity`: the deadline alone counts.
   */
  readonly progressMs?: number;
  /**
   * What messages and bytes are taken to cost, by which `algorithm: 'auto'` chooses. Must be equal on
   * all ranks.
   */
  readonly costModel?: Partial<CostModel>;
  /**
   * Longest piece a vector is cut into on its way, bytes. Equal on all ranks. Default 1 MiB; 4 MiB where
   * the ranks meet at a loopback address.
   */
  readonly segmentBytes?: number;
  /**
   * Longest message that is sent without asking the receiver, bytes. Equal on all ranks.
   * Default 512 KiB.
   * @internal for tests
   */
  readonly eagerBytes?: number;
  /**
   * Bytes of such messages a receiver holds for each peer. Equal on all ranks. Default 4 MiB.
   * @internal for tests
   */
  readonly creditBytes?: number;
}

/** Options of every operation. */
export interface OperationOptions {
  /** Gives the operation up, and with it the job: all ranks end with an error. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the job is given up; `Infinity` for never. */
  readonly deadlineMs?: number;
  /** Milliseconds without a byte of progress until the job is given up; `Infinity` for never. */
  readonly progressMs?: number;
}

/** Options of `shrink`. */
export interface ShrinkOptions {
  /**
   * Milliseconds the others have to call it as well: whoever has not by then is left behind. Default: the
   * communicator's `deadlineMs`.
   */
  readonly deadlineMs?: number;
}

/** Options of an operation that has one rank to go to or come from. */
export interface RootOptions extends OperationOptions {
  /** Default 0. */
  readonly root?: number;
}

export interface SendOptions extends OperationOptions {
  /** Tells messages between two ranks apart: an integer in [0, 2²⁰). Default 0. */
  readonly tag?: number;
}

export interface ReceiveOptions extends OperationOptions {
  /** Takes messages of this tag only, or of any. Default 0. */
  readonly tag?: number | 'any';
}

export interface SendReceiveOptions extends SendOptions {
  /** Tag of the message to receive, or any. Default `tag`. */
  readonly receiveTag?: number | 'any';
}

/** A message that has come and has no buffer yet. */
export interface IncomingMessage {
  /** Its sender. */
  readonly source: number;
  /** 0 outside `receive`. */
  readonly tag: number;
  readonly byteLength: number;
}

/** Where a message goes: an array, or a function that returns one once the length is known. */
export type ReceiveInto<T extends NumericArray> = T | ((message: IncomingMessage) => T);

/** A message that has been received. */
export interface Received<T extends NumericArray> {
  readonly source: number;
  readonly tag: number;
  /** Elements. */
  readonly length: number;
  /** The beginning of the array it was received into: just those elements. */
  readonly data: T;
}

export interface BroadcastOptions extends RootOptions {
  /** Default `auto`. Equal on all ranks. */
  readonly algorithm?: BroadcastAlgorithm;
}

/** Options of every reduction. */
export interface ReductionOptions extends OperationOptions {
  /** Default `sum`. Equal on all ranks. */
  readonly op?: ReduceName | Reducer;
}

export interface ReduceOptions extends ReductionOptions, RootOptions {
  /** Default `auto`. Equal on all ranks. */
  readonly algorithm?: ReduceAlgorithm;
}

export interface AllReduceOptions extends ReductionOptions {
  /** Default `auto`. Equal on all ranks. */
  readonly algorithm?: AllReduceAlgorithm;
}

export interface ReduceScatterOptions extends ReductionOptions {
  /** Default `auto`. Equal on all ranks. */
  readonly algorithm?: ReduceScatterAlgorithm;
}

export interface AllGatherOptions<T extends NumericArray> extends OperationOptions {
  /** Receives the result: `size` times the length of the part. Default: a new array. */
  readonly into?: T;
  /** Default `auto`. Equal on all ranks. */
  readonly algorithm?: AllGatherAlgorithm;
}

export interface GatherOptions<T extends NumericArray> extends RootOptions {
  /** Receives the result at the root: `size` times the length of the part. Default: a new array. */
  readonly into?: T;
  /** Default `auto`. Equal on all ranks. */
  readonly algorithm?: GatherAlgorithm;
}

export interface ScatterOptions<T extends NumericArray> extends RootOptions {
  /** What the root scatters, in rank order: `size` times the length of the part. */
  readonly from?: T;
  /** Default `auto`. Equal on all ranks. */
  readonly algorithm?: GatherAlgorithm;
}

export interface ScatterVOptions<T extends NumericArray> extends RootOptions {
  /** What the root scatters: one array a rank. */
  readonly chunks?: readonly T[];
}

export interface AllToAllOptions<T extends NumericArray> extends OperationOptions {
  /** Receives the result: the length of the vector. Default: a new array. */
  readonly into?: T;
  /** Default `auto`. Equal on all ranks. */
  readonly algorithm?: AllToAllAlgorithm;
}

/** Returns an array of at least `length` elements for what comes from `source`. */
export type ReceiveBuffer<T extends NumericArray = Uint8Array> = (
  source: number,
  length: number,
) => T;

/** Called for every message as soon as it is there, in the order of arrival. */
export type ReceiveListener<T extends NumericArray = Uint8Array> = (
  source: number,
  elements: T,
) => void;

/** Options of operations that receive arrays whose lengths this rank does not know. */
export interface VectorsOptions<T extends NumericArray = Uint8Array> extends OperationOptions {
  /**
   * Gives the array for what comes from a rank, so that nothing need be allocated in steady state. May
   * throw to refuse a length, which ends the job. Default: a new array each time.
   */
  readonly buffer?: ReceiveBuffer<T>;
  /** Called with each array as soon as it is there, the own one first. */
  readonly onReceive?: ReceiveListener<T>;
}

/** The same for an operation with a root. */
export interface GatherVOptions<T extends NumericArray> extends VectorsOptions<T>, RootOptions {}

/**
 * Bytes and frames so far: all peers together, and each by rank (zeros for the own rank), whichever
 * communicator of the job they were sent by.
 */
export interface CommunicatorStats extends DuplexTraffic {
  readonly peers: readonly DuplexTraffic[];
  /** What this communicator's operations have done, by name (`allReduce`, `two-shot of unit 0`, `send to rank 1`). */
  readonly operations: Readonly<Record<string, OperationStats>>;
}
