/** One rank of an experiment: meets the others and trains one run after another. */
import { kernelBackend } from '../../codecs/index.ts';
import { PeerLostError, RemoteAbortError, RendezvousError } from '../../proto/comm-errors.ts';
import { isGradwireError, NonFiniteGradientError } from '../../proto/errors.ts';
import type { Communicator } from '../collective/communicator.ts';
import { createExchange } from '../exchange/create.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { init } from '../worker/init.ts';
import { SynchronousStrategy } from '../strategy/sync.ts';
import {
  DivergenceError,
  loadProblem,
  selectBackend,
  singleRank,
  stepsForEpochs,
  train,
  type Backend,
  type Problem,
  type TrainResult,
} from '../train/index.ts';
import { runFolder } from './checkpoints.ts';
import type { FromRank, RankError, RunOutcome, RunPlan, WorkPlan } from './messages.ts';

/** Sends one message to the parent. */
export type Tell = (message: FromRank) => void;

/** Steps between two progress messages. */
const PROGRESS_STEPS = 10;
const WARM_UP_STEPS = 3;
/** Least time for the ranks to meet, milliseconds: they load tfjs and data, many of them on few cores. */
const MEETING_MS = 30_000;
/** Longest delay of a Node timer, milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;
/** Code of NonFiniteGradientError, as other ranks hear it. */
const NON_FINITE = 'GRADWIRE_NON_FINITE_GRADIENT';

/**
 * Does all runs of the plan.
 * @throws whatever ends the job; what ends only its run (see `endsOnlyItsRun`) is told instead
 */
export async function workAsRank(plan: WorkPlan, signal: AbortSignal, tell: Tell): Promise<void> {
  const backend = await selectBackend(plan.backend);
  const first = await loadProblem({ ...plan.problem, seed: plan.runs[0]!.seed });
  const meetings = new Meetings(plan, signal);
  try {
    const { transport } = await meetings.communicator();
    tell({ type: 'introduction', introduction: introduce(first, backend, transport) });
    await warmUp(first, plan);
    for (const [index, run] of plan.runs.entries()) {
      if (signal.aborted) break;
      const problem = index === 0 ? first : await loadProblem({ ...plan.problem, seed: run.seed });
      const communicator = await meetings.communicator();
      const runner = new Runner(plan, index, run, problem, communicator, signal, tell);
      const status = await runner.run();
      // Another rank's signal may have ended the run before this one's.
      if (status === 'interrupted') break;
    }
  } finally {
    await meetings.close();
  }
}

/** The ranks' communicator; after a run that took it down with it, they meet again. */
class Meetings {
  readonly #plan: WorkPlan;
  readonly #signal: AbortSignal;
  #communicator: Communicator | undefined;
  #count = 0;

  constructor(plan: WorkPlan, signal: AbortSignal) {
    this.#plan = plan;
    this.#signal = signal;
  }

  async communicator(): Promise<Communicator> {
    if (this.#communicator && !this.#communicator.failure) return this.#communicator;
    await this.close();
    const { deadlineMs, linkBytesPerSecond } = this.#plan;
    this.#communicator = await init({
      signal: this.#signal,
      deadlineMs,
      rendezvousMs: Math.min(Math.max(deadlineMs, MEETING_MS), MAX_TIMER),
      job: `${process.env['GRADWIRE_JOB'] ?? ''} meeting ${++this.#count}`,
      ...(linkBytesPerSecond !== undefined && { linkBytesPerSecond }),
    });
    return this.#communicator;
  }

  async close(): Promise<void> {
    await this.#communicator?.close();
  }
}

function introduce(
  problem: Problem,
  backend: Backend,
  transport: string,
): Extract<FromRank, { type: 'introduction' }>['introduction'] {
  const { task, modelName, layout, metric, dataset, recipe } = problem;
  return {
    task,
    model: modelName,
    parameters: layout.length,
    metric,
    backend: backend.name,
    backendDescription: backend.description,
    transport,
    kernels: kernelBackend(),
    samples: { train: dataset.train.rows.length, test: dataset.test.rows.length },
    recipe,
  };
}

/** The first steps compile kernels; they would be charged to whichever codec comes first. */
async function warmUp(problem: Problem, plan: WorkPlan): Promise<void> {
  const steps = WARM_UP_STEPS;
  await train({ ...plan.recipe, problem, exchange: singleRank, seed: 0, steps });
}

/** One run on one rank. */
class Runner {
  readonly #plan: WorkPlan;
  readonly #index: number;
  readonly #run: RunPlan;
  readonly #problem: Problem;
  readonly #communicator: Communicator;
  readonly #signal: AbortSignal;
  readonly #tell: Tell;

