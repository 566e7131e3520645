/** A threshold guessed from a sample of the keys. */
import { triple32 } from '../../random.ts';
import { SAMPLE, type SimdMemory } from './memory.ts';
import type { Range } from './sweep.ts';

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

/** First elements of the chosen lines. */
const lineStarts = new Uint32Array(SAMPLE / LINE);

/** Chooses evenly spread lines, at hashed places, a line in each stride; returns how many. */
function chooseLines(length: number): number {
  const size = Math.max(SMALLEST_SAMPLE, Math.min(SAMPLE, Math.floor(length / SAMPLE_SHARE)));
  const lines = Math.floor(size / LINE);
  const stride = Math.floor(length / lines);
  for (let line = 0; line < lines; line++) {
    const shift = (triple32(line) >>> 0) % (stride - LINE + 1);
    lineStarts[line] = Math.floor((line * length) / lines) + shift;
  }
  return lines;
}

/**
 * Copies the chosen lines of a vector to a list of the memory. Each is a miss of the cache: for vectors in
 * the memory, many of them are under way at once.
 */
function copyLines(
  memory: SimdMemory,
  vector: Float32Array,
  start: number,
  lines: number,
  list: Float32Array,
): void {
  const own = memory.addressOf(vector);
  if (own >= 0) {
    memory.words.set(lineStarts.subarray(0, lines), memory.at.sweepX >>> 2);
    memory.wasm.gatherLines(own + 4 * start, memory.at.sweepX, lines, list.byteOffset);
    return;
  }
  for (let line = 0; line < lines; line++) {
    const from = start + lineStarts[line]!;
    list.set(vector.subarray(from, from + LINE), line * LINE);
  }
}

/** A threshold of 1 or more that, going by a sample, a few more than k keys of the range reach. */
export function guessThreshold(memory: SimdMemory, range: Range, k: number): number {
  const { wasm, at, sample, values } = memory;
  const { source, start, end } = range;
  const { x, y } = source;
  const lines = chooseLines(end - start);
  const size = lines * LINE;
  copyLines(memory, x, start, lines, sample);
  if (y) {
    copyLines(memory, y, start, lines, values);
    wasm.addVectors(at.sample, at.values, size, at.sample);
  }
  const expected = (k / (end - start)) * size;
  const rank = Math.ceil(expected + CAUTION * Math.sqrt(expected) + 4);
  if (rank >= size) return 1;
  return wasm.findThreshold(at.sample, size, rank, rank >>> 4, 1);
}
