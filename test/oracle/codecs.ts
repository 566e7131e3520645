/**
 * Textbook versions of what the codecs do: sorting instead of radix selection, BigInt instead of
 * float tricks, one bit at a time instead of planes. Slow, and so plain that they can be read once
 * and believed. Nothing here imports the code it checks.
 */

// Exact arithmetic on float32 values. A float32 is an integer multiple of 2⁻¹⁴⁹.

/** Binary places of the exact integers below. */
const EXACT_PLACES = 149;

/** x · 2¹⁴⁹ for a float32 x. The product fits a float64 exactly. */
export function exact(x: number): bigint {
  return BigInt(x * 2 ** EXACT_PLACES);
}

/** Σx² · 2²⁹⁸. */
export function exactSumOfSquares(x: Iterable<number>): bigint {
  let sum = 0n;
  for (const value of x) sum += exact(value) ** 2n;
  return sum;
}

/** An integer multiple of 2⁻²⁹⁸ as the nearest float64. */
export function fromSquares(sum: bigint): number {
  return Number(sum) * 2 ** -298;
}

/** ‖x‖² in float64, correctly rounded. */
export function energy(x: Iterable<number>): number {
  return fromSquares(exactSumOfSquares(x));
}

/** ‖x − y‖² · 2²⁹⁸. */
export function exactSquaredDistance(x: Float32Array, y: Float32Array): bigint {
  let sum = 0n;
  for (let i = 0; i < x.length; i++) sum += (exact(x[i]!) - exact(y[i]!)) ** 2n;
  return sum;
}

/** ‖x − y‖² in float64, correctly rounded. */
export function squaredDistance(x: Float32Array, y: Float32Array): number {
  return fromSquares(exactSquaredDistance(x, y));
}

// Top-k by a full sort.

/** The k largest magnitudes of x[start..end), ties by lowest index, zeros never; ascending. */
export function topKBySort(x: Float32Array, start: number, end: number, k: number): number[] {
  const indices = Array.from({ length: end - start }, (_, i) => start + i);
  indices.sort((i, j) => Math.abs(x[j]!) - Math.abs(x[i]!) || i - j);
  return indices
    .slice(0, k)
    .filter((i) => x[i] !== 0)
    .sort((i, j) => i - j);
}

/** x where the indices are, zero elsewhere. */
export function keepOnly(x: Float32Array, indices: readonly number[]): Float32Array {
  const out = new Float32Array(x.length);
  for (const i of indices) out[i] = x[i]!;
  return out;
}

// Stochastic rounding to levels, exactly.

/**
 * Level of x under dither r of 2¹⁵: ⌊x/u + r/2¹⁵⌋, with no rounding anywhere.
 * @param unit step u > 0, a float32
 */
export function ditheredLevel(x: number, unit: number, r: number): number {
  const numerator = exact(x) * 32768n + BigInt(r) * exact(unit);
  const denominator = exact(unit) * 32768n;
  const quotient = numerator / denominator;
  return Number(numerator % denominator < 0n ? quotient - 1n : quotient);
}

/** Position of x between the levels around it, 0 at the lower: the probability to round up. */
export function fraction(x: number, unit: number): number {
  const u = exact(unit);
  const rest = ((exact(x) % u) + u) % u;
  return Number(rest) / Number(u);
}

// Bits, one at a time. A bit list is an array of 0 and 1, first bit first, low bit of a byte first.

/** Bytes of a bit list, zero-padded. */
function bitsToBytes(bits: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [i, bit] of bits.entries()) bytes[i >>> 3]! += bit * 2 ** (i & 7);
  return bytes;
}

function bitAt(bytes: Uint8Array, position: number): number {
  return Math.floor(bytes[position >>> 3]! / 2 ** (position & 7)) % 2;
}

/** Powers of two that add up to the width, largest first: the planes of a code. */
function planeWidths(width: number): number[] {
  return [8, 4, 2, 1].filter((bits) => Math.floor(width / bits) % 2 === 1);
}

/** Bytes of packed codes of `width` bits. */
export function planesByteLength(width: number, length: number): number {
  return planeWidths(width).reduce((sum, bits) => sum + 16 * Math.ceil((length * bits) / 128), 0);
}

/** Bit position, from the start of the packed planes, of bit `b` of code `i` of `length`. */
function planeBitPosition(width: number, length: number, i: number, b: number): number {
  let start = 0;
  let shift = 0;
  for (const bits of planeWidths(width)) {
    if (b < shift + bits) {
      const codesInGroup = 128 / bits;
      const group = Math.floor(i / codesInGroup);
      const within = i % codesInGroup;
      const byte = start + 16 * group + (within % 16);
      return 8 * byte + bits * Math.floor(within / 16) + (b - shift);
    }
    start += 16 * Math.ceil((length * bits) / 128);
    shift += bits;
  }
  throw new RangeError(`code has no bit ${b}`);
}

