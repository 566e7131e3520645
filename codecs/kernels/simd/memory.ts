/**
 * The memory that SIMD kernels work in: fixed windows of a few kilobytes, and lists of a
 * selection. Callers' vectors pass
 * through them piece by piece. A window stays in the first or second cache level, but copying a long
 * vector into it waits for main memory (0.11 to 0.15 ns an element on a 2024 server core), where a
 * kernel that reads in place does not: therefore vectors may live in the memory (vectors.ts).
 */
import { simdModule } from '../generated/simd.ts';
import { bytesOfBase64, compile, instantiateOn, privateMemory } from './wasm.ts';

/**
 * Elements of a window: divides the dither's chunk of 65536 and holds whole groups of bit planes;
 * per-call overhead is below 2 % from here up.
 */
export const WINDOW = 8192;

/** Elements of a window of a selection's sweep: it does little, so starting a copy costs more. */
export const SWEEP = 32768;

/** Most elements that a sample for top-k selection holds. */
export const SAMPLE = 65536;

/** Blocks whose records are kept at a time, so that they are measured once: 1.25 MiB. */
export const MAX_RECORDS = 65538;
/** Bytes of a block's record (assembly/unit.ts). */
export const RECORD_BYTES = 16;

/** Bytes of a job of the level kernels. */
const JOB_BYTES = 128;
/** Bytes of the window for one plane of codes, of three at most. */
export const PLANE_WINDOW = 10240;
/** Window for decoding trits: whole groups of them, 80, and of values. */
export const TRIT_WINDOW = 7680;

/** Counters of one histogram of selection; it uses four. */
export const BINS = 2048;

/** Pairs of an index and a value that lists in the memory hold. */
export const LIST: number = 2 ** 19;

/** Functions of the module; pointers are byte offsets. See codecs/kernels/assembly. */
interface Exports {
  maxMagnitude(x: number, count: number): number;
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
  measureBlocks(job: number, first: number, last: number): number;
  sweepElements(job: number, from: number, to: number): number;
  encodeElements(job: number, from: number, to: number): void;
  decodeElements(job: number, from: number, to: number, how: number, weight: number): void;
  maxCode(job: number, from: number, to: number): number;
  packPlane(codes: number, count: number, bits: number, shift: number, out: number): void;
  unpackPlane(packed: number, count: number, bits: number, shift: number, codes: number): void;
  packTrits(codes: number, count: number, out: number): void;
  unpackTrits(packed: number, count: number, codes: number): void;
  countBytes(bytes: number, count: number, histograms: number): void;
  encodeRans(codes: number, count: number, symbols: number, states: number, end: number): number;
  prepareSlots(symbol: number, slots: number, frequency: number): void;
  decodeRans(words: number, slots: number, states: number, codes: number, count: number): number;
  encodeElias(codes: number, count: number, words: number, out: number, bit: number): number;
  decodeElias(
    section: number,
    bit: number,
    prefixes: number,
    levels: number,
    codes: number,
    count: number,
  ): number;
  absorb(lanes: number, bytes: number, stripes: number): void;
  encodeHalf(format: number, x: number, count: number, out: number): number;
  decodeHalf(format: number, words: number, count: number, out: number): void;
  addHalf(format: number, words: number, count: number, out: number, weight: number): void;
  hasNonFiniteHalf(format: number, words: number, count: number): number;
  addFloats(x: number, count: number, out: number, weight: number): void;
  clear(at: number, bytes: number): void;
  divide(x: number, count: number, divisor: number): void;
  gatherLines(x: number, starts: number, count: number, out: number): void;
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

/** Where everything is, in bytes. */
interface Layout {
  readonly generator: number;
  readonly lanes: number;
  readonly statistics: number;
  readonly job: number;
  readonly x: number;
  readonly y: number;
  readonly r: number;
  readonly tail: number;
  readonly codes: number;
  readonly packed: number;
  readonly scales: number;
  readonly units: number;
  readonly records: number;
  readonly blockScales: number;
  readonly histograms: number;
  readonly ties: number;
  readonly orders: number;
  readonly sums: number;
  readonly sample: number;
  readonly states: number;
  readonly symbols: number;
  readonly slots: number;
  readonly codewords: number;
  readonly prefixes: number;
  readonly sweepX: number;
  readonly sweepY: number;
  readonly indices: number;
  readonly values: number;
}

/**
 * Windows are followed by room for a rounded-up group, and start at different offsets within a
 * page: streams that meet at the same offset slow each other down.
 * @param base first byte to use
 */
function placeAll(base: number): { readonly layout: Layout; readonly end: number } {
  let end = base;
  const place = (bytes: number): number => {
    const at = end;
    end = at + ((bytes + 63) & ~63) + 1088;
    return at;
  };
  const layout = {
    generator: place(256),
    lanes: place(64),
    statistics: place(40),
    job: place(JOB_BYTES),
    x: place(4 * WINDOW + 512),
    y: place(4 * WINDOW + 512),
    r: place(4 * WINDOW + 512),
    tail: place(4 * WINDOW + 512),
    codes: place(WINDOW + 512),
    packed: place(4 * WINDOW + 512),
    scales: place(4 * WINDOW + 64),
    units: place(4 * WINDOW + 512),
    records: place(RECORD_BYTES * MAX_RECORDS),
    blockScales: place(4 * MAX_RECORDS),
    histograms: place(16 * BINS),
    ties: place(16),
    orders: place(256),
    sums: place(32),
    sample: place(4 * SAMPLE),
    states: place(16),
    symbols: place(16 * 256),
    slots: place(4 * 4096),
    codewords: place(4 * 256),
    prefixes: place(8 * 2048),
    sweepX: place(4 * SWEEP + 1024),
    sweepY: place(4 * SWEEP + 1024),
    indices: place(4 * LIST + 64),
    values: place(4 * LIST + 64),
  };
  return { layout, end };
}

export const PAGE_BYTES = 65536;
/** AssemblyScript leaves the first kilobyte alone; so do we. */
export const FIRST_BYTE = 1024;

/** Bytes that one set of windows takes, with what lies before it. */
export const WINDOWS_END: number = placeAll(FIRST_BYTE).end;

/** Address of what is not in a memory. */
export const NOWHERE = -1;

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
  readonly r: Float32Array;
  readonly job: { readonly words: Int32Array; readonly doubles: Float64Array };
  readonly generator: Int32Array;
  readonly lanes: Int32Array;
  readonly histograms: Int32Array;
  readonly sample: Float32Array;
  readonly sweepX: Float32Array;
  readonly sweepY: Float32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
  /** Address of the first byte of an array that lives in this memory, or NOWHERE. */
  addressOf(array: ArrayBufferView): number;
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

/** Views of a set of windows that begins at `base`. */
export function memoryAt(
  exports: object,
  buffer: ArrayBufferLike,
  base: number,
  addressOf: (array: ArrayBufferView) => number,
): SimdMemory {
  const { layout } = placeAll(base);
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
    r: new Float32Array(buffer, layout.r, WINDOW),
    job: {
      words: new Int32Array(buffer, layout.job, JOB_BYTES / 4),
      doubles: new Float64Array(buffer, layout.job, JOB_BYTES / 8),
    },
    generator: new Int32Array(buffer, layout.generator, 16),
    lanes: new Int32Array(buffer, layout.lanes, 16),
    histograms: new Int32Array(buffer, layout.histograms, 4 * BINS),
    sample: new Float32Array(buffer, layout.sample, SAMPLE),
    sweepX: new Float32Array(buffer, layout.sweepX, SWEEP + 256),
    sweepY: new Float32Array(buffer, layout.sweepY, SWEEP + 256),
    indices: new Uint32Array(buffer, layout.indices, LIST),
    values: new Float32Array(buffer, layout.values, LIST),
    addressOf,
  };
}

