/**
 * Vectors in a memory of the kernels, which then work in place instead of through windows.
 *
 * The memory is shared WebAssembly memory: unlike a private one it may grow without detaching the
 * arrays in it, and threads can work on it together. It is made when the first vector is, and never
 * given back; what `releaseMemory` takes back is used again.
 */
import { ArgumentRangeError } from '../../../proto/errors.ts';
import { simdModule } from '../generated/simd.ts';
import { Arena } from './arena.ts';
import {
  FIRST_BYTE,
  memoryAt,
  NOWHERE,
  PAGE_BYTES,
  WINDOWS_END,
  type SimdMemory,
} from './memory.ts';
import {
  bytesOfBase64,
  compile,
  forSharedMemory,
  instantiateOn,
  sharedMemory,
  type GrowingMemory,
} from './wasm.ts';

/** WebAssembly addresses have 32 bits. */
const MAX_PAGES = 65536;

/** Memory with vectors in it, and the kernels' windows in front of them. */
export class VectorMemory {
  readonly module: object;
  readonly memory: GrowingMemory;
  readonly kernels: SimdMemory;
  readonly #arena = new Arena(WINDOWS_END);
  /** A growing memory gives out a new buffer object each time; all are of the same bytes. */
  readonly #buffers = new WeakSet<object>();
  #buffer: ArrayBufferLike;
  /** From here on, the memory is as it was made: zero. */
  #untouched = 0;

  /** @throws when the platform has no shared WebAssembly memory or no SIMD */
  constructor() {
    this.module = compile(forSharedMemory(bytesOfBase64(simdModule)));
    this.memory = sharedMemory(pagesFor(WINDOWS_END), MAX_PAGES);
    this.#buffer = this.memory.buffer;
    this.#buffers.add(this.#buffer);
    const exports = instantiateOn(this.module, this.memory);
    this.kernels = memoryAt(exports, this.#buffer, FIRST_BYTE, (array) => this.addressOf(array));
  }

  /** Address of an array's first byte, or NOWHERE. */
  addressOf(array: ArrayBufferView): number {
    return this.#buffers.has(array.buffer) ? array.byteOffset : NOWHERE;
  }

  /** Zeroed bytes. @throws ArgumentRangeError when the memory is full */
  allocate(bytes: number): { readonly buffer: ArrayBufferLike; readonly address: number } {
    const address = this.#arena.allocate(bytes);
    try {
      this.#reach(this.#arena.end);
    } catch (cause) {
      this.#arena.free(address);
      throw cause;
    }
    const dirty = Math.min(bytes, this.#untouched - address);
    if (dirty > 0) new Uint8Array(this.#buffer, address, dirty).fill(0);
    this.#untouched = Math.max(this.#untouched, this.#arena.end);
    return { buffer: this.#buffer, address };
  }

  #reach(end: number): void {
    const missing = pagesFor(end) - this.#buffer.byteLength / PAGE_BYTES;
    if (missing <= 0) return;
    try {
      this.memory.grow(missing);
    } catch (cause) {
      throw new ArgumentRangeError(
        `the kernels' memory cannot grow to ${end} bytes (at most 4 GiB); release vectors or use plain arrays`,
        { cause },
      );
    }
    this.#buffer = this.memory.buffer;
    this.#buffers.add(this.#buffer);
  }

  /** @returns false where no allocated array begins there */
  free(address: number): boolean {
    return this.#arena.free(address);
  }
}

function pagesFor(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES);
}
