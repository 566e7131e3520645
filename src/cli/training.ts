/** Runs an experiment and leaves table, results.json and report behind; shared by `compare` and `train`. */
import { constants, readFileSync } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { platform, release } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GradwireError } from '../../proto/errors.ts';
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
import { InterruptedError } from './errors.ts';
import { hasColours, write } from './io.ts';
import { createProgress } from './progress.ts';
import { processorName, type TrainingOptions } from './training-options.ts';
import { VERSION } from './version.ts';

/** Kernel's congestion control, where it can be read: it decides how fast loopback is. */
function congestionControl(): string | null {
  try {
    return readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim();
  } catch {
    return null;
  }
}

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
  await prepareFolder(options.out);
  const progress = createProgress(plan, cli);
  const outcome = await runExperiment(plan, options.ranks, io.signal, {
    ...progress.listeners,
    onLine: (rank, line) => log.debug(`[rank ${rank}] ${line}`),
  });
  progress.stop();
  if (outcome.runs.length > 0) {
    const argv = process.argv.slice(2).map(quoted);
    const typed = ['gradwire', ...(argv[0] === command ? argv : [command])].join(' ');
    const results = resultsOf(plan, options, outcome, { command: typed, startedAt });
    await present(results, options, cli);
  }
  if (outcome.interrupted) throw interruptOf(io.signal);
  if (outcome.error) throw outcome.error;
  const failed = outcome.runs.filter(({ status }) => status === 'failed');
  if (failed.length > 0) throw new FailedRunsError(failed, outcome.runs.length);
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
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw systemError('GRADWIRE_FILE_WRITE', folder, cause);
  }
}

function interruptOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new InterruptedError();
}

/** results.json, report.html, and the table (or the JSON) on standard output. */
async function present(results: Results, options: TrainingOptions, cli: Cli): Promise<void> {
  const { stdout, env } = cli.io;
  const report = join(options.out, 'report.html');
  await writeResults(join(options.out, 'results.json'), results);
  await writeReport(report, results);
  const width = stdout.columns;
  const table = (): string =>
    renderTable(results, {
      color: hasColours(stdout, env),
      ...(width !== undefined && { width }),
    });
  await write(stdout, options.json ? serializeResults(results) : `${table()}\n`);
  cli.log.info(`report: ${pathToFileURL(report).href}`);
  cli.log.info(`numbers: ${join(options.out, 'results.json')}`);
}
