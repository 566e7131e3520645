/** Single float32 values in and out of byte arrays of any alignment, and directed rounding. */

const FLOAT32_MAX = 3.4028234663852886e38;
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);
const bytes = new Uint8Array(float.buffer);

/** Writes a little-endian float32 at a byte offset. */
export function putFloat32(out: Uint8Array, offset: number, value: number): void {
  float[0] = value;
  out.set(bytes, offset);
}

/** Reads a little-endian float32 at a byte offset. */
export function getFloat32(source: Uint8Array, offset: number): number {
  for (let i = 0; i < 4; i++) bytes[i] = source[offset + i]!;
  return float[0]!;
}

/** The float32 with this bit pattern. */
export function floatFromBits(pattern: number): number {
  bits[0] = pattern;
  return float[0]!;
}

/** Smallest float32 not below `value` ≥ 0; at most the largest finite one. */
export function roundUp(value: number): number {
  float[0] = Math.min(value, FLOAT32_MAX);
  if (float[0] < value && float[0] < FLOAT32_MAX) bits[0] = bits[0]! + 1;
  return float[0];
}

/** Bits of a float32 significand that a coarse scale leaves zero: 24 − 12. */
const COARSE_MASK = 0xfff;
const SMALLEST_NORMAL_BITS = 0x00800000;
const INFINITY_BITS = 0x7f800000;

/**
 * `value` ≥ 0 rounded up to 12 significant bits. Denormals are kept: they have no bits to spare.
 * Near the top of the range the result is rounded down instead.
 */
export function roundUpCoarse(value: number): number {
  float[0] = roundUp(value);
  if (bits[0]! < SMALLEST_NORMAL_BITS) return float[0];
  const up = (bits[0]! + COARSE_MASK) & ~COARSE_MASK;
  bits[0] = up < INFINITY_BITS ? up : bits[0]! & ~COARSE_MASK;
  return float[0];
}