/** Packs codes into planes bit by bit. */
export function packPlanesBitwise(codes: ArrayLike<number>, width: number): Uint8Array {
  const { length } = codes;
  const bits = Array.from({ length: 8 * planesByteLength(width, length) }, () => 0);
  for (let i = 0; i < length; i++)
    for (let b = 0; b < width; b++)
      bits[planeBitPosition(width, length, i, b)] = Math.floor(codes[i]! / 2 ** b) % 2;
  return bitsToBytes(bits);
}

/** Reads codes from planes bit by bit. */
export function unpackPlanesBitwise(bytes: Uint8Array, width: number, length: number): number[] {
  return Array.from({ length }, (_, i) => {
    let code = 0;
    for (let b = 0; b < width; b++)
      code += 2 ** b * bitAt(bytes, planeBitPosition(width, length, i, b));
    return code;
  });
}

/** Packs trits: byte j of a group of 80 is ⌈256 v/243⌉, v the base-3 number of its five codes. */
export function packTritsPlainly(codes: ArrayLike<number>): Uint8Array {
  const groups = Math.ceil(codes.length / 80);
  return Uint8Array.from({ length: 16 * groups }, (_, at) => {
    const group = Math.floor(at / 16);
    let v = 0;
    for (let i = 0; i < 5; i++) v = 3 * v + (codes[80 * group + (at % 16) + 16 * i] ?? 0);
    return Math.ceil((256 * v) / 243);
  });
}

/** The five trits of a byte: digits of ⌊243 b/256⌋ in base 3, most significant first. */
export function tritsOfByte(byte: number): number[] {
  const v = Math.floor((243 * byte) / 256);
  return [81, 27, 9, 3, 1].map((weight) => Math.floor(v / weight) % 3);
}

// Golomb–Rice index lists.

function gapsOf(indices: readonly number[]): number[] {
  return indices.map((index, j) => (j === 0 ? index : index - indices[j - 1]! - 1));
}

/** Bytes of an index list with parameter r: remainders, then unary quotients, each from a byte on. */
export function riceByteLength(indices: readonly number[], r: number): number {
  const quotients = gapsOf(indices).reduce((sum, gap) => sum + Math.floor(gap / 2 ** r), 0);
  return Math.ceil((r * indices.length) / 8) + Math.ceil((quotients + indices.length) / 8);
}

/** The index list, bit by bit. */
export function riceEncodeBitwise(indices: readonly number[], r: number): Uint8Array {
  const remainders: number[] = [];
  const quotients: number[] = [];
  for (const gap of gapsOf(indices)) {
    for (let b = 0; b < r; b++) remainders.push(Math.floor(gap / 2 ** b) % 2);
    for (let q = Math.floor(gap / 2 ** r); q > 0; q--) quotients.push(0);
    quotients.push(1);
  }
  const first = bitsToBytes(remainders);
  const second = bitsToBytes(quotients);
  return Uint8Array.from([...first, ...second]);
}

/** Inverts `riceEncodeBitwise`. */
export function riceDecodeBitwise(bytes: Uint8Array, r: number, count: number): number[] {
  let remainderAt = 0;
  let quotientAt = 8 * Math.ceil((r * count) / 8);
  let next = 0;
  return Array.from({ length: count }, () => {
    let gap = 0;
    for (; bitAt(bytes, quotientAt) === 0; quotientAt++) gap += 2 ** r;
    quotientAt++;
    for (let b = 0; b < r; b++, remainderAt++) gap += 2 ** b * bitAt(bytes, remainderAt);
    const index = next + gap;
    next = index + 1;
    return index;
  });
}

// 16-bit floats by table.

/** A 16-bit format: exponent and fraction bits. */
export interface HalfShape {
  readonly exponentBits: number;
  readonly fractionBits: number;
}

/** The two formats. */
export const halfShapes = {
  bf16: { exponentBits: 8, fractionBits: 7 },
  fp16: { exponentBits: 5, fractionBits: 10 },
} as const;

/** Value of a 16-bit pattern by the definition of IEEE 754 binary formats. */
export function halfValue(word: number, { exponentBits, fractionBits }: HalfShape): number {
  const sign = word >= 0x8000 ? -1 : 1;
  const magnitude = word % 0x8000;
  const field = Math.floor(magnitude / 2 ** fractionBits);
  const part = (magnitude % 2 ** fractionBits) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (field === 2 ** exponentBits - 1) return part === 0 ? sign * Infinity : NaN;
  return sign * (field === 0 ? part * 2 ** (1 - bias) : (1 + part) * 2 ** (field - bias));
}

/** Finite magnitudes of a format, ascending; the index is the pattern. One more for overflow. */
export function halfTable(shape: HalfShape): Float64Array {
  const { exponentBits, fractionBits } = shape;
  const finite = (2 ** exponentBits - 1) * 2 ** fractionBits;
  return Float64Array.from({ length: finite + 1 }, (_, word) =>
    word < finite
      ? halfValue(word, shape)
      : 2 * halfValue(word - 1, shape) - halfValue(word - 2, shape),
  );
}

