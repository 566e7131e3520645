/** Textbook versions of the collectives: all ranks' vectors in one place, one element after the other. */
import type { NumericArray, ReduceName } from '../../src/collective/reducer.ts';

/** Combines two elements as an array of the type of `type` would store the result. */
function combiner(op: ReduceName, type: NumericArray): (left: number, right: number) => number {
  const cell = new (type.constructor as new (length: number) => NumericArray)(1);
  const isInteger = !(type instanceof Float32Array || type instanceof Float64Array);
  return (left, right) => {
    if (op === 'sum') cell[0] = left + right;
    else if (op === 'min') cell[0] = Math.min(left, right);
    else if (op === 'max') cell[0] = Math.max(left, right);
    else if (isInteger) cell[0] = Number(BigInt.asUintN(32, BigInt(left) * BigInt(right)));
    else cell[0] = left * right;
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

/** Ring order: the element of rank c + 1 first, then c + 2 … and rank c, its owner, last. */
export function ringReduce<T extends NumericArray>(vectors: readonly T[], op: ReduceName): T {
  const size = vectors.length;
  const result = vectors[0]!.slice() as T;
  const combine = combiner(op, result);
  for (let i = 0; i < result.length; i++) {
    const owner = ownerOf(i, result.length, size);
    let value = vectors[(owner + 1) % size]![i]!;
    for (let hop = 2; hop <= size; hop++)
      value = combine(value, vectors[(owner + hop) % size]![i]!);
    result[i] = value;
  }
  return result;
}

/** Doubling order: the surplus ranks folded in pairs, then a balanced tree over the numbers left. */
export function doublingReduce<T extends NumericArray>(vectors: readonly T[], op: ReduceName): T {
  const size = vectors.length;
  let power = 1;
  while (power * 2 <= size) power *= 2;
  const folded = size - power;
  const result = vectors[0]!.slice() as T;
  const combine = combiner(op, result);
  for (let i = 0; i < result.length; i++) {
    let values: number[] = [];
    for (let pair = 0; pair < folded; pair++)
      values.push(combine(vectors[2 * pair]![i]!, vectors[2 * pair + 1]![i]!));
    for (let rank = 2 * folded; rank < size; rank++) values.push(vectors[rank]![i]!);
    while (values.length > 1)
      values = values.flatMap((value, k) => (k % 2 === 0 ? [combine(value, values[k + 1]!)] : []));
    result[i] = values[0]!;
  }
  return result;
}
