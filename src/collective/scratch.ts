/** Buffers that operations need for a while, kept for the next one: none is allocated in steady state. */

/** Buffers are made in powers of two, so that few sizes serve all operations. */
const MIN_BYTES = 1024;
/** Kept buffers of one size. */
const MAX_KEPT = 8;

export class ScratchPool {
  readonly #kept: Map<number, ArrayBuffer[]> = new Map();

  /** At least `bytes` bytes at the start of a buffer, so aligned for every type. */
  take(bytes: number): Uint8Array {
    const size = Math.max(MIN_BYTES, 2 ** Math.ceil(Math.log2(Math.max(bytes, 1))));
    return new Uint8Array(this.#kept.get(size)?.pop() ?? new ArrayBuffer(size));
  }

  /** Gives back what `take` returned; nobody may use it any more. */
  give(scratch: Uint8Array): void {
    const buffer = scratch.buffer as ArrayBuffer;
    const kept = this.#kept.get(buffer.byteLength);
    if (kept === undefined) this.#kept.set(buffer.byteLength, [buffer]);
    else if (kept.length < MAX_KEPT) kept.push(buffer);
  }
}
