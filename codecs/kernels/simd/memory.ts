/**
 * The memory that SIMD kernels work in: fixed windows of a few kilobytes, and lists of a selection. Callers' vectors, wherever
 * they live, pass through them piece by piece; a window stays in the first or second cache level, so
 * the copies cost little (about 0.05 ns an element each way on a 2024 server core).
 */
import { simdModule } from '../generated/simd.ts';
import { instantiate } from './wasm.ts';

/**
 * Elements of a window: divides the dither's chunk of 65536 and holds whole groups of bit planes;
 * per-call overhead is below 2 % from here up.
 */
export const WINDOW = 8192;

/** Elements of a window of a selection's sweep: it does little, so starting a copy costs more. */
export const SWEEP = 32768;

/** Most elements that a sample for top-k selection holds. */
export const SAMPLE = 65536;

/** Counters of one histogram of selection; it uses four. */
export const BINS = 2048;

/** Pairs of an index and a value that lists in the memory hold. */
export const LIST: number = 2 ** 19;

/** Functions of the module; pointers are byte offsets. See codecs/kernels/assembly. */
interface Exports {
  maxMagnitude(x: number, count: number): number;
  maxMagnitudeOfSum(x: number, y: number, count: number): number;
  resetStatistics(statistics: number): void;
  addStatistics(statistics: number, x: number, count: number, mode: number): void;
  computeUnit(
    statistics: number,
    segment: number,
    count: number,
    levels: number,
    mode: number,
    clip: number,
    divisor: number,
  ): void;
  computeUnits(
    x: number,
    blocks: number,
    block: number,
    statistics: number,
    segment: number,
    scales: number,
    levels: number,
    mode: number,
    clip: number,
    divisor: number,
  ): void;
  quantiseToBytes: QuantiseAligned;
  quantiseToNibbles: QuantiseAligned;
  quantiseUnaligned(
    generator: number,
    x: number,
    count: number,
    head: number,
    block: number,
    segments: number,
    factors: number,
    out: number,
    limit: number,
  ): void;
  dequantiseBytes: DequantiseAligned;
  dequantiseNibbles: DequantiseAligned;
  dequantiseUnaligned(
    mode: number,
    codes: number,
    count: number,
    head: number,
    block: number,
    scales: number,
    units: number,
    levels: number,
    out: number,
    weight: number,
  ): void;
  packPlane(codes: number, count: number, bits: number, shift: number, out: number): void;
  unpackPlane(packed: number, count: number, bits: number, shift: number, codes: number): void;
  packTrits(codes: number, count: number, out: number): void;
  unpackTrits(packed: number, count: number, codes: number): void;
  maxByte(codes: number, count: number): number;
  absorb(lanes: number, bytes: number, stripes: number): void;
  encodeHalf(format: number, x: number, count: number, out: number): number;
  decodeHalf(format: number, words: number, count: number, out: number): void;
  addHalf(format: number, words: number, count: number, out: number, weight: number): void;
  hasNonFiniteHalf(format: number, words: number, count: number): number;
  addFloats(x: number, count: number, out: number, weight: number): void;
  addVectors(x: number, y: number, count: number, out: number): void;
  countAtLeast(x: number, count: number, threshold: number): number;
  findThreshold(x: number, count: number, wanted: number, slack: number, least: number): number;
  compact(
    x: number,
    count: number,
    threshold: number,
    base: number,
    indices: number,
    values: number,
  ): number;
  keepAbove(
    indices: number,
    values: number,
    count: number,
    threshold: number,
    ties: number,
    orders: number,
  ): number;
  selectBlocks(
    x: number,
    blocks: number,
    block: number,
    k: number,
    base: number,
    scratch: number,
    indices: number,
    values: number,
    ties: number,
    orders: number,
  ): number;
  countKeys(x: number, count: number, low: number, shift: number, histograms: number): void;
  addQuotients(indices: number, count: number, next: number, parameter: number, sums: number): void;
  packGaps(
    indices: number,
    count: number,
    next: number,
    parameter: number,
    remainders: number,
    quotients: number,
    bit: number,
  ): number;
  unpackGaps(
    state: number,
    quotients: number,
    words: number,
    remainders: number,
    parameter: number,
    most: number,
    limit: number,
    indices: number,
  ): number;
  relateToMeans(
    x: number,
    count: number,
    block: number,
    relative: number,
    statistics: number,
  ): void;
  sumFrom(x: number, count: number, from: number, result: number): void;
  encodeQuantile(
    x: number,
    count: number,
    block: number,
    bits: number,
    factors: number,
    scales: number,
    codes: number,
  ): void;
  drawUniforms(state: number, count: number, out: number, stride: number): void;
  pickStratified(
    uniforms: number,
    count: number,
    start: number,
    carried: number,
    quotient: number,
    rest: number,
    k: number,
    out: number,
  ): void;
  pickUniform(
    uniforms: number,
    count: number,
    from: number,
    left: number,
    wanted: number,
    out: number,
  ): number;
  collectKeys(x: number, count: number, low: number, span: number, keys: number): number;
}

