/**
 * Encoding of level codecs by SIMD (reference/levels.ts is the definition), in two sweeps.
 *
 * The first sweep computes a record for each block (assembly/unit.ts), and with it finds out whether
 * all elements are finite, before a byte is written. The second quantises and packs; with a residual
 * it encodes gradient + residual, and leaves what the codes do not say.
 *
 * Where there are more blocks than records are kept for, a plain sweep looks for non-finite elements,
 * and the two sweeps take turns, a stretch of the vector at a time.
 */
import { CHUNK_LENGTH, type RandomStream } from '../../random.ts';
import type { LevelsPlan } from '../kernels.ts';
import { blockCount } from '../levels-layout.ts';
import { INFINITY_BITS } from '../reference/scan.ts';
import { LEAST_FOR_THREADS, runInParts, type Crew } from './crew.ts';
import {
  beginJob,
  encodingUnit,
  isRangeEnough,
  flushCodes,
  setCodesOut,
  setRecords,
  setResidual,
  setStream,
  setVector,
  workFor,
  type Records,
  type Work,
} from './levels-job.ts';
import {
  locate,
  MAX_RECORDS,
  partOf,
  RECORD_BYTES,
  WINDOW,
  type Located,
  type SimdMemory,
} from './memory.ts';
import { firstNonFinite, firstNonFiniteSum } from './scan.ts';
import { load, loadSum } from './vector.ts';

/** What is encoded, x or x + residual, and the body it becomes. */
interface Encoding {
  readonly work: Work;
  readonly x: Located<Float32Array>;
  readonly residual: Located<Float32Array> | undefined;
  readonly body: Located<Uint8Array>;
  readonly stream: RandomStream;
}

/** All of it lives in the kernels' memory. */
function isInPlace({ x, residual, body }: Encoding): boolean {
  return x.own >= 0 && body.own >= 0 && (!residual || residual.own >= 0);
}

/** Long enough for several threads, and where they all reach it. */
function isWorthThreads(encoding: Encoding): boolean {
  return encoding.work.plan.length >= LEAST_FOR_THREADS && isInPlace(encoding);
}

/** Index of the first element that is not finite, or −1. */
function firstNonFiniteOf(memory: SimdMemory, { x, residual }: Encoding): number {
  return residual
    ? firstNonFiniteSum(memory, x.array, residual.array)
    : firstNonFinite(memory, x.array);
}

/** Brings elements [start, start + count) of the vectors in reach of the job. */
function setSource(
  memory: SimdMemory,
  { x, residual }: Encoding,
  start: number,
  count: number,
): void {
  setVector(memory, x, start, count, true);
  if (residual) setResidual(memory, residual, start, count);
}

/** Record and scale of block `b`, longer than a window, of vectors that are not in the memory. */
function measureLong(
  memory: SimdMemory,
  { work, x, residual }: Encoding,
  place: Records,
  b: number,
): number {
  const { wasm, at, words } = memory;
  const { plan, mode, clip } = work;
  const start = b * plan.block;
  const end = Math.min(plan.length, start + plan.block);
  const record = place.records + RECORD_BYTES * (b - place.first);
  wasm.resetStatistics(at.statistics);
  for (let from = start; from < end; from += WINDOW) {
    const count = Math.min(WINDOW, end - from);
    const address = residual
      ? loadSum(memory, x, residual, from, count, at.r)
      : load(memory, x, from, count);
    wasm.addStatistics(at.statistics, address, count, mode);
  }
  wasm.computeUnit(at.statistics, record, end - start, plan.levels, mode, clip, plan.divisor);
  words[(place.scales >>> 2) + b - place.first] = words[(record + 12) >>> 2]!;
  return words[at.statistics >>> 2]!;
}

/**
 * Writes the records and scales of blocks [first, last).
 * @returns the largest magnitude in them as a bit pattern: not finite from INFINITY_BITS up
 */
