/**
 * Further threads for the level kernels: each runs the same functions, on windows of its own, over a
 * range of its own of the same vectors. What comes out does not depend on their number: chunks of
 * the dither are seeded one by one, and ranges begin where groups of codes do.
 */
import type { SimdMemory } from './memory.ts';

/** Functions of the module that threads run. */
export const CREW_FUNCTIONS = [
  'measureBlocks',
  'sweepElements',
  'encodeElements',
  'decodeElements',
] as const;
export type CrewFunction = (typeof CREW_FUNCTIONS)[number];

/** Vectors shorter than this are not worth waking a thread for. */
export const LEAST_FOR_THREADS: number = 2 ** 20;

/** Threads beside the calling one. */
export interface Crew {
  /** Their windows and jobs, one a thread. */
  readonly memories: readonly SimdMemory[];
  /**
   * Runs a function with arguments on each further thread, and `own` on this one meanwhile.
   * @returns what they returned, this thread's first
   * @throws GradwireError when a thread does not answer
   */
  run(name: CrewFunction, args: readonly (readonly number[])[], own: () => number): number[];
}

/** Bounds of `parts` ranges of [0, total) in turn, all but the last multiples of `unit`. */
export function bounds(total: number, unit: number, parts: number): number[] {
  const units = Math.ceil(total / unit);
  return Array.from({ length: parts + 1 }, (_, i) =>
    Math.min(total, Math.round((i * units) / parts) * unit),
  );
}

/**
 * Runs a function whose first arguments are a job and a range, on ranges of [0, total): the first
 * here, the others on the crew. All jobs are set.
 * @returns what the parts returned
 */
export function runInParts(
  memory: SimdMemory,
  crew: Crew,
  name: CrewFunction,
  total: number,
  unit: number,
  ...rest: readonly number[]
): number[] {
  const at = bounds(total, unit, crew.memories.length + 1);
  const args = crew.memories.map(({ at: { job } }, i) => [job, at[i + 1]!, at[i + 2]!, ...rest]);
  const run = memory.wasm[name] as (...given: number[]) => number;
  return crew.run(name, args, () => run(memory.at.job, 0, at[1]!, ...rest));
}
