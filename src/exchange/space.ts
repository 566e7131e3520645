/**
 * Buffers of an exchange: in the kernels' memory, where they are worked on in place, and given back together.
 */
import { allocateBytes, allocateVector, releaseMemory } from '../../codecs/index.ts';

export class BufferSpace {
  readonly #held: (Float32Array | Uint8Array)[] = [];

  vector(length: number): Float32Array {
    const vector = allocateVector(length);
    this.#held.push(vector);
    return vector;
  }

  bytes(length: number): Uint8Array {
    const bytes = allocateBytes(length);
    this.#held.push(bytes);
    return bytes;
  }

  /** None of the buffers may be used any more. */
  release(): void {
    for (const array of this.#held.splice(0)) releaseMemory(array);
  }
}
