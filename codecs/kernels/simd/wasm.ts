/**
 * The embedded WebAssembly module: decoded, compiled and instantiated synchronously, which Node and
 * browsers allow for modules of this size.
 */

/** A memory that grows by pages of 64 KiB. */
export interface GrowingMemory {
  readonly buffer: ArrayBufferLike;
  /** @throws RangeError beyond the maximum */
  grow(pages: number): number;
}

/** What is used of the platform's `WebAssembly`; not every type library in use declares it. */
interface Platform {
  readonly Memory: new (pages: {
    initial: number;
    maximum: number;
    shared?: boolean;
  }) => GrowingMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Record<string, Record<string, object>>,
  ) => { readonly exports: object };
}

function platform(): Platform {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly?: Platform };
  if (!WebAssembly) throw new Error('this platform has no WebAssembly');
  return WebAssembly;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Bytes of a base64 string; no platform function for this exists everywhere. */
export function bytesOfBase64(text: string): Uint8Array {
  const digits = new Uint8Array(128);
  for (let i = 0; i < 64; i++) digits[ALPHABET.charCodeAt(i)] = i;
  const characters = text.replace(/=+$/, '').length;
  const bytes = new Uint8Array(Math.floor((characters * 3) / 4));
  let pending = 0;
  for (let i = 0, at = 0; i < characters; i++) {
    pending = (pending << 6) | digits[text.charCodeAt(i)]!;
    if (i % 4 !== 0) bytes[at++] = pending >> (6 - 2 * (i % 4));
  }
  return bytes;
}

/** @throws when the platform has no WebAssembly, no SIMD, or forbids compiling here */
export function compile(bytes: Uint8Array): object {
  return new (platform().Module)(bytes);
}

/** The memory import up to its kind: 3 "env", 6 "memory", memory. */
const MEMORY_IMPORT = Uint8Array.of(3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2);
/** What follows: limits with a maximum; of a memory that is shared, too. */
const LIMITED = 1;
const SHARED = 3;

/**
 * The same module for shared memory. A module takes either kind, and says which in one byte of its
 * memory import; kernels without atomic operations are otherwise the same bytes.
 * (WebAssembly core specification 2.0, §5.5.5; threads proposal, limits.)
 */
export function forSharedMemory(module: Uint8Array): Uint8Array {
  const shared = module.slice();
  const at = shared.findIndex((_, i) => MEMORY_IMPORT.every((byte, j) => shared[i + j] === byte));
  const flags = at + MEMORY_IMPORT.length;
  if (at < 0 || shared[flags] !== LIMITED) throw new Error('the module imports no private memory');
  shared[flags] = SHARED;
  return shared;
}

/** Instantiates a module on a memory. @returns its functions */
export function instantiateOn(module: object, memory: GrowingMemory): object {
  return new (platform().Instance)(module, { env: { memory } }).exports;
}

/** A private memory of fixed size, in pages. */
export function privateMemory(pages: number): GrowingMemory {
  return new (platform().Memory)({ initial: pages, maximum: pages });
}

/** A memory that threads can share. Its size is in pages. @throws where there is none */
export function sharedMemory(initial: number, maximum: number): GrowingMemory {
  return new (platform().Memory)({ initial, maximum, shared: true });
}
