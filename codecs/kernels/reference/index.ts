/** The TypeScript back end: the reference every other one must equal bit for bit. */
import { laneChecksum } from '../../../proto/checksum.ts';
import type { Kernels } from '../kernels.ts';
import { countCodes } from './codes.ts';
import { decodeElias, encodeElias } from './elias.ts';
import { addHalf, decodeHalf, encodeHalf, firstNonFiniteHalf } from './half.ts';
import { addLevels, decodeLevels, encodeLevels, maxCode } from './levels.ts';
import { decodeRans, encodeRans } from './rans.ts';
import { packPlane, unpackPlane } from './planes.ts';
import { encodeQuantile, fitQuantile } from './quantile.ts';
import { decodeIndices, encodeIndices, quotientSums } from './rice.ts';
import { pickStratified, pickUniform } from './sampling.ts';
import { firstNonFinite, firstNonFiniteSum, gather } from './scan.ts';
import { selectTopK } from './select.ts';
import { addRaw, addVector, addVectorBut, clear, divide, firstNonFiniteRaw } from './vector.ts';

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
  clear,
  divide,
  addVector,
  addVectorBut,
  checksum: laneChecksum,
  selectTopK,
  quotientSums,
  encodeIndices,
  decodeIndices,
  pickStratified,
  pickUniform,
  gather,
  fitQuantile,
  encodeQuantile,
  packPlane,
  unpackPlane,
};
