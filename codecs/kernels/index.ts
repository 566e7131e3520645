/** The kernels in use. */
import type { Kernels } from './kernels.ts';
import { referenceKernels } from './reference/index.ts';

export type { BlockNorm, HalfFormat, Kernels, LevelsPlan } from './kernels.ts';

/** Back end of all codecs of this module instance. */
export const kernels: Kernels = referenceKernels;
