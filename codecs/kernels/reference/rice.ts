/**
 * Golomb–Rice coded index lists (Golomb 1966; Rice & Plaunt 1971), remainders and quotients apart.
 *
 * Ascending indices become gaps g₀ = i₀, gⱼ = iⱼ − iⱼ₋₁ − 1. With parameter r, a gap is its low r
 * bits (remainder) and the rest (quotient). First all remainders, r bits each, low bit first, padded
 * to a byte; then all quotients in unary: q zero bits and a one, low bit of each byte first. For
 * random supports of density f this needs about 0.03 bits an index more than their entropy.
 */
import { bodyError } from '../body-error.ts';
import type { Kernels, QuotientSums, RicePlan } from '../kernels.ts';

export type { RicePlan };

/** Largest parameter: with it, quotients of 2²⁸ elements still fit in a few bits. */
export const MAX_RICE_PARAMETER = 24;

function planWith(parameter: number, count: number, quotients: number): RicePlan {
  return {
    parameter,
    remainderBytes: Math.ceil((count * parameter) / 8),
    quotientBytes: Math.ceil((quotients + count) / 8),
  };
}

function sizeOf(plan: RicePlan): number {
  return plan.remainderBytes + plan.quotientBytes;
}

/** Parameter close to the best for `count` indices spread evenly over `length`: log₂(mean gap · ln 2). */
function evenParameter(count: number, length: number): number {
  const mean = ((length - count) / count) * Math.LN2;
  return mean <= 1 ? 0 : Math.min(MAX_RICE_PARAMETER, Math.floor(Math.log2(mean)));
}

/** `Kernels.quotientSums` */
export function quotientSums(indices: Uint32Array, count: number, parameter: number): QuotientSums {
  let [a, b, c, d] = [0, 0, 0, 0];
  let next = 0;
  for (let j = 0; j < count; j++) {
    const quotient = (indices[j]! - next) >>> parameter;
    next = indices[j]! + 1;
    a += quotient;
    b += quotient >>> 1;
    c += quotient >>> 2;
    d += quotient >>> 3;
  }
  return [a, b, c, d];
}

/** Parameter to start the search from, fixed by the most indices there can be. */
function startParameter(maxCount: number, length: number): number {
  return Math.min(MAX_RICE_PARAMETER, evenParameter(maxCount, length) + 1);
}

/**
 * A small coding of indices[0..count) out of `length`. Starts at the parameter for `maxCount`
 * evenly spread indices, so that `maxIndexBytes(maxCount, length)` is never exceeded, and walks
 * downhill from there: clustered indices want a smaller parameter, fewer ones a larger.
 * Requires count ≤ maxCount < length.
 * @param sumsOf a back end's `quotientSums`
 */
export function planIndices(
  indices: Uint32Array,
  count: number,
  length: number,
  maxCount: number,
  sumsOf: Kernels['quotientSums'] = quotientSums,
): RicePlan {
  const first = startParameter(maxCount, length);
  // A walk seldom leaves these: two steps down, or one up.
  let lowest = Math.max(0, first - 2);
  let sums = sumsOf(indices, count, lowest);
  const plan = (parameter: number): RicePlan => {
    if (parameter < lowest || parameter > lowest + 3) {
      lowest = Math.max(0, parameter < lowest ? parameter - 3 : parameter);
      sums = sumsOf(indices, count, lowest);
    }
    return planWith(parameter, count, sums[parameter - lowest]!);
  };
  const start = plan(first);
  for (const direction of [-1, 1]) {
    let best = start;
    for (;;) {
      const parameter = best.parameter + direction;
      if (parameter < 0 || parameter > MAX_RICE_PARAMETER) break;
      const next = plan(parameter);
      if (sizeOf(next) >= sizeOf(best)) break;
      best = next;
    }
    if (best !== start) return best;
  }
  return start;
}

/** Largest size in bytes of any list of at most `maxCount` < `length` indices out of `length`. */
export function maxIndexBytes(maxCount: number, length: number): number {
  const parameter = startParameter(maxCount, length);
  return sizeOf(planWith(parameter, maxCount, Math.floor((length - maxCount) / 2 ** parameter)));
}

/** `Kernels.encodeIndices` */
export function encodeIndices(
  indices: Uint32Array,
  count: number,
  plan: RicePlan,
  out: Uint8Array,
  offset: number,
): void {
  const { parameter, remainderBytes, quotientBytes } = plan;
  const mask = 2 ** parameter - 1;
  const unary = offset + remainderBytes;
  out.fill(0, unary, unary + quotientBytes);
  let pending = 0;
  let pendingBits = 0;
  let at = offset;
  let position = 0;
  let next = 0;
  for (let j = 0; j < count; j++) {
    const gap = indices[j]! - next;
    next = indices[j]! + 1;
    pending |= (gap & mask) << pendingBits;
    pendingBits += parameter;
    while (pendingBits >= 8) {
      out[at++] = pending;
      pending >>>= 8;
      pendingBits -= 8;
    }
    position += gap >>> parameter;
    out[unary + (position >>> 3)]! |= 1 << (position & 7);
    position++;
  }
  if (pendingBits > 0) out[at] = pending;
}

/** `Kernels.decodeIndices` */
export function decodeIndices(
  bytes: Uint8Array,
  parameter: number,
  count: number,
  length: number,
  indices: Uint32Array,
): void {
  const unary = Math.ceil((count * parameter) / 8);
  if (unary > bytes.length) throw bodyError('index list is too short for its remainders');
  const mask = 2 ** parameter - 1;
  let pending = 0;
  let pendingBits = 0;
  let at = 0;
  let previousOne = -1;
  let next = 0;
  let j = 0;
  for (let byteAt = unary; byteAt < bytes.length; byteAt++) {
    let byte = bytes[byteAt]!;
    if (j === count) throw bodyError('bytes follow the last index');
    while (byte !== 0) {
      if (j === count) throw bodyError('bits follow the last index');
      const one = ((byteAt - unary) << 3) + 31 - Math.clz32(byte & -byte);
      byte &= byte - 1;
      while (pendingBits < parameter) {
        pending |= bytes[at++]! << pendingBits;
        pendingBits += 8;
      }
      const index = next + (one - previousOne - 1) * (mask + 1) + (pending & mask);
      pending >>>= parameter;
      pendingBits -= parameter;
      previousOne = one;
      if (index >= length) throw bodyError(`index ${index} is beyond the ${length} elements`);
      indices[j++] = index;
      next = index + 1;
    }
  }
  if (j < count) throw bodyError(`index list ends after ${j} of ${count} indices`);
  if (pending !== 0) throw bodyError('bits follow the last remainder');
}
