/**
 * Synchronous stochastic gradient descent. Every rank starts from the same parameters and, at each step,
 *
 *   1. computes the gradient of the mean loss over its slice of the global batch,
 *   2. exchanges it for the mean over ranks,
 *   3. updates its parameters with that mean.
 *
 * All ranks get the same mean, so their parameters stay the same bits and none are ever sent. Rank 0
 * also evaluates on the held-out samples; the clock stands still meanwhile.
 */
import { setImmediate } from 'node:timers/promises';
import { assertInteger } from '../../proto/assert.ts';
import { ArgumentTypeError } from '../../proto/errors.ts';
import { Checkpoints, type CheckpointOptions, type Restored } from './checkpoint/checkpoints.ts';
import { settingsOf } from './checkpoint/settings.ts';
import { DivergenceError } from './errors.ts';
import type { Evaluation } from './evaluate.ts';
import { evaluate } from './evaluate.ts';
import { GradientComputer } from './gradient.ts';
import { hashParameters } from './hash.ts';
import { initialParameters } from './models/initialise.ts';
import { MomentumSgd } from './optimiser.ts';
import type { Problem } from './problem.ts';
import { learningRateAt } from './schedule.ts';
import { Sharder } from './sharding.ts';
import type { Recipe } from './tasks.ts';
import { record } from '../trace/recorder.ts';
import { StopVote } from './vote.ts';

/** This rank's way to the others. Rank and size may change when ranks are lost. */
export interface GradientExchange {
  readonly rank: number;
  readonly size: number;
  /**
   * Replaces the flat gradient by the mean over ranks, in place, the same bits on every rank.
   *
   * @param step from 0
   */
  allReduce(gradient: Float32Array, step: number): Promise<void>;
  /**
   * Called before a step whose learning rate is another than the last one's, with previous ÷ next:
   * what feedback holds back counts in gradients of the old rate.
   */
  rescale?(factor: number): void;
  /** Bytes this rank has sent so far, for the history. Default: 0. */
  readonly wireBytes?: number;
  /** What a checkpoint's exchange must have in common with this one, as text. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What later steps depend on, on this rank, between two of them. Absent: nothing. */
  snapshot?(): Uint8Array;
  /** Goes on from a snapshot; there must be one where there is `snapshot`. */
  restore?(bytes: Uint8Array): void;
  /** Byte strings of all ranks, by rank. Checkpoints of several ranks need it. */
  gather?(bytes: Uint8Array): Promise<Uint8Array[]>;
}

/** For training alone: the mean over one rank is its own gradient. */
export const singleRank: GradientExchange = {
  rank: 0,
  size: 1,
  allReduce: () => Promise.resolve(),
};

/** One evaluation, after `step` updates. */
export interface HistoryEntry {
  readonly step: number;
  /** Passes over the training samples, as a fraction. */
  readonly epoch: number;
  /** Training time so far, without evaluations and checkpoints. */
  readonly seconds: number;
  /** Bytes sent by this rank so far, as the exchange counts them. */
  readonly wireBytes: number;
  /** Mean over the held-out samples. */
  readonly loss: number;
  /** Null for regression. */
  readonly accuracy: number | null;
}

/** What to do; recipe fields that are left out come from the problem. */
export interface TrainOptions extends Partial<Omit<Recipe, 'target'>> {
  readonly problem: Problem;
  readonly exchange: GradientExchange;
  /** Decides weights and shards; all ranks must be given the same. */
  readonly seed: number;
  /**
   * Samples of one backward pass; must divide `batch`. Default: the batch. With the batch of P ranks as
   * its micro-batch, a process alone computes the very gradients they do.
   */
  readonly microBatch?: number;
  /** Accuracy to reach, or loss to fall to. Null: none. Default: the recipe's. */
  readonly target?: number | null;
  /**
   * Ends the run between two steps; the result says `interrupted`. With checkpoints, one rank's signal
   * ends the run on all of them, after the same step.
   */
  readonly signal?: AbortSignal;
  /**
   * Keeps what is needed to go on after the process has ended, whatever ended it. The run that goes on
   * gives the same history, weights and byte counts, bit for bit, as one that was never interrupted;
   * only times differ. All ranks must be given the same.
   */
  readonly checkpoints?: CheckpointOptions;
  /**
   * On every rank, before its first step, when it is clear where it starts.
   * @param resumedFrom updates that are already made; null without a checkpoint
   * @param history evaluations that are already made; empty beyond rank 0
   */
  readonly onStart?: (resumedFrom: number | null, history: readonly HistoryEntry[]) => void;
  /** On rank 0, after each evaluation; the first is before the first step. */
  readonly onEvaluation?: (entry: HistoryEntry) => void;
  /** On every rank, after each update, with the number of updates so far. */
  readonly onStep?: (step: number, trainingLoss: number) => void;
}

