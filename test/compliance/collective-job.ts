/** What the parts of the collective suite share: jobs, inputs, and comparing bit for bit. */
import { expect } from 'vitest';
import type { Communicator } from '../../src/collective/communicator.ts';
import type { NumericArray } from '../../src/collective/numeric-array.ts';
import type { CommunicatorOptions } from '../../src/collective/options.ts';
import type { ReduceName } from '../../src/collective/reducer.ts';

/** All ranks of a job in this process. */
export interface Job {
  readonly communicators: readonly Communicator[];
  close(): Promise<void>;
}

export type OpenJob = (size: number, options: CommunicatorOptions) => Promise<Job>;

/** Small limits take every path (eager, offered, granted, many segments) in milliseconds. */
export const KNOBS: Readonly<Record<string, CommunicatorOptions>> = {
  'default limits': {},
  'tiny limits': { segmentBytes: 240, eagerBytes: 64, creditBytes: 300 },
};

export type ArrayType =
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | Int8ArrayConstructor
  | Uint8ArrayConstructor
  | Uint8ClampedArrayConstructor
  | Int16ArrayConstructor
  | Uint16ArrayConstructor
  | Int32ArrayConstructor
  | Uint32ArrayConstructor
  | BigInt64ArrayConstructor
  | BigUint64ArrayConstructor;

export const TYPES: readonly ArrayType[] = [
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
];

export const OPS: readonly ReduceName[] = ['sum', 'min', 'max', 'prod'];

/** The lengths at which chunking is at its silliest, and one beyond all segments. */
export function lengthsFor(size: number): number[] {
  return [...new Set([0, 1, size - 1, size, size + 1, 1000])];
}

/** A small generator of 32-bit words. */
function words(seed: number): () => number {
  let state = (Math.imul(seed, 2_654_435_761) + 12_345) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
}

/** Floats whose sums round, so that the order of additions shows. */
export function floats(length: number, seed: number): Float32Array {
  const next = words(seed);
  return Float32Array.from({ length }, () => {
    const word = next();
    return (word / 2 ** 32 - 0.5) * 2 ** (word % 20);
  });
}

export function bytes(length: number, seed: number): Uint8Array {
  const result = new Uint8Array(length);
  for (let i = 0; i < length; i++) result[i] = i * 7 + seed * 31;
  return result;
}

/** Any bits in integers; finite floats of very different sizes. From an odd offset in a larger buffer. */
export function valuesOf(type: ArrayType, length: number, seed: number): NumericArray {
  const room = new type(length + 5);
  const array = room.subarray(3, 3 + length) as NumericArray;
  const next = words(seed);
  for (let i = 0; i < length; i++) {
    const word = next();
    if (array instanceof BigInt64Array || array instanceof BigUint64Array)
      array[i] = (BigInt(word) << 33n) ^ BigInt(next());
    else if (array instanceof Float32Array || array instanceof Float64Array)
      array[i] = (word / 2 ** 32 - 0.5) * 2 ** (word % 20);
    else array[i] = word >>> (next() % 25);
  }
  return array;
}

/** Bits of an array: −0 and NaN are compared too. */
export function bits(array: NumericArray): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

export function expectSame(actual: readonly NumericArray[], expected: NumericArray): void {
  const wanted = bits(expected);
  for (const [rank, array] of actual.entries())
    if (array.constructor !== expected.constructor || !bits(array).equals(wanted)) {
      expect(array, `rank ${rank}`).toEqual(expected);
      throw new Error(`rank ${rank} has other bits`);
    }
}

/** All parts one after the other. */
export function concatenated<T extends NumericArray>(parts: readonly T[], like: T): T {
  const type = like.constructor as new (length: number) => T;
  const result = new type(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    (result as Float32Array).set(part as Float32Array, offset);
    offset += part.length;
  }
  return result;
}

/** Runs an operation on all ranks; the results by rank. */
export function onAll<T>(
  job: Pick<Job, 'communicators'>,
  operation: (communicator: Communicator) => Promise<T>,
): Promise<T[]> {
  return Promise.all(job.communicators.map(operation));
}
