/** Options that `compare` and `train` share, and the plan they make. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseCodec } from '../../codecs/index.ts';
import type { Algorithm } from '../exchange/unit.ts';
import type { Granularity } from '../exchange/units.ts';
import type { RunPlan, WorkPlan } from '../experiment/messages.ts';
import { parseLinkRate } from '../transport/paced.ts';
import type { BackendName } from '../train/index.ts';
import { codecWarning } from './codec-help.ts';
import type { Cli } from './command.ts';
import { integerOption } from './options.ts';

/** Named here and not imported: loading tfjs takes a second, and `--help` must not. */
const backends: readonly BackendName[] = ['node', 'wasm', 'cpu'];

/** Parsed options. */
export interface TrainingOptions {
  readonly codec?: string[];
  readonly task?: string;
  readonly model?: string;
  readonly data?: string[];
  readonly test?: string[];
  readonly label?: string;
  readonly ranks: number;
  readonly batch?: number;
  readonly steps?: number;
  readonly epochs?: number;
  readonly lr?: number;
  readonly momentum?: number;
  readonly seed?: number[];
  readonly target?: number;
  readonly link?: { readonly text: string; readonly bytesPerSecond: number };
  readonly backend: BackendName | 'auto';
  readonly verify?: boolean;
  readonly algorithm: Algorithm | 'auto';
  readonly granularity: Granularity;
  readonly deadline: number;
  readonly onPeerLoss: 'fail' | 'continue';
  readonly out: string;
  readonly checkpointEvery?: number;
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** A finite number above `above` (or from it on, with `inclusive`). */
function numberOption(
  above: number,
  inclusive = false,
  below = Infinity,
): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    const isAbove = value > above || (inclusive && value === above);
    if (Number.isFinite(value) && isAbove && value < below) return value;
    const limit = below < Infinity ? ` and below ${below}` : '';
    throw new InvalidArgumentError(
      `Give a number ${inclusive ? 'from' : 'above'} ${above}${limit}.`,
    );
  };
}

/** Collects the values of an option that may be given several times. */
function repeated<T>(parse: (text: string) => T): (text: string, previous?: T[]) => T[] {
  return (text, previous = []) => [...previous, parse(text)];
}

function linkOption(text: string): { text: string; bytesPerSecond: number } {
  const bytesPerSecond = parseLinkRate(text);
  if (bytesPerSecond === undefined || bytesPerSecond < 1)
    throw new InvalidArgumentError('Give a rate such as 100mbit, 1gbit or 500kbit.');
  return { text, bytesPerSecond: Math.round(bytesPerSecond) };
}

