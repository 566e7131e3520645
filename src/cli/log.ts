/** What a command says beside its result: to standard error, as much as GRADWIRE_LOG asks for. */
import type { Io } from './io.ts';
import { styleFor } from './io.ts';
import { UsageError } from './errors.ts';

const levels = ['silent', 'warn', 'info', 'debug'] as const;

/** How much is said; each level includes those before it. */
export type LogLevel = (typeof levels)[number];

/** Level that the environment asks for, `info` by default. @throws UsageError for an unknown one */
export function logLevel(env: Io['env']): LogLevel {
  const asked = env['GRADWIRE_LOG'] || 'info';
  const level = levels.find((name) => name === asked);
  if (level === undefined)
    throw new UsageError(`GRADWIRE_LOG=${asked} is not a level; allowed: ${levels.join(', ')}`);
  return level;
}

/** Writes lines about the run. */
export interface Log {
  readonly level: LogLevel;
  warn(text: string): void;
  info(text: string): void;
  debug(text: string): void;
}

/** The log of a run. */
export function createLog(io: Io, level: LogLevel): Log {
  const style = styleFor(io.stderr, io.env);
  const say =
    (least: LogLevel, prefix: string) =>
    (text: string): void => {
      if (levels.indexOf(level) >= levels.indexOf(least))
        io.stderr.write(`gradwire: ${prefix}${text}\n`);
    };
  return {
    level,
    warn: say('warn', `${style('yellow', 'warning:')} `),
    info: say('info', ''),
    debug: say('debug', ''),
  };
}
