/**
 * Bodies of level codecs by SIMD, window by window (reference/levels.ts is the definition).
 *
 * A window is cut into segments at block boundaries: perhaps the rest of a block begun before
 * (`head` elements), then whole blocks, then perhaps the beginning of a block that ends later. Such
 * a block is swept for its statistics when it begins; its unit is carried to the windows after.
 */
import { CHUNK_LENGTH, seedLanes, type RandomStream } from '../../random.ts';
import type { LevelsPlan } from '../kernels.ts';
import { codeWidth, scalesBytes } from '../levels-layout.ts';
import { planeBytes, planesOf, type Plane } from '../reference/planes.ts';
import { TRIT_GROUP } from '../reference/trits.ts';
import { partOf, WINDOW, type SimdMemory } from './memory.ts';

const PLANE_GROUP = 128;
const DITHER_GROUP = 32;
const SEGMENT_BYTES = 16;
/** Decoding windows of trits: a multiple of both packing groups, 80 and 16. */
const TRIT_WINDOW = 7680;

/** Bits of the mode that assembly/unit.ts takes. */
const NORM_L2 = 1;
const COARSE = 2;
const CLIP = 4;

/** How a decoded value meets the vector. */
const WRITE = 0;
const ADD = 1;
const ADD_WEIGHTED = 2;

/** What the kernels need to know of a plan, worked out once a call. */
interface Work {
  readonly plan: LevelsPlan;
  readonly planes: readonly Plane[];
  /** Codes are 4 bits wide and blocks whole dither groups: packed while quantising. */
  readonly nibbles: boolean;
  readonly mode: number;
  readonly clip: number;
  /** Where the codes start in the body. */
  readonly codesAt: number;
}

function workFor(plan: LevelsPlan): Work {
  const planes = plan.packing === 'trits' ? [] : planesOf(codeWidth(plan.levels));
  return {
    plan,
    planes,
    nibbles: planes.length === 1 && planes[0]!.bits === 4,
    mode:
      (plan.norm === 'l2' ? NORM_L2 : 0) |
      (plan.coarseScale ? COARSE : 0) |
      (plan.norm === 'max' && plan.clip !== undefined ? CLIP : 0),
    clip: plan.clip ?? 0,
    codesAt: scalesBytes(plan),
  };
}

/** Segments of a window as the kernels take them: one of `head` unless 0, then `block` each. */
interface Segments {
  head: number;
  block: number;
  /** Boundaries lie at multiples of the group asked for. */
  aligned: boolean;
}

const segments: Segments = { head: 0, block: 0, aligned: false };

/** Cuts [start, start + count); a window within one block is one segment, whatever its length. */
function cut(start: number, count: number, block: number, group: number): Segments {
  const head = (block - (start % block)) % block;
  if (head >= count || (head === 0 && block >= count)) {
    segments.head = 0;
    segments.block = WINDOW;
    segments.aligned = true;
    return segments;
  }
  segments.head = head;
  segments.block = block;
  segments.aligned = head % group === 0 && block % group === 0;
  return segments;
}

/** Statistics of block [start, end) of `x`, through the second window. */
function sweepBlock(
  { wasm, at, y }: SimdMemory,
  x: Float32Array,
  start: number,
  end: number,
  mode: number,
): void {
  wasm.resetStatistics(at.statistics);
  for (let from = start; from < end; from += WINDOW) {
    const part = partOf(x, from, Math.min(WINDOW, end - from));
    y.set(part);
    wasm.addStatistics(at.statistics, at.y, part.length, mode);
  }
}

/** Writes the segment records of window [start, start + count) and the scales that begin in it. */
function prepareSegments(
  memory: SimdMemory,
  work: Work,
  x: Float32Array,
  start: number,
  count: number,
  body: Uint8Array,
): void {
  const { wasm, at, bytes } = memory;
  const { mode, clip, plan } = work;
  const { block, length, levels, divisor } = plan;
  const head = Math.min(count, (block - (start % block)) % block);
  const firstBlock = Math.ceil(start / block);
  let segment = at.segments;
  if (head > 0) {
    copyCarried(memory, segment);
    segment += SEGMENT_BYTES;
  }
  const whole = Math.floor((count - head) / block);
  const from = at.x + 4 * head;
  const { statistics, scales } = at;
  wasm.computeUnits(from, whole, block, statistics, segment, scales, levels, mode, clip, divisor);
  segment += whole * SEGMENT_BYTES;
  const scaleEnd = scales + 4 * whole;
  const restStart = start + head + whole * block;
  const rest = start + count - restStart;
  if (rest > 0) {
    const restEnd = Math.min(length, restStart + block);
    sweepBlock(memory, x, restStart, restEnd, mode);
    wasm.computeUnit(statistics, at.carried, restEnd - restStart, levels, mode, clip, divisor);
    copyCarried(memory, segment);
    bytes.copyWithin(scaleEnd, at.carried + 12, at.carried + 16);
  }
  body.set(bytes.subarray(scales, scaleEnd + (rest > 0 ? 4 : 0)), 4 * firstBlock);
}

