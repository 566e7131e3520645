/**
 * Bodies of level codecs, window by window: unit of each block, dither, quantise, pack; and the way
 * back. Scratch is a few kilobytes, whatever the vector's length.
 */
import type { LevelsPlan } from '../kernels.ts';
import { scalesBytes } from '../levels-layout.ts';
import type { RandomStream } from '../../random.ts';
import { CODES_GROUP, CODES_TAIL, packCodes, unpackCodes } from './codes.ts';
import { DitherSource } from './dither.ts';
import { getFloat32, putFloat32 } from './float.ts';
import { dequantiseAddRun, dequantiseRun, quantiseRun } from './quantise.ts';
import { bitsOf, firstNonFinite, firstNonFiniteSum } from './scan.ts';
import { computeUnit, type Unit } from './unit.ts';
import { addVector } from './vector.ts';

/** Elements a window holds. */
const WINDOW = 8 * CODES_GROUP;
const codes = new Uint8Array(WINDOW + CODES_TAIL);
const dither = new Uint16Array(WINDOW + 32);
const source = new DitherSource();
const unit: Unit = { quantise: 0, decode: 0 };

/**
 * Writes the whole body, scales, then packed codes, of `x` or x + residual.
 * @returns −1, or the index of the first element that is not finite: then nothing was written
 */
export function encodeLevels(
  x: Float32Array,
  plan: LevelsPlan,
  stream: RandomStream,
  body: Uint8Array,
  residual?: Float32Array,
): number {
  const index = residual ? firstNonFiniteSum(x, residual) : firstNonFinite(x);
  if (index >= 0) return index;
  if (residual) addVector(x, residual);
  encodeFinite(residual ?? x, plan, stream, body);
  if (residual) addLevels(body, plan, residual, -1);
  return -1;
}

function encodeFinite(
  x: Float32Array,
  plan: LevelsPlan,
  stream: RandomStream,
  body: Uint8Array,
): void {
  const { length, block, levels } = plan;
  const clipped = plan.clip !== undefined;
  const bits = bitsOf(x);
  source.reset(stream);
  body.fill(0, 4 * Math.ceil(length / block), scalesBytes(plan));
  for (let start = 0; start < length; start += WINDOW) {
    const count = Math.min(WINDOW, length - start);
    source.fill(dither, (count + 31) & ~31);
    for (let from = start; from < start + count;) {
      const blockStart = from - (from % block);
      const blockEnd = Math.min(length, blockStart + block);
      if (from === blockStart) {
        computeUnit(x, bits, plan, blockStart, blockEnd, unit);
        putFloat32(body, 4 * (blockStart / block), unit.decode);
      }
      const to = Math.min(start + count, blockEnd);
      if (unit.quantise === 0) codes.fill(levels, from - start, to - start);
      else quantiseRun(x, from, to, unit.quantise, levels, dither, codes, from - start, clipped);
      from = to;
    }
    packCodes(codes, plan, start, count, body, scalesBytes(plan));
  }
}

/** Calls `run(from, to, at, scale)` for each stretch of one block within one unpacked window. */
function forEachRun(
  body: Uint8Array,
  plan: LevelsPlan,
  run: (from: number, to: number, at: number, scale: number) => void,
): void {
  const { length, block } = plan;
  for (let start = 0; start < length; start += WINDOW) {
    const end = Math.min(length, start + WINDOW);
    unpackCodes(body, scalesBytes(plan), plan, start, end - start, codes);
    for (let from = start; from < end;) {
      const index = Math.floor(from / block);
      const to = Math.min(end, (index + 1) * block);
      run(from, to, from - start, getFloat32(body, 4 * index));
      from = to;
    }
  }
}

/** out[i] = decoded value. */
export function decodeLevels(body: Uint8Array, plan: LevelsPlan, out: Float32Array): void {
  forEachRun(body, plan, (from, to, at, scale) =>
    dequantiseRun(codes, at, plan.levels, scale, out, from, to),
  );
}

/** sum[i] += weight · decoded value. */
export function addLevels(
  body: Uint8Array,
  plan: LevelsPlan,
  sum: Float32Array,
  weight: number,
): void {
  forEachRun(body, plan, (from, to, at, scale) =>
    dequantiseAddRun(codes, at, plan.levels, scale, sum, from, to, weight),
  );
}

/** Largest code among the elements (padding is not looked at). */
export function maxCode(body: Uint8Array, plan: LevelsPlan): number {
  let max = 0;
  forEachRun(body, plan, (from, to, at) => {
    for (let i = at; i < at + to - from; i++) max = Math.max(max, codes[i]!);
  });
  return max;
}
