/**
 * What `results.json` holds: one task trained with several codecs, a record for each codec and seed.
 *
 * Units, throughout: bytes are sent by one rank (mean over ranks), headers and framing included where
 * the name says *wire*; seconds and milliseconds are wall-clock time without evaluation; accuracies are
 * fractions in [0, 1] of the held-out samples. `null` means that a field does not apply to a run, or that
 * its value was not a finite number.
 */

/** The format described here. Readers refuse any other number. */
export const RESULTS_FORMAT_VERSION = 1;

/** Anything JSON can hold. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** A whole comparison. */
export interface Results {
  readonly formatVersion: typeof RESULTS_FORMAT_VERSION;
  /** Name of the task, or of the user's data. */
  readonly task: string;
  /** Name or description of the model. */
  readonly model: string;
  /** Trainable parameters of the model, which is the length of its gradient in elements. */
  readonly parameters: number;
  /** Processes that trained together. */
  readonly ranks: number;
  /** `tcp`, `memory`, … */
  readonly transport: string;
  /** Pace that each rank's sends were held to, as the user wrote it (`100mbit`), or null. */
  readonly link: string | null;
  readonly environment: Environment;
  readonly runs: readonly Run[];
}

/** Where, when and how the runs were made. Further entries may follow; the report shows them all. */
export interface Environment {
  /** Command line, as it could be typed again. */
  readonly command: string;
  /** Start, ISO 8601 in UTC. */
  readonly startedAt: string;
  /** Recipe: batch, steps, learning rate and whatever else one needs to repeat the runs. */
  readonly configuration: { readonly [name: string]: JsonValue };
  readonly [name: string]: JsonValue;
}

/** `complete`: all steps done. `interrupted`: stopped by the user. `failed`: see `error`. */
export type RunStatus = 'complete' | 'interrupted' | 'failed';

/** Why a run failed. */
export interface RunError {
  /** Stable code of the error, such as `GRADWIRE_PEER_LOST`. */
  readonly code: string;
  readonly message: string;
}

/** One training run: one codec, one seed. */
export interface Run {
  /** Canonical codec spec. */
  readonly codec: string;
  /** What is sent to whom and when: `sync`, … */
  readonly strategy: string;
  /** How payloads travelled (`ring`, `two-shot`, `all-gather`, …), null when nothing did. */
  readonly algorithm: string | null;
  /** tfjs backend that computed the gradients. */
  readonly backend: string;
  readonly seed: number;
  readonly status: RunStatus;
  /** Null unless `status` is `failed`. */
  readonly error: RunError | null;
  /** Steps done. */
  readonly steps: number;
  /** Payload bits per gradient element, payload headers included. */
  readonly bitsPerElement: number | null;
  readonly payloadBytesPerStep: number | null;
  /** Counted at the socket. */
  readonly wireBytesPerStep: number | null;
  /** 32 ÷ bitsPerElement. */
  readonly compressionRatio: number | null;
  /** Wire bytes per step of codec `none` ÷ those of this run. */
  readonly wireReduction: number | null;
  readonly finalLoss: number | null;
  readonly finalAccuracy: number | null;
  /** Held-out accuracy to reach, or loss where the task has no accuracy. */
  readonly target: number | null;
  /** At the first evaluation that met the target; null when none did. */
  readonly stepsToTarget: number | null;
  readonly wireBytesToTarget: number | null;
  readonly secondsToTarget: number | null;
  readonly wallSeconds: number | null;
  /** Mean milliseconds per step that a rank spent in each stage: `compute`, `encode`, `wait`, … */
  readonly stageMilliseconds: { readonly [stage: string]: number };
  /** L2 norm of what error feedback held back at the end, mean over ranks. */
  readonly residualNorm: number | null;
  /** Hash of the final weights, equal on all ranks. */
  readonly modelHash: string | null;
  /** Evaluations in order of their steps. */
  readonly history: readonly Evaluation[];
}

/** One evaluation on the held-out samples. All but `loss` and `accuracy` count from the run's start. */
export interface Evaluation {
  /** Optimiser updates so far. */
  readonly step: number;
  /** Passes over the training samples so far. */
  readonly epoch: number;
  readonly seconds: number;
  readonly wireBytes: number;
  readonly loss: number | null;
  readonly accuracy: number | null;
}
