/**
 * Jobs of the level kernels (assembly/levels.ts): a plan, and where everything is. Vectors and bodies
 * that live in the memory are worked on in place; of others, windows stand for the whole.
 */
import { CHUNK_LENGTH, type RandomStream } from '../../random.ts';
import type { LevelsPlan } from '../kernels.ts';
import { codeWidth, scalesBytes } from '../levels-layout.ts';
import { planeBytes, planesOf, type Plane } from '../reference/planes.ts';
import { TRIT_GROUP } from '../reference/trits.ts';
import { partOf, PLANE_WINDOW, RECORD_BYTES, type Located, type SimdMemory } from './memory.ts';

/** Codes that share bytes of planes; what does not fill a group waits for the next window. */
const PLANE_GROUP = 128;
/** Bytes of a group of trits. */
const TRIT_GROUP_BYTES = 16;

/** Indices of a job's 32-bit words. */
const WORD = {
  length: 0,
  block: 1,
  levels: 2,
  mode: 3,
  directBits: 4,
  planes: 5,
  plane: 6,
  codesAt: 12,
  keyLow: 15,
  keyHigh: 16,
  vector: 17,
  residual: 18,
  hasResidual: 19,
  records: 20,
  scales: 21,
  generator: 22,
  statistics: 23,
  tail: 24,
  scratch: 25,
  codes: 26,
  units: 27,
} as const;
/** Indices of its 64-bit floats. */
const CLIP = 14;
const DIVISOR = 15;

/** Bits of the mode that assembly/unit.ts takes. */
const NORM_L2 = 1;
const COARSE = 2;
const CLIPPED = 4;

/** A plan with what follows from it. */
export interface Work {
  readonly plan: LevelsPlan;
  readonly planes: readonly Plane[];
  readonly mode: number;
  readonly clip: number;
  /** Where the codes of each plane, or the trits, start in the body. */
  readonly codesAt: readonly number[];
}

const works: WeakMap<LevelsPlan, Work> = new WeakMap();

export function workFor(plan: LevelsPlan): Work {
  let work = works.get(plan);
  if (work === undefined) works.set(plan, (work = newWork(plan)));
  return work;
}

function newWork(plan: LevelsPlan): Work {
  const planes = plan.packing === 'trits' ? [] : planesOf(codeWidth(plan.levels));
  const codesAt = [scalesBytes(plan)];
  for (const { bits } of planes) codesAt.push(codesAt.at(-1)! + planeBytes(bits, plan.length));
  return {
    plan,
    planes,
    mode:
      (plan.norm === 'l2' ? NORM_L2 : 0) |
      (plan.coarseScale ? COARSE : 0) |
      (plan.norm === 'max' && plan.clip !== undefined ? CLIPPED : 0),
    clip: plan.clip ?? 0,
    codesAt: planes.length > 0 ? codesAt.slice(0, -1) : codesAt,
  };
}

/** The statistics of a block are its largest and smallest magnitude alone, in whatever order. */
export function isRangeEnough({ mode }: Work): boolean {
  return (mode & (NORM_L2 | CLIPPED)) === 0;
}

/** Writes what does not change over a call. */
export function beginJob({ job, at }: SimdMemory, { plan, planes, mode, clip }: Work): void {
  const { words, doubles } = job;
  const [only] = planes;
  words[WORD.length] = plan.length;
  words[WORD.block] = plan.block;
  words[WORD.levels] = plan.levels;
  words[WORD.mode] = mode;
  words[WORD.directBits] = planes.length === 1 && only!.bits >= 4 ? only!.bits : 0;
  words[WORD.planes] = planes.length;
  planes.forEach(({ bits, shift }, i) => {
    words[WORD.plane + 2 * i] = bits;
    words[WORD.plane + 2 * i + 1] = shift;
  });
  words[WORD.hasResidual] = 0;
  words[WORD.generator] = at.generator;
  words[WORD.statistics] = at.statistics;
  words[WORD.tail] = at.tail;
  words[WORD.scratch] = at.y;
  words[WORD.codes] = at.codes;
  words[WORD.units] = at.units;
  doubles[CLIP] = clip;
  doubles[DIVISOR] = plan.divisor;
}

export function setStream({ job }: SimdMemory, { low, high }: RandomStream): void {
  job.words[WORD.keyLow] = low;
  job.words[WORD.keyHigh] = high;
}

/** Where the records and scales of blocks are, those of block `first` at the beginning. */
export interface Records {
  readonly first: number;
  readonly records: number;
  readonly scales: number;
}

export function setRecords({ job }: SimdMemory, { first, records, scales }: Records): void {
  job.words[WORD.records] = records - RECORD_BYTES * first;
  job.words[WORD.scales] = scales - 4 * first;
}

