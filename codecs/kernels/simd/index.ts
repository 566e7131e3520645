/**
 * The WebAssembly SIMD back end. Every call works on one memory: that in which the vector lives, or
 * a private one with windows for all other vectors.
 */
import type { Kernels } from '../kernels.ts';
import { referenceKernels } from '../reference/index.ts';
import { checksum } from './checksum.ts';
import { countCodes } from './codes.ts';
import type { Crew } from './crew.ts';
import { createElias } from './elias.ts';
import { addHalf, decodeHalf, encodeHalf, firstNonFiniteHalf } from './half.ts';
import { addLevels, decodeLevels, maxCode } from './levels-decode.ts';
import { encodeLevels } from './levels-encode.ts';
import { createMemory, NOWHERE, type SimdMemory } from './memory.ts';
import { encodeQuantile, fitQuantile, packPlane, unpackPlane } from './quantile.ts';
import { decodeRans, encodeRans } from './rans.ts';
import { decodeIndices, encodeIndices, quotientSums } from './rice.ts';
import { pickStratified, pickUniform } from './sampling.ts';
import { firstNonFinite, firstNonFiniteSum, gather } from './scan.ts';
import { createSelector } from './select.ts';
import { addRaw, addVector, addVectorBut, clear, divide, firstNonFiniteRaw } from './vector.ts';

/** Kernels on one memory, with whatever threads `crew` gives for a call. */
export function kernelsOn(memory: SimdMemory, crew?: () => Crew | undefined): Kernels {
  return {
    ...referenceKernels,
    ...createElias(memory),
    name: 'simd',
    firstNonFinite: (x) => firstNonFinite(memory, x),
    firstNonFiniteSum: (x, y) => firstNonFiniteSum(memory, x, y),
    encodeLevels: (x, plan, stream, body, residual) =>
      encodeLevels(memory, x, residual, plan, stream, body, crew?.()),
    decodeLevels: (body, plan, out) => decodeLevels(memory, body, plan, out, crew?.()),
    addLevels: (body, plan, sum, weight) => addLevels(memory, body, plan, sum, weight, crew?.()),
    maxCode: (body, plan) => maxCode(memory, body, plan),
    countCodes: (body, plan, counts) => countCodes(memory, body, plan, counts),
    encodeRans: (body, plan, frequencies, section) =>
      encodeRans(memory, body, plan, frequencies, section),
    decodeRans: (section, plan, frequencies, body) =>
      decodeRans(memory, section, plan, frequencies, body),
    encodeHalf: (x, format, body) => encodeHalf(memory, x, format, body),
    decodeHalf: (body, format, out) => decodeHalf(memory, body, format, out),
    addHalf: (body, format, sum, weight) => addHalf(memory, body, format, sum, weight),
    firstNonFiniteHalf: (body, format) => firstNonFiniteHalf(memory, body, format),
    firstNonFiniteRaw: (body) => firstNonFiniteRaw(memory, body),
    addRaw: (body, sum, weight) => addRaw(memory, body, sum, weight),
    clear: (x) => clear(memory, x),
    divide: (x, divisor) => divide(memory, x, divisor),
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

/** Kernels for vectors that live in a memory of their own. */
export interface ResidentKernels {
  readonly kernels: Kernels;
  addressOf(array: ArrayBufferView): number;
}

let resident: ResidentKernels | undefined;

/** From now on, vectors that live in this memory are worked on there. */
export function attachResident(attached: ResidentKernels): void {
  resident = attached;
}

/**
 * Kernels for vectors anywhere.
 * @throws when the platform has no WebAssembly SIMD or forbids compiling synchronously
 */
export function createSimdKernels(): Kernels {
  const own = kernelsOn(createMemory());
  const on = (array: ArrayBufferView): Kernels =>
    resident && resident.addressOf(array) !== NOWHERE ? resident.kernels : own;
  return {
    ...own,
    firstNonFinite: (x) => on(x).firstNonFinite(x),
    firstNonFiniteSum: (x, y) => on(x).firstNonFiniteSum(x, y),
    encodeLevels: (x, plan, stream, body, residual) =>
      on(x).encodeLevels(x, plan, stream, body, residual),
    decodeLevels: (body, plan, out) => on(out).decodeLevels(body, plan, out),
    addLevels: (body, plan, sum, weight) => on(sum).addLevels(body, plan, sum, weight),
    maxCode: (body, plan) => on(body).maxCode(body, plan),
    encodeHalf: (x, format, body) => on(x).encodeHalf(x, format, body),
    decodeHalf: (body, format, out) => on(out).decodeHalf(body, format, out),
    addHalf: (body, format, sum, weight) => on(sum).addHalf(body, format, sum, weight),
    firstNonFiniteHalf: (body, format) => on(body).firstNonFiniteHalf(body, format),
    firstNonFiniteRaw: (body) => on(body).firstNonFiniteRaw(body),
    addRaw: (body, sum, weight) => on(sum).addRaw(body, sum, weight),
    clear: (x) => on(x).clear(x),
    divide: (x, divisor) => on(x).divide(x, divisor),
    addVector: (x, sum) => on(sum).addVector(x, sum),
    addVectorBut: (x, sum, kept) => on(sum).addVectorBut(x, sum, kept),
    selectTopK: (source, block, keep, kept) => on(source.x).selectTopK(source, block, keep, kept),
    gather: (source, indices, values) => on(source.x).gather(source, indices, values),
    checksum: (bytes, seed) => on(bytes).checksum(bytes, seed),
  };
}
