/** The WebAssembly SIMD back end. */
import type { Kernels } from '../kernels.ts';
import { referenceKernels } from '../reference/index.ts';
import { addLevels, decodeLevels, encodeLevels, maxCode } from './levels.ts';
import { createMemory } from './memory.ts';
import { firstNonFinite, firstNonFiniteSum } from './scan.ts';

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
  };
}
