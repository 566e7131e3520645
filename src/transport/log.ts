/**
 * What a library may say that nobody asked for: one line on standard error, and only as much as
 * GRADWIRE_LOG (`debug`, `info`, `warn`, `silent`; default `warn`) allows.
 */
const LEVELS = ['debug', 'info', 'warn', 'silent'] as const;
export type LogLevel = Exclude<(typeof LEVELS)[number], 'silent'>;

export function log(level: LogLevel, message: string): void {
  const wanted = LEVELS.findIndex((name) => name === process.env['GRADWIRE_LOG']);
  const threshold = wanted === -1 ? LEVELS.indexOf('warn') : wanted;
  if (LEVELS.indexOf(level) >= threshold) process.stderr.write(`gradwire: ${message}\n`);
}
