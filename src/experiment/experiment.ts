/**
 * An experiment: the same task trained with several codecs and seeds, on several processes that exchange
 * their gradients over TCP on this machine. The parent starts the ranks, listens to them, and ends them
 * whatever happens.
 */
import { fileURLToPath } from 'node:url';
import { GradwireError } from '../../proto/errors.ts';
import { describeExit, ProcessGroup, type ProcessExit } from '../launch/process-group.ts';
import { freePort, rankVariables } from '../launch/ranks.ts';
import type { Run } from '../result/index.ts';
import { SynchronousStrategy } from '../strategy/sync.ts';
import { newRecord, toRun, withReductions, type Ending, type RunRecord } from './collect.ts';
import type { FromRank, Introduction, WorkPlan } from './messages.ts';

/** A rank's process ended without being asked to. */
class RankProcessError extends GradwireError {
  readonly rank: number;
  /** The last lines it wrote. */
  readonly lastLines: readonly string[];

  constructor(exit: ProcessExit, lastLines: readonly string[]) {
    const said = lastLines.length > 0 ? `; its last lines:\n  ${lastLines.join('\n  ')}` : '';
    super('GRADWIRE_RANK_PROCESS', `${describeExit(exit)}${said}`);
    this.rank = exit.rank;
    this.lastLines = lastLines;
  }
}

/** A rank ended the job with an error of its own. */
class RankFailedError extends GradwireError {
  readonly rank: number;

  constructor(rank: number, error: { readonly code: string; readonly message: string }) {
    super(error.code as `GRADWIRE_${string}`, `rank ${rank}: ${error.message}`);
    this.rank = rank;
  }
}

/** What is told while an experiment runs. */
export interface ExperimentListeners {
  readonly onIntroduction?: (introduction: Introduction) => void;
  /** A run begins. */
  readonly onRunStart?: (index: number, steps: number) => void;
  readonly onStep?: (index: number, step: number) => void;
  readonly onEvaluation?: (index: number, record: RunRecord) => void;
  /** A run has ended on all ranks. */
  readonly onRunEnd?: (index: number, run: Run) => void;
  /** A rank wrote a line. */
  readonly onLine?: (rank: number, line: string) => void;
}

/** How an experiment ended. */
export interface ExperimentResult {
  /** Undefined when the ranks did not get so far. */
  readonly introduction: Introduction | undefined;
  /** Runs that were begun, in order. */
  readonly runs: readonly Run[];
  /** What ended it early. */
  readonly error: Error | undefined;
  readonly interrupted: boolean;
}

/** What ranks get to end by themselves after an interrupt, in milliseconds. */
const STOP_MS = 5000;

const RANK_MAIN = fileURLToPath(new URL('./rank-main.js', import.meta.url));

/**
 * Runs the plan on `ranks` processes. Never throws for what happens in them: see `error`.
 * @param signal ends the runs in order: what was done until then is in the result
 */
export async function runExperiment(
  plan: WorkPlan,
  ranks: number,
  signal: AbortSignal,
  listeners: ExperimentListeners = {},
): Promise<ExperimentResult> {
  const experiment = new Experiment(plan, ranks, listeners);
  return experiment.run(signal);
}

class Experiment {
  readonly #plan: WorkPlan;
  readonly #ranks: number;
  readonly #listeners: ExperimentListeners;
  readonly #records: RunRecord[];
  readonly #runs: Run[] = [];
  #introduction: Introduction | undefined;
  #begun = -1;
  #fatal: { readonly rank: number; readonly message: Extract<FromRank, { type: 'fatal' }> }[] = [];

  constructor(plan: WorkPlan, ranks: number, listeners: ExperimentListeners) {
    this.#plan = plan;
    this.#ranks = ranks;
    this.#listeners = listeners;
    this.#records = plan.runs.map(newRecord);
  }

