/**
 * Exact top-k selection by SIMD (reference/select.ts is the definition: same elements, always).
 *
 * Blocks that fit the window are selected from there, many a call. A longer one is swept once against
 * a threshold guessed from a sample; what reaches it (candidates, somewhat more than k) is selected
 * by radix. A guess is only a guess: where it let too few or too many through, which takes equal
 * values or a layout that the sample misses, histograms of all keys find a threshold that holds.
 */
import { sweptOnce, type Kept, type Kernels, type Summands } from '../kernels.ts';
import { Candidates, clearHistogram, copyOut, findKth, histogram } from './candidates.ts';
import { SWEEP, WINDOW, type SimdMemory } from './memory.ts';
import { guessThreshold } from './sample.ts';
import { forEachWindow, load, padded, type Range } from './sweep.ts';

/** Largest key of all: a NaN. */
const LARGEST_KEY = 0x7fffffff;

/** Candidates kept at most, for k: 20 bytes a selected element and 512 KiB. */
function capacityFor(k: number, length: number): number {
  return Math.min(length, Math.ceil(2.5 * k) + 65536);
}

/**
 * Collects what reaches the threshold; false when that is more than the capacity. Sums to be left are left
 * all the same.
 */
function collect(
  memory: SimdMemory,
  range: Range,
  threshold: number,
  candidates: Candidates,
  capacity: number,
): boolean {
  let fits = true;
  candidates.clear(capacity);
  forEachWindow(memory, range, (address, from, count) => {
    fits = fits && candidates.add(address, padded(count), threshold, from);
    return fits || range.source.accumulate === true;
  });
  return fits;
}

/** Emits all keys above the threshold and the first `ties` equal to it; k in total, or fewer. */
function emitAbove(
  memory: SimdMemory,
  range: Range,
  threshold: number,
  ties: number,
  k: number,
  kept: Kept,
  start: number,
): number {
  const { wasm, at, words } = memory;
  let out = 0;
  words[at.ties >>> 2] = ties;
  forEachWindow(memory, range, (address, from, count) => {
    const least = words[at.ties >>> 2]! > 0 ? threshold : threshold + 1;
    const found = wasm.compact(address, padded(count), least, from, at.indices, at.values);
    const all = wasm.keepAbove(at.indices, at.values, found, threshold, at.ties, at.orders);
    copyOut(memory, at.values, at.indices, all, kept, start + out);
    out += all;
    return out < k;
  });
  return out;
}

/** How many keys of the range reach the threshold. */
function countAll(memory: SimdMemory, range: Range, threshold: number): number {
  let reached = 0;
  forEachWindow(memory, range, (address, _from, count) => {
    reached += memory.wasm.countAtLeast(address, padded(count), threshold);
  });
  return reached;
}

/** Selection whatever the data: by histograms of all keys, until the candidates fit or the key is known. */
function selectByHistograms(
  memory: SimdMemory,
  range: Range,
  k: number,
  capacity: number,
  candidates: Candidates,
  kept: Kept,
  start: number,
): number {
  const { wasm, at } = memory;
  const fits = (larger: number, same: number): boolean => larger + same <= capacity;
  const { key, larger, same } = findKth(1, LARGEST_KEY, k, Infinity, fits, (low, shift) => {
    clearHistogram(memory);
    forEachWindow(memory, range, (address, _from, count) => {
      wasm.countKeys(address, count, low, shift, at.histograms);
    });
    return histogram(memory);
  });
  if (!fits(larger, same)) return emitAbove(memory, range, key, k - larger, k, kept, start);
  collect(memory, range, key, candidates, capacity);
  return candidates.emitLargest(k, key, kept, start);
}

/** Selects from a range of any length. */
function selectLong(
  memory: SimdMemory,
  range: Range,
  k: number,
  candidates: Candidates,
  kept: Kept,
  start: number,
): number {
  const threshold = guessThreshold(memory, range, k);
  const capacity = capacityFor(k, range.end - range.start);
  const fits = collect(memory, range, threshold, candidates, capacity);
  if (fits && (candidates.count >= k || threshold === 1))
    return candidates.emitLargest(k, threshold, kept, start);
  const rest = { ...range, source: sweptOnce(range.source) };
  if (!fits) {
    // Most often too many reach it because too many are equal to it.
    const larger = countAll(memory, rest, threshold + 1);
    if (larger < k) return emitAbove(memory, rest, threshold, k - larger, k, kept, start);
  }
  return selectByHistograms(memory, rest, k, capacity, candidates, kept, start);
}

/** Selects from each of the blocks [start, end), of one length that fits the window. */
function selectShort(
  memory: SimdMemory,
  { source, start, end }: Range,
  block: number,
  k: number,
  kept: Kept,
  out: number,
): number {
  const { wasm, at } = memory;
  const { sweepY, indices, values, ties, orders } = at;
  const step = Math.floor(SWEEP / block) * block;
  let total = out;
  for (let from = start; from < end; from += step) {
    const count = Math.min(step, end - from);
    const x = load(memory, source, from, count);
    const blocks = count / block;
    const found = wasm.selectBlocks(
      x,
      blocks,
      block,
      k,
      from,
      sweepY,
      indices,
      values,
      ties,
      orders,
    );
    copyOut(memory, values, indices, found, kept, total);
    total += found;
  }
  return total;
}

/** `Kernels.selectTopK` on this memory. */
export function createSelector(memory: SimdMemory): Kernels['selectTopK'] {
  const candidates = new Candidates(memory);
  const selectRange = (
    source: Summands,
    start: number,
    end: number,
    block: number,
    k: number,
    kept: Kept,
    out: number,
  ): number => {
    if (block <= WINDOW) return selectShort(memory, { source, start, end }, block, k, kept, out);
    let total = out;
    for (let from = start; from < end; from += block) {
      const range = { source, start: from, end: from + block };
      total += selectLong(memory, range, k, candidates, kept, total);
    }
    return total;
  };
  return (source, block, keep, kept) => {
    const { length } = source.x;
    const whole = length - (length % block);
    const count = whole > 0 ? selectRange(source, 0, whole, block, keep(block), kept, 0) : 0;
    const tail = length - whole;
    return tail > 0 ? selectRange(source, whole, length, tail, keep(tail), kept, count) : count;
  };
}
