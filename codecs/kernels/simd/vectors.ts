/**
 * Vectors in a memory of the kernels, which then work in place instead of through windows.
 *
 * The memory is shared WebAssembly memory: unlike a private one it may grow without detaching the
 * arrays in it, and threads can work on it together. It is made when the first vector is, and never
 * given back; what `releaseMemory` takes back is used again. Every thread hands out only what it has
 * grown the memory by itself, so threads need not agree on anything.
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
/** Least growth, so that small arrays do not grow the memory one by one. */
const GROWTH_PAGES = 4;

/** Bytes a thread is given besides its windows. */
const THREAD_BYTES = 2 ** 20;

/** What another thread needs to work on the same memory. Can be posted to it. */
export interface MemoryHandle {
  readonly module: object;
  readonly memory: GrowingMemory;
  /** What the thread may hand out before it grows the memory. */
  readonly region: Region;
}

/** Bytes [start, end) of a memory. */
export interface Region {
  readonly start: number;
  readonly end: number;
}

/** Memory with vectors in it, and windows of this thread's kernels. */
export class VectorMemory {
  readonly module: object;
  readonly memory: GrowingMemory;
  readonly kernels: SimdMemory;
  readonly #arena = new Arena();
  /** What this thread has grown the memory by. */
  readonly #regions: Region[] = [];
  /** A growing memory gives out a new buffer object each time; all are of the same bytes. */
  readonly #buffers = new WeakSet<object>();
  #buffer: ArrayBufferLike;

  /**
   * @param other the memory of another thread to work on; by default a new one
   * @throws when the platform has no shared WebAssembly memory or no SIMD
   */
  constructor(other?: MemoryHandle) {
    this.module = other?.module ?? compile(forSharedMemory(bytesOfBase64(simdModule)));
    this.memory = other?.memory ?? sharedMemory(pagesFor(WINDOWS_END), MAX_PAGES);
    this.#buffer = this.memory.buffer;
    this.#buffers.add(this.#buffer);
    if (other) this.takeOver([other.region]);
    const exports = instantiateOn(this.module, this.memory);
    const windows = other ? this.allocate(WINDOWS_END - FIRST_BYTE).address : FIRST_BYTE;
    this.kernels = memoryAt(exports, this.#buffer, windows, (array) => this.addressOf(array));
  }

  /** Address of an array's first byte, or NOWHERE. */
  addressOf(array: ArrayBufferView): number {
    return this.#buffers.has(array.buffer) ? array.byteOffset : NOWHERE;
  }

  /** The memory's bytes, at least up to `end`, which another thread may have grown it to. */
  bufferUpTo(end: number): ArrayBufferLike {
    if (this.#buffer.byteLength < end) this.#refresh();
    return this.#buffer;
  }

  /** Zeroed bytes. @throws ArgumentRangeError when the memory is full */
  allocate(bytes: number): { readonly buffer: ArrayBufferLike; readonly address: number } {
    let place = this.#arena.allocate(bytes);
    if (place === undefined) {
      this.#grow(bytes);
      place = this.#arena.allocate(bytes)!;
    }
    const { address, dirty } = place;
    const buffer = this.bufferUpTo(address + bytes);
    if (dirty > 0) new Uint8Array(buffer, address, dirty).fill(0);
    return { buffer, address };
  }

  #grow(bytes: number): void {
    const pages = Math.max(GROWTH_PAGES, pagesFor(Arena.need(bytes)));
    let before: number;
    try {
      before = this.memory.grow(pages);
    } catch (cause) {
      throw new ArgumentRangeError(
        `the kernels' memory cannot grow by ${pages * PAGE_BYTES} bytes (it has at most 4 GiB); ` +
          `release vectors or use plain arrays`,
        { cause },
      );
    }
    const region = { start: before * PAGE_BYTES, end: (before + pages) * PAGE_BYTES };
    this.#regions.push(region);
    this.#arena.extend(region.start, region.end);
  }

  #refresh(): void {
    this.#buffer = this.memory.buffer;
    this.#buffers.add(this.#buffer);
  }

  /** What another thread needs to work here too; it hands its region over when it ends. */
  handle(): MemoryHandle {
    const bytes = WINDOWS_END + THREAD_BYTES;
    let region = this.#arena.cede(bytes);
    if (region === undefined) {
      this.#grow(bytes);
      region = this.#arena.cede(bytes)!;
    }
    return { module: this.module, memory: this.memory, region };
  }

  /** All that this thread may hand out, for another one: this one must not use the memory any more. */
  handOver(): Region[] {
    return this.#regions.splice(0);
  }

  /** Hands out, from here on, what a thread that has ended has handed over. */
  takeOver(regions: readonly Region[]): void {
    for (const region of regions) {
      this.#regions.push(region);
      this.#arena.extend(region.start, region.end, false);
    }
  }

  /** @returns false where no allocated array begins there */
  free(address: number): boolean {
    return this.#arena.free(address);
  }
}

function pagesFor(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES);
}