/** Gives `command` the options of a training run. */
export function defineTrainingOptions(command: Command, codecHelp: string): void {
  const text = (value: string): string => value;
  command
    .option('-c, --codec <spec>', codecHelp, repeated(text))
    .option(
      '--task <name>',
      'digits, breast-cancer, diabetes; with --data: classification, regression',
    )
    .option('--model <name>', "mlp, cnn, logistic or linear (default: the task's)")
    .option('--data <file...>', 'your own data: CSV, IDX pairs or CIFAR-10 binaries, also .gz')
    .option('--test <file...>', 'held-out samples (default: a stratified fifth of the data)')
    .option('--label <column>', 'label column of a CSV: name, or number from 1; -1 is the last')
    .option('-n, --ranks <integer>', 'processes that train together', integerOption(1, 64), 4)
    .option('--batch <integer>', 'samples per rank and step', integerOption(1))
    .option('--steps <integer>', 'optimiser steps of a run', integerOption(1))
    .addOption(
      new Option('--epochs <number>', 'passes over the data, instead of --steps')
        .argParser(numberOption(0))
        .conflicts('steps'),
    )
    .option('--lr <number>', 'learning rate at the start', numberOption(0))
    .option('--momentum <number>', 'momentum of the optimiser', numberOption(0, true, 1))
    .option(
      '--seed <integer>',
      'seed of a run; repeat it for mean and spread (default: 1)',
      repeated(integerOption(0)),
    )
    .option(
      '--target <number>',
      "held-out accuracy to reach; for regression, loss (default: the task's)",
      numberOption(0),
    )
    .option('--link <rate>', "pace each rank's sends, for example 100mbit", linkOption)
    .addOption(
      new Option('--backend <name>', 'tfjs backend').choices(['auto', ...backends]).default('auto'),
    )
    .addOption(
      new Option('--algorithm <name>', "how the mean is computed (auto: by the codec's traits)")
        .choices(['auto', 'additive', 'two-shot', 'hop-wise', 'all-gather', 'densify'])
        .default('auto'),
    )
    .addOption(
      new Option('--granularity <name>', 'what gets a payload, and scales, of its own')
        .choices(['auto', 'bucket', 'tensor'])
        .default('auto'),
    )
    .option('--verify', 'compare a hash of every mean gradient over all ranks')
    .option(
      '--deadline <seconds>',
      'give a run up when one exchange takes longer',
      numberOption(0),
      30,
    )
    .addOption(
      new Option('--on-peer-loss <what>', 'when a rank is killed or does not answer any more')
        .choices(['fail', 'continue'])
        .default('fail'),
    )
    .option('-o, --out <folder>', 'where results.json and report.html go', 'gradwire-out')
    .option(
      '--checkpoint-every <steps>',
      'keep what it takes to go on, in the folder of --out; also at the end and after Ctrl-C',
      integerOption(1),
    )
    .option('--resume', 'go on from the checkpoints in the folder of --out')
    .option('--json', 'print results.json instead of the table');
}

/** Runs of every codec with every seed, codecs canonical and without repetition. */
export function runPlans(specs: readonly string[], seeds: readonly number[], cli: Cli): RunPlan[] {
  const codecs = new Map(specs.map((spec) => [parseCodec(spec).spec, parseCodec(spec)]));
  for (const codec of codecs.values()) {
    const warning = codecWarning(codec);
    if (warning !== undefined) cli.log.warn(warning);
  }
  return [...codecs.keys()].flatMap((codec) =>
    [...new Set(seeds)].map((seed) => ({ codec, seed })),
  );
}

/** A CSV column number stays a number; everything else is a name. */
function labelOf(text: string): string | number {
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

function checkpointsOf({
  out,
  checkpointEvery: every,
  resume = false,
}: TrainingOptions): Pick<WorkPlan, 'checkpoints'> {
  if (every === undefined && !resume) return {};
  const folder = join(out, 'checkpoints');
  return { checkpoints: { folder, resume, ...(every !== undefined && { every }) } };
}

/** What the ranks are told. */
export function planOf(options: TrainingOptions, runs: readonly RunPlan[]): WorkPlan {
  const { task, model, data, test, label, batch, steps, lr, momentum, epochs, target } = options;
  return {
    runs,
    problem: {
      ...(task !== undefined && { task: task as NonNullable<WorkPlan['problem']['task']> }),
      ...(model !== undefined && { model: model as NonNullable<WorkPlan['problem']['model']> }),
      ...(data && { data }),
      ...(test && { test }),
      ...(label !== undefined && { label: labelOf(label) }),
    },
    recipe: {
      ...(batch !== undefined && { batch }),
      ...(steps !== undefined && { steps }),
      ...(lr !== undefined && { learningRate: lr }),
      ...(momentum !== undefined && { momentum }),
      ...(target !== undefined && { target }),
    },
    ...(epochs !== undefined && { epochs }),
    backend: options.backend,
    verify: options.verify ?? false,
    algorithm: options.algorithm,
    granularity: options.granularity,
    ...(options.link && { linkBytesPerSecond: options.link.bytesPerSecond }),
    deadlineMs: Math.round(options.deadline * 1000),
    onPeerLoss: options.onPeerLoss,
    ...checkpointsOf(options),
  };
}

/** The processor, for the record. */
export function processorName(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model.trim() ?? 'unknown'}`;
}

/** Kernel's congestion control, where it can be read: it decides how fast loopback is. */
export function congestionControl(): string | null {
  try {
    return readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim();
  } catch {
    return null;
  }
}