/** The module on a memory of its own. @throws when the platform cannot run it */
export function createMemory(): SimdMemory {
  const memory = privateMemory(Math.ceil(WINDOWS_END / PAGE_BYTES));
  const exports = instantiateOn(compile(bytesOfBase64(simdModule)), memory);
  return memoryAt(exports, memory.buffer, FIRST_BYTE, () => NOWHERE);
}

/** Elements [start, start + count) of a vector, without a new view where they are all of it. */
export function partOf(x: Float32Array, start: number, count: number): Float32Array {
  return count === x.length ? x : x.subarray(start, start + count);
}

/** An array, and the address of its first byte where it lives in the memory, else NOWHERE. */
export interface Located<T extends ArrayBufferView> {
  readonly array: T;
  readonly own: number;
}

/** Finds out once a call where an array lives. */
export function locate<T extends ArrayBufferView>(memory: SimdMemory, array: T): Located<T> {
  return { array, own: memory.addressOf(array) };
}

/** Address of `size` bytes of an array from `offset` on, for reading: in place, or in a window. */
export function inputAt(
  { bytes, at }: SimdMemory,
  { array, own }: Located<Uint8Array>,
  offset: number,
  size: number,
): number {
  if (own >= 0) return own + offset;
  bytes.set(array.subarray(offset, offset + size), at.packed);
  return at.packed;
}

/** Where bytes for array[offset..) are to be written: in place, or in the window `flush` copies. */
export function outputAt({ at }: SimdMemory, { own }: Located<Uint8Array>, offset: number): number {
  return own >= 0 ? own + offset : at.packed;
}

/** Copies `size` bytes to array[offset..) where `outputAt` gave the window. */
export function flush(
  { bytes, at }: SimdMemory,
  { array, own }: Located<Uint8Array>,
  offset: number,
  size: number,
): void {
  if (own < 0) array.set(bytes.subarray(at.packed, at.packed + size), offset);
}
