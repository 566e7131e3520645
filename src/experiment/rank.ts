/** One rank of an experiment: meets the others and trains one run after another. */
import { kernelBackend } from '../../codecs/index.ts';
import { PeerLostError, RemoteAbortError } from '../../proto/comm-errors.ts';
import { isGradwireError } from '../../proto/errors.ts';
import type { Communicator } from '../collective/communicator.ts';
import { createExchange, type Exchange } from '../exchange/exchange.ts';
import { init } from '../rendezvous/init.ts';
import { SynchronousStrategy } from '../strategy/sync.ts';
import {
  DivergenceError,
  loadProblem,
  selectBackend,
  singleRank,
  stepsForEpochs,
  train,
  type Backend,
  type HistoryEntry,
  type Problem,
  type TrainResult,
} from '../train/index.ts';
import type { FromRank, RunOutcome, RunPlan, WorkPlan } from './messages.ts';

/** Sends one message to the parent. */
export type Tell = (message: FromRank) => void;

/** Steps between two progress messages. */
const PROGRESS_STEPS = 10;
const WARM_UP_STEPS = 3;

/** Does all runs of the plan. @throws whatever ends the job; DivergenceError ends only its run */
export async function workAsRank(plan: WorkPlan, signal: AbortSignal, tell: Tell): Promise<void> {
  const backend = await selectBackend(plan.backend);
  const first = await loadProblem({ ...plan.problem, seed: plan.runs[0]!.seed });
  const communicator = await init({
    signal,
    deadlineMs: plan.deadlineMs,
    ...(plan.linkBytesPerSecond && { linkBytesPerSecond: plan.linkBytesPerSecond }),
  });
  try {
    tell({ type: 'introduction', introduction: introduce(first, backend, communicator) });
    await warmUp(first, plan);
    for (const [index, run] of plan.runs.entries()) {
      if (signal.aborted) break;
      const problem = index === 0 ? first : await loadProblem({ ...plan.problem, seed: run.seed });
      await new Runner(plan, index, run, problem, communicator, signal, tell).run();
    }
  } finally {
    await communicator.close();
  }
}

function introduce(
  problem: Problem,
  backend: Backend,
  communicator: Communicator,
): Extract<FromRank, { type: 'introduction' }>['introduction'] {
  const { task, modelName, layout, metric, dataset, recipe } = problem;
  return {
    task,
    model: modelName,
    parameters: layout.length,
    metric,
    backend: backend.name,
    backendDescription: backend.description,
    transport: communicator.transport,
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

  async run(): Promise<void> {
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
    this.#tell({ type: 'run-start', index: this.#index, steps: this.#steps() });
    try {
      const result = await this.#train(exchange);
      this.#end(this.#outcome(result, exchange));
    } catch (error) {
      // All ranks diverge at the same step, so the job itself is unharmed.
      if (!(error instanceof DivergenceError)) throw error;
      this.#end(this.#failed(error, exchange));
    }
  }

  #steps(): number {
    const { epochs, recipe } = this.#plan;
    const { batch = this.#problem.recipe.batch, steps = this.#problem.recipe.steps } = recipe;
    if (epochs === undefined) return steps;
    return stepsForEpochs(this.#problem, epochs, batch, this.#communicator.size);
  }

  #train(exchange: Exchange): Promise<TrainResult> {
    return train({
      ...this.#plan.recipe,
      problem: this.#problem,
      steps: this.#steps(),
      seed: this.#run.seed,
      exchange: new SynchronousStrategy(exchange),
      signal: this.#signal,
      onEvaluation: (entry) => this.#evaluated(entry, exchange),
      onStep: (step) => {
        if (this.#communicator.rank === 0 && step % PROGRESS_STEPS === 0)
          this.#tell({ type: 'step', index: this.#index, step });
      },
    });
  }

  #evaluated(entry: HistoryEntry, exchange: Exchange): void {
    const wireBytes = exchange.stats.total.socketBytes;
    const evaluation = { ...entry, wireBytes };
    this.#tell({ type: 'evaluation', index: this.#index, evaluation });
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

  #failed(error: DivergenceError, exchange: Exchange): RunOutcome {
    const { total } = exchange.stats;
    return {
      status: 'failed',
      error: { code: error.code, message: error.message },
      steps: total.steps,
      seconds: 0,
      finalLoss: null,
      finalAccuracy: null,
      target: this.#plan.recipe.target ?? null,
      stepsToTarget: null,
      secondsToTarget: null,
      modelHash: null,
      stages: null,
      ...exchangeFigures(exchange),
    };
  }
}

function exchangeFigures(
  exchange: Exchange,
): Pick<RunOutcome, 'counts' | 'residualNorm' | 'algorithm'> {
  const { total, residualNorm, algorithms } = exchange.stats;
  return { counts: total, residualNorm, algorithm: [...new Set(algorithms)].join(' + ') };
}

/** A failure as the parent is told of it. */
export function fatalOf(error: unknown, index: number): Extract<FromRank, { type: 'fatal' }> {
  const message = error instanceof Error ? error.message : String(error);
  const code = isGradwireError(error) ? error.code : 'GRADWIRE_INTERNAL';
  const secondHand = error instanceof RemoteAbortError || error instanceof PeerLostError;
  return { type: 'fatal', index, error: { code, message }, secondHand };
}