function measureBlocks(
  memory: SimdMemory,
  encoding: Encoding,
  place: Records,
  first: number,
  last: number,
): number {
  const { wasm, at } = memory;
  const { x, residual, work } = encoding;
  const { block, length } = work.plan;
  setRecords(memory, place);
  if (x.own >= 0 && (!residual || residual.own >= 0)) {
    setSource(memory, encoding, 0, length);
    return wasm.measureBlocks(at.job, first, last);
  }
  const atOnce = Math.max(1, Math.floor(WINDOW / block));
  let most = 0;
  for (let b = first; b < last; b += atOnce) {
    if (block > WINDOW) {
      most = Math.max(most, measureLong(memory, encoding, place, b));
      continue;
    }
    const end = Math.min(last, b + atOnce);
    setSource(memory, encoding, b * block, Math.min(length, end * block) - b * block);
    most = Math.max(most, wasm.measureBlocks(at.job, b, end));
  }
  return most;
}

/** Quantises and packs elements [from, to), whose blocks were measured. */
function encodeElements(memory: SimdMemory, encoding: Encoding, from: number, to: number): void {
  const { wasm, at } = memory;
  const { work, residual, body } = encoding;
  const step = isInPlace(encoding) ? Math.max(1, to - from) : WINDOW;
  for (let start = from; start < to; start += step) {
    const count = Math.min(step, to - start);
    setSource(memory, encoding, start, count);
    const pieces = setCodesOut(memory, work, body, start, count);
    wasm.encodeElements(at.job, start, start + count);
    flushCodes(memory, work, body, pieces);
    if (residual && residual.own < 0) residual.array.set(partOf(memory.r, 0, count), start);
  }
}

/** Prepares the crew's jobs for vectors and a body that live in the memory. */
function setCrew(crew: Crew, encoding: Encoding, place: Records): void {
  const { work, stream, body } = encoding;
  const { length } = work.plan;
  for (const memory of crew.memories) {
    beginJob(memory, work);
    setStream(memory, stream);
    setRecords(memory, place);
    setSource(memory, encoding, 0, length);
    setCodesOut(memory, work, body, 0, length);
  }
}

/** Elements of which the kernels take four at a time when they sweep. */
const SWEEP_UNIT = 4;

/** Record and scale of the only block, in place, of which every thread sweeps a part. */
function measureWhole(
  memory: SimdMemory,
  crew: Crew,
  { work: { plan, mode, clip } }: Encoding,
  { records, scales }: Records,
): number {
  const { wasm, at, words } = memory;
  const most = runInParts(memory, crew, 'sweepElements', plan.length, SWEEP_UNIT);
  const record = at.statistics >>> 2;
  words[record] = Math.max(...most);
  for (const { words: others, at: other } of crew.memories)
    words[record + 1] = Math.min(words[record + 1]!, others[(other.statistics >>> 2) + 1]!);
  wasm.computeUnit(at.statistics, records, plan.length, plan.levels, mode, clip, plan.divisor);
  words[scales >>> 2] = words[(records + 12) >>> 2]!;
  return words[record];
}

/** `measureBlocks` of all blocks, in place. */
function measureInParts(
  memory: SimdMemory,
  crew: Crew,
  encoding: Encoding,
  place: Records,
): number {
  const { work } = encoding;
  const blocks = blockCount(work.plan);
  setRecords(memory, place);
  setSource(memory, encoding, 0, work.plan.length);
  if (blocks === 1 && isRangeEnough(work)) return measureWhole(memory, crew, encoding, place);
  // Squares are added in their order, so a block is the work of one thread.
  return Math.max(...runInParts(memory, crew, 'measureBlocks', blocks, 1));
}

/** `encodeElements` of everything, in place. */
function encodeInParts(memory: SimdMemory, crew: Crew, encoding: Encoding): void {
  const { work, body } = encoding;
  const { length } = work.plan;
  setSource(memory, encoding, 0, length);
  setCodesOut(memory, work, body, 0, length);
  runInParts(memory, crew, 'encodeElements', length, encodingUnit(work.plan));
}

