/** Decoding of level codecs by SIMD, in place or window by window (reference/levels.ts is the definition). */
import type { LevelsPlan } from '../kernels.ts';
import { LEAST_FOR_THREADS, runInParts, type Crew } from './crew.ts';
import { beginJob, setBody, setVector, workFor } from './levels-job.ts';
import { locate, partOf, TRIT_WINDOW, WINDOW, type SimdMemory } from './memory.ts';

/** How a decoded value meets the vector. */
const WRITE = 0;
const ADD = 1;
const ADD_WEIGHTED = 2;

function windowOf(plan: LevelsPlan): number {
  return plan.packing === 'trits' ? TRIT_WINDOW : WINDOW;
}

function decodeOnto(
  memory: SimdMemory,
  body: Uint8Array,
  plan: LevelsPlan,
  vector: Float32Array,
  how: number,
  weight: number,
  crew?: Crew,
): void {
  const { wasm, at } = memory;
  const work = workFor(plan);
  const from = locate(memory, body);
  const onto = locate(memory, vector);
  const isInPlace = from.own >= 0 && onto.own >= 0;
  const step = isInPlace ? Math.max(1, plan.length) : windowOf(plan);
  if (crew && isInPlace && plan.length >= LEAST_FOR_THREADS) {
    for (const each of [memory, ...crew.memories]) {
      beginJob(each, work);
      setBody(each, work, from, 0, plan.length);
      setVector(each, onto, 0, plan.length, how !== WRITE);
    }
    runInParts(memory, crew, 'decodeElements', plan.length, windowOf(plan), how, weight);
    return;
  }
  beginJob(memory, work);
  for (let start = 0; start < plan.length; start += step) {
    const count = Math.min(step, plan.length - start);
    setBody(memory, work, from, start, count);
    setVector(memory, onto, start, count, how !== WRITE);
    wasm.decodeElements(at.job, start, start + count, how, weight);
    if (onto.own < 0) vector.set(partOf(memory.x, 0, count), start);
  }
}

/** out[i] = decoded value. */
export function decodeLevels(
  memory: SimdMemory,
  body: Uint8Array,
  plan: LevelsPlan,
  out: Float32Array,
  crew?: Crew,
): void {
  decodeOnto(memory, body, plan, out, WRITE, 1, crew);
}

/** sum[i] += weight · decoded value. */
export function addLevels(
  memory: SimdMemory,
  body: Uint8Array,
  plan: LevelsPlan,
  sum: Float32Array,
  weight: number,
  crew?: Crew,
): void {
  decodeOnto(memory, body, plan, sum, weight === 1 ? ADD : ADD_WEIGHTED, weight, crew);
}

/** Largest code among the elements (padding is not looked at). */
export function maxCode(memory: SimdMemory, body: Uint8Array, plan: LevelsPlan): number {
  const { wasm, at } = memory;
  const work = workFor(plan);
  const from = locate(memory, body);
  const step = windowOf(plan);
  let max = 0;
  beginJob(memory, work);
  for (let start = 0; start < plan.length; start += step) {
    const count = Math.min(step, plan.length - start);
    setBody(memory, work, from, start, count);
    max = Math.max(max, wasm.maxCode(at.job, start, start + count));
  }
  return max;
}
