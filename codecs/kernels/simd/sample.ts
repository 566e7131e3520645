/** A threshold guessed from a sample of the keys. */
import { triple32 } from '../../random.ts';
import { bitsOf } from '../reference/scan.ts';
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

const lineStarts = new Uint32Array(SAMPLE / LINE);

/** Chooses evenly spread lines, at hashed places, a line in each stride; returns how many. */
function chooseLines({ start, end }: Range): number {
  const length = end - start;
  const size = Math.max(SMALLEST_SAMPLE, Math.min(SAMPLE, Math.floor(length / SAMPLE_SHARE)));
  const lines = Math.floor(size / LINE);
  const stride = Math.floor(length / lines);
  for (let line = 0; line < lines; line++) {
    const shift = (triple32(line) >>> 0) % (stride - LINE + 1);
    lineStarts[line] = start + Math.floor((line * length) / lines) + shift;
  }
  return lines;
}

/** Copies the chosen lines into the sample. Their places come from a list, so that reads overlap. */
function copyLines({ words, at }: SimdMemory, bits: Int32Array, lines: number): void {
  let to = at.sample >>> 2;
  for (let line = 0; line < lines; line++) {
    const from = lineStarts[line]!;
    for (let i = from; i < from + LINE; i++) words[to++] = bits[i]!;
  }
}

/** Adds up the chosen lines of two vectors. */
function addLines({ sample }: SimdMemory, x: Float32Array, y: Float32Array, lines: number): void {
  let to = 0;
  for (let line = 0; line < lines; line++) {
    const from = lineStarts[line]!;
    for (let i = from; i < from + LINE; i++) sample[to++] = x[i]! + y[i]!;
  }
}

/** A threshold of 1 or more that, going by a sample, a few more than k keys of the range reach. */
export function guessThreshold(memory: SimdMemory, range: Range, k: number): number {
  const lines = chooseLines(range);
  const { x, y } = range.source;
  if (y) addLines(memory, x, y, lines);
  else copyLines(memory, bitsOf(x), lines);
  const size = lines * LINE;
  const expected = (k / (range.end - range.start)) * size;
  const rank = Math.ceil(expected + CAUTION * Math.sqrt(expected) + 4);
  if (rank >= size) return 1;
  return memory.wasm.findThreshold(memory.at.sample, size, rank, rank >>> 4, 1);
}
