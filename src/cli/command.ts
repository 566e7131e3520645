/** What a command is made of. */
import type { Command } from 'commander';
import type { Io } from './io.ts';
import type { Log } from './log.ts';

/** What a running command gets. */
export interface Cli {
  readonly io: Io;
  readonly log: Log;
}

/** One command of `gradwire`. */
export interface CommandDefinition {
  readonly name: string;
  /**
   * Gives `command` its summary, arguments, options, examples (`addHelpText`) and action. Runs
   * whenever gradwire starts, so whatever takes long to load is imported inside the action.
   */
  define(command: Command, cli: Cli): void;
}
