/**
 * 16-bit floats: bfloat16 (8 exponent, 7 fraction bits) and IEEE 754 binary16 (5 and 10), rounded
 * to nearest, ties to even, saturating at the largest finite value. Bodies are little-endian 16-bit
 * words; they pass through an aligned window, so any byte offset will do.
 */
import type { HalfFormat } from '../kernels.ts';

const WINDOW = 4096;
const words = new Uint16Array(WINDOW);
const wordBytes = new Uint8Array(words.buffer);
const floats = new Float32Array(WINDOW);
const floatBits = new Int32Array(floats.buffer);
const single = new Float32Array(1);
const singleBits = new Int32Array(single.buffer);

/** Rounds bits[start..start + count) to bfloat16 words; returns the number saturated. */
function toBf16(bits: Int32Array, start: number, count: number): number {
  let saturated = 0;
  for (let i = 0; i < count; i++) {
    const pattern = bits[start + i]!;
    let word = (pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16;
    if ((word & 0x7fff) >= 0x7f80) {
      word = (word & 0x8000) | 0x7f7f;
      saturated++;
    }
    words[i] = word;
  }
  return saturated;
}

/** Magnitudes from 65520 up round beyond binary16; below 2⁻¹⁴ they become its denormals. */
const FP16_OVERFLOW_BITS = 0x477ff000;
const FP16_NORMAL_BITS = 0x38800000;
const HALF_BITS = 0x3f000000;

/** One magnitude, as binary16 without sign. Adding ½ aligns denormals to their unit 2⁻²⁴. */
function fp16Magnitude(pattern: number): number {
  if (pattern >= FP16_NORMAL_BITS)
    return (pattern + 0xfff + ((pattern >>> 13) & 1) - (112 << 23)) >>> 13;
  singleBits[0] = pattern;
  single[0] = single[0]! + 0.5;
  return singleBits[0] - HALF_BITS;
}

/** Rounds bits[start..start + count) to binary16 words; returns the number saturated. */
function toFp16(bits: Int32Array, start: number, count: number): number {
  let saturated = 0;
  for (let i = 0; i < count; i++) {
    const pattern = bits[start + i]!;
    const magnitude = pattern & 0x7fffffff;
    const overflow = magnitude >= FP16_OVERFLOW_BITS;
    if (overflow) saturated++;
    words[i] = ((pattern >>> 16) & 0x8000) | (overflow ? 0x7bff : fp16Magnitude(magnitude));
  }
  return saturated;
}

/** Rounds `x` into `body`; returns how many finite values lay beyond the format's range. */
export function encodeHalf(x: Float32Array, format: HalfFormat, body: Uint8Array): number {
  const bits = new Int32Array(x.buffer, x.byteOffset, x.length);
  const convert = format === 'bf16' ? toBf16 : toFp16;
  let saturated = 0;
  for (let start = 0; start < x.length; start += WINDOW) {
    const count = Math.min(WINDOW, x.length - start);
    saturated += convert(bits, start, count);
    body.set(wordBytes.subarray(0, 2 * count), 2 * start);
  }
  return saturated;
}

/** The 65536 binary16 values, built at first use: exact, and as fast for denormals. */
let fp16Values: Float32Array | undefined;

function fp16Table(): Float32Array {
  if (fp16Values) return fp16Values;
  fp16Values = new Float32Array(65536);
  for (let word = 0; word < 65536; word++) {
    const exponent = (word >>> 10) & 31;
    const fraction = word & 1023;
    const magnitude =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent === 31
          ? fraction === 0
            ? Infinity
            : NaN
          : (1024 + fraction) * 2 ** (exponent - 25);
    fp16Values[word] = word & 0x8000 ? -magnitude : magnitude;
  }
  return fp16Values;
}

/** Decodes words [start, start + count) of the body into floats[0..count). */
function expand(body: Uint8Array, format: HalfFormat, start: number, count: number): void {
  wordBytes.set(body.subarray(2 * start, 2 * (start + count)));
  if (format === 'bf16') {
    for (let i = 0; i < count; i++) floatBits[i] = words[i]! << 16;
    return;
  }
  const table = fp16Table();
  for (let i = 0; i < count; i++) floats[i] = table[words[i]!]!;
}

/** out[i] = the value of the i-th word. */
export function decodeHalf(body: Uint8Array, format: HalfFormat, out: Float32Array): void {
  for (let start = 0; start < out.length; start += WINDOW) {
    const count = Math.min(WINDOW, out.length - start);
    expand(body, format, start, count);
    out.set(floats.subarray(0, count), start);
  }
}

/** sum[i] += weight · the value of the i-th word. */
export function addHalf(
  body: Uint8Array,
  format: HalfFormat,
  sum: Float32Array,
  weight: number,
): void {
  const w = Math.fround(weight);
  for (let start = 0; start < sum.length; start += WINDOW) {
    const count = Math.min(WINDOW, sum.length - start);
    expand(body, format, start, count);
    for (let i = 0; i < count; i++) sum[start + i] = sum[start + i]! + Math.fround(floats[i]! * w);
  }
}

/** Index of the first word that is NaN or ±Infinity, or −1. */
export function firstNonFiniteHalf(body: Uint8Array, format: HalfFormat): number {
  const exponent = format === 'bf16' ? 0x7f80 : 0x7c00;
  const length = body.length >>> 1;
  for (let start = 0; start < length; start += WINDOW) {
    const count = Math.min(WINDOW, length - start);
    wordBytes.set(body.subarray(2 * start, 2 * (start + count)));
    for (let i = 0; i < count; i++) if ((words[i]! & exponent) === exponent) return start + i;
  }
  return -1;
}