/** What came out. Fields that need an evaluation are null, and `history` is empty, beyond rank 0. */
export interface TrainResult {
  readonly status: 'complete' | 'interrupted';
  /** Updates made, those before the checkpoint included; so with everything below. */
  readonly steps: number;
  /** Updates that were already made by the checkpoint; null without one. */
  readonly resumedFrom: number | null;
  /** Training time, without evaluations and checkpoints. */
  readonly seconds: number;
  /** Mean over the last 5 evaluations, or as many as there were. */
  readonly finalLoss: number | null;
  /** Likewise; null for regression. */
  readonly finalAccuracy: number | null;
  readonly target: number | null;
  /** The first evaluation that met the target; null when none did. */
  readonly stepsToTarget: number | null;
  readonly secondsToTarget: number | null;
  readonly history: readonly HistoryEntry[];
  readonly parameters: Float32Array<ArrayBuffer>;
  /** SHA-256 of the parameters; the same on all ranks. */
  readonly modelHash: string;
  /** Where the time went, in milliseconds over the whole run. */
  readonly stageMilliseconds: StageTimes;
}

/** Milliseconds of a run. `evaluate` is not part of `seconds`. */
export interface StageTimes {
  compute: number;
  exchange: number;
  update: number;
  evaluate: number;
}

/** Evaluations whose mean is the final result: single ones scatter by a few samples. */
export const FINAL_EVALUATIONS = 5;

/**
 * Trains one replica. The tfjs backend must have been selected.
 *
 * @throws DivergenceError on all ranks at the same step, when parameters leave the finite numbers
 * @throws whatever the exchange throws, unless `signal` was aborted
 * @throws CheckpointError, SnapshotError before the first step, when there is a checkpoint that cannot be
 * gone on from; FileError when one cannot be written
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const run = new Run(options);
  await run.start();
  while (!run.done) {
    if (await run.isStopped()) break;
    if (!(await run.step())) break;
    run.evaluateIfDue();
    await run.saveIfDue();
    await run.yieldToEvents();
  }
  return run.result();
}

/** Signals, timers and sockets get a turn at least this often even where the exchange never waits. */
const TURN_MILLISECONDS = 20;

class Run {
  readonly #options: TrainOptions;
  readonly #recipe: Omit<Recipe, 'target'>;
  readonly #target: number | null;
  readonly #computer: GradientComputer;
  #sharder: Sharder;
  readonly #optimiser: MomentumSgd;
  readonly #positions: Uint32Array;
  readonly #gradient: Float32Array;
  readonly #parameters: Float32Array<ArrayBuffer>;
  readonly #checkpoints: Checkpoints | undefined;
  #vote: StopVote | undefined;
  #history: HistoryEntry[] = [];
  #times: StageTimes = { compute: 0, exchange: 0, update: 0, evaluate: 0 };
  #reached: HistoryEntry | undefined;
  #resumedFrom: number | null = null;
  #steps = 0;
  #milliseconds = 0;
  #lastTurn = performance.now();

