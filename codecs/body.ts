/** Small helpers of body decoders. */
import { bodyError } from './kernels/body-error.ts';

export { bodyError };

/** @throws PayloadError unless the body has exactly `expected` bytes */
export function checkBodyLength(body: Uint8Array, expected: number): void {
  if (body.length !== expected)
    throw bodyError(`${body.length} bytes where the header asks for ${expected}`);
}

/** Bits an ideal coder of these symbol frequencies needs, over all symbols. */
export function entropyBits(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts
    .filter((count) => count > 0)
    .reduce((bits, count) => bits - count * Math.log2(count / total), 0);
}

/** Scratch memory that grows to the largest use and is then kept. */
export class Scratch {
  #floats = new Float32Array(0);
  #indices = new Uint32Array(0);

  floats(length: number): Float32Array {
    if (this.#floats.length < length) this.#floats = new Float32Array(length);
    return this.#floats.subarray(0, length);
  }

  indices(length: number): Uint32Array {
    if (this.#indices.length < length) this.#indices = new Uint32Array(length);
    return this.#indices;
  }
}
