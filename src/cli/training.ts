/** Runs an experiment and leaves table, results.json and report behind; shared by `compare` and `train`. */
import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { platform, release } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GradwireError } from '../../proto/errors.ts';
import { findCheckpoints, prepareCheckpoints } from '../experiment/checkpoints.ts';
import { runExperiment, type ExperimentResult } from '../experiment/experiment.ts';
import type { WorkPlan } from '../experiment/messages.ts';
import { systemError } from '../files/errors.ts';
import { renderTable, writeReport } from '../report/index.ts';
import {
  RESULTS_FORMAT_VERSION,
  serializeResults,
  writeResults,
  type JsonValue,
  type Results,
  type Run,
} from '../result/index.ts';
import type { Cli } from './command.ts';
import { InterruptedError, UsageError } from './errors.ts';
import { hasColours, write } from './io.ts';
import { createProgress } from './progress.ts';
import { congestionControl, processorName, type TrainingOptions } from './training-options.ts';
import { VERSION } from './version.ts';

function configurationOf(plan: WorkPlan, outcome: ExperimentResult): Record<string, JsonValue> {
  const { introduction } = outcome;
  const { runs, problem, recipe, epochs, verify, deadlineMs } = plan;
  const { algorithm = 'auto', granularity = 'auto' } = plan;
  const merged = { ...introduction?.recipe, ...recipe, ...(epochs !== undefined && { epochs }) };
  return {
    ...(merged as Record<string, JsonValue>),
    seeds: [...new Set(runs.map(({ seed }) => seed))],
    ...(problem.data && { data: problem.data }),
    ...(problem.test && { test: problem.test }),
    ...(problem.label !== undefined && { label: problem.label }),
    ...(introduction && {
      trainingSamples: introduction.samples.train,
      heldOutSamples: introduction.samples.test,
    }),
    algorithm,
    granularity,
    verify,
    deadlineSeconds: deadlineMs / 1000,
    onPeerLoss: plan.onPeerLoss,
  };
}

function resultsOf(
  plan: WorkPlan,
  options: TrainingOptions,
  outcome: ExperimentResult,
  record: { readonly command: string; readonly startedAt: string },
): Results {
  const { introduction, runs } = outcome;
  return {
    formatVersion: RESULTS_FORMAT_VERSION,
    task: introduction?.task ?? options.task ?? 'digits',
    model: introduction?.model ?? options.model ?? 'unknown',
    parameters: introduction?.parameters ?? 0,
    ranks: options.ranks,
    transport: introduction?.transport ?? 'tcp',
    link: options.link?.text ?? null,
    environment: {
      command: record.command,
      startedAt: record.startedAt,
      configuration: configurationOf(plan, outcome),
      gradwire: VERSION,
      node: process.version,
      platform: `${platform()} ${release()} ${process.arch}`,
      processor: processorName(),
      backend: introduction?.backendDescription ?? plan.backend,
      kernels: introduction?.kernels ?? 'unknown',
      congestionControl: congestionControl(),
      ...(outcome.lostRanks.length > 0 && { lostRanks: outcome.lostRanks }),
    },
    runs,
  };
}

/** Quotes an argument for a shell where it needs it. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}

/**
 * Trains, then writes and prints the results. What was done is kept, also after an interrupt or a failure.
 * @param command name of the command, for the record
 * @throws InterruptedError after Ctrl-C, FailedRunsError when some runs failed, or what ended the job
 */
