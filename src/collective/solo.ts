/**
 * Synchronous operations of an engine on the calling thread: nothing moves while that thread waits, so they
 * are there for one rank alone, where each of them is a copy at most.
 */
import { CommunicatorClosedError, SyncUnavailableError } from '../../proto/comm-errors.ts';
import {
  assertChunks,
  assertCounts,
  assertRank,
  intoForAll,
  intoForAllToAll,
  lengthForAll,
} from './arguments.ts';
import { IncomingMessage } from './incoming.ts';
import {
  assertLike,
  assertNumericArray,
  bytesOf,
  copyInto,
  partOf,
  type NumericArray,
} from './numeric-array.ts';
import type {
  AllGatherOptions,
  AllToAllOptions,
  GatherOptions,
  GatherVOptions,
  ReceiveInto,
  Received,
  ReductionOptions,
  RootOptions,
  ScatterOptions,
  ScatterVOptions,
  SendReceiveOptions,
  VectorsOptions,
} from './options.ts';
import { reducerOf } from './reducer.ts';
import type { SyncOperations } from './sync.ts';

const ALONE = [0];

export abstract class SoloSync implements SyncOperations {
  abstract readonly size: number;
  abstract readonly failure: Error | undefined;
  /** `close` has been called. */
  protected isClosed = false;

  sendSync(): void {
    throw new SyncUnavailableError('sendSync', 'nobody else would receive the message');
  }

  receiveSync<T extends NumericArray>(): Received<T> {
    throw new SyncUnavailableError('receiveSync', 'nobody else would send a message');
  }

  sendReceiveSync<T extends NumericArray>(
    destination: number,
    data: NumericArray,
    source: number | 'any',
    into: ReceiveInto<T>,
    options: SendReceiveOptions = {},
  ): Received<T> {
    this.#alone('sendReceiveSync');
    assertRank(destination, 'destination', 1);
    if (source !== 'any') assertRank(source, 'source', 1);
    assertNumericArray(data, 'data');
    const { tag = 0, receiveTag = tag } = options;
    if (receiveTag !== 'any' && receiveTag !== tag)
      throw new SyncUnavailableError('sendReceiveSync', `nobody else would send tag ${receiveTag}`);
    const incoming = new IncomingMessage(into, ALONE);
    const bytes = bytesOf(data);
    incoming.provide(bytes.length, 0, tag).set(bytes);
    return incoming.received;
  }

  barrierSync(): void {
    this.#alone('barrierSync');
  }

  broadcastSync(vector: NumericArray, options: RootOptions = {}): void {
    this.#alone('broadcastSync', options);
    assertNumericArray(vector, 'vector');
  }

  reduceSync(vector: NumericArray, options: ReductionOptions & RootOptions = {}): void {
    this.#reducing('reduceSync', vector, options);
  }

  allReduceSync(vector: NumericArray, options: ReductionOptions = {}): void {
    this.#reducing('allReduceSync', vector, options);
  }

  reduceScatterSync<T extends NumericArray>(vector: T, options: ReductionOptions = {}): T {
    this.#reducing('reduceScatterSync', vector, options);
    return partOf(vector, 0, vector.length);
  }

  reduceScatterVSync<T extends NumericArray>(
    vector: T,
    counts: readonly number[],
    options: ReductionOptions = {},
  ): T {
    this.#reducing('reduceScatterVSync', vector, options);
    assertCounts(counts, vector.length, 1);
    return partOf(vector, 0, vector.length);
  }

  gatherSync<T extends NumericArray>(part: T, options: GatherOptions<T> = {}): T | undefined {
    this.#alone('gatherSync', options);
    return copied(part, options.into);
  }

  gatherVSync<T extends NumericArray>(part: T, options: GatherVOptions<T> = {}): T[] | undefined {
    this.#alone('gatherVSync', options);
    return own(part, options);
  }

  scatterSync<T extends NumericArray>(part: T, options: ScatterOptions<T> = {}): T {
    this.#alone('scatterSync', options);
    assertNumericArray(part, 'part');
    assertLike(options.from, 'from', part, ...lengthForAll(part, 1));
    copyInto(part, options.from as T, 0);
    return part;
  }

  scatterVSync<T extends NumericArray>(into: ReceiveInto<T>, options: ScatterVOptions<T> = {}): T {
    this.#alone('scatterVSync', options);
    assertChunks(options.chunks, 1);
    const incoming = new IncomingMessage(into, ALONE);
    const [chunk] = options.chunks!;
    incoming.assertFits(chunk!, 'chunks');
    return incoming.take(chunk!, 0);
  }

  allGatherSync<T extends NumericArray>(part: T, options: AllGatherOptions<T> = {}): T {
    this.#alone('allGatherSync');
    return copied(part, options.into);
  }

  allGatherVSync<T extends NumericArray>(part: T, options: VectorsOptions<T> = {}): T[] {
    this.#alone('allGatherVSync');
    return own(part, options);
  }

  allToAllSync<T extends NumericArray>(vector: T, options: AllToAllOptions<T> = {}): T {
    this.#alone('allToAllSync');
    assertNumericArray(vector, 'vector');
    const into = intoForAllToAll(vector, 1, options.into);
    copyInto(into, vector, 0);
    return into;
  }

  allToAllVSync<T extends NumericArray>(
    chunks: readonly T[],
    options: VectorsOptions<T> = {},
  ): T[] {
    this.#alone('allToAllVSync');
    assertChunks(chunks, 1);
    return own(chunks[0]!, options);
  }

  #reducing(method: string, vector: NumericArray, options: ReductionOptions & RootOptions): void {
    this.#alone(method, options);
    assertNumericArray(vector, 'vector');
    reducerOf(options.op ?? 'sum');
  }

  /** @throws SyncUnavailableError with several ranks; what has ended the job, or that it is closed */
  #alone(method: string, { root = 0 }: RootOptions = {}): void {
    if (this.size > 1)
      throw new SyncUnavailableError(
        method,
        'the connections belong to the calling thread; init() without "worker: false" gives them to a worker',
      );
    if (this.failure !== undefined) throw this.failure;
    if (this.isClosed) throw new CommunicatorClosedError(method);
    assertRank(root, 'root', 1);
  }
}

function copied<T extends NumericArray>(part: T, into?: T): T {
  assertNumericArray(part, 'part');
  const target = intoForAll(part, 1, into);
  copyInto(target, part, 0);
  return target;
}

function own<T extends NumericArray>(part: T, { onReceive }: VectorsOptions<T>): T[] {
  assertNumericArray(part, 'part');
  onReceive?.(0, part);
  return [part];
}
