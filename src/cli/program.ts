/** The command line as a function: arguments in, exit code out. */
import { inspect } from 'node:util';
import { Command } from 'commander';
import type { Cli } from './command.ts';
import { commands } from './commands.ts';
import { errorLine, ExitCode, exitCodeOf } from './errors.ts';
import { hasColours, styleFor, type Io } from './io.ts';
import { createLog, logLevel } from './log.ts';
import { VERSION } from './version.ts';

const NOTES = `
Examples:
  $ gradwire compare
  $ gradwire launch -n 4 -- node trainer.js
  $ gradwire encode gradient.npy -o gradient.gw --codec qsgd:levels=7
  $ gradwire inspect gradient.gw
  $ gradwire decode gradient.gw -o decoded.npy

Each command has examples of its own: gradwire compare --help

Environment:
  GRADWIRE_LOG      debug, info (default), warn or silent: how much goes to standard error
  GRADWIRE_KERNELS  simd, reference or auto (default): same bytes, other speed
  GRADWIRE_TRACE    a folder: ranks leave a trace there, see gradwire trace
  NO_COLOR          set to anything: no colours

Exit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted`;

function createProgram(cli: Cli): Command {
  const { stdout, stderr, env } = cli.io;
  const program = new Command('gradwire')
    .description('Gradient compression for distributed training.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', NOTES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      // Errors are thrown as well, and `main` prints all errors alike.
      outputError: () => undefined,
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
      getOutHasColors: () => hasColours(stdout, env),
      getErrHasColors: () => hasColours(stderr, env),
    })
    .configureHelp({ styleTitle: (text) => styleFor(stdout, env)('bold', text) });
  for (const { name, define } of commands) define(program.command(name), cli);
  return program;
}

/** Says what went wrong, and under GRADWIRE_LOG=debug also where. */
function report(error: unknown, io: Io): void {
  const line = errorLine(error);
  if (line === undefined) return;
  io.stderr.write(`${styleFor(io.stderr, io.env)('red', 'gradwire:')} ${line}\n`);
  if (io.env['GRADWIRE_LOG'] === 'debug') io.stderr.write(`${inspect(error)}\n`);
}

/**
 * Runs gradwire.
 * @param argv arguments, without the names of node and script
 * @returns the exit code; nothing is thrown
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    const log = createLog(io, logLevel(io.env));
    await createProgram({ io, log }).parseAsync([...argv], { from: 'user' });
    return ExitCode.done;
  } catch (error) {
    report(error, io);
    return exitCodeOf(error);
  }
}
