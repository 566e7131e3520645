/**
 * Exact top-k selection by SIMD (reference/select.ts is the definition: same indices, always).
 *
 * A range that fits the window is selected from there. A longer one is swept once against a
 * threshold guessed from a sample; what reaches it (candidates, somewhat more than k) is selected by
 * radix. A guess is only a guess: where it let too few or too many through, which takes equal values
 * or a layout that the sample misses, histograms of all keys find a threshold that holds.
 */
import { triple32 } from '../../random.ts';
import type { Kernels } from '../kernels.ts';
import { DIGITS, findDigit, kthKey } from '../reference/select.ts';
import { MAGNITUDE_MASK } from '../reference/scan.ts';
import { BINS, partOf, SAMPLE, WINDOW, type SimdMemory } from './memory.ts';

/** Windows are padded with zeros to multiples of this. */
const GROUP = 256;

/** Consecutive elements that the sample takes together: a cache line. */
const LINE = 16;
/** One element in this many is sampled, within limits. */
const SAMPLE_SHARE = 64;
const SMALLEST_SAMPLE = 2048;
/**
 * Standard deviations by which the sampled rank is lowered: 8, not 4, because neighbours in a line
 * are alike where whole rows or layers are hot.
 */
const CAUTION = 8;

/** Candidates kept at most, for k: 20 bytes a selected element and 512 KiB. */
function capacityFor(k: number, length: number): number {
  return Math.min(length, Math.ceil(2.5 * k) + 65536);
}

/** Elements [start, end) of a vector. */
interface Range {
  readonly x: Float32Array;
  readonly start: number;
  readonly end: number;
}

/** Elements that reached a threshold, in order; scratch that is kept at its largest. */
class Candidates {
  indices = new Uint32Array(0);
  keys = new Int32Array(0);
  count = 0;
  capacity = 0;

  clear(capacity: number): void {
    this.count = 0;
    this.capacity = capacity;
    if (this.keys.length >= capacity) return;
    this.indices = new Uint32Array(capacity);
    this.keys = new Int32Array(capacity);
  }

  /** Takes over the first `pending` of the window's lists; false when they do not fit. */
  append({ indices, keys }: SimdMemory, pending: number): boolean {
    if (this.count + pending > this.capacity) return false;
    this.indices.set(indices.subarray(0, pending), this.count);
    this.keys.set(keys.subarray(0, pending), this.count);
    this.count += pending;
    return true;
  }
}

/** Brings elements [start, start + count) into the window; returns their number with padding. */
function load({ x: window }: SimdMemory, x: Float32Array, start: number, count: number): number {
  window.set(partOf(x, start, count));
  const padded = (count + GROUP - 1) & -GROUP;
  if (padded > count) window.fill(0, count, padded);
  return padded;
}

/** Calls `use(from, padded)` with each window of the range, until it returns false. */
function forEachWindow(
  memory: SimdMemory,
  { x, start, end }: Range,
  use: (from: number, padded: number) => boolean | void,
): void {
  for (let from = start; from < end; from += WINDOW)
    if (use(from, load(memory, x, from, Math.min(WINDOW, end - from))) === false) return;
}

/** Copies keys of evenly spread lines into the sample, at hashed places; returns their number. */
function takeSample({ words, at }: SimdMemory, { x, start, end }: Range): number {
  const length = end - start;
  const size = Math.max(SMALLEST_SAMPLE, Math.min(SAMPLE, Math.floor(length / SAMPLE_SHARE)));
  const lines = Math.floor(size / LINE);
  const stride = Math.floor(length / lines);
  const bits = new Int32Array(x.buffer, x.byteOffset, x.length);
  let out = at.sample >>> 2;
  for (let line = 0; line < lines; line++) {
    const shift = (triple32(line) >>> 0) % (stride - LINE + 1);
    const from = start + Math.floor((line * length) / lines) + shift;
    for (let i = from; i < from + LINE; i++) words[out++] = bits[i]! & MAGNITUDE_MASK;
  }
  return lines * LINE;
}

/** A threshold that, going by a sample, a few more than k keys of the range reach. */
function guessThreshold(memory: SimdMemory, range: Range, k: number): number {
  const size = takeSample(memory, range);
  const expected = (k / (range.end - range.start)) * size;
  const rank = Math.ceil(expected + CAUTION * Math.sqrt(expected) + 4);
  return rank >= size ? 1 : memory.wasm.findThreshold(memory.at.sample, size, rank, rank >>> 4);
}

/** Collects what reaches the threshold; false when that is more than the capacity. */
function collect(
  memory: SimdMemory,
  range: Range,
  threshold: number,
  candidates: Candidates,
  capacity: number,
): boolean {
  const { wasm, at } = memory;
  candidates.clear(capacity);
  let pending = 0;
  let fits = true;
  forEachWindow(memory, range, (from, padded) => {
    const { indices, keys } = at;
    const offset = 4 * pending;
    pending += wasm.compact(at.x, padded, threshold, from, indices + offset, keys + offset);
    if (pending <= WINDOW) return true;
    fits = candidates.append(memory, pending);
    pending = 0;
    return fits;
  });
  return fits && candidates.append(memory, pending);
}

