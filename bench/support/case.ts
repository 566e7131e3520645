/** What a benchmark is made of. */

/** Figures about a case besides its speed; null where a figure does not apply. */
export type Facts = Readonly<Record<string, string | number | null>>;

/** Something to time. */
export interface BenchCase {
  /** Unique in its suite; what `--filter` is matched with. */
  readonly name: string;
  /** Known beforehand: what the case is. */
  readonly facts: Facts;
  /** Cases it is compared with, by the name of the comparison: `copy` → name of the case that copies. */
  readonly references: Readonly<Record<string, string>>;
  /** How many operations one call of `run` makes. Default 1. */
  readonly operations?: number;
  /** `run` measures by itself, elsewhere perhaps, and resolves to seconds of one operation. */
  readonly measuresItself?: true;
  /** Brings shared state in order; called before `check` and before every round's timing. */
  prepare?(): void | Promise<void>;
  /** Undoes what `prepare` did; called after `check` and after every round's timing. */
  finish?(): void | Promise<void>;
  /**
   * Does the work once and looks at what comes out, by other means than the code that is timed.
   * @returns figures found on the way
   * @throws when the result is wrong; the suite then ends without a single figure
   */
  check(): Facts | Promise<Facts>;
  /** What is timed; a promise for work that waits. */
  run(): unknown;
}

/** A case's result is wrong. */
export class CheckError extends Error {
  constructor(name: string, cause: unknown) {
    super(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'CheckError';
  }
}

/** @throws Error with `message` unless `condition` holds */
export function ensure(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

/** Checks every case, in order. @returns all facts, by name @throws CheckError */
export async function checkAll(cases: readonly BenchCase[]): Promise<Map<string, Facts>> {
  const facts = new Map<string, Facts>();
  for (const one of cases) {
    try {
      await one.prepare?.();
      facts.set(one.name, { ...one.facts, ...(await one.check()) });
    } catch (cause) {
      throw new CheckError(one.name, cause);
    } finally {
      await one.finish?.();
    }
  }
  return facts;
}

/** Cases whose name matches, and those they are compared with, and so on, in their order. */
export function selectCases(cases: readonly BenchCase[], filter: RegExp | undefined): BenchCase[] {
  if (!filter) return [...cases];
  const byName = new Map(cases.map((one) => [one.name, one]));
  const needed = new Set<string>();
  const need = (name: string): void => {
    if (needed.has(name)) return;
    needed.add(name);
    Object.values(byName.get(name)?.references ?? {}).forEach(need);
  };
  for (const { name } of cases) if (filter.test(name)) need(name);
  return cases.filter(({ name }) => needed.has(name));
}
