/**
 * The communicator: a group of ranks and the operations they run together. What each promises in
 * general, `README.md` of this folder says: order, buffers, matching, failure.
 */
import type { Channel } from './channel.ts';
import type { NumericArray } from './numeric-array.ts';
import type {
  AllGatherOptions,
  AllReduceOptions,
  AllToAllOptions,
  BroadcastOptions,
  CommunicatorStats,
  GatherOptions,
  GatherVOptions,
  OperationOptions,
  ReceiveInto,
  ReceiveOptions,
  Received,
  ReduceOptions,
  ReduceScatterOptions,
  ReductionOptions,
  ScatterOptions,
  ScatterVOptions,
  SendOptions,
  SendReceiveOptions,
  ShrinkOptions,
  VectorsOptions,
} from './options.ts';

import type { SyncOperations } from './sync.ts';

export type { CommunicatorOptions, OperationOptions } from './options.ts';

/** A group of ranks. `init()` returns that of all ranks of the job. */
export interface Communicator extends SyncOperations {
  /** Index of this process in this communicator, 0 to `size` − 1. */
  readonly rank: number;

  /** Number of ranks. */
  readonly size: number;

  /** Generation of the group: 0 after `init`, and one more after each `shrink` and `admit`. */
  readonly epoch: number;

  /** By rank, what it was in the communicator this one was shrunk from; its own number in the first one. */
  readonly formerRanks: readonly number[];

  /** `tcp`, `tls` or `memory`. */
  readonly transport: string;

  /** The error that has ended the job, if one has. */
  readonly failure: Error | undefined;

  /** Calls `listener` once when the job fails, at once if it has. */
  onFailure(listener: (error: Error) => void): void;

  /** Bytes and frames so far on the connections with the ranks, which all communicators of a job share. */
  readonly stats: CommunicatorStats;

  /**
   * Sends the bytes of `data` to one rank (or to itself), which calls `receive`. Settles once `data`
   * may be changed; a message to itself, once it is received.
   */
  send(destination: number, data: NumericArray, options?: SendOptions): Promise<void>;

  /**
   * Receives the first message that has come, or comes, from `source` with the tag asked for.
   * @param into an array, of which the beginning is filled, or a function that returns one for the
   * message
   * @throws MessageTooLongError when it does not fit; that ends the job
   */
  receive<T extends NumericArray>(
    source: number | 'any',
    into: ReceiveInto<T>,
    options?: ReceiveOptions,
  ): Promise<Received<T>>;

  /** Sends to one rank and receives from another (or the same, or any) at the same time. */
  sendReceive<T extends NumericArray>(
    destination: number,
    data: NumericArray,
    source: number | 'any',
    into: ReceiveInto<T>,
    options?: SendReceiveOptions,
  ): Promise<Received<T>>;

  /** Resolves once all ranks have called it. */
  barrier(options?: OperationOptions): Promise<void>;

  /** Copies the elements of rank `root` to all ranks, in place. */
  broadcast(vector: NumericArray, options?: BroadcastOptions): Promise<void>;

  /** Reduces `vector` over all ranks into that of rank `root`; the others stay as they are. */
  reduce(vector: NumericArray, options?: ReduceOptions): Promise<void>;

  /**
   * Reduces `vector` over all ranks, in place. All ranks end with the same bits. Algorithms add in
   * different orders, so their results may differ in rounding.
   */
  allReduce(vector: NumericArray, options?: AllReduceOptions): Promise<void>;

  /**
   * Reduces `vector` over all ranks and leaves each rank its chunk of the result.
   * @returns a view of chunk `rank` of `vector` (see `chunkRange`); the rest of `vector` is used up
   */
  reduceScatter<T extends NumericArray>(vector: T, options?: ReduceScatterOptions): Promise<T>;

  /**
   * The same with `counts[r]` elements for each rank r, in rank order; equal on all ranks.
   * @returns a view of this rank's elements in `vector`; the rest of `vector` is used up
   */
  reduceScatterV<T extends NumericArray>(
    vector: T,
    counts: readonly number[],
    options?: ReductionOptions,
  ): Promise<T>;

  /**
   * Gathers parts of equal length from all ranks at rank `root`, in rank order.
   * @returns `options.into` or a new array at the root, undefined elsewhere
   */
  gather<T extends NumericArray>(part: T, options?: GatherOptions<T>): Promise<T | undefined>;

  /**
   * Gathers arrays of any lengths, which the root need not know, from all ranks at rank `root`.
   * @returns by rank at the root, the own one being `part` itself; undefined elsewhere
   */
  gatherV<T extends NumericArray>(part: T, options?: GatherVOptions<T>): Promise<T[] | undefined>;