/** Emits the k largest candidates, or all where they are no more. */
function emitLargest(
  { indices: from, keys, count }: Candidates,
  k: number,
  indices: Uint32Array,
  at: number,
): number {
  if (count <= k) {
    indices.set(from.subarray(0, count), at);
    return count;
  }
  const { key, larger } = kthKey(keys, 0, count, k);
  let ties = k - larger;
  let out = at;
  for (let i = 0; i < count; i++) {
    if (keys[i]! < key) continue;
    if (keys[i] === key && ties-- <= 0) continue;
    indices[out++] = from[i]!;
  }
  return out - at;
}

/** Emits all keys above the threshold and the first `ties` equal to it; k in total, or fewer. */
function emitAbove(
  memory: SimdMemory,
  range: Range,
  threshold: number,
  ties: number,
  k: number,
  indices: Uint32Array,
  at: number,
): number {
  const { wasm, at: place } = memory;
  let out = 0;
  forEachWindow(memory, range, (from, padded) => {
    const least = ties > 0 ? threshold : threshold + 1;
    const found = wasm.compact(place.x, padded, least, from, place.indices, place.keys);
    const larger = wasm.countAtLeast(place.x, padded, threshold + 1);
    const kept = wasm.keepAbove(place.indices, place.keys, found, threshold, ties);
    ties = Math.max(0, ties - (found - larger));
    indices.set(memory.indices.subarray(0, kept), at + out);
    out += kept;
    return out < k;
  });
  return out;
}

/** How many keys of the range reach the threshold. */
function countAll(memory: SimdMemory, range: Range, threshold: number): number {
  let count = 0;
  forEachWindow(memory, range, (_from, padded) => {
    count += memory.wasm.countAtLeast(memory.at.x, padded, threshold);
  });
  return count;
}

/** Histogram of a digit of the keys that begin with `prefix`; a view that the next call reuses. */
function countDigits(
  memory: SimdMemory,
  range: Range,
  shift: number,
  width: number,
  prefix: number,
): Int32Array {
  const { wasm, at, histograms } = memory;
  histograms.fill(0);
  forEachWindow(memory, range, (from) => {
    const count = Math.min(WINDOW, range.end - from);
    wasm.countDigits(at.x, count, shift, width, prefix, at.histograms);
  });
  const total = histograms.subarray(0, BINS);
  for (let i = BINS; i < histograms.length; i++)
    total[i % BINS] = total[i % BINS]! + histograms[i]!;
  return total;
}

/** Selection whatever the data: digit by digit until the candidates fit, or the key is known. */
function selectByDigits(
  memory: SimdMemory,
  range: Range,
  k: number,
  candidates: Candidates,
  indices: Uint32Array,
  at: number,
): number {
  const capacity = capacityFor(k, range.end - range.start);
  let prefix = 0;
  let larger = 0;
  for (const [shift, width] of DIGITS) {
    const counts = countDigits(memory, range, shift, width, prefix);
    const { bin, above } = findDigit(counts, 1 << width, k - larger);
    larger += above;
    prefix = (prefix << width) | bin;
    if (larger + counts[bin]! > capacity) continue;
    collect(memory, range, Math.max(1, prefix << shift), candidates, capacity);
    return emitLargest(candidates, k, indices, at);
  }
  // Fewer than k are not zero where the key is 0.
  return emitAbove(memory, range, Math.max(1, prefix), prefix ? k - larger : k, k, indices, at);
}

function selectLong(
  memory: SimdMemory,
  range: Range,
  k: number,
  candidates: Candidates,
  indices: Uint32Array,
  at: number,
): number {
  const threshold = guessThreshold(memory, range, k);
  const fits = collect(
    memory,
    range,
    threshold,
    candidates,
    capacityFor(k, range.end - range.start),
  );
  if (fits && (candidates.count >= k || threshold === 1))
    return emitLargest(candidates, k, indices, at);
  if (!fits) {
    // Most often too many reach it because too many are equal to it.
    const larger = countAll(memory, range, threshold + 1);
    if (larger < k) return emitAbove(memory, range, threshold, k - larger, k, indices, at);
  }
  return selectByDigits(memory, range, k, candidates, indices, at);
}

/** `Kernels.selectTopK` on this memory. */
export function createSelector(memory: SimdMemory): Kernels['selectTopK'] {
  const candidates = new Candidates();
  return (x, start, end, k, indices, at) => {
    if (end - start > WINDOW)
      return selectLong(memory, { x, start, end }, k, candidates, indices, at);
    const { wasm, at: place } = memory;
    const padded = load(memory, x, start, end - start);
    const { x: window, y, indices: found, keys } = place;
    const count = wasm.selectInWindow(window, padded, k, start, y, found, keys);
    indices.set(memory.indices.subarray(0, count), at);
    return count;
  };
}
