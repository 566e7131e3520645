/**
 * What an engine can be given to work faster, by whoever puts the parts together: memory in which kernels
 * work in place, and a kernel for what gradients need most. Without it everything is plain JavaScript.
 */

export interface EngineMemory {
  /** sum[i] += x[i], each sum rounded to float32. */
  addFloat32(x: Float32Array, sum: Float32Array): void;
  /** Bytes on a multiple of 8, for scratch buffers; they are never given back. */
  allocate(bytes: number): Uint8Array;
}

const PLAIN: EngineMemory = {
  // Apart from the general loop so that its access stays monomorphic.
  addFloat32(x, sum) {
    const { length } = sum;
    for (let i = 0; i < length; i++) sum[i] = sum[i]! + x[i]!;
  },
  allocate: (bytes) => new Uint8Array(bytes),
};

let current = PLAIN;

/** All engines of this thread use `memory` from here on. */
export function useEngineMemory(memory: EngineMemory): void {
  current = memory;
}

export function engineMemory(): EngineMemory {
  return current;
}
