/**
 * The operations in forms that return when the operation has ended: the calling thread waits, its event loop
 * stands still. They need somebody else to move the bytes: a communication worker, or nobody where
 * the communicator has one rank. Elsewhere they throw `SyncUnavailableError`. Each takes the same
 * arguments as its asynchronous form, which a rank at the other end may just as well have called; a
 * signal cannot interrupt the wait, a deadline can.
 */
import type { NumericArray } from './numeric-array.ts';
import type {
  AllGatherOptions,
  AllReduceOptions,
  AllToAllOptions,
  BroadcastOptions,
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
  VectorsOptions,
} from './options.ts';

/** Synchronous forms of a communicator's operations. */
export interface SyncOperations {
  sendSync(destination: number, data: NumericArray, options?: SendOptions): void;
  receiveSync<T extends NumericArray>(
    source: number | 'any',
    into: ReceiveInto<T>,
    options?: ReceiveOptions,
  ): Received<T>;
  sendReceiveSync<T extends NumericArray>(
    destination: number,
    data: NumericArray,
    source: number | 'any',
    into: ReceiveInto<T>,
    options?: SendReceiveOptions,
  ): Received<T>;
  barrierSync(options?: OperationOptions): void;
  broadcastSync(vector: NumericArray, options?: BroadcastOptions): void;
  reduceSync(vector: NumericArray, options?: ReduceOptions): void;
  allReduceSync(vector: NumericArray, options?: AllReduceOptions): void;
  reduceScatterSync<T extends NumericArray>(vector: T, options?: ReduceScatterOptions): T;
  reduceScatterVSync<T extends NumericArray>(
    vector: T,
    counts: readonly number[],
    options?: ReductionOptions,
  ): T;
  gatherSync<T extends NumericArray>(part: T, options?: GatherOptions<T>): T | undefined;
  gatherVSync<T extends NumericArray>(part: T, options?: GatherVOptions<T>): T[] | undefined;
  scatterSync<T extends NumericArray>(part: T, options?: ScatterOptions<T>): T;
  scatterVSync<T extends NumericArray>(into: ReceiveInto<T>, options?: ScatterVOptions<T>): T;
  allGatherSync<T extends NumericArray>(part: T, options?: AllGatherOptions<T>): T;
  allGatherVSync<T extends NumericArray>(part: T, options?: VectorsOptions<T>): T[];
  allToAllSync<T extends NumericArray>(vector: T, options?: AllToAllOptions<T>): T;
  allToAllVSync<T extends NumericArray>(chunks: readonly T[], options?: VectorsOptions<T>): T[];
}
