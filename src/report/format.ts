/** Numbers as people read them, the same in the terminal and on the page. */
import type { Statistic } from '../result/index.ts';

/** What stands where there is no value. */
export const NOTHING = '–';

/** At least `digits` significant digits, no exponent between 10⁻⁴ and 10⁶, no trailing zeros to fill up. */
export function formatNumber(value: number, digits = 3): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(digits - 1).replace('e+', 'e');
  if (size >= 10 ** (digits - 1)) return value.toFixed(0);
  return String(Number(value.toPrecision(digits)));
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in decimal units, three significant digits: `1.23 MB`. */
export function formatBytes(bytes: number): string {
  let scaled = bytes;
  let unit = 0;
  // 999.5 would round up to 1000 of a unit, which is 1 of the next.
  while (scaled >= 999.5 && unit < BYTE_UNITS.length - 1) {
    scaled /= 1000;
    unit++;
  }
  const shown = unit === 0 ? formatNumber(Math.round(scaled)) : formatNumber(scaled);
  return `${shown} ${BYTE_UNITS[unit]!}`;
}

/** Seconds with a unit that suits: `85 ms`, `4.31 s`, `2 min 5 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 0.9995) return `${formatNumber(seconds * 1000)} ms`;
  if (seconds < 99.5) return `${formatNumber(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A fraction as a percentage with one decimal: `97.6 %`. */
export function formatPercent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`;
}

/** A ratio: `7.6×`. */
export function formatRatio(ratio: number): string {
  return `${ratio >= 99.5 ? ratio.toFixed(0) : ratio >= 9.95 ? ratio.toFixed(1) : ratio.toFixed(2)}×`;
}

/** Milliseconds: three significant digits, at most three decimals. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds >= 999.5) return milliseconds.toFixed(0);
  const shown = Number(milliseconds.toPrecision(3));
  return shown.toFixed(shown >= 100 ? 0 : shown >= 10 ? 1 : shown >= 1 ? 2 : 3);
}

/**
 * Mean ± spread, both with the decimals that the spread deserves (two significant digits of it):
 * `0.0821 ± 0.0013`; the mean alone for a single run.
 *
 * @param fixed decimals to show, whatever the spread; by default what the spread deserves
 */
export function formatMeasured(value: Statistic | null, fixed?: number): string {
  if (value === null) return NOTHING;
  const { mean, spread } = value;
  if (spread === null) return fixed === undefined ? formatNumber(mean) : mean.toFixed(fixed);
  if (Math.abs(mean) >= 1e6 || (spread !== 0 && spread < 1e-6))
    return `${formatNumber(mean)} ± ${formatNumber(spread, 2)}`;
  const deserved = spread === 0 ? 3 : 1 - Math.floor(Math.log10(spread));
  const decimals = fixed ?? Math.min(6, Math.max(0, deserved));
  return `${mean.toFixed(decimals)} ± ${spread.toFixed(decimals)}`;
}

/** `1 run`, `3 runs`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
