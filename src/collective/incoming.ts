/** Typed arrays over the byte buffers that messages are received into. */
import { CollectiveMismatchError } from '../../proto/comm-errors.ts';
import { ArgumentRangeError } from '../../proto/errors.ts';
import type { Operand } from './buffers-in-use.ts';
import {
  assertNumericArray,
  assertSameType,
  bytesOf,
  copyInto,
  newLike,
  partOf,
  type NumericArray,
} from './numeric-array.ts';
import type { ReceiveInto, Received, VectorsOptions } from './options.ts';

/** Elements of the type of `array` in so many bytes. @param rank the sender's in the job */
function wholeElements(bytes: number, array: NumericArray, rank: number): number {
  const elements = bytes / array.BYTES_PER_ELEMENT;
  if (Number.isInteger(elements)) return elements;
  throw new CollectiveMismatchError(
    rank,
    `rank ${rank} sent ${bytes} bytes, no whole number of ${array.constructor.name} elements`,
  );
}

/** One message into an array that is there, or is asked for once the length is known. */
export class IncomingMessage<T extends NumericArray> {
  readonly operands: readonly Operand[];
  readonly #into: ReceiveInto<T>;
  readonly #jobRanks: readonly number[];
  #received: Received<T> | undefined;

  /**
   * @param jobRanks rank in the job by rank of the communicator, for errors
   * @throws ArgumentTypeError when `into` is neither a function nor a typed array
   */
  constructor(into: ReceiveInto<T>, jobRanks: readonly number[]) {
    if (typeof into !== 'function') assertNumericArray(into, 'into');
    this.operands =
      typeof into === 'function' ? [] : [{ array: into, title: 'into', writes: true }];
    this.#into = into;
    this.#jobRanks = jobRanks;
  }

  /** What has been received. */
  get received(): Received<T> {
    return this.#received!;
  }

  /** The bytes that the message goes to; too few where it does not fit. */
  provide(byteLength: number, source: number, tag: number): Uint8Array {
    const array = this.#arrayFor(byteLength, source, tag);
    const length = wholeElements(byteLength, array, this.#jobRanks[source]!);
    this.#received = { source, tag, length, data: partOf(array, 0, length) };
    return bytesOf(array);
  }

  /** A message from this rank to itself; returns what `provide` was asked for, or the array itself. */
  take(array: T, source: number): T {
    if (typeof this.#into === 'function') return array;
    copyInto(this.#into, array, 0);
    this.provide(array.byteLength, source, 0);
    return this.received.data;
  }

  /** @throws ArgumentTypeError, ArgumentRangeError when `take` could not take `array` */
  assertFits(array: T, title: string): void {
    if (typeof this.#into === 'function') return;
    assertSameType(this.#into, 'into', array);
    if (this.#into.length < array.length)
      throw new ArgumentRangeError(
        `"into" must have room for the ${array.length} elements that "${title}" has for this rank, ` +
          `got ${this.#into.length}`,
      );
  }

  #arrayFor(byteLength: number, source: number, tag: number): T {
    if (typeof this.#into !== 'function') return this.#into;
    const array = this.#into({ source, tag, byteLength });
    assertNumericArray(array, 'into(…)');
    return array;
  }
}

/** An array from each rank, of lengths that only the senders know. */
export class IncomingArrays<T extends NumericArray> {
  /** By rank of the communicator. */
  readonly arrays: T[];
  readonly #like: T;
  readonly #jobRanks: readonly number[];
  readonly #options: VectorsOptions<T>;

  /** @param own what this rank sends to itself, and of the type of all */
  constructor(rank: number, own: T, jobRanks: readonly number[], options: VectorsOptions<T>) {
    this.arrays = new Array<T>(jobRanks.length);
    this.arrays[rank] = own;
    this.#like = own;
    this.#jobRanks = jobRanks;
    this.#options = options;
  }

  /** The bytes that what comes from `source` goes to; too few where it does not fit. */
  readonly buffer = (source: number, byteLength: number): Uint8Array => {
    const length = wholeElements(byteLength, this.#like, this.#jobRanks[source]!);
    const array = this.#options.buffer?.(source, length) ?? newLike(this.#like, length);
    assertSameType(array, 'buffer(…)', this.#like);
    this.arrays[source] = partOf(array, 0, length);
    return bytesOf(array);
  };

  /** What comes from `source` is there. */
  readonly arrived = (source: number): void => {
    this.#options.onReceive?.(source, this.arrays[source]!);
  };
}
