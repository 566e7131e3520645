/**
 * The kernels in use: WebAssembly SIMD where the platform has it, else plain TypeScript. Both yield
 * the same bytes. `GRADWIRE_KERNELS=reference|simd|auto` or `selectKernels` decides otherwise.
 */
import { ArgumentRangeError, GradwireError } from '../../proto/errors.ts';
import type { Kernels } from './kernels.ts';
import { referenceKernels } from './reference/index.ts';
import { createSimdKernels } from './simd/index.ts';

export { sweptOnce } from './kernels.ts';
export type { BlockNorm, HalfFormat, Kept, Kernels, LevelsPlan, Summands } from './kernels.ts';

/** A back end, or the best one this platform can run. */
export type KernelChoice = 'reference' | 'simd' | 'auto';

/** SIMD kernels were asked for where WebAssembly SIMD cannot run. */
export class KernelsUnavailableError extends GradwireError {
  constructor(cause: unknown) {
    super(
      'GRADWIRE_KERNELS_UNAVAILABLE',
      `SIMD kernels cannot run here: ${cause instanceof Error ? cause.message : String(cause)} ` +
        `(choose 'reference' or 'auto')`,
      { cause },
    );
  }
}

/** Result of the first attempt to start the SIMD back end. */
let simd: { readonly kernels: Kernels } | { readonly failure: unknown } | undefined;

function startSimd(): { readonly kernels: Kernels } | { readonly failure: unknown } {
  try {
    return { kernels: createSimdKernels() };
  } catch (failure) {
    return { failure };
  }
}

function backEnd(choice: KernelChoice, title: string): Kernels {
  if (choice === 'reference') return referenceKernels;
  if (choice !== 'simd' && choice !== 'auto')
    throw new ArgumentRangeError(
      `"${title}" must be 'reference', 'simd' or 'auto', got ${JSON.stringify(choice)}`,
    );
  simd ??= startSimd();
  if ('kernels' in simd) return simd.kernels;
  if (choice === 'auto') return referenceKernels;
  throw new KernelsUnavailableError(simd.failure);
}

/** The environment variable, where there is an environment. */
function choiceOfEnvironment(): KernelChoice {
  const { process } = globalThis as unknown as {
    process?: { env?: Record<string, string | undefined> };
  };
  return (process?.env?.['GRADWIRE_KERNELS'] || 'auto') as KernelChoice;
}

let current: Kernels | undefined;

/** Chosen at first use, so that importing the codecs compiles nothing. */
function inUse(): Kernels {
  return (current ??= backEnd(choiceOfEnvironment(), 'GRADWIRE_KERNELS'));
}

/**
 * Chooses the back end of all codecs of this module instance; `auto` takes SIMD where it runs.
 * @returns the name of the back end now in use
 * @throws ArgumentRangeError, KernelsUnavailableError; the choice is then unchanged
 */
export function selectKernels(choice: KernelChoice): Kernels['name'] {
  current = backEnd(choice, 'choice');
  return current.name;
}

/**
 * Runs `work` on the back end chosen for it, if one is; then the choice is what it was.
 * @throws ArgumentRangeError, KernelsUnavailableError
 */
export function withKernels<T>(choice: KernelChoice | undefined, work: () => T): T {
  if (choice === undefined) return work();
  const before = current;
  current = backEnd(choice, 'kernels');
  try {
    return work();
  } finally {
    current = before;
  }
}

/** Back end of all codecs of this module instance. */
export const kernels: Kernels = {
  get name() {
    return inUse().name;
  },
  firstNonFinite: (x) => inUse().firstNonFinite(x),
  firstNonFiniteSum: (x, y) => inUse().firstNonFiniteSum(x, y),
  encodeLevels: (x, plan, stream, body, residual) =>
    inUse().encodeLevels(x, plan, stream, body, residual),
  decodeLevels: (body, plan, out) => inUse().decodeLevels(body, plan, out),
  addLevels: (body, plan, sum, weight) => inUse().addLevels(body, plan, sum, weight),
  maxCode: (body, plan) => inUse().maxCode(body, plan),
  countCodes: (body, plan, counts) => inUse().countCodes(body, plan, counts),
  encodeElias: (body, plan, section) => inUse().encodeElias(body, plan, section),
  decodeElias: (section, plan, body) => inUse().decodeElias(section, plan, body),
  encodeRans: (body, plan, frequencies, section) =>
    inUse().encodeRans(body, plan, frequencies, section),
  decodeRans: (section, plan, frequencies, body) =>
    inUse().decodeRans(section, plan, frequencies, body),
  encodeHalf: (x, format, body) => inUse().encodeHalf(x, format, body),
  decodeHalf: (body, format, out) => inUse().decodeHalf(body, format, out),
  addHalf: (body, format, sum, weight) => inUse().addHalf(body, format, sum, weight),
  firstNonFiniteHalf: (body, format) => inUse().firstNonFiniteHalf(body, format),
  firstNonFiniteRaw: (body) => inUse().firstNonFiniteRaw(body),
  addRaw: (body, sum, weight) => inUse().addRaw(body, sum, weight),
  clear: (x) => inUse().clear(x),
  divide: (x, divisor) => inUse().divide(x, divisor),
  addVector: (x, sum) => inUse().addVector(x, sum),
  addVectorBut: (x, sum, kept) => inUse().addVectorBut(x, sum, kept),
  checksum: (bytes, seed) => inUse().checksum(bytes, seed),
  selectTopK: (source, block, keep, kept) => inUse().selectTopK(source, block, keep, kept),
  quotientSums: (indices, count, parameter) => inUse().quotientSums(indices, count, parameter),
  encodeIndices: (indices, count, plan, out, offset) =>
    inUse().encodeIndices(indices, count, plan, out, offset),
  decodeIndices: (bytes, parameter, count, length, indices) =>
    inUse().decodeIndices(bytes, parameter, count, length, indices),
  pickStratified: (k, n, stream, indices) => inUse().pickStratified(k, n, stream, indices),
  pickUniform: (k, n, stream, indices) => inUse().pickUniform(k, n, stream, indices),
  gather: (source, indices, values) => inUse().gather(source, indices, values),
  fitQuantile: (x, block, relative) => inUse().fitQuantile(x, block, relative),
  encodeQuantile: (x, plan, scales, codes) => inUse().encodeQuantile(x, plan, scales, codes),
  packPlane: (codes, count, plane, out, offset) =>
    inUse().packPlane(codes, count, plane, out, offset),
  unpackPlane: (bytes, offset, plane, codes, count) =>
    inUse().unpackPlane(bytes, offset, plane, codes, count),
};