  /**
   * Fills `part` on each rank with its elements of `options.from` of rank `root`, which are cut into
   * parts of equal length in rank order.
   * @returns `part`
   */
  scatter<T extends NumericArray>(part: T, options?: ScatterOptions<T>): Promise<T>;

  /**
   * Gives each rank r the array `options.chunks[r]` of rank `root`, whose length it need not know.
   * @param into an array, of which the beginning is filled, or a function that returns one for the
   * message
   * @returns what this rank got, a view of its array
   * @throws MessageTooLongError when it does not fit; that ends the job
   */
  scatterV<T extends NumericArray>(into: ReceiveInto<T>, options?: ScatterVOptions<T>): Promise<T>;

  /**
   * Gathers parts of equal length from all ranks, in rank order.
   * @returns `options.into` or a new array
   */
  allGather<T extends NumericArray>(part: T, options?: AllGatherOptions<T>): Promise<T>;

  /**
   * Gathers arrays of any lengths, which nobody else need know, from all ranks.
   * @returns by rank; the own one is `part` itself
   */
  allGatherV<T extends NumericArray>(part: T, options?: VectorsOptions<T>): Promise<T[]>;

  /**
   * Sends chunk r of `vector`, which is cut into `size` chunks of equal length, to each rank r.
   * @returns what came from each rank, in rank order: `options.into` or a new array
   */
  allToAll<T extends NumericArray>(vector: T, options?: AllToAllOptions<T>): Promise<T>;

  /**
   * Sends array `chunks[r]` to each rank r, which need not know its length.
   * @returns what came from each rank; the own chunk is `chunks[rank]` itself
   */
  allToAllV<T extends NumericArray>(
    chunks: readonly T[],
    options?: VectorsOptions<T>,
  ): Promise<T[]>;

  /**
   * Runs a collective of the caller's own: `body` exchanges messages over the channel it is given. All
   * ranks call it at the same place, under the same rules as any other. What `body` throws ends the
   * job.
   */
  operate<T>(
    name: string,
    body: (channel: Channel) => Promise<T>,
    options?: OperationOptions,
  ): Promise<T>;

  /**
   * Divides the ranks into groups with a communicator each, over the same connections; messages of one
   * never meet those of another. All ranks of this communicator call it.
   * @param color ranks of one color get one communicator; undefined: none
   * @param key ranks are numbered by it, equal ones in the order they have here. Default 0
   */
  split(color: number, key?: number, options?: OperationOptions): Promise<Communicator>;

  split(
    color: number | undefined,
    key?: number,
    options?: OperationOptions,
  ): Promise<Communicator | undefined>;

  /**
   * Goes on with the survivors after a failure, over new connections: they agree on who they are, and are
   * numbered anew in the old order (`formerRanks`). All that want to go on call it, on the communicator
   * of the job, after an operation has thrown or before (then operations under way are given up); this
   * communicator is closed, those split from it are of no use any more. Somebody lost meanwhile is
   * the new communicator's failure, and it can be shrunk in turn. Buffers of operations that
   * have failed hold neither their input nor a result: retry from a copy.
   * @throws EvictedError when the others have gone on without this rank
   * @throws CollectiveTimeoutError when they have not decided within twice the deadline
   * @throws ShrinkUnavailableError on a communicator that was split from another
   */
  shrink(options?: ShrinkOptions): Promise<Communicator>;

  /**
   * Lets in processes that have called `init({ join: true })` meanwhile, between two operations: all ranks call
   * it, on the communicator of the job. Where nobody waits, which costs a short broadcast, it is this
   * communicator. Else all ranks go on in a new one, over new connections, like the survivors of a failure in
   * `shrink`: the ranks that were there before keep their order, newcomers follow (-1 in `formerRanks`), and
   * this communicator is closed. Rank 0 listens for newcomers at the master address from the first call on. What
   * they need to know is told them by `shareState`.
   * @throws RendezvousError, PortInUseError on rank 0 when it cannot listen there; the others hear of it
   * @throws what `shrink` throws
   */
  admit(options?: ShrinkOptions): Promise<Communicator>;

  /**
   * Ends the job: the peers hear of it first and throw `RemoteAbortError` with this rank and the code
   * of `error`; here everything under way and to come rejects with `error`. Then call `close`.
   */
  abort(error: Error): void;

  /**
   * Leaves in order, after the operations under way. The communicator of the job tells the peers and
   * releases every socket and timer; those made by `split` are of no use any more. One of those leaves
   * alone, and messages nobody has received are dropped. Never rejects; may be called again.
   */
  close(): Promise<void>;
}
