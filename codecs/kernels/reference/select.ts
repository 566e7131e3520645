/**
 * Exact top-k selection by radix: the key of an element is its magnitude's bit pattern (31 bits).
 *
 * A histogram of the keys' upper 11 bits finds the bin that holds the k-th largest; histograms of
 * the next 10 and the last 10 bits inside that bin pin down its key T exactly. A last sweep emits
 * every key above T and, in index order, as many equal to T as are still wanted. Four streaming
 * passes and 8 KiB of counters, whatever the data: equal values, zeros or one hot layer cost no
 * more than noise.
 */
import { MAGNITUDE_MASK } from './scan.ts';

const histogram = new Uint32Array(2048);

/** Digits of a key from the top: [shift, width] in bits. */
export const DIGITS: readonly (readonly [number, number])[] = [
  [20, 11],
  [10, 10],
  [0, 10],
];

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
function countKeys(
  bits: Int32Array,
  start: number,
  end: number,
  shift: number,
  width: number,
  prefix: number,
): void {
  const mask = (1 << width) - 1;
  const prefixShift = shift + width;
  histogram.fill(0);
  if (prefixShift >= 31) {
    for (let i = start; i < end; i++) {
      const bin = (bits[i]! & MAGNITUDE_MASK) >>> shift;
      histogram[bin] = histogram[bin]! + 1;
    }
    return;
  }
  for (let i = start; i < end; i++) {
    const key = bits[i]! & MAGNITUDE_MASK;
    if (key >>> prefixShift !== prefix) continue;
    const bin = (key >>> shift) & mask;
    histogram[bin] = histogram[bin]! + 1;
  }
}

/**
 * Key of the k-th largest magnitude in [start, end), and how many keys are strictly larger.
 * @param bits float32 patterns, of either sign
 */
export function kthKey(
  bits: Int32Array,
  start: number,
  end: number,
  k: number,
): { key: number; larger: number } {
  let prefix = 0;
  let larger = 0;
  for (const [shift, width] of DIGITS) {
    countKeys(bits, start, end, shift, width, prefix);
    const { bin, above } = findDigit(histogram, 1 << width, k - larger);
    larger += above;
    prefix = (prefix << width) | bin;
  }
  return { key: prefix, larger };
}

/**
 * Emits the indices of the k largest magnitudes of x[start..end), ascending, from indices[at] on.
 * Zeros are never emitted, so fewer than k may come out. Requires 0 < k.
 * @returns how many indices were written
 */
export function selectTopK(
  x: Float32Array,
  start: number,
  end: number,
  k: number,
  indices: Uint32Array,
  at: number,
): number {
  const bits = new Int32Array(x.buffer, x.byteOffset, x.length);
  const { key, larger } = kthKey(bits, start, end, Math.min(k, end - start));
  let ties = key === 0 ? 0 : k - larger;
  let out = at;
  for (let i = start; i < end; i++) {
    const magnitude = bits[i]! & MAGNITUDE_MASK;
    if (magnitude < key) continue;
    if (magnitude === key && ties-- <= 0) continue;
    indices[out++] = i;
  }
  return out - at;
}
