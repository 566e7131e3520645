/** What the parent process and the ranks of an experiment tell each other. */
import type { ExchangeCounts } from '../exchange/meter.ts';
import type { Algorithm } from '../exchange/unit.ts';
import type { Granularity } from '../exchange/units.ts';
import type { Evaluation } from '../result/index.ts';
import type { BackendName, ProblemOptions, Recipe, StageTimes } from '../train/index.ts';

/** One run: a codec and a seed. */
export interface RunPlan {
  /** Canonical spec. */
  readonly codec: string;
  readonly seed: number;
}

/** Where and when checkpoints are written. */
export interface CheckpointPlan {
  /** Has a folder for each run. */
  readonly folder: string;
  /** Steps between two; without it, at the end and after an interrupt only. */
  readonly every?: number;
  /** Go on from what the folder holds. */
  readonly resume: boolean;
}

/** Everything a rank must know. Equal on all ranks. */
export interface WorkPlan {
  readonly runs: readonly RunPlan[];
  readonly problem: Omit<ProblemOptions, 'seed'>;
  /** What departs from the task's recipe; `target` null: none. */
  readonly recipe: Partial<Omit<Recipe, 'target'>> & { readonly target?: number | null };
  /** Instead of `recipe.steps`. */
  readonly epochs?: number;
  readonly backend: BackendName | 'auto';
  readonly verify: boolean;
  /** How means are computed; `auto` by the codec's traits. */
  readonly algorithm?: Algorithm | 'auto';
  /** What gets a payload of its own. */
  readonly granularity?: Granularity;
  /** Pace of each rank's sends, bytes per second. */
  readonly linkBytesPerSecond?: number;
  /** Deadline of every operation, milliseconds. */
  readonly deadlineMs: number;
  /** What the loss of a rank means: the end of the job, or that the others go on without it. */
  readonly onPeerLoss: 'fail' | 'continue';
  /** Without it, nothing is kept and an interrupted run is lost. */
  readonly checkpoints?: CheckpointPlan;
}

/** Parent → rank. */
export type ToRank = { readonly type: 'plan'; readonly plan: WorkPlan } | { readonly type: 'stop' };

/** What a rank knows before the first run. */
export interface Introduction {
  readonly task: string;
  readonly model: string;
  readonly parameters: number;
  readonly metric: 'accuracy' | 'loss';
  readonly backend: BackendName;
  readonly backendDescription: string;
  readonly transport: string;
  readonly kernels: string;
  readonly samples: { readonly train: number; readonly test: number };
  readonly recipe: Recipe;
}

/** A failure as one rank saw it. */
export interface RankError {
  readonly code: string;
  readonly message: string;
  /** The failure was another rank's, and this one merely heard of it. */
  readonly secondHand: boolean;
}

/** How a run ended on one rank. */
export interface RunOutcome {
  readonly status: 'complete' | 'interrupted' | 'failed';
  readonly error: RankError | null;
  readonly steps: number;
  readonly seconds: number | null;
  readonly finalLoss: number | null;
  readonly finalAccuracy: number | null;
  readonly target: number | null;
  readonly stepsToTarget: number | null;
  readonly secondsToTarget: number | null;
  readonly modelHash: string | null;
  readonly stages: StageTimes | null;
  readonly counts: ExchangeCounts;
  readonly residualNorm: number | null;
  readonly algorithm: string | null;
}

/** Rank → parent. */
export type FromRank =
  | { readonly type: 'introduction'; readonly introduction: Introduction }
  | {
      readonly type: 'run-start';
      readonly index: number;
      readonly steps: number;
      /** Steps that are already made; null without a checkpoint. */
      readonly resumedFrom: number | null;
      /** Evaluations that are already made. */
      readonly history: readonly Evaluation[];
    }
  /** Ranks are lost, as they were numbered at the start, and the teller goes on. */
  | { readonly type: 'loss'; readonly ranks: readonly number[]; readonly cause: string }
  | { readonly type: 'step'; readonly index: number; readonly step: number }
  | { readonly type: 'evaluation'; readonly index: number; readonly evaluation: Evaluation }
  | { readonly type: 'run-end'; readonly index: number; readonly outcome: RunOutcome }
  | { readonly type: 'fatal'; readonly error: RankError };
