/** Errors of the command line, exit codes, and how an error looks to the user. */
import { CommanderError } from 'commander';
import { GradwireError, isGradwireError } from '../../proto/errors.ts';
import { CodecSpecError } from '../../codecs/index.ts';

/** How a run ended. */
export const ExitCode = {
  /** All done; also when the reader of our output went away early. */
  done: 0,
  failed: 1,
  badUsage: 2,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** The command line itself is wrong: an option, an argument or an environment variable. */
export class UsageError extends GradwireError {
  constructor(message: string, options?: ErrorOptions) {
    super('GRADWIRE_USAGE', message, options);
  }
}

/** Signals that end a run in order. */
export type Interruption = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** A signal ended the run. */
export class InterruptedError extends GradwireError {
  readonly signal: Interruption;
  readonly exitCode: number;

  constructor(signal: Interruption = 'SIGINT', exitCode: number = ExitCode.interrupted) {
    super('GRADWIRE_INTERRUPTED', `interrupted by ${signal}`);
    this.signal = signal;
    this.exitCode = exitCode;
  }
}

/** True when nobody reads our output any more, as in `gradwire inspect … | head -1`. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

/** Exit code of a run that ended with `error`. */
export function exitCodeOf(error: unknown): number {
  if (isBrokenPipe(error)) return ExitCode.done;
  if (error instanceof InterruptedError) return error.exitCode;
  if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.done;
  const isUsage =
    error instanceof CommanderError ||
    error instanceof UsageError ||
    error instanceof CodecSpecError ||
    (isGradwireError(error) && error.code.startsWith('GRADWIRE_UNKNOWN_'));
  return isUsage ? ExitCode.badUsage : ExitCode.failed;
}

/** One line about `error`, its code in parentheses; undefined when there is nothing to tell. */
export function errorLine(error: unknown): string | undefined {
  if (isBrokenPipe(error)) return undefined;
  if (error instanceof CommanderError) return commanderLine(error);
  if (isGradwireError(error)) return oneLine(`${error.message} (${error.code})`);
  const message = error instanceof Error ? error.message : String(error);
  return oneLine(
    `internal error: ${message} (GRADWIRE_INTERNAL; GRADWIRE_LOG=debug shows where it arose)`,
  );
}

/** commander has printed help and version itself; those errors only end the run. */
function commanderLine(error: CommanderError): string | undefined {
  if (error.exitCode === 0 || error.code === 'commander.help') return undefined;
  return oneLine(`${error.message.replace(/^error: /, '')} (GRADWIRE_USAGE)`);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