  async run(signal: AbortSignal): Promise<ExperimentResult> {
    const master = { host: '127.0.0.1', port: await freePort() };
    const specs = Array.from({ length: this.#ranks }, (_, rank) => ({
      command: RANK_MAIN,
      args: [],
      env: rankVariables(rank, this.#ranks, master),
      ipc: true,
    }));
    const group = new ProcessGroup(specs, {
      onMessage: (rank, message) => this.#hear(rank, message as FromRank),
      onLine: (rank, _stream, line) => this.#listeners.onLine?.(rank, line),
    });
    let kill: NodeJS.Timeout | undefined;
    const stop = (): void => {
      group.broadcast({ type: 'stop' });
      kill = setTimeout(() => void group.end(), STOP_MS);
    };
    signal.addEventListener('abort', stop);
    group.broadcast({ type: 'plan', plan: this.#plan });
    if (signal.aborted) stop();
    await group.ended;
    clearTimeout(kill);
    signal.removeEventListener('abort', stop);
    return this.#conclude(group, signal.aborted);
  }

  #hear(rank: number, message: FromRank): void {
    if (message.type === 'introduction') {
      if (rank !== 0) return;
      this.#introduction = message.introduction;
      this.#listeners.onIntroduction?.(message.introduction);
      return;
    }
    if (message.type === 'fatal') {
      this.#fatal.push({ rank, message });
      return;
    }
    const record = this.#records[message.index]!;
    if (message.type === 'run-start') {
      if (rank !== 0) return;
      this.#begun = message.index;
      this.#listeners.onRunStart?.(message.index, message.steps);
    } else if (message.type === 'step') {
      record.lastStep = message.step;
      this.#listeners.onStep?.(message.index, message.step);
    } else if (message.type === 'evaluation') {
      record.history.push(message.evaluation);
      this.#listeners.onEvaluation?.(message.index, record);
    } else {
      record.outcomes[rank] = message.outcome;
      this.#endRun(message.index);
    }
  }

  /** Once all ranks have reported. */
  #endRun(index: number): void {
    const record = this.#records[index]!;
    if (record.outcomes.filter((outcome) => outcome !== undefined).length < this.#ranks) return;
    const run = this.#toRun(record);
    this.#runs[index] = run;
    this.#listeners.onRunEnd?.(index, run);
  }

  #toRun(record: RunRecord, ending?: Ending): Run {
    const backend = this.#introduction?.backend ?? this.#plan.backend;
    const shared = { backend, strategy: SynchronousStrategy.id };
    return toRun(record, this.#ranks, shared, ending);
  }

  #conclude(group: ProcessGroup, interrupted: boolean): ExperimentResult {
    const error = interrupted ? undefined : this.#cause(group);
    const open = this.#begun >= 0 && !this.#runs[this.#begun];
    if (open) {
      const failure = error ?? new Error('the run did not end on all ranks');
      const code = 'code' in failure ? String(failure.code) : 'GRADWIRE_INTERNAL';
      const [message = ''] = failure.message.split('\n');
      this.#runs[this.#begun] = this.#toRun(
        this.#records[this.#begun]!,
        interrupted
          ? { status: 'interrupted', error: null }
          : { status: 'failed', error: { code, message } },
      );
    }
    return {
      introduction: this.#introduction,
      runs: withReductions(this.#runs.filter((run) => run !== undefined)),
      error,
      interrupted,
    };
  }

  /** Of several reports the one that is not hearsay; else the process that went away without one. */
  #cause(group: ProcessGroup): Error | undefined {
    const first = this.#fatal.find(({ message }) => !message.secondHand);
    if (first) return new RankFailedError(first.rank, first.message.error);
    const { failure } = group;
    const silent = failure && !this.#fatal.some(({ rank }) => rank === failure.rank);
    if (silent) return new RankProcessError(failure, group.lastLines(failure.rank));
    const heard = this.#fatal[0];
    return heard && new RankFailedError(heard.rank, heard.message.error);
  }
}
