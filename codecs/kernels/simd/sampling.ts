/**
 * Random subsets by WebAssembly (reference/sampling.ts is the definition). A stream is seeded anew for
 * each chunk of draws, so that four chunks can be drawn at once.
 */
import { CHUNK_LENGTH, LANES, seedLanes, type RandomStream } from '../../random.ts';
import { stratumStart } from '../reference/sampling.ts';
import type { SimdMemory } from './memory.ts';

const STRIDE = 8 * CHUNK_LENGTH;
const state = new Int32Array(16);

/** Calls `use(draws, first, count)` with each chunk of draws 0..total − 1, until it returns false. */
function forEachChunk(
  { wasm, at, generator }: SimdMemory,
  stream: RandomStream,
  total: number,
  use: (draws: number, first: number, count: number) => boolean | void,
): void {
  for (let base = 0; base < total; base += LANES * CHUNK_LENGTH) {
    for (let lane = 0; lane < LANES; lane++) {
      seedLanes(state, stream, base / CHUNK_LENGTH + lane);
      for (let word = 0; word < 4; word++) generator[LANES * word + lane] = state[LANES * word]!;
    }
    wasm.drawUniforms(at.generator, Math.min(CHUNK_LENGTH, total - base), at.values, STRIDE);
    for (let lane = 0; lane < LANES; lane++) {
      const first = base + lane * CHUNK_LENGTH;
      const count = Math.min(CHUNK_LENGTH, total - first);
      if (count <= 0 || use(at.values + lane * STRIDE, first, count) === false) break;
    }
  }
}

/** `Kernels.pickStratified` */
export function pickStratified(
  memory: SimdMemory,
  k: number,
  n: number,
  stream: RandomStream,
  indices: Uint32Array,
): void {
  const { wasm, at } = memory;
  const quotient = Math.floor(n / k);
  const rest = n - quotient * k;
  forEachChunk(memory, stream, k, (draws, first, count) => {
    const start = stratumStart(first, k, n);
    // Below 2³², so that 32 bits of the products suffice: ⌊first · rest / k⌋ strata are longer.
    const carried = (Math.imul(first, rest) - Math.imul(start - first * quotient, k)) >>> 0;
    wasm.pickStratified(draws, count, start, carried, quotient, rest, k, at.indices);
    indices.set(memory.indices.subarray(0, count), first);
  });
}

/** `Kernels.pickUniform` */
export function pickUniform(
  memory: SimdMemory,
  k: number,
  n: number,
  stream: RandomStream,
  indices: Uint32Array,
): void {
  const { wasm, at } = memory;
  let chosen = 0;
  forEachChunk(memory, stream, n, (draws, first, count) => {
    const kept = wasm.pickUniform(draws, count, first, n - first, k - chosen, at.indices);
    indices.set(memory.indices.subarray(0, kept), chosen);
    chosen += kept;
    return chosen < k;
  });
}
