/** Runs of the same codec and strategy, put together over their seeds. */
import type { Evaluation, Run } from './types.ts';

/** Mean and spread of a quantity over runs. */
export interface Statistic {
  readonly mean: number;
  /** Sample standard deviation (n − 1 in the denominator); null for a single run. */
  readonly spread: number | null;
  /** Runs that have a value. */
  readonly n: number;
}

/** Fields of a run that can be averaged. */
export type Metric = {
  [Name in keyof Run]: Run[Name] extends number | null ? Name : never;
}[keyof Run];

/** All runs of one codec and strategy. */
export interface RunGroup {
  readonly codec: string;
  readonly strategy: string;
  /** All of them, whatever their status. */
  readonly runs: readonly Run[];
  /**
   * The runs that averages are over: the complete ones, since a run that stopped early would pull the
   * means towards an untrained model; or all, when none is complete.
   */
  readonly counted: readonly Run[];
  /** False when no run is complete, so that averages are over partial runs. */
  readonly isComplete: boolean;
}

/** An average evaluation; `seconds` and `wireBytes` are means over the runs as well. */
export interface AverageEvaluation {
  readonly step: number;
  readonly seconds: number;
  readonly wireBytes: number;
  readonly loss: Statistic | null;
  readonly accuracy: Statistic | null;
}

/** Groups runs by codec and strategy, in order of first appearance. */
export function groupRuns(runs: readonly Run[]): RunGroup[] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const key = JSON.stringify([run.codec, run.strategy]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map(toGroup);
}

function toGroup(runs: readonly Run[]): RunGroup {
  const [{ codec, strategy }] = runs as [Run];
  const complete = runs.filter((run) => run.status === 'complete');
  const isComplete = complete.length > 0;
  return { codec, strategy, runs, counted: isComplete ? complete : runs, isComplete };
}

/** A metric over the counted runs of a group that have it; null when none has. */
export function average(group: RunGroup, metric: Metric): Statistic | null {
  return statistic(group.counted.map((run) => run[metric]));
}

/** Mean milliseconds per step in each stage, over the counted runs that report it. */
export function averageStages(group: RunGroup): Map<string, number> {
  const stages = new Set(group.counted.flatMap((run) => Object.keys(run.stageMilliseconds)));
  const means = new Map<string, number>();
  for (const stage of stages) {
    const found = statistic(group.counted.map((run) => run.stageMilliseconds[stage] ?? null));
    if (found !== null) means.set(stage, found.mean);
  }
  return means;
}

/**
 * The mean course of the counted runs: at every step that all of them evaluated or, where no run is
 * complete, that any of them did.
 */
export function averageHistory(group: RunGroup): AverageEvaluation[] {
  const atStep = new Map<number, Evaluation[]>();
  for (const evaluation of group.counted.flatMap((run) => run.history))
    atStep.set(evaluation.step, [...(atStep.get(evaluation.step) ?? []), evaluation]);
  const needed = group.isComplete ? group.counted.length : 1;
  return [...atStep]
    .filter(([, evaluations]) => evaluations.length >= needed)
    .sort(([a], [b]) => a - b)
    .map(([step, evaluations]) => averageEvaluations(step, evaluations));
}

function averageEvaluations(step: number, evaluations: readonly Evaluation[]): AverageEvaluation {
  return {
    step,
    seconds: mean(evaluations.map((evaluation) => evaluation.seconds)),
    wireBytes: mean(evaluations.map((evaluation) => evaluation.wireBytes)),
    loss: statistic(evaluations.map((evaluation) => evaluation.loss)),
    accuracy: statistic(evaluations.map((evaluation) => evaluation.accuracy)),
  };
}

/** Mean, spread and count of the values that are not null; null when all are. */
export function statistic(values: readonly (number | null)[]): Statistic | null {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return null;
  const center = mean(present);
  return { mean: center, spread: sampleDeviation(present, center), n: present.length };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value / values.length, 0);
}

function sampleDeviation(values: readonly number[], center: number): number | null {
  if (values.length < 2) return null;
  // hypot, unlike a sum of squares, overflows only if the result does.
  return Math.hypot(...values.map((value) => value - center)) / Math.sqrt(values.length - 1);
}