  constructor(options: TrainOptions) {
    const { problem, exchange, seed, target } = options;
    this.#options = options;
    this.#recipe = completeRecipe(options);
    this.#target = target === undefined ? problem.recipe.target : target;
    const { batch, momentum, weightDecay } = this.#recipe;
    const samples = problem.dataset.train.rows.length;
    const { rank, size } = exchange;
    this.#sharder = new Sharder({ samples, batch, rank, size, seed });
    this.#computer = new GradientComputer(problem, batch, options.microBatch);
    this.#optimiser = new MomentumSgd(problem.layout.length, { momentum, weightDecay });
    this.#positions = new Uint32Array(batch);
    this.#gradient = problem.layout.allocate();
    this.#parameters = initialParameters(problem.model, seed);
    if (options.checkpoints) this.#checkpoints = this.#createCheckpoints(options.checkpoints);
  }

  #createCheckpoints(checkpoints: CheckpointOptions): Checkpoints {
    const { problem, exchange, seed, microBatch } = this.#options;
    if (exchange.snapshot && !exchange.restore)
      throw new ArgumentTypeError('"exchange" has snapshot() and therefore needs restore()');
    const settings = settingsOf({
      problem,
      recipe: this.#recipe,
      target: this.#target,
      microBatch: microBatch ?? this.#recipe.batch,
      seed,
      ranks: exchange.size,
      exchange: exchange.settings ?? {},
    });
    return new Checkpoints(checkpoints, exchange, settings, problem.layout.length);
  }

  get done(): boolean {
    return this.#steps >= this.#recipe.steps;
  }

  /** Goes on from a checkpoint, if there is one, and evaluates if there is none. */
  async start(): Promise<void> {
    const { exchange, signal, onStart } = this.#options;
    const isResumed = await this.#checkpoints?.restore((state) => this.#restore(state));
    if (this.#checkpoints) this.#vote = new StopVote(exchange, signal, this.#steps);
    if (isResumed) this.#resumedFrom = this.#steps;
    onStart?.(this.#resumedFrom, [...this.#history]);
    if (!isResumed) this.evaluateIfDue();
  }

  #restore({ model, own }: Restored): void {
    const { exchange } = this.#options;
    if (own.exchange.length > 0) exchange.restore?.(own.exchange);
    this.#parameters.set(model.parameters);
    this.#optimiser.velocity.set(model.velocity);
    this.#steps = model.step;
    this.#milliseconds = own.milliseconds;
    this.#times = { ...own.times };
    if (exchange.rank !== 0) return;
    this.#history = [...model.history];
    const target = this.#target;
    if (target !== null) this.#reached = this.#history.find((entry) => meets(entry, target));
  }

  /** True when the run is to end here; a checkpoint is written then. */
  async isStopped(): Promise<boolean> {
    const { signal } = this.#options;
    if (!this.#vote) return signal?.aborted ?? false;
    try {
      if (!(await this.#vote.isOver(this.#steps))) return false;
    } catch (error) {
      // Another rank has gone, for the same reason: there is no step that all of them have made.
      if (!signal?.aborted) throw error;
      return true;
    }
    await this.#save();
    return true;
  }

  async saveIfDue(): Promise<void> {
    if (this.done || this.#checkpoints?.isDue(this.#steps)) await this.#save();
  }

  async #save(): Promise<void> {
    const { exchange } = this.#options;
    const step = this.#steps;
    const model = {
      step,
      parameters: this.#parameters,
      velocity: this.#optimiser.velocity,
      history: this.#history,
    };
    await this.#checkpoints?.save(model, {
      step,
      exchange: exchange.snapshot?.() ?? new Uint8Array(0),
      milliseconds: this.#milliseconds,
      times: this.#times,
    });
  }

  /** One update; false when the run was interrupted in the middle of it, with nothing changed. */
  async step(): Promise<boolean> {
    const { exchange, signal, onStep } = this.#options;
    const start = performance.now();
    const rate = this.#rateOf(this.#steps);
    this.#rescale(rate);
    this.#sharder = this.#sharder.with(exchange.rank, exchange.size, this.#steps);
    this.#sharder.batchAt(this.#steps, this.#positions);
    const loss = this.#computer.compute(this.#parameters, this.#positions, this.#gradient);
    const computed = performance.now();
    try {
      await exchange.allReduce(this.#gradient, this.#steps);
    } catch (error) {
      if (!signal?.aborted) throw error;
      return false;
    }
    const exchanged = performance.now();
    const broken = this.#optimiser.step(this.#parameters, this.#gradient, rate);
    this.#steps++;
    if (broken >= 0) throw this.#divergence(broken);
    const updated = performance.now();
    this.#times.compute += computed - start;
    this.#times.exchange += exchanged - computed;
    this.#times.update += updated - exchanged;
    this.#milliseconds += updated - start;
    record('compute', `gradient of step ${this.#steps}`, start, computed);
    record('update', `update ${this.#steps}`, exchanged, updated);
    onStep?.(this.#steps, loss);
    return true;
  }

  /** Evaluates before the first step, every so many steps, and after the last. */
  evaluateIfDue(): void {
    const { problem, exchange, onEvaluation } = this.#options;
    const due = this.#steps % this.#recipe.evaluateEvery === 0 || this.done;
    if (exchange.rank !== 0 || !due) return;
    const start = performance.now();
    const { loss, accuracy } = evaluate(problem, this.#parameters);
    this.#times.evaluate += performance.now() - start;
    const entry: HistoryEntry = {
      step: this.#steps,
      epoch: this.#sharder.epochsAfter(this.#steps),
      seconds: this.#milliseconds / 1000,
      wireBytes: exchange.wireBytes ?? 0,
      loss,
      accuracy,
    };
    this.#history.push(entry);
    if (this.#target !== null && meets(entry, this.#target)) this.#reached ??= entry;
    onEvaluation?.(entry);
  }

  async yieldToEvents(): Promise<void> {
    if (performance.now() - this.#lastTurn < TURN_MILLISECONDS) return;
    await setImmediate();
    this.#lastTurn = performance.now();
  }

  result(): TrainResult {
    const last = this.#history.slice(-FINAL_EVALUATIONS);
    return {
      status: this.done ? 'complete' : 'interrupted',
      steps: this.#steps,
      resumedFrom: this.#resumedFrom,
      seconds: this.#milliseconds / 1000,
      finalLoss: mean(last.map(({ loss }) => loss)),
      finalAccuracy: mean(last.flatMap(({ accuracy }) => accuracy ?? [])),
      target: this.#target,
      stepsToTarget: this.#reached?.step ?? null,
      secondsToTarget: this.#reached?.seconds ?? null,
      history: this.#history,
      parameters: this.#parameters,
      modelHash: hashParameters(this.#parameters),
      stageMilliseconds: this.#times,
    };
  }

  #rateOf(step: number): number {
    const { schedule, learningRate, steps } = this.#recipe;
    return learningRateAt(schedule, learningRate, step, steps);
  }

  /** A rate of 0 sends nothing on, whatever is held back. */
  #rescale(rate: number): void {
    if (this.#steps === 0) return;
    const previous = this.#rateOf(this.#steps - 1);
    if (rate !== previous && rate !== 0) this.#options.exchange.rescale?.(previous / rate);
  }

  #divergence(index: number): DivergenceError {
    const { tensors } = this.#options.problem.layout;
    const slot = tensors.findLast(({ offset }) => offset <= index)!;
    return new DivergenceError(this.#steps, slot.name, this.#parameters[index]!);
  }
}

function completeRecipe(options: TrainOptions): Omit<Recipe, 'target'> {
  const { recipe } = options.problem;
  const complete = {
    steps: options.steps ?? recipe.steps,
    batch: options.batch ?? recipe.batch,
    learningRate: options.learningRate ?? recipe.learningRate,
    schedule: options.schedule ?? recipe.schedule,
    momentum: options.momentum ?? recipe.momentum,
    weightDecay: options.weightDecay ?? recipe.weightDecay,
    evaluateEvery: options.evaluateEvery ?? recipe.evaluateEvery,
  };
  assertInteger(complete.steps, 'steps', 1);
  assertInteger(complete.evaluateEvery, 'evaluateEvery', 1);
  return complete;
}

function meets({ loss, accuracy }: Evaluation, target: number): boolean {
  return accuracy === null ? loss <= target : accuracy >= target;
}

function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