export async function runTraining(
  command: string,
  plan: WorkPlan,
  options: TrainingOptions,
  cli: Cli,
): Promise<void> {
  const { io, log } = cli;
  const startedAt = new Date().toISOString();
  await checkPlan(plan, options);
  await prepareFolder(options.out);
  await prepareCheckpoints(plan, options.ranks);
  const progress = createProgress(plan, cli);
  const outcome = await runExperiment(plan, options.ranks, io.signal, {
    ...progress.listeners,
    onLoss: (ranks, cause) =>
      log.warn(
        `${ranks.length === 1 ? 'rank' : 'ranks'} ${ranks.join(', ')} lost, the others go on: ${cause}`,
      ),
    onLine: (rank, line) => log.debug(`[rank ${rank}] ${line}`),
  });
  progress.stop();
  if (outcome.runs.length > 0) {
    const argv = process.argv.slice(2).map(quoted);
    const typed = ['gradwire', ...(argv[0] === command ? argv : [command])].join(' ');
    const results = resultsOf(plan, options, outcome, { command: typed, startedAt });
    await present(results, options, cli);
  }
  if (outcome.runs.length > 0 && (outcome.interrupted || outcome.error))
    await tellOfCheckpoints(plan, options, cli);
  if (outcome.interrupted) throw interruptOf(io.signal);
  if (outcome.error) throw outcome.error;
  const failed = outcome.runs.filter(({ status }) => status === 'failed');
  if (failed.length > 0) throw new FailedRunsError(failed, outcome.runs.length);
}

/** Says where the run that has ended early can be taken up. */
async function tellOfCheckpoints(
  plan: WorkPlan,
  { ranks, out }: TrainingOptions,
  { log }: Cli,
): Promise<void> {
  const found = await findCheckpoints(plan, ranks);
  const open = found.findLastIndex((info) => info !== undefined);
  const info = found[open];
  if (!info) return;
  log.info(
    `checkpoint: ${out}, run ${open + 1} of ${plan.runs.length}, step ${info.step} of ` +
      `${info.settings['steps']}; the same command with --resume goes on from there`,
  );
}

/**
 * Finds mistakes of data and options here, once, instead of on every rank.
 * @throws UnknownNameError, DataError, UsageError
 */
async function checkPlan(plan: WorkPlan, options: TrainingOptions): Promise<void> {
  const { loadProblem } = await import('../train/index.ts');
  const { dataset, recipe, metric } = await loadProblem({
    ...plan.problem,
    seed: plan.runs[0]!.seed,
  });
  const samples = dataset.train.rows.length;
  const { batch = recipe.batch, target } = plan.recipe;
  if (batch * options.ranks > samples)
    throw new UsageError(
      `${options.ranks} ranks × batch ${batch} need ${options.ranks * batch} samples a step, ` +
        `the training data has ${samples}; lower --batch or --ranks`,
    );
  if (metric === 'accuracy' && typeof target === 'number' && target > 1)
    throw new UsageError(`--target ${target} is no accuracy; give a fraction above 0, at most 1`);
}

/** Some runs failed; the job itself went on. */
class FailedRunsError extends GradwireError {
  constructor(failed: readonly Run[], all: number) {
    const names = failed.map(({ codec, seed }) => `${codec} (seed ${seed})`).join(', ');
    super('GRADWIRE_RUNS_FAILED', `${failed.length} of ${all} runs failed: ${names}`);
  }
}

/** Finds out before the training, and not after it, that its results cannot be kept. @throws FileError */
async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw systemError('GRADWIRE_FILE_WRITE', folder, cause);
  }
}

/** Like a recursive mkdir, which on Node 20 never returns below /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder);
  }
}

function interruptOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new InterruptedError();
}

/** results.json, report.html, and the table (or the JSON) on standard output. */
async function present(results: Results, options: TrainingOptions, cli: Cli): Promise<void> {
  const { stdout, env } = cli.io;
  const report = join(options.out, 'report.html');
  const width = stdout.columns;
  const table = (): string =>
    renderTable(results, {
      color: hasColours(stdout, env),
      ...(width !== undefined && { width }),
    });
  // A full disk must not cost what was trained, nor must a reader that has gone away.
  try {
    await write(stdout, options.json ? serializeResults(results) : `${table()}\n`);
  } finally {
    await writeResults(join(options.out, 'results.json'), results);
    await writeReport(report, results);
  }
  cli.log.info(`report: ${pathToFileURL(report).href}`);
  cli.log.info(`numbers: ${join(options.out, 'results.json')}`);
}
