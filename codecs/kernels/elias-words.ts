/**
 * Elias coding of level codes, the dense form of QSGD (Alistarh et al. 2017, arXiv 1610.02132, §3.2
 * and the appendix on encoding): for every element the omega code of |q| + 1 (Elias 1975,
 * the recursive code), and for q ≠ 0 a sign bit, 1 for negative.
 *
 * Omega code of N: begin with the bit 0; while N > 1, put N in binary in front, and let N be the
 * number of its bits less one. First bits are the high bits of a byte. The last byte is filled with zeros.
 * Length: 1 bit for 0; for |q| + 1 = 2 to 3, 4 to 7, 8 to 15, 16 to 31, 32 to 63, 64 to 127 and 128:
 * 3, 6, 7, 11, 12, 13 and 14 bits, and the sign. So n elements take at most n + 3·Σ|q| bits.
 *
 * Readers take the bits behind a section's end for zeros. A section is refused for the first code
 * beyond the levels; without one, because codes reach beyond its end; else for what follows the last.
 */
import { bodyError } from './body-error.ts';

/** From a larger N, the next would have nine bits and be no level + 1. */
export const LARGEST_GROUP = 7;

/** Codewords of the codes 0 to 2·levels. */
export interface EliasWords {
  readonly levels: number;
  /** The codeword, right-aligned. */
  readonly words: Int32Array;
  /** Its bits. */
  readonly lengths: Uint8Array;
}

/** Bits of a positive number. */
function bitLength(value: number): number {
  return 32 - Math.clz32(value);
}

/** The codewords at these levels. */
export function eliasWords(levels: number): EliasWords {
  const words = new Int32Array(2 * levels + 1);
  const lengths = new Uint8Array(2 * levels + 1);
  for (let code = 0; code <= 2 * levels; code++) {
    const level = code - levels;
    let word = 0;
    let length = 1;
    for (let n = Math.abs(level) + 1; n > 1; n = bitLength(n) - 1) {
      word |= n << length;
      length += bitLength(n);
    }
    if (level !== 0) word = (word << 1) | (level < 0 ? 1 : 0);
    words[code] = word;
    lengths[code] = level === 0 ? length : length + 1;
  }
  return { levels, words, lengths };
}

/** A code of this level or, where it is undefined, of more than any level. @throws PayloadError */
export function refuseLevel(level: number | undefined, levels: number): never {
  if (level === undefined) throw bodyError(`an Elias code exceeds level ${levels}`);
  throw bodyError(`level ${level} exceeds ${levels}`);
}

/** @throws PayloadError unless codes that end in front of `bit` end in the section's last byte */
export function checkEliasEnd(section: Uint8Array, bit: number): void {
  if (bit > 8 * section.length) throw bodyError('the Elias codes are cut off');
  if (8 * section.length - bit >= 8) throw bodyError('bytes follow the last Elias code');
  const unused = 8 * section.length - bit;
  if (unused > 0 && section[section.length - 1]! & (2 ** unused - 1))
    throw bodyError('bits follow the last Elias code');
}
