/** The TypeScript back end: the reference every other one must equal bit for bit. */
import type { Kernels } from '../kernels.ts';
import { addHalf, decodeHalf, encodeHalf, firstNonFiniteHalf } from './half.ts';
import { addLevels, decodeLevels, encodeLevels, maxCode } from './levels.ts';
import { firstNonFinite, firstNonFiniteSum } from './scan.ts';
import { selectTopK } from './select.ts';

export const referenceKernels: Kernels = {
  name: 'reference',
  firstNonFinite,
  firstNonFiniteSum,
  encodeLevels,
  decodeLevels,
  addLevels,
  maxCode,
  encodeHalf,
  decodeHalf,
  addHalf,
  firstNonFiniteHalf,
  selectTopK,
};
