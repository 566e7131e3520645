/** Golomb–Rice index lists by WebAssembly, a window at a time (reference/rice.ts is the definition). */
import {
  decodeIndices as decodePlainly,
  encodeIndices as encodePlainly,
} from '../reference/rice.ts';
import type { QuotientSums, RicePlan } from '../kernels.ts';
import { SWEEP, type SimdMemory } from './memory.ts';

/** Indices of a window: so many that remainders of any width end with a whole byte. */
const INDICES = 8192;

/** Word of the state of `unpackGaps` that says where the next remainder begins. */
const REMAINDER_WORD = 6;

/** Bits of quotients that a window holds, 64 less than there is room for. */
const QUOTIENT_BITS = 32 * SWEEP;

/** Brings indices[start, start + count) into the memory; returns what would leave no gap before. */
function load(memory: SimdMemory, indices: Uint32Array, start: number, count: number): number {
  memory.indices.set(indices.subarray(start, start + count));
  return start === 0 ? 0 : indices[start - 1]! + 1;
}

/** `Kernels.quotientSums` */
export function quotientSums(
  memory: SimdMemory,
  indices: Uint32Array,
  count: number,
  parameter: number,
): QuotientSums {
  const { wasm, at, words } = memory;
  const first = at.sums >>> 2;
  words.fill(0, first, first + 4);
  for (let start = 0; start < count; start += INDICES) {
    const part = Math.min(INDICES, count - start);
    const next = load(memory, indices, start, part);
    wasm.addQuotients(at.indices, part, next, parameter, at.sums);
  }
  return [words[first]!, words[first + 1]!, words[first + 2]!, words[first + 3]!];
}

/** `Kernels.encodeIndices` */
export function encodeIndices(
  memory: SimdMemory,
  indices: Uint32Array,
  count: number,
  plan: RicePlan,
  out: Uint8Array,
  offset: number,
): void {
  const { wasm, at, bytes } = memory;
  const { sweepX: remainders, sweepY: quotients } = at;
  const { parameter, remainderBytes } = plan;
  const unary = offset + remainderBytes;
  if (!fitsWindows(indices, count, parameter)) {
    encodePlainly(indices, count, plan, out, offset);
    return;
  }
  // First bit of the window's quotients, of all.
  let position = 0;
  for (let start = 0; start < count; start += INDICES) {
    const part = Math.min(INDICES, count - start);
    const next = load(memory, indices, start, part);
    const most = quotientBits(next, indices[start + part - 1]!, part, parameter);
    bytes.fill(0, quotients, quotients + (most >>> 3) + 16);
    const shared = position & 7;
    if (shared > 0) bytes[quotients] = out[unary + (position >>> 3)]!;
    const end = wasm.packGaps(at.indices, part, next, parameter, remainders, quotients, shared);
    const size = (part * parameter + 7) >>> 3;
    out.set(bytes.subarray(remainders, remainders + size), offset + ((start * parameter) >>> 3));
    const unarySize = (end + 7) >>> 3;
    out.set(bytes.subarray(quotients, quotients + unarySize), unary + (position >>> 3));
    position += end - shared;
  }
}

/** Most bits that the quotients of `count` indices up to `last` take. */
function quotientBits(next: number, last: number, count: number, parameter: number): number {
  return ((last - next) >>> parameter) + count;
}

/** Whether the quotients of each window fit into the memory: they do but for hardly any indices. */
function fitsWindows(indices: Uint32Array, count: number, parameter: number): boolean {
  for (let start = 0; start < count; start += INDICES) {
    const end = Math.min(count, start + INDICES);
    const next = start === 0 ? 0 : indices[start - 1]! + 1;
    if (quotientBits(next, indices[end - 1]!, end - start, parameter) > QUOTIENT_BITS) return false;
  }
  return true;
}

/** Bytes of quotients of a window; each of their bits may end an index. */
const QUOTIENT_BYTES = INDICES;

/** `Kernels.decodeIndices`: what breaks a rule is left to the reference to name. */
export function decodeIndices(
  memory: SimdMemory,
  bytes: Uint8Array,
  parameter: number,
  count: number,
  length: number,
  indices: Uint32Array,
): void {
  const remainders = bytes.subarray(0, Math.ceil((count * parameter) / 8));
  const quotients = bytes.subarray(remainders.length);
  const isSound =
    hasNoRest(remainders, count * parameter) &&
    quotients.at(-1) !== 0 &&
    readGaps(memory, remainders, quotients, parameter, count, length, indices) === count;
  if (!isSound) decodePlainly(bytes, parameter, count, length, indices);
}

/** Whether the bits behind the first `bits` of the last byte are zero. */
function hasNoRest(bytes: Uint8Array, bits: number): boolean {
  return bits % 8 === 0 || (bytes.at(-1) ?? 0) >>> (bits % 8) === 0;
}

/** Reads indices until a rule is broken; returns how many of them keep to the rules, or −1. */
function readGaps(
  memory: SimdMemory,
  remainders: Uint8Array,
  quotients: Uint8Array,
  parameter: number,
  count: number,
  length: number,
  indices: Uint32Array,
): number {
  const { wasm, at, bytes, words } = memory;
  const state = at.sums >>> 2;
  words.fill(0, state, state + 8);
  let found = 0;
  for (let start = 0; start < quotients.length; start += QUOTIENT_BYTES) {
    const part = quotients.subarray(start, start + QUOTIENT_BYTES);
    bytes.set(part, at.sweepY);
    bytes.fill(0, at.sweepY + part.length, at.sweepY + ((part.length + 7) & -8));
    const firstBit = found * parameter;
    const from = Math.floor(firstBit / 8);
    const most = Math.min(8 * part.length, count - found);
    bytes.set(remainders.subarray(from, from + Math.ceil((most * parameter) / 8) + 1), at.values);
    words[state + REMAINDER_WORD] = firstBit % 8;
    const read = wasm.unpackGaps(
      at.sums,
      at.sweepY,
      (part.length + 7) >>> 3,
      at.values,
      parameter,
      most,
      length,
      at.indices,
    );
    if (read < 0) return -1;
    indices.set(memory.indices.subarray(0, read), found);
    found += read;
  }
  return found;
}
