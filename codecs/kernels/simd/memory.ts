/**
 * The memory that SIMD kernels work in: fixed windows of a few kilobytes. Callers' vectors pass
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
  sumFloats(x: number, y: number, count: number, out: number): void;
  countAtLeast(x: number, count: number, threshold: number): number;
  findThreshold(x: number, count: number, wanted: number, slack: number): number;
  compact(
    x: number,
    count: number,
    threshold: number,
    base: number,
    indices: number,
    keys: number,
  ): number;
  keepAbove(indices: number, keys: number, count: number, threshold: number, ties: number): number;
  selectInWindow(
    x: number,
    count: number,
    k: number,
    base: number,
    scratch: number,
    indices: number,
    keys: number,
  ): number;
  countDigits(
    x: number,
    count: number,
    shift: number,
    width: number,
    prefix: number,
    histograms: number,
  ): void;
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
  readonly indices: number;
  readonly keys: number;
  readonly histograms: number;
  readonly sample: number;
  readonly states: number;
  readonly symbols: number;
  readonly slots: number;
  readonly codewords: number;
  readonly prefixes: number;
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
    indices: place(8 * WINDOW + 64),
    keys: place(8 * WINDOW + 64),
    histograms: place(16 * BINS),
    sample: place(4 * SAMPLE),
    states: place(16),
    symbols: place(16 * 256),
    slots: place(4 * 4096),
    codewords: place(4 * 256),
    prefixes: place(8 * 2048),
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
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly r: Float32Array;
  readonly job: { readonly words: Int32Array; readonly doubles: Float64Array };
  readonly lanes: Int32Array;
  readonly indices: Uint32Array;
  readonly keys: Int32Array;
  readonly histograms: Int32Array;
  /** Address of the first byte of an array that lives in this memory, or NOWHERE. */
  addressOf(array: ArrayBufferView): number;
}

/** Views of a set of windows that begins at `base`. */
export function memoryAt(
  exports: object,
  buffer: ArrayBufferLike,
  base: number,
  addressOf: (array: ArrayBufferView) => number,
): SimdMemory {
  const { layout } = placeAll(base);
  return {
    wasm: exports as Exports,
    at: layout,
    bytes: new Uint8Array(buffer),
    words: new Int32Array(buffer),
    floats: new Float32Array(buffer),
    x: new Float32Array(buffer, layout.x, WINDOW),
    y: new Float32Array(buffer, layout.y, WINDOW),
    r: new Float32Array(buffer, layout.r, WINDOW),
    job: {
      words: new Int32Array(buffer, layout.job, JOB_BYTES / 4),
      doubles: new Float64Array(buffer, layout.job, JOB_BYTES / 8),
    },
    lanes: new Int32Array(buffer, layout.lanes, 16),
    indices: new Uint32Array(buffer, layout.indices, 2 * WINDOW),
    keys: new Int32Array(buffer, layout.keys, 2 * WINDOW),
    histograms: new Int32Array(buffer, layout.histograms, 4 * BINS),
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
