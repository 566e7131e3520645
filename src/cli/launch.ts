/** `gradwire launch`: starts a program once per rank, as mpirun or torchrun would. */
import type { Command } from 'commander';
import { GradwireError } from '../../proto/errors.ts';
import { describeExit, ProcessGroup } from '../launch/process-group.ts';
import { newJob, rankVariables, type JobOptions } from '../launch/ranks.ts';
import type { Cli, CommandDefinition } from './command.ts';
import { InterruptedError, UsageError } from './errors.ts';
import { integerOption } from './options.ts';

/** Parsed options. */
interface LaunchOptions {
  readonly ranks: number;
  readonly masterPort?: number;
  readonly secretFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
}

const NOTES = `
Each process gets RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT, which init() of gradwire/comm reads.
Output is prefixed with the rank. When one process fails, the others are ended and launch exits with 1.
Each job gets a secret of its own, in GRADWIRE_SECRET, and lets nobody in who does not hold it; --secret-file names a
file with another one, which no other user may be able to read. The secret does not encrypt: the --tls options do, by
TLS 1.3, and each rank must then have a certificate that the authority of --tls-ca has signed.
Ctrl-C is passed on to all of them; who has not ended after two seconds is killed.

Examples:
  $ gradwire launch -n 4 -- node trainer.js --epochs 3
  $ gradwire launch -n 2 --master-port 29500 -- npx tsx trainer.ts
  $ gradwire launch -n 2 --tls-cert rank.pem --tls-key rank.key --tls-ca ca.pem -- node trainer.js`;

/** Some process of a launched program failed. */
class LaunchError extends GradwireError {
  constructor(message: string) {
    super('GRADWIRE_RANK_PROCESS', message);
  }
}

/** @throws UsageError when only some of them are given */
function tlsOf({ tlsCert: cert, tlsKey: key, tlsCa: ca }: LaunchOptions): JobOptions['tls'] {
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  if (cert === undefined || key === undefined || ca === undefined)
    throw new UsageError('--tls-cert, --tls-key and --tls-ca belong together; give all or none');
  return { cert, key, ca };
}

async function run(program: readonly string[], options: LaunchOptions, cli: Cli): Promise<void> {
  const { io } = cli;
  const { ranks, masterPort: port, secretFile } = options;
  const tls = tlsOf(options);
  // Mistakes are found here, once, instead of by every rank.
  const { findCredentials } = await import('../rendezvous/credentials.ts');
  await findCredentials(
    { ...(secretFile !== undefined && { secretFile }), ...(tls && { tls }) },
    {},
    [],
  );
  const job = await newJob(ranks, { port, secretFile, tls });
  const [command = '', ...args] = program;
  const specs = Array.from({ length: ranks }, (_, rank) => ({
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
    .option('--secret-file <file>', 'file with the secret of the job (default: a new one)')
    .option('--tls-cert <file>', 'encrypt: certificate of the ranks (PEM)')
    .option('--tls-key <file>', 'its private key')
    .option('--tls-ca <file>', 'certificate of the authority that has signed it')
    .addHelpText('after', NOTES)
    .action((program: string[], options: LaunchOptions) => run(program, options, cli));
}

export const launchCommand: CommandDefinition = { name: 'launch', define };
