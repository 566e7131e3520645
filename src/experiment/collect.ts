/** Turns what the ranks told into the runs of `results.json`. */
import { meanOf } from './mean.ts';
import type { Evaluation, Run, RunError } from '../result/index.ts';
import type { RunOutcome, RunPlan } from './messages.ts';

/** What is known of a run so far. */
export interface RunRecord {
  readonly plan: RunPlan;
  readonly history: Evaluation[];
  /** By rank, as far as they have ended. */
  readonly outcomes: (RunOutcome | undefined)[];
  lastStep: number;
}

/** An empty record. */
export function newRecord(plan: RunPlan): RunRecord {
  return { plan, history: [], outcomes: [], lastStep: 0 };
}

type Figures = Pick<
  Run,
  | 'bitsPerElement'
  | 'payloadBytesPerStep'
  | 'wireBytesPerStep'
  | 'compressionRatio'
  | 'residualNorm'
  | 'stageMilliseconds'
>;

/** Means over ranks of what was sent and how long the stages took, per step. */
function figuresOf(outcomes: readonly RunOutcome[]): Figures {
  const perStep = (pick: (outcome: RunOutcome) => number): number | null =>
    meanOf(outcomes.map((outcome) => (outcome.steps > 0 ? pick(outcome) / outcome.steps : null)));
  const encoded = outcomes.reduce((sum, { counts }) => sum + counts.encodedElements, 0);
  const bytes = outcomes.reduce((sum, { counts }) => sum + counts.encodedBytes, 0);
  const bitsPerElement = encoded > 0 ? (8 * bytes) / encoded : null;
  return {
    bitsPerElement,
    payloadBytesPerStep: perStep(({ counts }) => counts.payloadBytes),
    wireBytesPerStep: perStep(({ counts }) => counts.socketBytes),
    compressionRatio: bitsPerElement ? 32 / bitsPerElement : null,
    residualNorm: meanOf(outcomes.map(({ residualNorm }) => residualNorm)),
    stageMilliseconds: stagesOf(outcomes, perStep),
  };
}

function stagesOf(
  outcomes: readonly RunOutcome[],
  perStep: (pick: (outcome: RunOutcome) => number) => number | null,
): Record<string, number> {
  if (outcomes.length === 0 || outcomes.some(({ stages }) => stages === null)) return {};
  const stage = (pick: (outcome: RunOutcome) => number): number => perStep(pick) ?? 0;
  return {
    compute: stage(({ stages }) => stages!.compute),
    encode: stage(({ counts }) => counts.stageMilliseconds.encode),
    wait: stage(({ counts }) => counts.stageMilliseconds.wait),
    transfer: stage(({ counts }) => counts.stageMilliseconds.transfer),
    decode: stage(({ counts }) => counts.stageMilliseconds.decode),
    update: stage(({ stages }) => stages!.update),
  };
}

/** Replicas that ended with different weights are a failure, whatever the loss says. */
function replicaError(outcomes: readonly RunOutcome[]): RunError | null {
  const hashes = outcomes.map(({ modelHash }) => modelHash);
  const other = hashes.findIndex((hash) => hash !== hashes[0]);
  if (other < 0) return null;
  return {
    code: 'GRADWIRE_REPLICA_MISMATCH',
    message: `replicas ended with different weights: rank 0 ${hashes[0]}, rank ${other} ${hashes[other]}`,
  };
}

/** What failed the run: of several reports the one that is not hearsay. */
function errorOf(outcomes: readonly RunOutcome[]): RunError | null {
  const errors = outcomes.flatMap(({ error }) => error ?? []);
  const error = errors.find(({ secondHand }) => !secondHand) ?? errors[0];
  return error ? { code: error.code, message: error.message } : null;
}

/** How a run ended that not all ranks have reported on. */
export interface Ending {
  readonly status: 'interrupted' | 'failed';
  readonly error: RunError | null;
}

/**
 * The run as `results.json` has it.
 * @param ranks those that are not lost, ascending
 * @param ending what ended it, unless all of them reported
 */
export function toRun(
  record: RunRecord,
  ranks: readonly number[],
  shared: { readonly backend: string; readonly strategy: string },
  ending?: Ending,
): Run {
  const outcomes = record.outcomes.filter((outcome) => outcome !== undefined);
  const zero = record.outcomes[ranks[0] ?? 0];
  const complete = zero !== undefined && ranks.every((rank) => record.outcomes[rank]);
  const reached = reachedIn(record.history, zero);
  const mismatch = complete && zero.status === 'complete' ? replicaError(outcomes) : null;
  const last = record.history.at(-1);
  const figures = figuresOf(outcomes);
  return {
    codec: record.plan.codec,
    strategy: shared.strategy,
    algorithm: zero?.algorithm ?? null,
    backend: shared.backend,
    seed: record.plan.seed,
    status: mismatch ? 'failed' : complete ? zero.status : (ending?.status ?? 'failed'),
    error: mismatch ?? (complete ? errorOf(outcomes) : (ending?.error ?? null)),
    steps: zero ? stepsOf(record, ranks) : record.lastStep,
    ...figures,
    wireReduction: null,
    finalLoss: finite(zero ? zero.finalLoss : last?.loss),
    finalAccuracy: finite(zero ? zero.finalAccuracy : last?.accuracy),
    target: zero?.target ?? null,
    stepsToTarget: zero?.stepsToTarget ?? reached?.step ?? null,
    wireBytesToTarget: reached?.wireBytes ?? null,
    secondsToTarget: zero?.secondsToTarget ?? reached?.seconds ?? null,
    wallSeconds: zero?.seconds ?? last?.seconds ?? null,
    modelHash: zero?.modelHash ?? null,
    history: record.history,
  };
}

/** A rank that ends a run may be heard before another one's last exchange is complete. */
function stepsOf({ outcomes }: RunRecord, ranks: readonly number[]): number {
  return Math.max(...ranks.map((rank) => outcomes[rank]?.steps ?? 0));
}

function finite(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : null;
}

/** The first evaluation that met the target; the rank that evaluates may have changed since. */
function reachedIn(
  history: readonly Evaluation[],
  outcome: RunOutcome | undefined,
): Evaluation | undefined {
  if (!outcome || outcome.target === null) return undefined;
  const { target } = outcome;
  return history.find(({ accuracy, loss }) =>
    accuracy === null ? loss !== null && loss <= target : accuracy >= target,
  );
}

/** Fills in `wireReduction`: the mean wire bytes a step of codec `none` ÷ each run's. */
export function withReductions(runs: readonly Run[]): Run[] {
  const baseline = meanOf(
    runs.filter(({ codec }) => codec === 'none').map(({ wireBytesPerStep }) => wireBytesPerStep),
  );
  return runs.map((run) => ({
    ...run,
    wireReduction: baseline && run.wireBytesPerStep ? baseline / run.wireBytesPerStep : null,
  }));
}
