/** `gradwire bench`: what this machine and its network can do. */
import { writeFile } from 'node:fs/promises';
import { cpus, platform, release } from 'node:os';
import { SingleBar, Presets } from 'cli-progress';
import type { Command } from 'commander';
import { systemError } from '../files/errors.ts';
import type { NetworkMeasurement } from '../measure/network.ts';
import type { Cli, CommandDefinition } from './command.ts';
import { figure, table } from './format.ts';
import { write } from './io.ts';
import { integerOption } from './options.ts';
import { congestionControl, processorName } from './training-options.ts';
import { VERSION } from './version.ts';

/** Parsed options. */
interface NetworkOptions {
  readonly ranks: number;
  readonly quick?: boolean;
  readonly json?: boolean;
  readonly out?: string;
}

const EXAMPLES = `
Examples:
  $ gradwire bench network -n 4
  $ mpirun -n 2 --host a,b npx gradwire bench network --json`;

const NOTES = `
α is what a step of a collective costs however short its message is, β what each byte adds, γ what adding a byte to another
does. The first table has, for all-reduces, the median time of each algorithm on the slowest rank; the one that "auto" takes under
the measured costs is marked with *. The second has what "auto" takes for every operation that has a choice. Pass the
printed costModel to init() to choose by it.

Started once a rank by a launcher (mpirun, torchrun, gradwire launch, Slurm …) it measures between those ranks, on whatever
network is between them. Otherwise it starts ranks on this machine.
${EXAMPLES}`;

const KIB = 1024;

function bytesText(bytes: number): string {
  if (bytes < KIB) return `${bytes} B`;
  if (bytes < KIB * KIB) return `${figure(bytes / KIB)} KiB`;
  return `${figure(bytes / KIB / KIB)} MiB`;
}

function timeText(seconds: number): string {
  return seconds < 1e-3 ? `${figure(seconds * 1e6)} µs` : `${figure(seconds * 1e3)} ms`;
}

/** What is printed. */
function networkText(measurement: NetworkMeasurement): string {
  const { ranks, transport, model, allReduce, lengths, choices } = measurement;
  const { secondsPerMessage, secondsPerByte, secondsPerReducedByte } = model;
  const rate = secondsPerByte > 0 ? `, ${figure(1e-6 / secondsPerByte)} MB/s each way` : '';
  const names = Object.keys(allReduce[0]?.seconds ?? {});
  const times = allReduce.map(({ bytes, chosen, seconds }) => [
    bytesText(bytes),
    ...names.map((name) => `${timeText(seconds[name]!)}${name === chosen ? ' *' : '  '}`),
  ]);
  return [
    `${ranks} ranks, ${transport}`,
    `α  ${timeText(secondsPerMessage)} a message`,
    `β  ${figure(secondsPerByte * 1e9)} ns a byte${rate}`,
    `γ  ${figure(secondsPerReducedByte * 1e9)} ns to add a byte`,
    `costModel: ${JSON.stringify(rounded(model))}`,
    '',
    table([['all-reduce', ...names.map((name) => `${name}  `)], ...times]),
    '',
    table([
      ['taken for', ...lengths.map(bytesText)],
      ...choices.map(({ operation, algorithms }) => [operation, ...algorithms]),
    ]),
    '',
  ].join('\n');
}

function rounded(model: object): object {
  return Object.fromEntries(
    Object.entries(model).map(([name, value]) => [name, Number((value as number).toPrecision(3))]),
  );
}

/** Under which conditions it was measured. */
function conditions(): Record<string, unknown> {
  return {
    measuredAt: new Date().toISOString(),
    gradwire: VERSION,
    node: process.version,
    platform: `${platform()} ${release()} ${process.arch}`,
    processor: processorName(),
    processors: cpus().length,
    congestionControl: congestionControl(),
  };
}

async function measure(
  options: NetworkOptions,
  { io, log }: Cli,
): Promise<NetworkMeasurement | undefined> {
  const { DEFAULT_LENGTHS, measureNetwork } = await import('../measure/network.ts');
  const { findPlace } = await import('../rendezvous/launcher.ts');
  const place = findPlace({}, io.env);
  const isLaunched = place.size > 1;
  const bar =
    io.stderr.isTTY && place.rank === 0
      ? new SingleBar({ stream: io.stderr, hideCursor: true, gracefulExit: false }, Presets.rect)
      : undefined;
  const plan = {
    lengths: options.quick ? DEFAULT_LENGTHS.slice(0, 4) : DEFAULT_LENGTHS,
    budget: options.quick ? 0.05 : 1,
    onProgress: (done: number, all: number) => {
      if (done === 1) bar?.start(all, 0);
      bar?.update(done);
    },
  };
  try {
    if (!isLaunched) {
      log.info(`measuring between ${options.ranks} processes of this machine`);
      const { measureOnThisMachine } = await import('../measure/run.ts');
      return await measureOnThisMachine(options.ranks, plan, io.signal);
    }
    const { init } = await import('../worker/init.ts');
    const communicator = await init({ signal: io.signal });
    const measurement = await measureNetwork(communicator, plan);
    await communicator.close();
    return place.rank === 0 ? measurement : undefined;
  } finally {
    bar?.stop();
  }
}

async function run(options: NetworkOptions, cli: Cli): Promise<void> {
  const { io, log } = cli;
  const measurement = await measure(options, cli);
  if (measurement === undefined) return;
  const json = `${JSON.stringify({ ...measurement, conditions: conditions() }, undefined, 2)}\n`;
  if (options.out !== undefined) {
    await writeFile(options.out, json).catch((cause: unknown) => {
      throw systemError('GRADWIRE_FILE_WRITE', options.out!, cause);
    });
    log.info(`numbers: ${options.out}`);
  }
  await write(io.stdout, options.json ? json : networkText(measurement));
}

function define(command: Command, cli: Cli): void {
  command
    .summary('measure the network between ranks')
    .description('Measures what ranks can do.')
    .addHelpText('after', EXAMPLES);
  command
    .command('network')
    .description('Measures what messages and bytes cost between ranks, and which algorithms fit.')
    .option('-n, --ranks <integer>', 'processes to start', integerOption(2, 64), 2)
    .option('--quick', 'short vectors and few repetitions')
    .option('--json', 'print JSON')
    .option('-o, --out <file>', 'also write the JSON to a file')
    .addHelpText('after', NOTES)
    .action((options: NetworkOptions) => run(options, cli));
}

export const benchCommand: CommandDefinition = { name: 'bench', define };
