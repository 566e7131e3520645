/** One rank of a training job, in a process of its own. */
import type { Communicator } from '../../src/collective/communicator.ts';
import { init } from '../../src/rendezvous/init.ts';
import { createExchange } from '../../src/exchange/create.ts';
import { SynchronousStrategy } from '../../src/strategy/sync.ts';
import {
  loadProblem,
  selectBackend,
  train,
  type Backend,
  type Problem,
} from '../../src/train/index.ts';
import { serve } from '../support/crew-rank.ts';

/** Train so many steps from the initial weights. */
export interface TrainRequest {
  readonly codec: string;
  readonly steps: number;
}

/** What came out. */
export interface TrainAnswer {
  /** First and last evaluation; null on ranks that do not evaluate. */
  readonly losses: readonly [first: number, last: number] | null;
  readonly modelHash: string;
  readonly backend: string;
  readonly parameters: number;
  /** Sent by this rank, counted at the socket. */
  readonly wireBytesPerStep: number;
  /** Mean milliseconds of a step. */
  readonly compute: number;
  readonly exchange: number;
}

const SEED = 1;

async function open(): Promise<{
  readonly backend: Backend;
  readonly problem: Problem;
  readonly communicator: Communicator;
}> {
  const backend = await selectBackend('auto');
  const problem = await loadProblem({ task: 'digits', seed: SEED });
  const communicator = await init();
  return { backend, problem, communicator };
}

const opened = open();

async function answer({ codec, steps }: TrainRequest): Promise<TrainAnswer> {
  const { backend, problem, communicator } = await opened;
  const { layout } = problem;
  const exchange = await createExchange(communicator, { codec, seed: SEED, layout });
  const result = await train({
    problem,
    seed: SEED,
    steps,
    evaluateEvery: steps,
    exchange: new SynchronousStrategy(exchange),
  });
  const [first, last] = [result.history[0]?.loss, result.history.at(-1)?.loss];
  return {
    losses: first === undefined || last === undefined ? null : [first, last],
    modelHash: result.modelHash,
    backend: backend.name,
    parameters: layout.length,
    wireBytesPerStep: exchange.stats.total.socketBytes / steps,
    compute: result.stageMilliseconds.compute / steps,
    exchange: result.stageMilliseconds.exchange / steps,
  };
}

serve(
  (request) => answer(request as TrainRequest),
  async () => (await opened).communicator.close(),
);
