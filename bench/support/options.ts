/** Command-line options that all suites share. */
import { Command, InvalidArgumentError } from 'commander';

export interface SuiteOptions {
  readonly filter?: RegExp;
  readonly rounds?: number;
  readonly quick?: true;
  readonly json?: true;
  readonly record?: true;
}

/** A positive integer. */
export function integer(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Give an integer from 1.');
}

/** `parse` for each of the words between commas. */
export function list<T>(parse: (word: string) => T): (text: string) => T[] {
  return (text) => text.split(',').map((word) => parse(word.trim()));
}

/** One of `words`. */
export function oneOf<T extends string>(...words: T[]): (text: string) => T {
  return (text) => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Give one of ${words.join(', ')}.`);
  };
}

/** Collects the values of an option that may be given several times. */
export function repeated(text: string, previous: readonly string[] = []): string[] {
  return [...previous, text];
}

/** The same for values that are parsed. */
export function repeatedOf<T>(parse: (text: string) => T): (text: string, previous?: T[]) => T[] {
  return (text, previous = []) => [...previous, parse(text)];
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new InvalidArgumentError('Give a regular expression.');
  }
}

/** A command with the shared options; the suite adds its own. */
export function suiteCommand(name: string, description: string): Command {
  return new Command(`npm run bench:${name} --`)
    .description(description)
    .option(
      '--filter <expression>',
      'only cases whose name matches, and what they are compared with',
      expression,
    )
    .option('--rounds <integer>', 'how often every case is timed (default: 5, or fewer)', integer)
    .option('--quick', 'one short round on small data: checks everything, measures nothing')
    .option('--json', 'print records as JSON, one a line, and nothing else')
    .option('--record', 'keep the record in bench/record/');
}
