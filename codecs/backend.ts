/** What the outside may know of the kernels. */
import { kernels } from './kernels/index.ts';

export { KernelsUnavailableError, selectKernels, type KernelChoice } from './kernels/index.ts';

/** The back end in use: `simd`, or `reference` where WebAssembly SIMD is missing. */
export function kernelBackend(): 'reference' | 'simd' {
  return kernels.name;
}

/** Index of the first NaN or ±Infinity in `x`, or −1. */
export function firstNonFinite(x: Float32Array): number {
  return kernels.firstNonFinite(x);
}
