/**
 * Elements that reached a threshold, in order, of which the k largest are wanted. They stay in the
 * memory as long as they fit; longer lists are kept outside, in pieces, and pass through it again.
 */
import type { Kept } from '../kernels.ts';
import { findDigit } from '../reference/select.ts';
import { BINS, LIST, SWEEP, type SimdMemory } from './memory.ts';

const DIGIT = Math.log2(BINS);

/** Keys among which bisection finds one sooner than another histogram would. */
const SHORT = 4096;

/** A full list that was moved out of the memory. */
interface Piece {
  readonly indices: Uint32Array;
  readonly values: Float32Array;
  count: number;
}

/** Empties the histograms of `countKeys`. */
export function clearHistogram({ histograms }: SimdMemory): void {
  histograms.fill(0);
}

/** The four histograms of `countKeys` as one; a view that the next counting reuses. */
export function histogram({ histograms }: SimdMemory): Int32Array {
  const total = histograms.subarray(0, BINS);
  for (let i = 0; i < BINS; i++)
    total[i] =
      total[i]! + histograms[i + BINS]! + histograms[i + 2 * BINS]! + histograms[i + 3 * BINS]!;
  return total;
}

/** The keys from `key` on that differ in their last `bits` only: their number, and that of larger ones. */
interface Digits {
  readonly key: number;
  readonly bits: number;
  readonly same: number;
  readonly larger: number;
}

/**
 * Looks for the k-th largest of keys from `low` up to `high`, digit by digit, until no bits are left.
 * @param total how many keys there are
 * @param stop whether to leave it at what is found so far
 * @param count histogram of the keys from `low` on, by (key − low) >>> shift
 */
export function findKth(
  low: number,
  high: number,
  k: number,
  total: number,
  stop: (larger: number, same: number) => boolean,
  count: (low: number, shift: number) => Int32Array,
): Digits {
  let key = low;
  let larger = 0;
  let same = total;
  let bits = 32 - Math.clz32(high - low);
  while (bits > 0 && !stop(larger, same)) {
    const shift = Math.max(0, bits - DIGIT);
    const counts = count(key, shift);
    const { bin, above } = findDigit(counts, 1 << (bits - shift), k - larger);
    larger += above;
    same = counts[bin]!;
    key += bin * 2 ** shift;
    bits = shift;
  }
  return { key, bits, same, larger };
}

/** Scratch that is kept at its largest. */
export class Candidates {
  readonly #memory: SimdMemory;
  readonly #pieces: Piece[] = [];
  #full = 0;
  /** Elements in the memory, and all. */
  #pending = 0;
  #count = 0;
  #highest = 0;
  #capacity = 0;

  constructor(memory: SimdMemory) {
    this.#memory = memory;
  }

  get count(): number {
    return this.#count;
  }

  /** Starts anew, with room for `capacity`. */
  clear(capacity: number): void {
    this.#full = 0;
    this.#pending = 0;
    this.#count = 0;
    this.#highest = 0;
    this.#capacity = capacity;
  }

  /** Adds what reaches the threshold in a window; false when that is more than the capacity. */
  add(address: number, count: number, threshold: number, from: number): boolean {
    const { wasm, at } = this.#memory;
    if (this.#pending + count > LIST) this.#moveOut();
    const offset = 4 * this.#pending;
    const values = at.values + offset;
    const found = wasm.compact(address, count, threshold, from, at.indices + offset, values);
    this.#highest = Math.max(this.#highest, wasm.maxMagnitude(values, found));
    this.#pending += found;
    this.#count += found;
    return this.#count <= this.#capacity;
  }

  #moveOut(): void {
    const { indices, values } = this.#memory;
    const piece = (this.#pieces[this.#full] ??= {
      indices: new Uint32Array(LIST),
      values: new Float32Array(LIST),
      count: 0,
    });
    this.#full++;
    piece.count = this.#pending;
    piece.indices.set(indices.subarray(0, piece.count));
    piece.values.set(values.subarray(0, piece.count));
    this.#pending = 0;
  }

  /** Calls `use` with addresses of the values, and of the indices where `withIndices`. */
  #forEachPart(
    withIndices: boolean,
    use: (values: number, indices: number, count: number) => void,
  ): void {
    const { at, sweepX, words } = this.#memory;
    for (let i = 0; i < this.#full; i++) {
      const { indices, values, count } = this.#pieces[i]!;
      for (let from = 0; from < count; from += SWEEP) {
        const to = Math.min(count, from + SWEEP);
        sweepX.set(values.subarray(from, to));
        if (withIndices) words.set(indices.subarray(from, to), at.sweepY >>> 2);
        use(at.sweepX, at.sweepY, to - from);
      }
    }
    use(at.values, at.indices, this.#pending);
  }

  /** Writes the k largest to `kept` from its `start` on, all where they are no more than k. */
  emitLargest(k: number, threshold: number, kept: Kept, start: number): number {
    const { wasm, at, words } = this.#memory;
    const { key, larger } =
      this.#count > k ? this.#findKth(k, threshold) : { key: threshold - 1, larger: k };
    words[at.ties >>> 2] = k - larger;
    let out = start;
    this.#forEachPart(true, (values, indices, count) => {
      const found = wasm.keepAbove(indices, values, count, key, at.ties, at.orders);
      copyOut(this.#memory, values, indices, found, kept, out);
      out += found;
    });
    return out - start;
  }

  #findKth(k: number, threshold: number): { key: number; larger: number } {
    const { wasm, at } = this.#memory;
    const isShort = (_larger: number, same: number): boolean => same <= SHORT;
    const found = findKth(threshold, this.#highest, k, this.#count, isShort, (low, shift) => {
      clearHistogram(this.#memory);
      this.#forEachPart(false, (values, _indices, count) => {
        wasm.countKeys(values, count, low, shift, at.histograms);
      });
      return histogram(this.#memory);
    });
    return found.bits === 0 ? found : this.#findAmong(found, k - found.larger);
  }

  /** The `wanted`-th largest of the keys that begin alike, which fit the sample's place. */
  #findAmong({ key: low, bits, larger }: Digits, wanted: number): { key: number; larger: number } {
    const { wasm, at, words } = this.#memory;
    const list = at.sample;
    let length = 0;
    this.#forEachPart(false, (values, _indices, count) => {
      length += wasm.collectKeys(values, count, low, 2 ** bits, list + 4 * length);
    });
    const padded = (length + 15) & -16;
    words.fill(0, (list >>> 2) + length, (list >>> 2) + padded);
    const key = wasm.findThreshold(list, padded, wanted, 0, low);
    return { key, larger: larger + wasm.countAtLeast(list, padded, key + 1) };
  }
}

/** Copies lists of the memory to `kept` from its `out` on. */
export function copyOut(
  { bytes }: SimdMemory,
  values: number,
  indices: number,
  count: number,
  kept: Kept,
  out: number,
): void {
  bytesOf(kept.values).set(bytes.subarray(values, values + 4 * count), 4 * out);
  bytesOf(kept.indices).set(bytes.subarray(indices, indices + 4 * count), 4 * out);
}

function bytesOf(list: Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(list.buffer, list.byteOffset, list.byteLength);
}
