/** `gradwire launch`: starts a program once per rank, as mpirun or torchrun would. */
import type { Command } from 'commander';
import { GradwireError } from '../../proto/errors.ts';
import { describeExit, ProcessGroup } from '../launch/process-group.ts';
import { newJob, rankVariables } from '../launch/ranks.ts';
import type { Cli, CommandDefinition } from './command.ts';
import { InterruptedError } from './errors.ts';
import { integerOption } from './options.ts';

/** Parsed options. */
interface LaunchOptions {
  readonly ranks: number;
  readonly masterPort?: number;
}

const NOTES = `
Each process gets RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT, which init() of gradwire/comm reads.
Output is prefixed with the rank. When one process fails, the others are ended and launch exits with 1.
Ctrl-C is passed on to all of them; who has not ended after two seconds is killed.

Examples:
  $ gradwire launch -n 4 -- node trainer.js --epochs 3
  $ gradwire launch -n 2 --master-port 29500 -- npx tsx trainer.ts`;

/** Some process of a launched program failed. */
class LaunchError extends GradwireError {
  constructor(message: string) {
    super('GRADWIRE_RANK_PROCESS', message);
  }
}

async function run(program: readonly string[], options: LaunchOptions, cli: Cli): Promise<void> {
  const { io } = cli;
  const job = await newJob(options.ranks, options.masterPort);
  const [command = '', ...args] = program;
  const specs = Array.from({ length: options.ranks }, (_, rank) => ({
    command,
    args,
    env: rankVariables(rank, job),
  }));
  const group = new ProcessGroup(specs, {
    onLine: (rank, stream, line) => void io[stream].write(`[${rank}] ${line}\n`),
  });
  const stop = (): void => {
    const { reason } = io.signal as { readonly reason: unknown };
    void group.end(reason instanceof InterruptedError ? reason.signal : 'SIGTERM');
  };
  io.signal.addEventListener('abort', stop);
  if (io.signal.aborted) stop();
  await group.ended;
  io.signal.removeEventListener('abort', stop);
  if (io.signal.aborted)
    throw io.signal.reason instanceof Error ? io.signal.reason : new InterruptedError();
  const [failure] = group.failures;
  if (failure) throw new LaunchError(describeExit(failure));
}

function define(command: Command, cli: Cli): void {
  command
    .summary('start a program once per rank')
    .description('Starts a program once per rank and tells each how to find the others.')
    .argument('<program...>', 'program and its arguments, behind --')
    .option('-n, --ranks <integer>', 'processes to start', integerOption(1, 1024), 2)
    .option(
      '--master-port <integer>',
      'port of rank 0 (default: a free one)',
      integerOption(1, 65535),
    )
    .addHelpText('after', NOTES)
    .action((program: string[], options: LaunchOptions) => run(program, options, cli));
}

export const launchCommand: CommandDefinition = { name: 'launch', define };