function copyCarried({ bytes, at }: SimdMemory, segment: number): void {
  bytes.copyWithin(segment, at.carried, at.carried + SEGMENT_BYTES);
}

/** Writes the whole body: scales, then packed codes. */
export function encodeLevels(
  memory: SimdMemory,
  x: Float32Array,
  plan: LevelsPlan,
  stream: RandomStream,
  body: Uint8Array,
): void {
  const work = workFor(plan);
  const { length, block } = plan;
  body.fill(0, 4 * Math.ceil(length / block), work.codesAt);
  let carriedCodes = 0;
  for (let start = 0; start < length; start += WINDOW) {
    const count = Math.min(WINDOW, length - start);
    if (start % CHUNK_LENGTH === 0) seedLanes(memory.generator, stream, start / CHUNK_LENGTH);
    memory.x.set(partOf(x, start, count));
    memory.x.fill(0, count, (count + 127) & ~127);
    prepareSegments(memory, work, x, start, count, body);
    const nibbles = work.nibbles && count % DITHER_GROUP === 0;
    const packed = quantiseWindow(memory, work, start, count, carriedCodes, nibbles);
    if (packed) {
      const bytes = memory.bytes.subarray(memory.at.packed, memory.at.packed + count / 2);
      body.set(bytes, work.codesAt + start / 2);
    } else {
      carriedCodes = packWindow(memory, work, start, count, carriedCodes, body);
    }
  }
}

/**
 * Quantises the window behind `carriedCodes` codes; returns true when it packed them already,
 * which it may do for `nibbles`.
 */
function quantiseWindow(
  { wasm, at }: SimdMemory,
  { plan }: Work,
  start: number,
  count: number,
  carriedCodes: number,
  nibbles: boolean,
): boolean {
  const { head, block, aligned } = cut(start, count, plan.block, DITHER_GROUP);
  const limit = plan.levels * 32768;
  const { generator, x, segments: records, codes, units, packed } = at;
  const out = codes + carriedCodes;
  if (!aligned) {
    wasm.quantiseUnaligned(generator, x, count, head, block, records, units, out, limit);
    return false;
  }
  const padded = (count + DITHER_GROUP - 1) & -DITHER_GROUP;
  if (nibbles) wasm.quantiseToNibbles(generator, x, padded, head, block, records, packed, limit);
  else wasm.quantiseToBytes(generator, x, padded, head, block, records, out, limit);
  return nibbles;
}

/**
 * Packs the codes of window [start, start + count) and `carried` ones before them; returns how many
 * are left for the next window because their group is not complete.
 */
function packWindow(
  memory: SimdMemory,
  work: Work,
  start: number,
  count: number,
  carried: number,
  body: Uint8Array,
): number {
  const { wasm, at, bytes } = memory;
  const { plan, planes, codesAt } = work;
  const isTrits = plan.packing === 'trits';
  const total = carried + count;
  const isLast = start + count === plan.length;
  const left = isLast ? 0 : total % (isTrits ? TRIT_GROUP : PLANE_GROUP);
  const ready = total - left;
  if (isLast) bytes.fill(0, at.codes + total, at.codes + total + PLANE_GROUP);
  const first = start - carried;
  if (isTrits) {
    wasm.packTrits(at.codes, ready, at.packed);
    const size = 16 * Math.ceil(ready / TRIT_GROUP);
    body.set(bytes.subarray(at.packed, at.packed + size), codesAt + (first / TRIT_GROUP) * 16);
  } else {
    let offset = codesAt;
    for (const { bits, shift } of planes) {
      wasm.packPlane(at.codes, ready, bits, shift, at.packed);
      const size = planeBytes(bits, ready);
      body.set(bytes.subarray(at.packed, at.packed + size), offset + (first * bits) / 8);
      offset += planeBytes(bits, plan.length);
    }
  }
  bytes.copyWithin(at.codes, at.codes + ready, at.codes + total);
  return left;
}

