/** One rank of an experiment: meets the others and trains one run after another. */
import { kernelBackend } from '../../codecs/index.ts';
import { PeerLostError, RemoteAbortError, RendezvousError } from '../../proto/comm-errors.ts';
import { isGradwireError, NonFiniteGradientError } from '../../proto/errors.ts';
import type { Communicator } from '../collective/communicator.ts';
import { createExchange } from '../exchange/create.ts';
import type { ExchangeOptions, ExchangeStats } from '../exchange/exchange.ts';
import { init } from '../worker/init.ts';
import { SurvivingStrategy } from '../strategy/surviving.ts';
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
      await meetings.communicator();
      const runner = new Runner(plan, index, run, problem, meetings, signal, tell);
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
  /** This rank's number at the start, by its number now. */
  #firstRanks: readonly number[] = [];

  constructor(plan: WorkPlan, signal: AbortSignal) {
    this.#plan = plan;
    this.#signal = signal;
  }

  async communicator(): Promise<Communicator> {
    if (this.#communicator && !this.#communicator.failure) return this.#communicator;
    // Who is lost does not come to a meeting.
    if (this.#communicator && this.#plan.onPeerLoss === 'continue')
      return this.goOnWith(await this.#communicator.shrink());
    await this.close();
    const { deadlineMs, linkBytesPerSecond } = this.#plan;
    this.#communicator = await init({
      signal: this.#signal,
      deadlineMs,
      rendezvousMs: Math.min(Math.max(deadlineMs, MEETING_MS), MAX_TIMER),
      job: `${process.env['GRADWIRE_JOB'] ?? ''} meeting ${++this.#count}`,
      ...(linkBytesPerSecond !== undefined && { linkBytesPerSecond }),
    });
    this.#firstRanks = Array.from({ length: this.#communicator.size }, (_, rank) => rank);
    return this.#communicator;
  }

  /** After a loss. */
  goOnWith(communicator: Communicator): Communicator {
    this.#firstRanks = communicator.formerRanks.map((rank) => this.#firstRanks[rank]!);
    this.#communicator = communicator;
    return communicator;
  }

  /** Numbers at the start of ranks by their present ones. */
  firstRanksOf(ranks: readonly number[]): number[] {
    return ranks.map((rank) => this.#firstRanks[rank]!);
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

/** What trains with the other ranks, whether or not it goes on without some. */
type Strategy = SynchronousStrategy | SurvivingStrategy;

/** One run on one rank. */
class Runner {
  readonly #plan: WorkPlan;
  readonly #index: number;
  readonly #run: RunPlan;
  readonly #problem: Problem;
  readonly #meetings: Meetings;
  readonly #signal: AbortSignal;
  readonly #tell: Tell;

  constructor(
    plan: WorkPlan,
    index: number,
    run: RunPlan,
    problem: Problem,
    meetings: Meetings,
    signal: AbortSignal,
    tell: Tell,
  ) {
    this.#plan = plan;
    this.#index = index;
    this.#run = run;
    this.#problem = problem;
    this.#meetings = meetings;
    this.#signal = signal;
    this.#tell = tell;
  }

  async run(): Promise<RunOutcome['status']> {
    const strategy = await this.#strategy();
    try {
      const result = await this.#train(strategy);
      this.#end(this.#outcome(result, strategy.stats));
      return result.status;
    } catch (error) {
      if (!endsOnlyItsRun(error)) throw error;
      this.#end(this.#failed(error, strategy.stats));
      return 'failed';
    }
  }

  async #strategy(): Promise<Strategy> {
    const communicator = await this.#meetings.communicator();
    const options = this.#exchangeOptions();
    if (this.#plan.onPeerLoss === 'continue')
      return await SurvivingStrategy.create(communicator, options, (loss) => {
        const ranks = this.#meetings.firstRanksOf(loss.ranks);
        this.#meetings.goOnWith(loss.communicator);
        this.#tell({ type: 'loss', ranks, cause: loss.cause.message });
      });
    const exchange = await createExchange(communicator, options);
    await communicator.barrier();
    return new SynchronousStrategy(exchange);
  }

  #exchangeOptions(): ExchangeOptions {
    const { codec, seed } = this.#run;
    const { layout } = this.#problem;
    const { verify, algorithm, granularity } = this.#plan;
    return {
      codec,
      seed,
      layout,
      verify,
      ...(algorithm && { algorithm }),
      ...(granularity && { granularity }),
    };
  }

  #steps(size: number): number {
    const { epochs, recipe } = this.#plan;
    const { batch = this.#problem.recipe.batch, steps = this.#problem.recipe.steps } = recipe;
    if (epochs === undefined) return steps;
    return stepsForEpochs(this.#problem, epochs, batch, size);
  }

  #train(strategy: Strategy): Promise<TrainResult> {
    const { checkpoints } = this.#plan;
    const steps = this.#steps(strategy.size);
    return train({
      ...this.#plan.recipe,
      problem: this.#problem,
      steps,
      seed: this.#run.seed,
      exchange: strategy,
      signal: this.#signal,
      ...(checkpoints && {
        checkpoints: { ...checkpoints, folder: runFolder(checkpoints, this.#index) },
      }),
      onStart: (resumedFrom, history) => {
        this.#tell({ type: 'run-start', index: this.#index, steps, resumedFrom, history });
      },
      onEvaluation: (evaluation) =>
        this.#tell({ type: 'evaluation', index: this.#index, evaluation }),
      onStep: (step) => {
        if (strategy.rank === 0 && step % PROGRESS_STEPS === 0)
          this.#tell({ type: 'step', index: this.#index, step });
      },
    });
  }

  #end(outcome: RunOutcome): void {
    this.#tell({ type: 'run-end', index: this.#index, outcome });
  }

  #outcome(result: TrainResult, stats: ExchangeStats): RunOutcome {
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
      ...exchangeFigures(stats),
    };
  }

  #failed(error: unknown, stats: ExchangeStats): RunOutcome {
    const { target = this.#problem.recipe.target } = this.#plan.recipe;
    return {
      status: 'failed',
      error: rankErrorOf(error),
      steps: stats.total.steps,
      seconds: null,
      finalLoss: null,
      finalAccuracy: null,
      target,
      stepsToTarget: null,
      secondsToTarget: null,
      modelHash: null,
      stages: null,
      ...exchangeFigures(stats),
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

function exchangeFigures({
  total,
  residualNorm,
  algorithms,
}: ExchangeStats): Pick<RunOutcome, 'counts' | 'residualNorm' | 'algorithm'> {
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
