/** The TypeScript back end: the reference every other one must equal bit for bit. */
import { laneChecksum } from '../../../proto/checksum.ts';
import type { Kernels } from '../kernels.ts';
import { countCodes } from './codes.ts';
import { decodeElias, encodeElias } from './elias.ts';
import { addHalf, decodeHalf, encodeHalf, firstNonFiniteHalf } from './half.ts';
import { addLevels, decodeLevels, encodeLevels, maxCode } from './levels.ts';
import { decodeRans, encodeRans } from './rans.ts';
import { firstNonFinite, firstNonFiniteSum } from './scan.ts';
import { selectTopK } from './select.ts';
import { addRaw, addVector, firstNonFiniteRaw } from './vector.ts';

export const referenceKernels: Kernels = {
  name: 'reference',
  firstNonFinite,
  firstNonFiniteSum,
  encodeLevels,
  decodeLevels,
  addLevels,
  maxCode,
  countCodes,
  encodeElias,
  decodeElias,
  encodeRans,
  decodeRans,
  encodeHalf,
  decodeHalf,
  addHalf,
  firstNonFiniteHalf,
  firstNonFiniteRaw,
  addRaw,
  addVector,
  checksum: laneChecksum,
  selectTopK,
};
