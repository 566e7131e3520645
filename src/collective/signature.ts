/**
 * What ranks must agree on beyond the kind of a collective, in four bits of every frame: type, reduction and
 * root. Ranks that disagree in one of the three are sure to be found out as soon as a frame passes between them
 * (roots that differ by a multiple of 16 aside), in several with a probability of 15/16.
 */
import { typeIndex, type NumericArray } from './numeric-array.ts';
import { reducerIndex, type Reducer } from './reducer.ts';

export interface Agreed {
  readonly type?: NumericArray;
  readonly reducer?: Reducer;
  readonly root?: number;
}

/** Values in [0, SIGNATURES). */
const SIGNATURES = 16;

/** 11 types, 5 reductions at a stride of 3 and 16 roots at one of 5: each by itself has distinct values. */
export function signatureOf({ type, reducer, root = 0 }: Agreed): number {
  const types = type === undefined ? 0 : typeIndex(type);
  const reducers = reducer === undefined ? 0 : 3 * reducerIndex(reducer);
  return (types + reducers + 5 * (root % SIGNATURES)) % SIGNATURES;
}
