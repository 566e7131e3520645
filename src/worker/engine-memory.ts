/** Gives the engines of this thread the kernels and their memory. */
import { kernels } from '../../codecs/kernels/index.ts';
import { allocateBytes } from '../../codecs/memory.ts';
import { useEngineMemory } from '../collective/engine-memory.ts';

export function equipEngines(): void {
  useEngineMemory({
    addFloat32: (x, sum) => kernels.addVector(x, sum),
    allocate: allocateBytes,
  });
}