/** Copies the scales of blocks [first, last) into the body. */
function writeScales(
  { bytes }: SimdMemory,
  place: Records,
  first: number,
  last: number,
  body: Uint8Array,
): void {
  const from = place.scales + 4 * (first - place.first);
  body.set(bytes.subarray(from, from + 4 * (last - first)), 4 * first);
}

/** The memory's own room for records. */
function recordsOf({ at }: SimdMemory): Records {
  return { first: 0, records: at.records, scales: at.blockScales };
}

/** Moves record and scale of a block to where it is among other records. */
function moveRecord({ bytes }: SimdMemory, from: Records, to: Records, block: number): void {
  const record = from.records + RECORD_BYTES * (block - from.first);
  const scale = from.scales + 4 * (block - from.first);
  bytes.copyWithin(to.records + RECORD_BYTES * (block - to.first), record, record + RECORD_BYTES);
  bytes.copyWithin(to.scales + 4 * (block - to.first), scale, scale + 4);
}

/** Elements encoded in one turn where there are more blocks than records. */
function stretchOf({ block }: LevelsPlan): number {
  return Math.floor(((MAX_RECORDS - 2) * block) / CHUNK_LENGTH) * CHUNK_LENGTH;
}

/** Measures and encodes by turns, for more blocks than there is room for records. */
function encodeByStretches(memory: SimdMemory, encoding: Encoding): void {
  const { plan } = encoding.work;
  const { block, length } = plan;
  const stretch = stretchOf(plan);
  let previous = recordsOf(memory);
  for (let from = 0; from < length; from += stretch) {
    const to = Math.min(length, from + stretch);
    const first = Math.floor(from / block);
    const last = Math.ceil(to / block);
    const place: Records = { ...previous, first };
    // A block that began in the stretch before keeps its record: its residual has changed since.
    const isBegun = from % block !== 0;
    if (isBegun) moveRecord(memory, previous, place, first);
    measureBlocks(memory, encoding, place, isBegun ? first + 1 : first, last);
    writeScales(memory, place, first, last, encoding.body.array);
    encodeElements(memory, encoding, from, to);
    previous = place;
  }
}

/**
 * Writes the whole body: scales, then packed codes.
 * @returns −1, or the index of the first element that is not finite: then nothing was written
 */
export function encodeLevels(
  memory: SimdMemory,
  x: Float32Array,
  residual: Float32Array | undefined,
  plan: LevelsPlan,
  stream: RandomStream,
  body: Uint8Array,
  crew?: Crew,
): number {
  const encoding: Encoding = {
    work: workFor(plan),
    x: locate(memory, x),
    residual: residual && locate(memory, residual),
    body: locate(memory, body),
    stream,
  };
  const blocks = blockCount(plan);
  const fits = blocks <= MAX_RECORDS;
  const place = recordsOf(memory);
  const threads = fits && isWorthThreads(encoding) ? crew : undefined;
  beginJob(memory, encoding.work);
  setStream(memory, stream);
  if (threads) setCrew(threads, encoding, place);
  const most = threads
    ? measureInParts(memory, threads, encoding, place)
    : fits
      ? measureBlocks(memory, encoding, place, 0, blocks)
      : INFINITY_BITS;
  if (most >= INFINITY_BITS) {
    const index = firstNonFiniteOf(memory, encoding);
    if (index >= 0) return index;
  }
  body.fill(0, 4 * blocks, encoding.work.codesAt[0]);
  if (fits) {
    writeScales(memory, place, 0, blocks, body);
    if (threads) encodeInParts(memory, threads, encoding);
    else encodeElements(memory, encoding, 0, plan.length);
  } else {
    encodeByStretches(memory, encoding);
  }
  return -1;
}
