/** Checks of what callers pass to the operations of a communicator of `size` ranks. */
import { assertInteger } from '../../proto/assert.ts';
import { ArgumentRangeError, ArgumentTypeError } from '../../proto/errors.ts';
import { MAX_STEPS } from '../transport/messenger.ts';
import {
  assertLike,
  assertNumericArray,
  assertSameType,
  newLike,
  type NumericArray,
} from './numeric-array.ts';

export function assertRank(rank: unknown, title: string, size: number): asserts rank is number {
  assertInteger(rank, title, 0, size - 1);
}

export function assertSource(source: unknown, size: number): void {
  if (source !== 'any') assertRank(source, 'source', size);
}

export function assertTag(tag: unknown, title: string): void {
  assertInteger(tag, title, 0, MAX_STEPS - 1);
}

/** One array a rank, all of one type. */
export function assertChunks(chunks: readonly NumericArray[] | undefined, size: number): void {
  if (!Array.isArray(chunks))
    throw new ArgumentTypeError(`"chunks" must be an array of typed arrays, one a rank`);
  if (chunks.length !== size)
    throw new ArgumentRangeError(
      `"chunks" must have one entry a rank (${size}), got ${chunks.length}`,
    );
  for (const [rank, chunk] of (chunks as readonly unknown[]).entries()) {
    assertNumericArray(chunk, `chunks[${rank}]`);
    assertSameType(chunk, `chunks[${rank}]`, chunks[0] as NumericArray);
  }
}

/** Elements for each rank, `length` in all. */
export function assertCounts(counts: readonly number[], length: number, size: number): void {
  if (!Array.isArray(counts))
    throw new ArgumentTypeError(`"counts" must be an array of integers, one a rank`);
  if (counts.length !== size)
    throw new ArgumentRangeError(
      `"counts" must have one entry a rank (${size}), got ${counts.length}`,
    );
  for (const [rank, count] of counts.entries()) assertInteger(count, `counts[${rank}]`, 0);
  const sum = counts.reduce((total, count) => total + count, 0);
  if (sum !== length)
    throw new ArgumentRangeError(
      `"counts" must add up to the ${length} elements of "vector", got ${sum}`,
    );
}

/** `into` for the parts of all ranks, or a new array. */
export function intoForAll<T extends NumericArray>(part: T, size: number, into?: T): T {
  const [length, why] = lengthForAll(part, size);
  if (into === undefined) return newLike(part, length);
  assertLike(into, 'into', part, length, why);
  return into;
}

export function lengthForAll(
  { length }: NumericArray,
  size: number,
): [length: number, why: string] {
  return [length * size, `${size} ranks times ${length}`];
}

/** `into` for what an all-to-all of `vector` gives, or a new array. */
export function intoForAllToAll<T extends NumericArray>(vector: T, size: number, into?: T): T {
  if (vector.length % size !== 0)
    throw new ArgumentRangeError(
      `"vector" must have a multiple of ${size} elements (ranks), got ${vector.length}`,
    );
  const target = into ?? newLike(vector, vector.length);
  assertLike(target, 'into', vector, vector.length, 'as many as "vector"');
  return target;
}
