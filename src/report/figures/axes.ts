/** Which part of which scale shows the data best. */
import type { Axis } from '../charts/scale.ts';

/** Type and domain of an axis. */
export type Extent = Pick<Axis, 'type' | 'domain'>;

/** Values that span more than this factor are shown on a logarithmic scale. */
const LOG_FACTOR = 10;
/** Ends of lines that differ by more than this factor would be crowded on a linear scale. */
const LOG_FACTOR_OF_ENDS = 4;

/** A horizontal extent from 0, or logarithmic if the curves' ends lie far apart. */
export function courseExtent(values: readonly number[], ends: readonly number[]): Extent {
  const positive = values.filter((value) => value > 0);
  const smallest = Math.min(...positive);
  const largest = Math.max(...positive);
  const positiveEnds = ends.filter((end) => end > 0);
  if (Math.max(...positiveEnds) / Math.min(...positiveEnds) > LOG_FACTOR_OF_ENDS)
    return { type: 'log', domain: [smallest, largest] };
  return { type: 'linear', domain: [0, largest] };
}

/** A vertical extent of all values, logarithmic if they span more than a decade. */
export function valueExtent(values: readonly number[]): Extent {
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (low > 0 && high / low > LOG_FACTOR) return { type: 'log', domain: [low * 0.93, high * 1.05] };
  // Values that hardly differ should look so.
  const atLeast = 0.05 * Math.max(Math.abs(low), Math.abs(high)) || 1;
  return { type: 'linear', domain: widen(low, high, atLeast) };
}

/** The name of an axis, and that it is logarithmic if so. */
export function axisName(name: string, { type }: Extent): string {
  return type === 'log' ? `${name} (log)` : name;
}

/**
 * A vertical extent for fractions that rise quickly and then differ little: the final values with room below
 * for two and a half times their range. The steep start of the curves is cut off.
 */
export function endgameExtent(finals: readonly number[], values: readonly number[]): Extent {
  const worst = Math.min(...finals);
  const best = Math.max(...finals);
  const low = Math.max(Math.min(...values), worst - Math.max(0.03, 2.5 * (best - worst)));
  const high = Math.max(best, ...values.filter((value) => value <= 1));
  const [bottom, top] = widen(low, high, 0.02);
  return { type: 'linear', domain: [Math.max(0, bottom), Math.min(1, top)] };
}

/** A logarithmic extent with air at both sides, at least a decade wide. */
export function logExtent(values: readonly number[]): Extent {
  const low = Math.log10(Math.min(...values));
  const high = Math.log10(Math.max(...values));
  const air = Math.max(0.12 * (high - low), (1 - (high - low)) / 2);
  return { type: 'log', domain: [10 ** (low - air), 10 ** (high + air)] };
}

/** A little air around an interval, and at least so wide. */
export function widen(low: number, high: number, atLeast: number): readonly [number, number] {
  const air = Math.max(0.06 * (high - low), (atLeast - (high - low)) / 2);
  return [low - air, high + air];
}
