/**
 * Arrays that the kernels work on in place. Codecs take any array; those allocated here need no
 * copying through windows, which at sizes beyond the caches is a third of the time or more, and
 * threads can share them.
 */
import { assertInteger } from '../proto/assert.ts';
import { ArgumentRangeError } from '../proto/errors.ts';
import { kernels } from './kernels/index.ts';
import type { Crew } from './kernels/simd/crew.ts';
import { attachResident, kernelsOn } from './kernels/simd/index.ts';
import { VectorMemory, type MemoryHandle } from './kernels/simd/vectors.ts';
import { MAX_LENGTH } from './staged.ts';

const MAX_BYTES = 2 ** 31;

/** The one memory there is; null where the platform has none to share. */
let memory: VectorMemory | null | undefined;

let crew: Crew | undefined;

/** From now on, long vectors in the kernels' memory are worked on by these threads too, or by none. */
export function attachCrew(threads: Crew | undefined): void {
  crew = threads;
}

/** The threads in use. */
export function attachedCrew(): Crew | undefined {
  return crew;
}

/** The kernels' memory, made at first use; null where the platform or the chosen back end has none. */
export function vectorMemory(): VectorMemory | null {
  if (kernels.name !== 'simd') return null;
  if (memory === undefined) memory = createMemory();
  return memory;
}

/**
 * Works on the memory of another thread from here on; to be called before anything is allocated here.
 * Each thread releases what it has allocated itself.
 */
export function adoptMemory(handle: MemoryHandle): VectorMemory {
  memory = attach(new VectorMemory(handle));
  return memory;
}

function createMemory(): VectorMemory | null {
  try {
    return attach(new VectorMemory());
  } catch {
    return null;
  }
}

function attach(created: VectorMemory): VectorMemory {
  attachResident({
    kernels: kernelsOn(created.kernels, () => crew),
    addressOf: (array) => created.addressOf(array),
  });
  return created;
}

/**
 * A vector of zeros in the kernels' memory, or an ordinary one where there is no such memory (plain
 * TypeScript kernels; browsers without cross-origin isolation). Give it back with `releaseMemory`:
 * the garbage collector does not.
 * @param length elements
 * @throws ArgumentRangeError when the memory, 4 GiB at most, is full
 */
export function allocateVector(length: number): Float32Array {
  assertInteger(length, 'length', 0, MAX_LENGTH);
  const place = vectorMemory()?.allocate(4 * length);
  if (!place) return new Float32Array(length);
  return new Float32Array(place.buffer, place.address, length);
}

/**
 * Bytes of zeros in the kernels' memory, for payloads; like `allocateVector`.
 * @param length bytes
 * @throws ArgumentRangeError when the memory, 4 GiB at most, is full
 */
export function allocateBytes(length: number): Uint8Array {
  assertInteger(length, 'length', 0, MAX_BYTES);
  const place = vectorMemory()?.allocate(length);
  if (!place) return new Uint8Array(length);
  return new Uint8Array(place.buffer, place.address, length);
}

/**
 * Gives back an array of `allocateVector` or `allocateBytes`, which must not be used any more: its
 * memory goes to the next that asks. Ordinary arrays are left to the garbage collector.
 * @throws ArgumentRangeError for a part of an array, or one given back already
 */
export function releaseMemory(array: Float32Array | Uint8Array): void {
  const address = memory?.addressOf(array) ?? -1;
  if (address < 0) return;
  if (!memory!.free(address))
    throw new ArgumentRangeError(
      '"array" begins nowhere that allocateVector or allocateBytes gave out, or was released before',
    );
}
