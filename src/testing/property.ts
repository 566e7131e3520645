/** Running fast-check properties with fixed seeds and run counts, so that a test is what it was. */
import fc from 'fast-check';

/** Seed of every property unless `GRADWIRE_SEED` in the environment names another. */
const FIXED_SEED = 20170512;
const DEFAULT_RUNS = 100;

/** How often, and from where, a property is tried. */
export interface PropertyOptions {
  /** Default 100. */
  readonly numRuns?: number | undefined;
  /** 32-bit integer; default `propertySeed()`. */
  readonly seed?: number | undefined;
  /** Replays one counterexample, as printed with it. */
  readonly path?: string | undefined;
}

/**
 * The seed in force: the environment variable `GRADWIRE_SEED`, or a fixed one.
 * @throws RangeError when the variable is not a 32-bit integer
 */
export function propertySeed(): number {
  const text = globalThis.process?.env['GRADWIRE_SEED'];
  if (text === undefined || text === '') return FIXED_SEED;
  const seed = Number(text);
  if ((seed | 0) !== seed)
    throw new RangeError(`GRADWIRE_SEED must be a 32-bit integer, got ${JSON.stringify(text)}`);
  return seed;
}

/** Report of a property that failed (counterexample, seed, path), or undefined when it holds. */
export function findCounterexample<Ts>(
  property: fc.IRawProperty<Ts, false>,
  options: PropertyOptions = {},
): { readonly report: string; readonly cause: unknown } | undefined {
  const details = fc.check(property, {
    seed: options.seed ?? propertySeed(),
    numRuns: options.numRuns ?? DEFAULT_RUNS,
    ...(options.path === undefined ? {} : { path: options.path }),
  });
  if (!details.failed) return undefined;
  const { errorInstance: cause } = details;
  const what = cause instanceof Error ? cause.message : 'the property does not hold';
  return { report: `${what}\n${reportOf(details)}`, cause };
}

/** fast-check's own report without its advice on verbosity. */
function reportOf<Ts>(details: fc.RunDetails<Ts>): string {
  return (fc.defaultReportMessage(details) ?? '').replace(/\n\nHint: [^]*$/, '');
}

/**
 * `fc.assert` with a fixed seed and run count.
 * @throws Error naming the counterexample, its seed and its path
 */
export function assertProperty<Ts>(
  property: fc.IRawProperty<Ts, false>,
  options: PropertyOptions = {},
): void {
  const found = findCounterexample(property, options);
  if (found) throw new Error(found.report, { cause: found.cause });
}
