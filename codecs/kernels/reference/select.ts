/**
 * Exact top-k selection by radix: the key of an element is its magnitude's bit pattern (31 bits).
 *
 * A histogram of the keys' upper 11 bits finds the bin that holds the k-th largest; histograms of
 * the next 10 and the last 10 bits inside that bin pin down its key T exactly. A last sweep emits
 * every key above T and, in index order, as many equal to T as are still wanted. Four streaming
 * passes and 8 KiB of counters, whatever the data: equal values, zeros or one hot layer cost no
 * more than noise. Sums are formed anew by every pass, in a window.
 */
import { sweptOnce, type Kept, type Summands } from '../kernels.ts';
import { bitsOf, MAGNITUDE_MASK } from './scan.ts';
import { addVector } from './vector.ts';

const histogram = new Uint32Array(2048);

/** Digits of a key from the top: [shift, width] in bits. */
const DIGITS: readonly (readonly [number, number])[] = [
  [20, 11],
  [10, 10],
  [0, 10],
];

const WINDOW = 4096;
const sums = new Float32Array(WINDOW);
const sumBits = bitsOf(sums);

/** Elements [start, end) of a vector or of a sum. */
interface Range {
  readonly source: Summands;
  readonly start: number;
  readonly end: number;
}

/** Calls `use(bits, from, to, offset)`: bits[i] is the pattern of element i + offset, from ≤ i < to. */
function forEachPart(
  { source: { x, y }, start, end }: Range,
  use: (bits: Int32Array, from: number, to: number, offset: number) => void,
): void {
  if (!y) {
    use(bitsOf(x), start, end, 0);
    return;
  }
  for (let at = start; at < end; at += WINDOW) {
    const count = Math.min(WINDOW, end - at);
    for (let i = 0; i < count; i++) sums[i] = x[at + i]! + y[at + i]!;
    use(sumBits, 0, count, at);
  }
}

/** The digit that holds the `wanted`-th largest of the keys counted, and how many have larger ones. */
export function findDigit(
  counts: Uint32Array | Int32Array,
  digits: number,
  wanted: number,
): { bin: number; above: number } {
  let above = 0;
  for (let bin = digits - 1; bin > 0; bin--) {
    const count = counts[bin]!;
    if (above + count >= wanted) return { bin, above };
    above += count;
  }
  return { bin: 0, above };
}

/** Counts keys by `(key >>> shift) & mask`, among those whose bits above equal `prefix`. */
function countKeys(range: Range, shift: number, width: number, prefix: number): void {
  const mask = (1 << width) - 1;
  const prefixShift = shift + width;
  histogram.fill(0);
  forEachPart(range, (bits, from, to) => {
    for (let i = from; i < to; i++) {
      const key = bits[i]! & MAGNITUDE_MASK;
      // A shift by 31 leaves nothing of a key: the first digit has no prefix.
      if (key >>> prefixShift !== prefix) continue;
      const bin = (key >>> shift) & mask;
      histogram[bin] = histogram[bin]! + 1;
    }
  });
}

/** Key of the k-th largest magnitude of a range, and how many keys are strictly larger. */
function kthKey(range: Range, k: number): { key: number; larger: number } {
  let prefix = 0;
  let larger = 0;
  for (const [shift, width] of DIGITS) {
    countKeys(range, shift, width, prefix);
    const { bin, above } = findDigit(histogram, 1 << width, k - larger);
    larger += above;
    prefix = (prefix << width) | bin;
  }
  return { key: prefix, larger };
}

/** Appends the k largest of a range to `kept`, which holds `at` already; returns how many then. */
function selectRange(range: Range, k: number, { indices, values }: Kept, at: number): number {
  const { key, larger } = kthKey(range, Math.min(k, range.end - range.start));
  const valueBits = bitsOf(values);
  let ties = key === 0 ? 0 : k - larger;
  let out = at;
  forEachPart(range, (bits, from, to, offset) => {
    for (let i = from; i < to; i++) {
      const pattern = bits[i]!;
      const magnitude = pattern & MAGNITUDE_MASK;
      if (magnitude < key) continue;
      if (magnitude === key && ties-- <= 0) continue;
      indices[out] = offset + i;
      // As a pattern: a NaN that passes through a float may lose its bits.
      valueBits[out++] = pattern;
    }
  });
  return out;
}

/** `Kernels.selectTopK` */
export function selectTopK(
  summands: Summands,
  block: number,
  keep: (length: number) => number,
  kept: Kept,
): number {
  if (summands.accumulate && summands.y) addVector(summands.x, summands.y);
  const source = sweptOnce(summands);
  const { length } = source.x;
  let count = 0;
  for (let start = 0; start < length; start += block) {
    const end = Math.min(length, start + block);
    count = selectRange({ source, start, end }, keep(end - start), kept, count);
  }
  return count;
}
