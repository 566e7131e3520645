/**
 * An experiment: the same task trained with several codecs and seeds, on several processes that exchange
 * their gradients over TCP on this machine. The parent starts the ranks, listens to them, and ends them
 * whatever happens.
 */
import { fileURLToPath } from 'node:url';
import { GradwireError } from '../../proto/errors.ts';
import { describeExit, ProcessGroup, type ProcessExit } from '../launch/process-group.ts';
import { newJob, rankVariables } from '../launch/ranks.ts';
import type { Run } from '../result/index.ts';
import { SynchronousStrategy } from '../strategy/sync.ts';
import { newRecord, toRun, withReductions, type Ending, type RunRecord } from './collect.ts';
import type { FromRank, Introduction, RankError, WorkPlan } from './messages.ts';

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

  constructor(rank: number, { code, message }: RankError) {
    const prefix = `rank ${rank}: `;
    super(code as `GRADWIRE_${string}`, message.startsWith(prefix) ? message : prefix + message);
    this.rank = rank;
  }
}

/** The job is over, but some ranks do not end. */
class RankStuckError extends GradwireError {
  readonly ranks: readonly number[];

  constructor(ranks: readonly number[], waitedMs: number) {
    const who = `${ranks.length === 1 ? 'rank' : 'ranks'} ${ranks.join(', ')}`;
    super('GRADWIRE_RANK_STUCK', `${who} did not end within ${waitedMs} ms after the others had`);
    this.ranks = ranks;
  }
}

/** What is told while an experiment runs. */
export interface ExperimentListeners {
  readonly onIntroduction?: (introduction: Introduction) => void;
  /** A run begins, or goes on from a checkpoint after so many of its steps. */
  readonly onRunStart?: (index: number, steps: number, resumedFrom: number | null) => void;
  /** Ranks are lost, and the others go on without them. */
  readonly onLoss?: (ranks: readonly number[], cause: string) => void;
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
  /** Ranks without which the others went on. */
  readonly lostRanks: readonly number[];
}

/** What ranks get to end by themselves after an interrupt, in milliseconds. */
const STOP_MS = 5000;

/** Longest delay of a Node timer, milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;
/** Ports to try: one that was free may be taken by the time rank 0 listens. */
const PORT_ATTEMPTS = 3;

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
  for (let attempt = 1; ; attempt++) {
    const experiment = new Experiment(plan, ranks, listeners);
    const result = await experiment.run(signal);
    if (!experiment.foundPortTaken || signal.aborted || attempt === PORT_ATTEMPTS) return result;
  }
}

class Experiment {
  readonly #plan: WorkPlan;
  readonly #ranks: number;
  readonly #listeners: ExperimentListeners;
  readonly #records: RunRecord[];
  readonly #runs: Run[] = [];
  #introduction: Introduction | undefined;
  #begun = -1;
  readonly #fatal: { readonly rank: number; readonly error: RankError }[] = [];
  readonly #running: Set<number>;
  readonly #lost: Set<number> = new Set();
  #stuck: RankStuckError | undefined;
  #overdue: NodeJS.Timeout | undefined;

  constructor(plan: WorkPlan, ranks: number, listeners: ExperimentListeners) {
    this.#plan = plan;
    this.#ranks = ranks;
    this.#listeners = listeners;
    this.#records = plan.runs.map(newRecord);
    this.#running = new Set(Array.from({ length: ranks }, (_, rank) => rank));
  }

  /** True when nothing was done because somebody else listens on the port of rank 0. */
  get foundPortTaken(): boolean {
    return this.#introduction === undefined && this.#fatal.some(isPortInUse);
  }

