/**
 * Read-only sweeps: non-finite search, largest magnitude, sum of squares.
 *
 * Magnitudes are compared as integers: with the sign bit cleared, float32 bit patterns order like
 * their values, and patterns from 0x7f800000 up are ±Infinity and NaN.
 */
import type { Summands } from '../kernels.ts';

/** Bit pattern of +Infinity: finite magnitudes are below. */
export const INFINITY_BITS = 0x7f800000;
export const MAGNITUDE_MASK = 0x7fffffff;

/** The same memory as 32-bit patterns. */
export function bitsOf(x: Float32Array): Int32Array {
  return new Int32Array(x.buffer, x.byteOffset, x.length);
}

/** Largest |x| over [start, end) as a bit pattern; 0 for an empty range. */
export function maxMagnitudeBits(bits: Int32Array, start: number, end: number): number {
  let a = 0;
  let b = 0;
  let i = start;
  for (; i + 1 < end; i += 2) {
    const u = bits[i]! & MAGNITUDE_MASK;
    const v = bits[i + 1]! & MAGNITUDE_MASK;
    if (u > a) a = u;
    if (v > b) b = v;
  }
  if (i < end) {
    const u = bits[i]! & MAGNITUDE_MASK;
    if (u > a) a = u;
  }
  return a > b ? a : b;
}

/** Index of the first NaN or ±Infinity, or −1. */
export function firstNonFinite(x: Float32Array): number {
  const bits = bitsOf(x);
  if (maxMagnitudeBits(bits, 0, bits.length) < INFINITY_BITS) return -1;
  return bits.findIndex((pattern) => (pattern & MAGNITUDE_MASK) >= INFINITY_BITS);
}

/**
 * Sum of squares over [start, end) in float64: four partial sums over index modulo 4 counted from
 * `start`, added as (s0 + s1) + (s2 + s3), the order a SIMD back end reproduces. No scaling is
 * needed: squares of float32 neither overflow nor vanish in float64.
 */
export function sumOfSquares(x: Float32Array, start: number, end: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = start;
  for (; i + 3 < end; i += 4) {
    s0 += x[i]! * x[i]!;
    s1 += x[i + 1]! * x[i + 1]!;
    s2 += x[i + 2]! * x[i + 2]!;
    s3 += x[i + 3]! * x[i + 3]!;
  }
  if (i < end) s0 += x[i]! * x[i]!;
  if (i + 1 < end) s1 += x[i + 1]! * x[i + 1]!;
  if (i + 2 < end) s2 += x[i + 2]! * x[i + 2]!;
  return s0 + s1 + (s2 + s3);
}

/** Index of the first i where x[i] + y[i] in float32 is not finite, or −1. */
export function firstNonFiniteSum(x: Float32Array, y: Float32Array): number {
  for (let i = 0; i < x.length; i++) {
    // A finite float32 minus itself is 0; NaN and ±Infinity give NaN.
    const sum = Math.fround(x[i]! + y[i]!);
    if (sum - sum !== 0) return i;
  }
  return -1;
}

/** `Kernels.gather` */
export function gather(source: Summands, indices: Uint32Array, values: Float32Array): boolean {
  const { x, y } = source;
  if (!y) {
    for (let j = 0; j < values.length; j++) values[j] = x[indices[j]!]!;
    return firstNonFinite(x) < 0;
  }
  for (let j = 0; j < values.length; j++) values[j] = x[indices[j]!]! + y[indices[j]!]!;
  return firstNonFiniteSum(x, y) < 0;
}
