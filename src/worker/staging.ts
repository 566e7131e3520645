/**
 * Arrays that only the calling thread can see are copied to and fro: into memory that both threads share
 * before an operation, back where it writes. (`allocateVector` gives arrays that need no copy.)
 */
import { allocateBytes, releaseMemory } from '../../codecs/memory.ts';
import type { Operand } from '../collective/buffers-in-use.ts';
import { bytesOf, viewLike, type NumericArray } from '../collective/numeric-array.ts';
import { isShared } from './wire.ts';

/** Buffers are made in powers of two from here on, so that they can be used again. */
const LEAST_BYTES = 4096;
/** Bytes kept for the next operation. */
const MOST_KEPT = 2 ** 26;

/** Buffers both threads see. */
export class SharedBuffers {
  readonly #kept: Map<number, Uint8Array[]> = new Map();
  #keptBytes = 0;

  take(bytes: number): Uint8Array {
    const size = Math.max(LEAST_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
    const kept = this.#kept.get(size)?.pop();
    if (kept === undefined) return newShared(size);
    this.#keptBytes -= size;
    return kept;
  }

  give(buffer: Uint8Array): void {
    if (this.#keptBytes + buffer.length > MOST_KEPT) {
      releaseMemory(buffer);
      return;
    }
    this.#keptBytes += buffer.length;
    const kept = this.#kept.get(buffer.length);
    if (kept === undefined) this.#kept.set(buffer.length, [buffer]);
    else kept.push(buffer);
  }

  /** Gives everything back. */
  release(): void {
    for (const buffers of this.#kept.values()) for (const buffer of buffers) releaseMemory(buffer);
    this.#kept.clear();
    this.#keptBytes = 0;
  }
}

/** Without a kernels' memory there is still memory that threads share. */
function newShared(bytes: number): Uint8Array {
  const array = allocateBytes(bytes);
  return isShared(array) ? array : new Uint8Array(new SharedArrayBuffer(bytes));
}

interface Staged {
  readonly array: NumericArray;
  readonly writes: boolean;
  readonly buffer: Uint8Array;
  readonly view: NumericArray;
}

/** The arrays of one operation. */
export class Staging {
  readonly #buffers: SharedBuffers;
  readonly #staged: Staged[] = [];

  /** Copies what the worker could not see. */
  constructor(operands: readonly Operand[], buffers: SharedBuffers) {
    this.#buffers = buffers;
    for (const { array, writes } of operands)
      if (!isShared(array) && array.byteLength > 0) this.#stage(array, writes);
  }

  #stage(array: NumericArray, writes: boolean): void {
    const buffer = this.#buffers.take(array.byteLength);
    const view = viewLike(array, buffer, array.length);
    bytesOf(view).set(bytesOf(array));
    this.#staged.push({ array, writes, buffer, view });
  }

  /** `value` with the copies in place of the arrays, however deep in lists and options they are. */
  replace(value: unknown): unknown {
    if (ArrayBuffer.isView(value))
      return this.#staged.find(({ array }) => array === value)?.view ?? value;
    if (Array.isArray(value)) return value.map((item) => this.replace(item));
    if (typeof value !== 'object' || value === null) return value;
    if (Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, this.replace(item)]),
    );
  }

  /** The operation has ended well: what it wrote is copied back. */
  finish(): void {
    for (const { array, writes, view } of this.#staged)
      if (writes) bytesOf(array).set(bytesOf(view));
    this.release();
  }

  /** Nothing will be read or written any more. */
  release(): void {
    for (const { buffer } of this.#staged.splice(0)) this.#buffers.give(buffer);
  }
}
