/** The typed arrays that collectives move and reduce. */
import { ArgumentRangeError, ArgumentTypeError } from '../../proto/errors.ts';

/** What the collectives reduce and move: every typed array. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

type NumericArrayType<T extends NumericArray> = new (
  buffer: ArrayBufferLike,
  offset?: number,
  length?: number,
) => T;

const NUMERIC_ARRAYS = [
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
] as const;

function typeOf<T extends NumericArray>(array: T): NumericArrayType<T> {
  return NUMERIC_ARRAYS.find((type) => array instanceof type) as unknown as NumericArrayType<T>;
}

/** A number for each type, from 0. */
export function typeIndex(array: NumericArray): number {
  return NUMERIC_ARRAYS.findIndex((type) => array instanceof type);
}

/** @throws ArgumentTypeError when `value` is not one of the typed arrays of `NumericArray` */
export function assertNumericArray(value: unknown, title: string): asserts value is NumericArray {
  if (NUMERIC_ARRAYS.some((type) => value instanceof type)) return;
  const names = NUMERIC_ARRAYS.map(({ name }) => name).join(', ');
  const got = value instanceof Object ? value.constructor.name : String(value);
  throw new ArgumentTypeError(`"${title}" must be one of ${names}, got ${got}`);
}

/**
 * Checks an array that goes with another one.
 * @throws ArgumentTypeError when `array` is not of the type of `like`
 * @throws ArgumentRangeError when it has not exactly `length` elements; `why` says where they come from
 */
export function assertLike(
  array: unknown,
  title: string,
  like: NumericArray,
  length: number,
  why: string,
): void {
  assertSameType(array, title, like);
  if (array.length !== length)
    throw new ArgumentRangeError(
      `"${title}" must have ${length} elements (${why}), got ${array.length}`,
    );
}

/** @throws ArgumentTypeError when `array` is not of the type of `like` */
export function assertSameType<T extends NumericArray>(
  array: unknown,
  title: string,
  like: T,
): asserts array is T {
  assertNumericArray(array, title);
  if (typeOf(array) !== (typeOf(like) as unknown))
    throw new ArgumentTypeError(
      `"${title}" must be a ${typeOf(like).name}, got ${typeOf(array).name}`,
    );
}

/** The bytes of an array, without a copy. */
export function bytesOf(array: NumericArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** `count` elements of the type of `array` over the beginning of `bytes`, which must be aligned. */
export function viewLike<T extends NumericArray>(array: T, bytes: Uint8Array, count: number): T {
  return new (typeOf(array))(bytes.buffer, bytes.byteOffset, count);
}

/** A new array of the type of `array`. */
export function newLike<T extends NumericArray>(array: T, length: number): T {
  return new (typeOf(array))(new ArrayBuffer(length * array.BYTES_PER_ELEMENT));
}

/** Elements `start` to `end` of `array`, without a copy. */
export function partOf<T extends NumericArray>(array: T, start: number, end: number): T {
  return array.subarray(start, end) as T;
}

/** Copies all of `source` into `target` from `offset` on; both are of one type. */
export function copyInto<T extends NumericArray>(target: T, source: T, offset: number): void {
  (target as Float32Array).set(source as Float32Array, offset);
}
