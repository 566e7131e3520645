/** The WebAssembly SIMD back end. */
import type { Kernels } from '../kernels.ts';
import { referenceKernels } from '../reference/index.ts';
import { checksum } from './checksum.ts';
import { addHalf, decodeHalf, encodeHalf, firstNonFiniteHalf } from './half.ts';
import { addLevels, decodeLevels, encodeLevels, maxCode } from './levels.ts';
import { createMemory } from './memory.ts';
import { encodeQuantile, fitQuantile, packPlane, unpackPlane } from './quantile.ts';
import { decodeIndices, encodeIndices, quotientSums } from './rice.ts';
import { pickStratified, pickUniform } from './sampling.ts';
import { firstNonFinite, firstNonFiniteSum, gather } from './scan.ts';
import { createSelector } from './select.ts';
import { addRaw, addVector, addVectorBut, firstNonFiniteRaw } from './vector.ts';

/**
 * Kernels on a memory of their own.
 * @throws when the platform has no WebAssembly SIMD or forbids compiling synchronously
 */
export function createSimdKernels(): Kernels {
  const memory = createMemory();
  return {
    ...referenceKernels,
    name: 'simd',
    firstNonFinite: (x) => firstNonFinite(memory, x),
    firstNonFiniteSum: (x, y) => firstNonFiniteSum(memory, x, y),
    encodeLevels: (x, plan, stream, body) => encodeLevels(memory, x, plan, stream, body),
    decodeLevels: (body, plan, out) => decodeLevels(memory, body, plan, out),
    addLevels: (body, plan, sum, weight) => addLevels(memory, body, plan, sum, weight),
    maxCode: (body, plan) => maxCode(memory, body, plan),
    encodeHalf: (x, format, body) => encodeHalf(memory, x, format, body),
    decodeHalf: (body, format, out) => decodeHalf(memory, body, format, out),
    addHalf: (body, format, sum, weight) => addHalf(memory, body, format, sum, weight),
    firstNonFiniteHalf: (body, format) => firstNonFiniteHalf(memory, body, format),
    firstNonFiniteRaw: (body) => firstNonFiniteRaw(memory, body),
    addRaw: (body, sum, weight) => addRaw(memory, body, sum, weight),
    addVector: (x, sum) => addVector(memory, x, sum),
    addVectorBut: (x, sum, kept) => addVectorBut(memory, x, sum, kept),
    selectTopK: createSelector(memory),
    quotientSums: (indices, count, parameter) => quotientSums(memory, indices, count, parameter),
    encodeIndices: (indices, count, plan, out, offset) =>
      encodeIndices(memory, indices, count, plan, out, offset),
    pickStratified: (k, n, stream, indices) => pickStratified(memory, k, n, stream, indices),
    pickUniform: (k, n, stream, indices) => pickUniform(memory, k, n, stream, indices),
    gather: (source, indices, values) => gather(memory, source, indices, values),
    decodeIndices: (bytes, parameter, count, length, indices) =>
      decodeIndices(memory, bytes, parameter, count, length, indices),
    fitQuantile: (x, block, relative) => fitQuantile(memory, x, block, relative),
    encodeQuantile: (x, plan, scales, codes) => encodeQuantile(memory, x, plan, scales, codes),
    packPlane: (codes, count, plane, out, offset) =>
      packPlane(memory, codes, count, plane, out, offset),
    unpackPlane: (bytes, offset, plane, codes, count) =>
      unpackPlane(memory, bytes, offset, plane, codes, count),
    checksum: (bytes, seed = 0) => checksum(memory, bytes, seed),
  };
}