  constructor(
    plan: WorkPlan,
    index: number,
    run: RunPlan,
    problem: Problem,
    communicator: Communicator,
    signal: AbortSignal,
    tell: Tell,
  ) {
    this.#plan = plan;
    this.#index = index;
    this.#run = run;
    this.#problem = problem;
    this.#communicator = communicator;
    this.#signal = signal;
    this.#tell = tell;
  }

  async run(): Promise<RunOutcome['status']> {
    const { codec, seed } = this.#run;
    const { layout } = this.#problem;
    const { verify, algorithm, granularity } = this.#plan;
    const exchange = await createExchange(this.#communicator, {
      codec,
      seed,
      layout,
      verify,
      ...(algorithm && { algorithm }),
      ...(granularity && { granularity }),
    });
    await this.#communicator.barrier();
    try {
      const result = await this.#train(exchange);
      this.#end(this.#outcome(result, exchange));
      return result.status;
    } catch (error) {
      if (!endsOnlyItsRun(error)) throw error;
      this.#end(this.#failed(error, exchange));
      return 'failed';
    }
  }

  #steps(): number {
    const { epochs, recipe } = this.#plan;
    const { batch = this.#problem.recipe.batch, steps = this.#problem.recipe.steps } = recipe;
    if (epochs === undefined) return steps;
    return stepsForEpochs(this.#problem, epochs, batch, this.#communicator.size);
  }

  #train(exchange: Exchange): Promise<TrainResult> {
    const { checkpoints } = this.#plan;
    return train({
      ...this.#plan.recipe,
      problem: this.#problem,
      steps: this.#steps(),
      seed: this.#run.seed,
      exchange: new SynchronousStrategy(exchange),
      signal: this.#signal,
      ...(checkpoints && {
        checkpoints: { ...checkpoints, folder: runFolder(checkpoints, this.#index) },
      }),
      onStart: (resumedFrom, history) => {
        const [index, steps] = [this.#index, this.#steps()];
        this.#tell({ type: 'run-start', index, steps, resumedFrom, history });
      },
      onEvaluation: (evaluation) =>
        this.#tell({ type: 'evaluation', index: this.#index, evaluation }),
      onStep: (step) => {
        if (this.#communicator.rank === 0 && step % PROGRESS_STEPS === 0)
          this.#tell({ type: 'step', index: this.#index, step });
      },
    });
  }

  #end(outcome: RunOutcome): void {
    this.#tell({ type: 'run-end', index: this.#index, outcome });
  }

  #outcome(result: TrainResult, exchange: Exchange): RunOutcome {
    const { status, steps, seconds, finalLoss, finalAccuracy, target } = result;
    const { stepsToTarget, secondsToTarget, modelHash, stageMilliseconds } = result;
    return {
      status,
      error: null,
      steps,
      seconds,
      finalLoss,
      finalAccuracy,
      target,
      stepsToTarget,
      secondsToTarget,
      modelHash,
      stages: stageMilliseconds,
      ...exchangeFigures(exchange),
    };
  }

  #failed(error: unknown, exchange: Exchange): RunOutcome {
    const { target = this.#problem.recipe.target } = this.#plan.recipe;
    return {
      status: 'failed',
      error: rankErrorOf(error),
      steps: exchange.stats.total.steps,
      seconds: null,
      finalLoss: null,
      finalAccuracy: null,
      target,
      stepsToTarget: null,
      secondsToTarget: null,
      modelHash: null,
      stages: null,
      ...exchangeFigures(exchange),
    };
  }
}

/**
 * True for what the numbers of one run bring about on all ranks, the next run being none the worse:
 * parameters leave the finite numbers, on all ranks at the same step; or a gradient does on some, and
 * the others hear of it.
 */
function endsOnlyItsRun(error: unknown): boolean {
  if (error instanceof DivergenceError || error instanceof NonFiniteGradientError) return true;
  return error instanceof RemoteAbortError && error.code === NON_FINITE;
}

function exchangeFigures(
  exchange: Exchange,
): Pick<RunOutcome, 'counts' | 'residualNorm' | 'algorithm'> {
  const { total, residualNorm, algorithms } = exchange.stats;
  return { counts: total, residualNorm, algorithm: [...new Set(algorithms)].join(' + ') };
}

/** A failure as the parent is told of it. */
export function rankErrorOf(error: unknown): RankError {
  const message = error instanceof Error ? error.message : String(error);
  const code = isGradwireError(error) ? error.code : 'GRADWIRE_INTERNAL';
  return { code, message, secondHand: isHearsay(error) };
}

/** Another rank knows better: the one that aborted or is gone, or rank 0, where all meet. */
function isHearsay(error: unknown): boolean {
  if (error instanceof RendezvousError) return process.env['GRADWIRE_RANK'] !== '0';
  return error instanceof RemoteAbortError || error instanceof PeerLostError;
}
