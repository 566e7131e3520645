/**
 * The embedded WebAssembly module: decoded, compiled and instantiated synchronously, which Node and
 * browsers allow for modules of this size.
 */

/** What is used of the platform's `WebAssembly`; not every type library in use declares it. */
interface Platform {
  readonly Memory: new (pages: { initial: number; maximum: number }) => {
    readonly buffer: ArrayBuffer;
  };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Record<string, Record<string, object>>,
  ) => { readonly exports: object };
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

/**
 * Instantiates a module on a new private memory of `pages` (64 KiB each).
 * @throws when the platform has no WebAssembly, no SIMD, or forbids compiling here
 */
export function instantiate(
  base64: string,
  pages: number,
): { readonly exports: object; readonly buffer: ArrayBuffer } {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly?: Platform };
  if (!WebAssembly) throw new Error('this platform has no WebAssembly');
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const module = new WebAssembly.Module(bytesOfBase64(base64));
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  return { exports: instance.exports, buffer: memory.buffer };
}
