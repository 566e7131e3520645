/**
 * Element-wise reductions. A reducer has three operands so that the order of the two inputs can be
 * fixed by rank whichever of them is in place: all ranks then hold the same bits, −0 included. (Which
 * bits a NaN has may differ, so algorithms that combine the same elements on several ranks end with
 * `unifyNaN`.)
 *
 * What does not fit: integers of 8 to 64 bits wrap modulo 2 to the number of bits, in `sum` and in
 * `prod`; Uint8ClampedArray saturates at 255; floats round to nearest and overflow to infinity. In
 * `min` and `max` NaN wins over everything and −0 is less than 0.
 */
import { ArgumentRangeError, ArgumentTypeError } from '../../proto/errors.ts';
import { engineMemory } from './engine-memory.ts';
import type { NumericArray } from './numeric-array.ts';

/**
 * Combines two arrays of the same type and length; `target` may be `left` or `right`. Must be
 * associative and commutative (up to rounding): algorithms combine ranks in orders of their own.
 */
export interface Reducer {
  readonly name: string;
  combine(target: NumericArray, left: NumericArray, right: NumericArray): void;
}

/** Built-in reductions. Integers wrap as on assignment to the array; NaN wins in `min` and `max`. */
export type ReduceName = 'sum' | 'min' | 'max' | 'prod';

/** Arrays of numbers: what is not BigInt. */
type NumberArray = Exclude<NumericArray, BigIntArray>;
type BigIntArray = BigInt64Array | BigUint64Array;

type Combine<T> = (target: T, left: T, right: T) => void;

function isBigInt(array: NumericArray): array is BigIntArray {
  return array instanceof BigInt64Array || array instanceof BigUint64Array;
}

/** A reducer of a loop over numbers and one over BigInts. */
function reducer(
  name: string,
  numbers: Combine<NumberArray>,
  bigInts: Combine<BigIntArray>,
): Reducer {
  return {
    name,
    combine(target, left, right) {
      if (isBigInt(target)) bigInts(target, left as BigIntArray, right as BigIntArray);
      else numbers(target, left as NumberArray, right as NumberArray);
    },
  };
}

/** Gradients go through here; one of the summands is the target itself in all algorithms. */
function sumFloat32(target: Float32Array, left: Float32Array, right: Float32Array): void {
  if (target === left) engineMemory().addFloat32(right, target);
  else if (target === right) engineMemory().addFloat32(left, target);
  else for (let i = 0; i < target.length; i++) target[i] = left[i]! + right[i]!;
}

const sum = reducer(
  'sum',
  (target, left, right) => {
    if (
      target instanceof Float32Array &&
      left instanceof Float32Array &&
      right instanceof Float32Array
    )
      sumFloat32(target, left, right);
    else for (let i = 0; i < target.length; i++) target[i] = left[i]! + right[i]!;
  },
  (target, left, right) => {
    for (let i = 0; i < target.length; i++) target[i] = left[i]! + right[i]!;
  },
);

const min = reducer(
  'min',
  (target, left, right) => {
    for (let i = 0; i < target.length; i++) target[i] = Math.min(left[i]!, right[i]!);
  },
  (target, left, right) => {
    for (let i = 0; i < target.length; i++) target[i] = left[i]! < right[i]! ? left[i]! : right[i]!;
  },
);

const max = reducer(
  'max',
  (target, left, right) => {
    for (let i = 0; i < target.length; i++) target[i] = Math.max(left[i]!, right[i]!);
  },
  (target, left, right) => {
    for (let i = 0; i < target.length; i++) target[i] = left[i]! > right[i]! ? left[i]! : right[i]!;
  },
);

const prod = reducer(
  'prod',
  (target, left, right) => {
    if (target instanceof Float32Array || target instanceof Float64Array)
      for (let i = 0; i < target.length; i++) target[i] = left[i]! * right[i]!;
    // A product of 32-bit integers does not fit a double, so multiply modulo 2³².
    else for (let i = 0; i < target.length; i++) target[i] = Math.imul(left[i]!, right[i]!);
  },
  (target, left, right) => {
    for (let i = 0; i < target.length; i++) target[i] = left[i]! * right[i]!;
  },
);

const REDUCERS: Readonly<Record<ReduceName, Reducer>> = { sum, min, max, prod };

/**
 * The reducer of a name, or the given one.
 * @throws ArgumentRangeError on an unknown name
 * @throws ArgumentTypeError on anything else that is no reducer
 */
export function reducerOf(op: ReduceName | Reducer): Reducer {
  if (typeof op === 'string') return reducerNamed(op);
  if (typeof (op as Partial<Reducer> | null)?.combine === 'function') return op;
  throw new ArgumentTypeError(`"op" must be a name or a Reducer, got ${typeof op}`);
}

/** A number for each built-in reduction, and one for all others. */
export function reducerIndex(given: Reducer): number {
  return Object.values(REDUCERS).indexOf(given) + 1;
}

function reducerNamed(name: ReduceName): Reducer {
  if (Object.hasOwn(REDUCERS, name)) return REDUCERS[name];
  throw new ArgumentRangeError(
    `"op" must be one of ${Object.keys(REDUCERS).join(', ')} or a Reducer, got ${JSON.stringify(name)}`,
  );
}

/**
 * Gives every NaN the same bits. Whether an element is NaN is the same on all ranks that combined the
 * same values in the same order; which of two NaNs a processor passes on is not.
 */
export function unifyNaN(array: NumericArray): void {
  if (!(array instanceof Float32Array || array instanceof Float64Array)) return;
  for (let i = 0; i < array.length; i++) if (Number.isNaN(array[i]!)) array[i] = Number.NaN;
}
