/**
 * Rounds of a suite. benny runs cases one after another, so a neighbour that wakes up in between makes one
 * case look slow. Therefore: several rounds, each of which times every case once, in rotated order;
 * cases are compared within a round, and the median over rounds is what counts.
 */
import { add, configure, suite } from 'benny';
import type { BenchCase } from './case.ts';

/** How long a case is timed in one round: benny's terms, seconds. */
export interface Budget {
  /** Shortest sample; calls are repeated within a sample until it is that long. */
  readonly minTime: number;
  /** Samples are taken until this much time is spent … */
  readonly maxTime: number;
  /** … and there are at least so many. */
  readonly minSamples: number;
}

/** Enough for a median of samples of a few milliseconds. */
export const NORMAL: Budget = { minTime: 0.02, maxTime: 0.25, minSamples: 5 };
/** Runs everything, measures nothing. */
export const QUICK: Budget = { minTime: 0.0005, maxTime: 0.002, minSamples: 1 };

/** Seconds of one operation, a value a round: the median of the round's samples. */
export type Timings = ReadonlyMap<string, readonly number[]>;

/** What is told between two cases. */
export type Progress = (done: number, total: number, name: string) => void;

/** Times all cases `rounds` times. */
export async function runRounds(
  cases: readonly BenchCase[],
  rounds: number,
  budget: Budget,
  progress: Progress = () => undefined,
): Promise<Timings> {
  const seconds = new Map(cases.map(({ name }): [string, number[]] => [name, []]));
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    for (const one of rotated(cases, round, rounds)) {
      progress(done++, rounds * cases.length, one.name);
      seconds.get(one.name)!.push(await time(one, budget));
    }
  }
  return seconds;
}

/** The cases of a round: every round starts at another place, evenly spread. */
export function rotated<T>(items: readonly T[], round: number, rounds: number): T[] {
  const start = Math.floor((round * items.length) / rounds);
  return [...items.slice(start), ...items.slice(0, start)];
}

/** Brings a case in order, times it and cleans up behind it. */
async function time(one: BenchCase, budget: Budget): Promise<number> {
  await one.prepare?.();
  globalThis.gc?.();
  try {
    return one.measuresItself ? Number(await one.run()) : await timeWithBenny(one, budget);
  } finally {
    await one.finish?.();
  }
}

/** One case by itself, because benny begins all asynchronous cases of a suite at once. */
async function timeWithBenny(one: BenchCase, budget: Budget): Promise<number> {
  const { results } = await silently(() =>
    suite(
      one.name,
      add(
        one.name,
        oneAtATime(() => one.run()),
      ),
      configure({ cases: budget }),
    ),
  );
  const [result] = results;
  if (!result?.completed) throw new Error(`${one.name}: benny has no samples of it`);
  return result.details.median / (one.operations ?? 1);
}

/** benny looks at what kind of case it has by calling it, and does not wait before it calls again. */
function oneAtATime(run: () => unknown): () => unknown {
  let last: unknown;
  return () => (last = last instanceof Promise ? last.then(run) : run());
}

/** benny announces every suite on standard output, where `--json` wants to be alone. */
async function silently<T>(work: () => Promise<T>): Promise<T> {
  const { log } = console;
  console.log = () => undefined;
  try {
    return await work();
  } finally {
    console.log = log;
  }
}