type QuantiseAligned = (
  generator: number,
  x: number,
  count: number,
  head: number,
  block: number,
  segments: number,
  out: number,
  limit: number,
) => void;

type DequantiseAligned = (
  mode: number,
  codes: number,
  count: number,
  head: number,
  block: number,
  scales: number,
  levels: number,
  out: number,
  weight: number,
) => void;

/** Where everything is, in bytes. */
interface Layout {
  readonly generator: number;
  readonly lanes: number;
  readonly statistics: number;
  readonly carried: number;
  readonly x: number;
  readonly y: number;
  readonly codes: number;
  readonly packed: number;
  readonly scales: number;
  readonly units: number;
  readonly segments: number;
  readonly histograms: number;
  readonly ties: number;
  readonly orders: number;
  readonly sums: number;
  readonly sample: number;
  readonly sweepX: number;
  readonly sweepY: number;
  readonly indices: number;
  readonly values: number;
}

/**
 * Windows are followed by room for a rounded-up group, and start at different offsets within a
 * page: streams that meet at the same offset slow each other down.
 */
function placeAll(): Layout {
  let end = 1024;
  const place = (bytes: number): number => {
    const at = end;
    end = at + ((bytes + 63) & ~63) + 1088;
    return at;
  };
  return {
    generator: place(256),
    lanes: place(64),
    statistics: place(40),
    carried: place(16),
    x: place(4 * WINDOW + 512),
    y: place(4 * WINDOW + 512),
    codes: place(WINDOW + 512),
    packed: place(WINDOW + 512),
    scales: place(4 * WINDOW + 64),
    units: place(4 * WINDOW + 512),
    segments: place(16 * (WINDOW + 2)),
    histograms: place(16 * BINS),
    ties: place(16),
    orders: place(256),
    sums: place(32),
    sample: place(4 * SAMPLE),
    sweepX: place(4 * SWEEP + 1024),
    sweepY: place(4 * SWEEP + 1024),
    indices: place(4 * LIST + 64),
    values: place(4 * LIST + 64),
  };
}

const layout = placeAll();

/** Size of the memory in pages of 64 KiB, as asconfig.json declares it. */
const PAGES = 86;

/** The module on its memory, and views of the windows. */
export interface SimdMemory {
  readonly wasm: Exports;
  readonly at: Layout;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly generator: Int32Array;
  readonly lanes: Int32Array;
  readonly histograms: Int32Array;
  readonly sample: Float32Array;
  readonly sweepX: Float32Array;
  readonly sweepY: Float32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

/** Byte orders that bring those of four lanes that a mask names to the front; see `keepAbove`. */
function laneOrders(): Uint8Array {
  const orders = new Uint8Array(256);
  for (let mask = 0; mask < 16; mask++) {
    const lanes = [0, 1, 2, 3].filter((lane) => (mask >> lane) & 1);
    lanes.forEach((lane, to) => {
      for (let byte = 0; byte < 4; byte++) orders[16 * mask + 4 * to + byte] = 4 * lane + byte;
    });
  }
  return orders;
}

/** @throws when the platform cannot run the module */
export function createMemory(): SimdMemory {
  const { exports, buffer } = instantiate(simdModule, PAGES);
  new Uint8Array(buffer).set(laneOrders(), layout.orders);
  return {
    wasm: exports as Exports,
    at: layout,
    bytes: new Uint8Array(buffer),
    words: new Int32Array(buffer),
    floats: new Float32Array(buffer),
    doubles: new Float64Array(buffer),
    x: new Float32Array(buffer, layout.x, WINDOW),
    y: new Float32Array(buffer, layout.y, WINDOW),
    generator: new Int32Array(buffer, layout.generator, 16),
    lanes: new Int32Array(buffer, layout.lanes, 16),
    histograms: new Int32Array(buffer, layout.histograms, 4 * BINS),
    sample: new Float32Array(buffer, layout.sample, SAMPLE),
    sweepX: new Float32Array(buffer, layout.sweepX, SWEEP + 256),
    sweepY: new Float32Array(buffer, layout.sweepY, SWEEP + 256),
    indices: new Uint32Array(buffer, layout.indices, LIST),
    values: new Float32Array(buffer, layout.values, LIST),
  };
}

/** Elements [start, start + count) of a vector, without a new view where they are all of it. */
export function partOf(x: Float32Array, start: number, count: number): Float32Array {
  return count === x.length ? x : x.subarray(start, start + count);
}
