/**
 * Element-wise reductions. A reducer has three operands so that the order of the two inputs can be
 * fixed by rank whichever of them is in place: all ranks then hold the same bits, for NaN and −0 too.
 */
import { ArgumentRangeError, ArgumentTypeError } from '../../proto/errors.ts';

/** What the collectives reduce and move. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** Combines two arrays of the same type and length; `target` may be `left` or `right`. */
export interface Reducer {
  readonly name: string;
  combine(target: NumericArray, left: NumericArray, right: NumericArray): void;
}

/** Built-in reductions. Integers wrap as on assignment to the array; NaN wins in `min` and `max`. */
export type ReduceName = 'sum' | 'min' | 'max' | 'prod';

/** Apart from the general loop so that its access stays monomorphic: gradients go through here. */
function sumFloat32(target: Float32Array, left: Float32Array, right: Float32Array): void {
  const { length } = target;
  for (let i = 0; i < length; i++) target[i] = left[i]! + right[i]!;
}

const sum: Reducer = {
  name: 'sum',
  combine(target, left, right) {
    if (
      target instanceof Float32Array &&
      left instanceof Float32Array &&
      right instanceof Float32Array
    )
      sumFloat32(target, left, right);
    else for (let i = 0; i < target.length; i++) target[i] = left[i]! + right[i]!;
  },
};

const min: Reducer = {
  name: 'min',
  combine(target, left, right) {
    for (let i = 0; i < target.length; i++) target[i] = Math.min(left[i]!, right[i]!);
  },
};

const max: Reducer = {
  name: 'max',
  combine(target, left, right) {
    for (let i = 0; i < target.length; i++) target[i] = Math.max(left[i]!, right[i]!);
  },
};

const prod: Reducer = {
  name: 'prod',
  combine(target, left, right) {
    if (target instanceof Float32Array || target instanceof Float64Array)
      for (let i = 0; i < target.length; i++) target[i] = left[i]! * right[i]!;
    // A product of 32-bit integers does not fit a double, so multiply modulo 2³².
    else for (let i = 0; i < target.length; i++) target[i] = Math.imul(left[i]!, right[i]!);
  },
};

const REDUCERS: Readonly<Record<ReduceName, Reducer>> = { sum, min, max, prod };

/** The reducer of a name, or the given one. @throws ArgumentRangeError on an unknown name */
export function reducerOf(op: ReduceName | Reducer): Reducer {
  if (typeof op !== 'string') return op;
  const reducer = Object.hasOwn(REDUCERS, op) ? REDUCERS[op] : undefined;
  if (reducer === undefined)
    throw new ArgumentRangeError(
      `"op" must be one of ${Object.keys(REDUCERS).join(', ')} or a Reducer, got ${JSON.stringify(op)}`,
    );
  return reducer;
}

const NUMERIC_ARRAYS = [
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
] as const;

/** @throws ArgumentTypeError when `value` is not one of the typed arrays of `NumericArray` */
export function assertNumericArray(value: unknown, title: string): asserts value is NumericArray {
  if (NUMERIC_ARRAYS.some((type) => value instanceof type)) return;
  const names = NUMERIC_ARRAYS.map(({ name }) => name).join(', ');
  const got = value instanceof Object ? value.constructor.name : String(value);
  throw new ArgumentTypeError(`"${title}" must be one of ${names}, got ${got}`);
}

/** The bytes of an array, without a copy. */
export function bytesOf(array: NumericArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** `count` elements of the type of `array` over the beginning of `bytes`, which must be aligned. */
export function viewLike<T extends NumericArray>(array: T, bytes: Uint8Array, count: number): T {
  const type = array.constructor as new (
    buffer: ArrayBufferLike,
    offset: number,
    count: number,
  ) => T;
  return new type(bytes.buffer, bytes.byteOffset, count);
}
