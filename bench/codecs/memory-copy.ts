/**
 * The WebAssembly instruction `memory.copy` in the kernels' memory, by a module of one function: what a
 * codec whose vectors live there is held against.
 */
import { compile, instantiateOn } from '../../codecs/kernels/simd/wasm.ts';
import { vectorMemory } from '../../codecs/memory.ts';
import { ensure } from '../support/case.ts';

/** (module (import "env" "memory" (memory 0 65536 shared)) (func (export "copy") (param i32 i32 i32) …)) */
const MODULE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  // Type 0: (i32, i32, i32) → ().
  ...[0x01, 0x07, 0x01, 0x60, 0x03, 0x7f, 0x7f, 0x7f, 0x00],
  // Import "env" "memory": shared, 0 to 65536 pages.
  ...[0x02, 0x12, 0x01, 0x03, 0x65, 0x6e, 0x76, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79],
  ...[0x02, 0x03, 0x00, 0x80, 0x80, 0x04],
  // Function 0 is of type 0, and exported as "copy".
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x07, 0x08, 0x01, 0x04, 0x63, 0x6f, 0x70, 0x79, 0x00, 0x00],
  // Its code: local.get 0, 1, 2; memory.copy.
  ...[0x0a, 0x0e, 0x01, 0x0c, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02],
  ...[0xfc, 0x0a, 0x00, 0x00, 0x0b],
);

/** Copies between arrays of one length. */
export type Copy = (from: Float32Array, to: Float32Array) => void;

/**
 * `memory.copy` between arrays of `allocateVector`.
 * @throws where the kernels have no memory of their own; Error for arrays that live elsewhere
 */
export function memoryCopy(): Copy {
  const memory = vectorMemory();
  if (!memory) throw new Error('the kernels have no memory of their own here');
  const { copy } = instantiateOn(compile(MODULE), memory.memory) as {
    readonly copy: (to: number, from: number, bytes: number) => void;
  };
  return (from, to) => {
    const [source, target] = [memory.addressOf(from), memory.addressOf(to)];
    ensure(source >= 0 && target >= 0, 'an array is not in the kernels’ memory');
    copy(target, source, from.byteLength);
  };
}