/** Brings the codes of window [start, start + count) into the codes window, one a byte. */
function unpackWindow(
  { wasm, at, bytes }: SimdMemory,
  { plan, planes, codesAt }: Work,
  start: number,
  count: number,
  body: Uint8Array,
): void {
  if (plan.packing === 'trits') {
    const from = codesAt + (start / TRIT_GROUP) * 16;
    bytes.set(body.subarray(from, from + 16 * Math.ceil(count / TRIT_GROUP)), at.packed);
    wasm.unpackTrits(at.packed, count, at.codes);
    return;
  }
  let offset = codesAt;
  for (const { bits, shift } of planes) {
    const from = offset + (start * bits) / 8;
    bytes.set(body.subarray(from, from + planeBytes(bits, count)), at.packed);
    wasm.unpackPlane(at.packed, count, bits, shift, at.codes);
    offset += planeBytes(bits, plan.length);
  }
}

/** Decodes window [start, start + count) into, or onto, the first window. */
function dequantiseWindow(
  memory: SimdMemory,
  work: Work,
  start: number,
  count: number,
  body: Uint8Array,
  how: number,
  weight: number,
): void {
  const { wasm, at, bytes } = memory;
  const { plan, codesAt } = work;
  const { levels } = plan;
  const firstBlock = Math.floor(start / plan.block);
  const lastBlock = Math.ceil((start + count) / plan.block);
  bytes.set(body.subarray(4 * firstBlock, 4 * lastBlock), at.scales);
  const { head, block, aligned } = cut(start, count, plan.block, work.nibbles ? 32 : 16);
  const { packed, codes, scales, units, x } = at;
  if (work.nibbles && aligned) {
    const from = codesAt + start / 2;
    bytes.set(body.subarray(from, from + planeBytes(4, count)), packed);
    wasm.dequantiseNibbles(how, packed, count, head, block, scales, levels, x, weight);
    return;
  }
  unpackWindow(memory, work, start, count, body);
  if (aligned) wasm.dequantiseBytes(how, codes, count, head, block, scales, levels, x, weight);
  else wasm.dequantiseUnaligned(how, codes, count, head, block, scales, units, levels, x, weight);
}

function windowOf(plan: LevelsPlan): number {
  return plan.packing === 'trits' ? TRIT_WINDOW : WINDOW;
}

/** out[i] = decoded value. */
export function decodeLevels(
  memory: SimdMemory,
  body: Uint8Array,
  plan: LevelsPlan,
  out: Float32Array,
): void {
  const work = workFor(plan);
  const window = windowOf(plan);
  for (let start = 0; start < plan.length; start += window) {
    const count = Math.min(window, plan.length - start);
    dequantiseWindow(memory, work, start, count, body, WRITE, 1);
    out.set(partOf(memory.x, 0, count), start);
  }
}

/** sum[i] += weight · decoded value. */
export function addLevels(
  memory: SimdMemory,
  body: Uint8Array,
  plan: LevelsPlan,
  sum: Float32Array,
  weight: number,
): void {
  const work = workFor(plan);
  const window = windowOf(plan);
  const how = weight === 1 ? ADD : ADD_WEIGHTED;
  for (let start = 0; start < plan.length; start += window) {
    const count = Math.min(window, plan.length - start);
    memory.x.set(partOf(sum, start, count));
    dequantiseWindow(memory, work, start, count, body, how, weight);
    sum.set(partOf(memory.x, 0, count), start);
  }
}

/** Largest code among the elements (padding is not looked at). */
export function maxCode(memory: SimdMemory, body: Uint8Array, plan: LevelsPlan): number {
  const work = workFor(plan);
  const window = windowOf(plan);
  let max = 0;
  for (let start = 0; start < plan.length; start += window) {
    const count = Math.min(window, plan.length - start);
    unpackWindow(memory, work, start, count, body);
    max = Math.max(max, memory.wasm.maxByte(memory.at.codes, count));
  }
  return max;
}