/** The vector to read or write: in place, or elements [start, start + count) through a window. */
export function setVector(
  { job, x }: SimdMemory,
  { array, own }: Located<Float32Array>,
  start: number,
  count: number,
  isRead: boolean,
): void {
  if (own < 0 && isRead) x.set(partOf(array, start, count));
  job.words[WORD.vector] = own < 0 ? x.byteOffset - 4 * start : own;
}

/** The residual, which is read and written. */
export function setResidual(
  { job, r }: SimdMemory,
  { array, own }: Located<Float32Array>,
  start: number,
  count: number,
): void {
  if (own < 0) r.set(partOf(array, start, count));
  job.words[WORD.residual] = own < 0 ? r.byteOffset - 4 * start : own;
  job.words[WORD.hasResidual] = 1;
}

/** What of a code section belongs to a window: bytes [from, from + size) of plane `index`. */
export interface Piece {
  readonly index: number;
  readonly from: number;
  readonly size: number;
}

/** Pieces that codes [start, start + count) take, which begin and end with groups or the vector. */
export function piecesOf({ planes }: Work, start: number, count: number): Piece[] {
  if (planes.length === 0) {
    const from = (start / TRIT_GROUP) * TRIT_GROUP_BYTES;
    return [{ index: 0, from, size: TRIT_GROUP_BYTES * Math.ceil(count / TRIT_GROUP) }];
  }
  return planes.map(({ bits }, index) => ({
    index,
    from: (start * bits) / 8,
    size: planeBytes(bits, count),
  }));
}

/** Pieces that encoding a window completes: codes of an incomplete group wait for the next. */
function completedPieces(work: Work, start: number, count: number): Piece[] {
  const isTrits = work.planes.length === 0;
  const group = isTrits ? TRIT_GROUP : PLANE_GROUP;
  const from = start - (start % group);
  const end = start + count;
  const isLast = end === work.plan.length;
  return piecesOf(work, from, isLast ? end - from : end - from - (end % group));
}

/** Elements at whose multiples ranges of one vector may be encoded by different threads. */
export function encodingUnit({ packing }: LevelsPlan): number {
  return packing === 'trits' ? CHUNK_LENGTH * (TRIT_GROUP / TRIT_GROUP_BYTES) : CHUNK_LENGTH;
}

/** Codes in place. */
function setCodesInPlace({ job }: SimdMemory, { codesAt }: Work, own: number): void {
  codesAt.forEach((offset, i) => {
    job.words[WORD.codesAt + i] = own + offset;
  });
}

function setPieces({ job, at }: SimdMemory, pieces: readonly Piece[]): void {
  for (const { index, from } of pieces)
    job.words[WORD.codesAt + index] = at.packed + PLANE_WINDOW * index - from;
}

/**
 * Codes to be written for a window: in place, or through windows.
 * @returns what is then in windows, for `flushCodes` to copy
 */
export function setCodesOut(
  memory: SimdMemory,
  work: Work,
  { own }: Located<Uint8Array>,
  start: number,
  count: number,
): readonly Piece[] {
  if (own >= 0) {
    setCodesInPlace(memory, work, own);
    return [];
  }
  const pieces = completedPieces(work, start, count);
  setPieces(memory, pieces);
  return pieces;
}

/** Copies pieces of codes from their windows to the body. */
export function flushCodes(
  { bytes, at }: SimdMemory,
  { codesAt }: Work,
  { array }: Located<Uint8Array>,
  pieces: readonly Piece[],
): void {
  for (const { index, from, size } of pieces) {
    const window = at.packed + PLANE_WINDOW * index;
    array.set(bytes.subarray(window, window + size), codesAt[index]! + from);
  }
}

/** Codes and scales of elements [start, start + count) for reading: in place, or through windows. */
export function setBody(
  memory: SimdMemory,
  work: Work,
  { array, own }: Located<Uint8Array>,
  start: number,
  count: number,
): void {
  const { bytes, at, job } = memory;
  if (own >= 0) {
    job.words[WORD.scales] = own;
    setCodesInPlace(memory, work, own);
    return;
  }
  const { block } = work.plan;
  const first = Math.floor(start / block);
  bytes.set(array.subarray(4 * first, 4 * Math.ceil((start + count) / block)), at.scales);
  job.words[WORD.scales] = at.scales - 4 * first;
  const pieces = piecesOf(work, start, count);
  setPieces(memory, pieces);
  for (const { index, from, size } of pieces) {
    const offset = work.codesAt[index]! + from;
    bytes.set(array.subarray(offset, offset + size), at.packed + PLANE_WINDOW * index);
  }
}