  async run(signal: AbortSignal): Promise<ExperimentResult> {
    const job = await newJob(this.#ranks);
    const specs = Array.from({ length: this.#ranks }, (_, rank) => ({
      command: RANK_MAIN,
      args: [],
      env: rankVariables(rank, job),
      ipc: true,
    }));
    const group: ProcessGroup = new ProcessGroup(
      specs,
      {
        onMessage: (rank, message) => this.#hear(rank, message as FromRank),
        onLine: (rank, _stream, line) => this.#listeners.onLine?.(rank, line),
        onExit: (exit) => this.#bury(exit, group),
      },
      { outlives: this.#goesOn },
    );
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
    clearTimeout(this.#overdue);
    signal.removeEventListener('abort', stop);
    return this.#conclude(group, signal.aborted);
  }

  /** Ranks may be lost without an end of the job. */
  get #goesOn(): boolean {
    return this.#plan.onPeerLoss === 'continue';
  }

  /** Ranks that are not lost. */
  get #survivors(): number[] {
    return Array.from({ length: this.#ranks }, (_, rank) => rank).filter(
      (rank) => !this.#lost.has(rank),
    );
  }

  #hear(rank: number, message: FromRank): void {
    const leads = rank === this.#survivors[0];
    if (message.type === 'introduction') {
      if (!leads) return;
      this.#introduction = message.introduction;
      this.#listeners.onIntroduction?.(message.introduction);
      return;
    }
    if (message.type === 'fatal') {
      this.#fatal.push({ rank, error: message.error });
      return;
    }
    if (message.type === 'loss') {
      this.#lose(message.ranks, message.cause);
      return;
    }
    const record = this.#records[message.index]!;
    if (message.type === 'run-start') {
      if (!leads) return;
      this.#begun = message.index;
      record.lastStep = message.resumedFrom ?? 0;
      record.history.push(...message.history);
      this.#listeners.onRunStart?.(message.index, message.steps, message.resumedFrom);
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

  /**
   * A rank's process has ended. Nobody waits inside an operation for the others any more, so this is the
   * deadline of one that has been stopped.
   */
  #bury(exit: ProcessExit, group: ProcessGroup): void {
    const { rank, code } = exit;
    this.#running.delete(rank);
    if (this.#goesOn) {
      if (code !== 0) this.#lose([rank], describeExit(exit));
      // Those that have been stopped, perhaps for ever, are not waited for.
      const isOver = [...this.#running].every((other) => this.#lost.has(other));
      if (isOver) void group.end();
      if (isOver || code !== 0) return;
    }
    const deadlineMs = Math.min(this.#plan.deadlineMs, MAX_TIMER);
    this.#overdue ??= setTimeout(() => {
      this.#stuck = new RankStuckError([...this.#running], deadlineMs);
      void group.end();
    }, deadlineMs);
  }

  /** The first to tell says why. */
  #lose(ranks: readonly number[], cause: string): void {
    const fresh = ranks.filter((rank) => !this.#lost.has(rank));
    if (fresh.length === 0) return;
    for (const rank of fresh) this.#lost.add(rank);
    if (this.#survivors.length === 0) return;
    this.#listeners.onLoss?.(fresh, cause);
    if (this.#begun >= 0) this.#endRun(this.#begun);
  }

  /** Once all ranks that are not lost have reported. */
  #endRun(index: number): void {
    const record = this.#records[index]!;
    if (this.#runs[index] || this.#survivors.some((rank) => !record.outcomes[rank])) return;
    const run = this.#toRun(record);
    this.#runs[index] = run;
    this.#listeners.onRunEnd?.(index, run);
  }

  #toRun(record: RunRecord, ending?: Ending): Run {
    const backend = this.#introduction?.backend ?? this.#plan.backend;
    const shared = { backend, strategy: SynchronousStrategy.id };
    return toRun(record, this.#survivors, shared, ending);
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
      lostRanks: this.#survivors.length === 0 ? [] : [...this.#lost].sort((a, b) => a - b),
    };
  }

  /** Of several reports the one that is not hearsay; else the process that went away without one. */
  #cause(group: ProcessGroup): Error | undefined {
    // What became of a rank that the others could do without is no failure of theirs.
    const counts = ({ rank }: { readonly rank: number }): boolean =>
      this.#survivors.length === 0 || !this.#lost.has(rank);
    const fatal = this.#fatal.filter(counts);
    const first = fatal.find(isPortInUse) ?? fatal.find(({ error }) => !error.secondHand);
    if (first) return new RankFailedError(first.rank, first.error);
    const silent = group.failures
      .filter(counts)
      .find((failure) => !fatal.some(({ rank }) => rank === failure.rank));
    if (silent) return new RankProcessError(silent, group.lastLines(silent.rank));
    const [heard] = fatal;
    return heard ? new RankFailedError(heard.rank, heard.error) : this.#stuck;
  }
}

function isPortInUse({ error }: { readonly error: RankError }): boolean {
  return error.code === 'GRADWIRE_PORT_IN_USE';
}
