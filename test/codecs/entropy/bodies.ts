/** Packed bodies of given codes, and bit-by-bit twins of the codings. */
import type { LevelsPlan } from '../../../codecs/kernels/index.ts';
import { blockCount, levelsBodyBytes, scalesBytes } from '../../../codecs/kernels/levels-layout.ts';
import { CODES_TAIL, packCodes, unpackCodes } from '../../../codecs/kernels/reference/codes.ts';
import type { EntropyCoding } from '../../../codecs/entropy/coding.ts';
import { uniforms } from '../theory/samples.ts';

/** A plan without scaling. */
export function planOf(
  length: number,
  levels: number,
  packing: LevelsPlan['packing'] = 'planes',
): LevelsPlan {
  const rest = { norm: 'max', clip: undefined, divisor: 1, coarseScale: false } as const;
  return { length, block: Math.max(1, length), levels, packing, ...rest };
}

/** A packed body with these codes and scales of zero. */
export function packedBodyOf(codes: Uint8Array, plan: LevelsPlan): Uint8Array {
  const padded = new Uint8Array(codes.length + CODES_TAIL);
  padded.set(codes);
  const body = new Uint8Array(levelsBodyBytes(plan));
  body.fill(0, 0, 4 * blockCount(plan));
  packCodes(padded, plan, 0, codes.length, body, scalesBytes(plan));
  return body;
}

/** Codes of 2·levels + 1 values; the larger `slope`, the more of them stand for zero. */
export function skewedCodes(
  length: number,
  levels: number,
  slope: number,
  seed: number,
): Uint8Array {
  const next = uniforms(seed);
  return Uint8Array.from({ length }, () => {
    const size = Math.min(levels, Math.floor(-Math.log(1 - next()) / slope));
    return next() < 0.5 ? levels - size : levels + size;
  });
}

/** The codes of a packed body. */
export function codesOf(body: Uint8Array, plan: LevelsPlan): Uint8Array {
  const codes = new Uint8Array(plan.length + CODES_TAIL);
  unpackCodes(body, scalesBytes(plan), plan, 0, plan.length, codes);
  return codes.slice(0, plan.length);
}

/** All codes of a section. @throws PayloadError */
export function readAll(
  coding: Pick<EntropyCoding, 'decode'>,
  section: Uint8Array,
  plan: LevelsPlan,
): Uint8Array {
  // What was there before must not shine through.
  const body = new Uint8Array(levelsBodyBytes(plan)).fill(0xa5);
  coding.decode(section, plan, body);
  return codesOf(body, plan);
}

/** Codewords of Elias's omega code (1975), by its definition: bits as text. */
export function omega(value: number): string {
  let word = '0';
  for (let n = value; n > 1; n = n.toString(2).length - 1) word = n.toString(2) + word;
  return word;
}

/** Bits of a code: omega of the level + 1, and a sign unless it is zero. */
export function eliasWord(code: number, levels: number): string {
  const level = code - levels;
  const word = omega(Math.abs(level) + 1);
  return level === 0 ? word : word + (level < 0 ? '1' : '0');
}

/** The section of these codes, bit by bit. */
export function eliasSection(codes: Uint8Array, levels: number): Uint8Array {
  const bits = Array.from(codes, (code) => eliasWord(code, levels)).join('');
  const bytes = bits.match(/.{1,8}/g) ?? [];
  return Uint8Array.from(bytes, (byte) => parseInt(byte.padEnd(8, '0'), 2));
}

/**
 * rANS words and states by its definition, with numbers of any size: the table is given, words come
 * in the order that a decoder takes them.
 */
export function ransByDefinition(
  codes: Uint8Array,
  frequencies: readonly number[],
): { states: number[]; words: number[] } {
  const start = (code: number): bigint =>
    BigInt(frequencies.slice(0, code).reduce((sum, f) => sum + f, 0));
  const states = [32768n, 32768n, 32768n, 32768n];
  const words: number[] = [];
  for (let i = codes.length - 1; i >= 0; i--) {
    const f = BigInt(frequencies[codes[i]!]!);
    let x = states[i % 4]!;
    while (x >= f << 19n) {
      words.unshift(Number(x & 65535n));
      x >>= 16n;
    }
    states[i % 4] = ((x / f) << 12n) + start(codes[i]!) + (x % f);
  }
  return { states: states.map(Number), words };
}

/** Equality of long arrays, much faster than `toEqual`. */
export function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const [one, other] = [a, b].map((view) =>
    Buffer.from(view.buffer, view.byteOffset, view.byteLength),
  );
  return one!.equals(other!);
}