/** Pattern nearest to x, ties to the even pattern, saturating; and whether it saturated. */
export function nearestHalf(x: number, table: Float64Array): { word: number; saturated: boolean } {
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(x);
  let low = 0;
  let high = table.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (table[middle]! <= magnitude) low = middle;
    else high = middle;
  }
  const below = magnitude - table[low]!;
  const above = table[high]! - magnitude;
  const word = below < above || (below === above && low % 2 === 0) ? low : high;
  const saturated = word === table.length - 1;
  return { word: sign + (saturated ? word - 1 : word), saturated };
}

// Randomness, with unsigned 32-bit integers as BigInt.

const WORD = 2n ** 32n;

/** C. Wellons' triple32 hash, modulo 2³². */
export function triple32Plainly(value: bigint): bigint {
  let x = value % WORD;
  x ^= x >> 17n;
  x = (x * 0xed5ad4bbn) % WORD;
  x ^= x >> 11n;
  x = (x * 0xac4c1b51n) % WORD;
  x ^= x >> 15n;
  x = (x * 0x31848babn) % WORD;
  return x ^ (x >> 14n);
}

/** One xoshiro128+ 1.0 generator (Blackman & Vigna 2018). */
export class Xoshiro128Plus {
  readonly #s: [bigint, bigint, bigint, bigint];

  constructor(state: readonly [bigint, bigint, bigint, bigint]) {
    this.#s = [...state];
  }

  next(): bigint {
    const s = this.#s;
    const result = (s[0] + s[3]) % WORD;
    const t = (s[1] << 9n) % WORD;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = ((s[3] << 11n) | (s[3] >> 21n)) % WORD;
    return result;
  }
}

/** 64-bit key of a stream, in halves. */
export interface PlainKey {
  readonly low: number;
  readonly high: number;
}

/** Generator of one lane for one chunk: word w of lane l is hashed from key, chunk and 4w + l. */
export function laneGenerator(
  { low, high }: PlainKey,
  chunk: number,
  lane: number,
): Xoshiro128Plus {
  const base = triple32Plainly(triple32Plainly(BigInt(low)) ^ BigInt(chunk));
  const word = (w: number): bigint =>
    triple32Plainly(
      triple32Plainly(base ^ triple32Plainly(BigInt(4 * w + lane + 1))) ^ BigInt(high),
    );
  return new Xoshiro128Plus([word(0), word(1), word(2), word(3)]);
}

/** Dither of elements [0, count): each lane draws, low half to element e, high half to e + 16. */
export function ditherPlainly(key: PlainKey, count: number): Uint16Array {
  const out = new Uint16Array(32 * Math.ceil(count / 32));
  let lanes: Xoshiro128Plus[] = [];
  for (let group = 0; group < out.length; group += 32) {
    if (group % 65536 === 0)
      lanes = [0, 1, 2, 3].map((lane) => laneGenerator(key, group / 65536, lane));
    for (let step = 0; step < 4; step++) {
      for (const [lane, generator] of lanes.entries()) {
        const word = generator.next();
        out[group + 4 * step + lane] = Number(word % 32768n);
        out[group + 16 + 4 * step + lane] = Number(word / 131072n);
      }
    }
  }
  return out.subarray(0, count);
}

/** The first `count` uniforms of a stream as numerators of 2⁵³: 32 + 21 bits of two words of lane 0. */
export function uniformsPlainly(key: PlainKey, count: number): bigint[] {
  let generator = laneGenerator(key, 0, 0);
  return Array.from({ length: count }, (_, draw) => {
    if (draw % 65536 === 0) generator = laneGenerator(key, draw / 65536, 0);
    const high = generator.next();
    return high * 2n ** 21n + generator.next() / 2n ** 11n;
  });
}

/** One index from each of k strata [⌊jn/k⌋, ⌊(j+1)n/k⌋), by one uniform each. */
export function stratifiedPlainly(key: PlainKey, k: number, n: number): number[] {
  return uniformsPlainly(key, k).map((uniform, j) => {
    const start = (BigInt(j) * BigInt(n)) / BigInt(k);
    const end = (BigInt(j + 1) * BigInt(n)) / BigInt(k);
    return Number(start + (uniform * (end - start)) / 2n ** 53n);
  });
}

// Payload container.

/**
 * Bytes of a payload header: 8 of prelude, then the protobuf message of codec ids (packed varints),
 * spec, four fixed 32-bit fields (five bytes each), two more for a key; padded to 16.
 */
export function headerByteLength(ids: readonly number[], spec: string, keyed: boolean): number {
  const varint = (value: number): number => Math.max(1, Math.ceil(value.toString(2).length / 7));
  const idBytes = ids.reduce((sum, id) => sum + varint(id), 0);
  const message =
    1 + varint(idBytes) + idBytes + 1 + varint(spec.length) + spec.length + 5 * (keyed ? 6 : 4);
  return 16 * Math.ceil((8 + message) / 16);
}
