/** Textbook versions of the collectives: all ranks' vectors in one place, one element after the other. */
import type { NumericArray } from '../../src/collective/numeric-array.ts';
import type { ReduceName } from '../../src/collective/reducer.ts';

type Element = number | bigint;
type NumberArray = Exclude<NumericArray, BigInt64Array | BigUint64Array>;
type Combiner = (left: Element, right: Element) => Element;

function exactInteger(op: ReduceName, left: bigint, right: bigint): bigint {
  if (op === 'sum') return left + right;
  if (op === 'prod') return left * right;
  if (op === 'min') return left < right ? left : right;
  return left > right ? left : right;
}

/** NaN wins, and −0 is below 0. */
function exactFloat(op: ReduceName, left: number, right: number): number {
  if (op === 'sum') return left + right;
  if (op === 'prod') return left * right;
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.NaN;
  const isLeftLess = left === right ? Object.is(left, -0) : left < right;
  return isLeftLess === (op === 'min') ? left : right;
}

/** Combines two elements as an array of the type of `type` stores the result. */
function combiner(op: ReduceName, type: NumericArray): Combiner {
  if (type instanceof Float64Array)
    return (left, right) => exactFloat(op, Number(left), Number(right));
  if (type instanceof Float32Array)
    return (left, right) => Math.fround(exactFloat(op, Number(left), Number(right)));
  if (type instanceof BigInt64Array || type instanceof BigUint64Array) {
    const wrap = type instanceof BigInt64Array ? BigInt.asIntN : BigInt.asUintN;
    return (left, right) => wrap(64, exactInteger(op, BigInt(left), BigInt(right)));
  }
  // Storing wraps an exact integer, or clamps it. A double holds all of them but products of 32 bits.
  const cell = new (type.constructor as new (length: number) => NumberArray)(1);
  return (left, right) => {
    const isExact = op !== 'prod' || type.BYTES_PER_ELEMENT < 4;
    cell[0] = isExact
      ? exactFloat(op, Number(left), Number(right))
      : Number(BigInt.asUintN(32, BigInt(left) * BigInt(right)));
    return cell[0];
  };
}

/** Owner of element `index`: the rank whose chunk it is in, chunks as even as possible, long ones first. */
export function ownerOf(index: number, length: number, size: number): number {
  let end = 0;
  for (let rank = 0; rank < size; rank++) {
    end += Math.ceil((length - rank) / size);
    if (index < end) return rank;
  }
  throw new RangeError('no such element');
}

/** Element i of the result is `combineAll` of the ranks' elements i. */
function elementWise<T extends NumericArray>(
  vectors: readonly T[],
  op: ReduceName,
  combineAll: (elements: readonly Element[], combine: Combiner, index: number) => Element,
): T {
  const result = vectors[0]!.slice() as T;
  const combine = combiner(op, result);
  for (let i = 0; i < result.length; i++)
    result[i] = combineAll(
      vectors.map((vector) => vector[i]!),
      combine,
      i,
    );
  return result;
}

/** Ring order: the element of rank c + 1 first, then c + 2 … and rank c, its owner, last. */
export function ringReduce<T extends NumericArray>(
  vectors: readonly T[],
  op: ReduceName,
  owner: (index: number) => number = (index) => ownerOf(index, vectors[0]!.length, vectors.length),
): T {
  return elementWise(vectors, op, (elements, combine, index) => {
    const size = elements.length;
    const first = (owner(index) + 1) % size;
    let value = elements[first]!;
    for (let hop = 1; hop < size; hop++) value = combine(value, elements[(first + hop) % size]!);
    return value;
  });
}

/** The surplus over a power of two, folded in pairs. */
function fold(elements: readonly Element[], combine: Combiner): Element[] {
  let power = 1;
  while (power * 2 <= elements.length) power *= 2;
  const folded = elements.length - power;
  const values = [];
  for (let pair = 0; pair < folded; pair++)
    values.push(combine(elements[2 * pair]!, elements[2 * pair + 1]!));
  return [...values, ...elements.slice(2 * folded)];
}

/** Neighbours in pairs, then the results in pairs; one without a partner waits. */
function pairUp(elements: readonly Element[], combine: Combiner): Element {
  let values = [...elements];
  while (values.length > 1)
    values = values.flatMap((value, k) => {
      if (k % 2 === 1) return [];
      return k + 1 < values.length ? [combine(value, values[k + 1]!)] : [value];
    });
  return values[0]!;
}

/** Doubling order: the surplus ranks folded in pairs, then a balanced tree over the numbers left. */
export function doublingReduce<T extends NumericArray>(vectors: readonly T[], op: ReduceName): T {
  return elementWise(vectors, op, (elements, combine) => pairUp(fold(elements, combine), combine));
}

/** Halving order: folded, then the lower half with the upper half, and so on. */
export function halvingReduce<T extends NumericArray>(vectors: readonly T[], op: ReduceName): T {
  return elementWise(vectors, op, (elements, combine) => {
    let values = fold(elements, combine);
    while (values.length > 1) {
      const upper = values.slice(values.length / 2);
      values = values.slice(0, values.length / 2).map((value, i) => combine(value, upper[i]!));
    }
    return values[0]!;
  });
}

/** Tree order: neighbours in pairs, counted from the root. */
export function treeReduce<T extends NumericArray>(
  vectors: readonly T[],
  op: ReduceName,
  root: number,
): T {
  return elementWise(vectors, op, (elements, combine) =>
    pairUp([...elements.slice(root), ...elements.slice(0, root)], combine),
  );
}
