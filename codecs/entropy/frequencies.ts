/**
 * Frequency tables of static entropy coders: counts scaled to a power-of-two total, and their bytes.
 *
 * Bytes of a table: the first and the last symbol that occurs (u8 each), then the frequency of every
 * symbol from first to last, as one byte below 128, else as two: the low seven bits with bit 7 set,
 * then the rest.
 */
import { bodyError } from '../body.ts';
import { FREQUENCY_TOTAL } from '../kernels/rans-states.ts';

/** Most symbols a table can have. */
export const MAX_SYMBOLS = 256;

const weights = new Float64Array(MAX_SYMBOLS);

/** Index of the largest of the first weights, ties by lowest. */
function heaviest(symbols: number): number {
  let best = 0;
  for (let symbol = 1; symbol < symbols; symbol++)
    if (weights[symbol]! > weights[best]!) best = symbol;
  return best;
}

/** Moves the frequency of the heaviest symbol by `step`, as often as told. */
function adjust(
  frequencies: Uint16Array,
  symbols: number,
  step: 1 | -1,
  times: number,
  weight: (symbol: number) => number,
): void {
  if (times <= 0) return;
  for (let symbol = 0; symbol < symbols; symbol++) weights[symbol] = weight(symbol);
  for (let i = 0; i < times; i++) {
    const symbol = heaviest(symbols);
    frequencies[symbol]! += step;
    weights[symbol] = weight(symbol);
  }
}

/**
 * Frequencies that sum to FREQUENCY_TOTAL, at least 1 for every symbol that occurs, close to those
 * that code the symbols in the fewest bits. A step of a frequency f changes the bits of its c symbols by
 * c·log₂(1 + 1/f), compared here by 2c/(2f + 1): divisions alone, so that all machines agree.
 * @param counts occurrences, of which at least one is positive
 */
export function normaliseFrequencies(
  counts: Uint32Array,
  symbols: number,
  frequencies: Uint16Array,
): void {
  let total = 0;
  for (let symbol = 0; symbol < symbols; symbol++) total += counts[symbol]!;
  let sum = 0;
  for (let symbol = 0; symbol < symbols; symbol++) {
    const count = counts[symbol]!;
    const share = Math.floor((count * FREQUENCY_TOTAL) / total);
    frequencies[symbol] = count > 0 ? Math.max(1, share) : 0;
    sum += frequencies[symbol]!;
  }
  const gain = (symbol: number): number => counts[symbol]! / (2 * frequencies[symbol]! + 1);
  const loss = (symbol: number): number =>
    frequencies[symbol]! > 1 ? -counts[symbol]! / (2 * frequencies[symbol]! - 1) : -Infinity;
  adjust(frequencies, symbols, 1, FREQUENCY_TOTAL - sum, gain);
  adjust(frequencies, symbols, -1, sum - FREQUENCY_TOTAL, loss);
}

/** Writes a table at out[0..); returns its bytes, at most 2 + 2·symbols. */
export function writeFrequencies(
  frequencies: Uint16Array,
  symbols: number,
  out: Uint8Array,
): number {
  let first = 0;
  let last = symbols - 1;
  while (frequencies[first] === 0) first++;
  while (frequencies[last] === 0) last--;
  out[0] = first;
  out[1] = last;
  let at = 2;
  for (let symbol = first; symbol <= last; symbol++) {
    const frequency = frequencies[symbol]!;
    if (frequency < 128) out[at++] = frequency;
    else {
      out[at++] = (frequency & 127) | 128;
      out[at++] = frequency >>> 7;
    }
  }
  return at;
}

/**
 * Reads a table from the beginning of `bytes` into frequencies[0..symbols); returns its bytes.
 * @throws PayloadError unless the table is complete, canonical and sums to FREQUENCY_TOTAL
 */
export function readFrequencies(
  bytes: Uint8Array,
  symbols: number,
  frequencies: Uint16Array,
): number {
  if (bytes.length < 2) throw bodyError('the frequency table is cut off');
  const first = bytes[0]!;
  const last = bytes[1]!;
  if (first > last || last >= symbols)
    throw bodyError(`frequencies of codes ${first} to ${last} where ${symbols} codes exist`);
  frequencies.fill(0, 0, symbols);
  let at = 2;
  let sum = 0;
  for (let symbol = first; symbol <= last; symbol++) {
    let frequency = bytes[at++] ?? 0;
    if (frequency >= 128) {
      const high = bytes[at++] ?? 0;
      if (high === 0 || high >= 128) throw bodyError(`frequency of code ${symbol} is malformed`);
      frequency = (frequency & 127) | (high << 7);
    }
    frequencies[symbol] = frequency;
    sum += frequency;
  }
  if (at > bytes.length) throw bodyError('the frequency table is cut off');
  if (frequencies[first] === 0 || frequencies[last] === 0)
    throw bodyError('a frequency table has zeros at its ends');
  if (sum !== FREQUENCY_TOTAL)
    throw bodyError(`frequencies sum to ${sum} instead of ${FREQUENCY_TOTAL}`);
  return at;
}
