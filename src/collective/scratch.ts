/** Buffers that operations need for a while, kept for the next one: none is allocated in steady state. */
import { engineMemory } from './engine-memory.ts';

/** Buffers are made in powers of two, so that few sizes serve all operations. */
const MIN_BYTES = 1024;

export class ScratchPool {
  readonly #kept: Map<number, Uint8Array[]> = new Map();

  /** At least `bytes` bytes, aligned for every type. */
  take(bytes: number): Uint8Array {
    const size = Math.max(MIN_BYTES, 2 ** Math.ceil(Math.log2(Math.max(bytes, 1))));
    return this.#kept.get(size)?.pop() ?? engineMemory().allocate(size);
  }

  /** Gives back what `take` returned; nobody may use it any more. */
  give(scratch: Uint8Array): void {
    const kept = this.#kept.get(scratch.length);
    if (kept === undefined) this.#kept.set(scratch.length, [scratch]);
    else kept.push(scratch);
  }
}
