/** Elias coding against its definition bit by bit, and the lengths that theory gives. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PayloadError } from '../../../codecs/index.ts';
import { elias } from '../../../codecs/entropy/elias.ts';
import { kernels, selectKernels, type LevelsPlan } from '../../../codecs/kernels/index.ts';
import { codesBytes, levelsBodyBytes } from '../../../codecs/kernels/levels-layout.ts';
import { constant, families, norm1, normSquared, stream } from '../theory/samples.ts';
import {
  codesOf,
  eliasSection,
  eliasWord,
  omega,
  packedBodyOf,
  planOf,
  readAll,
  sameBytes,
  skewedCodes,
} from './bodies.ts';

describe('codewords', () => {
  it('of the definition are those in the tables of Elias', () => {
    const known: [number, string][] = [
      [1, '0'],
      [2, '100'],
      [3, '110'],
      [4, '101000'],
      [7, '101110'],
      [8, '1110000'],
      [16, '10100100000'],
      [100, '1011011001000'],
      [128, '10111100000000'],
    ];
    for (const [value, word] of known) expect(omega(value)).toBe(word);
  });

  it('have the lengths of the formula: 1, 3, 6, 7, 11, 12, 13, 14 by powers of two', () => {
    const steps = [1, 3, 6, 7, 11, 12, 13, 14];
    for (let value = 1; value <= 128; value++)
      expect(omega(value).length).toBe(
        steps[value < 4 ? Math.min(value - 1, 1) : Math.floor(Math.log2(value))],
      );
  });

  it.each([1, 2, 7, 8, 15, 16, 63, 64, 127])('of every code of %i levels are read', (levels) => {
    const codes = Uint8Array.from({ length: 2 * levels + 1 }, (_, code) => code);
    const plan = planOf(codes.length, levels);
    expect(readAll(elias, eliasSection(codes, levels), plan)).toEqual(codes);
  });
});

const grid = [1, 2, 3, 7, 8, 31, 127].flatMap((levels) =>
  [1, 2, 17, 128, 1001, 20480, 41_000].map((length) => [levels, length] as const),
);

/** Every back end against the definition. */
describe.each(['reference', 'simd'] as const)('%s kernels:', (backEnd) => {
  beforeAll(() => void selectKernels(backEnd));
  afterAll(() => void selectKernels('auto'));
  describe('sections', () => {
    it.each(grid)('of %i levels and %i codes are those of the definition', (levels, length) => {
      for (const slope of [0.05, 0.5, 1.5, 4]) {
        const codes = skewedCodes(length, levels, slope, length);
        for (const packing of levels === 1
          ? (['planes', 'trits'] as const)
          : (['planes'] as const)) {
          const plan = planOf(length, levels, packing);
          const expected = eliasSection(codes, levels);
          const section = elias.encode(packedBodyOf(codes, plan), plan);
          if (expected.length >= codesBytes(plan)) expect(section).toBeUndefined();
          else expect(sameBytes(section!, expected)).toBe(true);
          expect(sameBytes(readAll(elias, expected, plan), codes)).toBe(true);
        }
      }
    });

    it('of codecs with other levels in between are read all the same', () => {
      const sections = [127, 1, 20].map((levels) => {
        const codes = skewedCodes(300, levels, 3 / levels, levels);
        return { levels, codes, section: eliasSection(codes, levels) };
      });
      const plan = planOf(300, 3);
      for (const { levels, codes, section } of [...sections, ...sections]) {
        elias.encode(packedBodyOf(new Uint8Array(300).fill(3), plan), plan);
        expect(readAll(elias, section, planOf(300, levels))).toEqual(codes);
      }
    });
  });
});

/** Codes of one encoding with the whole vector as a block under the L2 norm. */
function encodedCodes(x: Float32Array, levels: number, seed: number): Uint8Array {
  const plan: LevelsPlan = { ...planOf(x.length, levels), norm: 'l2' };
  const body = new Uint8Array(levelsBodyBytes(plan));
  kernels.encodeLevels(x, plan, stream(seed), body);
  return codesOf(body, plan);
}

function bitsOf(codes: Uint8Array, levels: number): number {
  return codes.reduce((bits, code) => bits + eliasWord(code, levels).length, 0);
}

describe('lengths', () => {
  const n = 1024;
  const draws = 200;

  it.each([1, 4, 16, 32])('of %i levels: n + 3·Σ|q| at most, always', (levels) => {
    for (const x of Object.values(families(n, levels))) {
      const codes = encodedCodes(x, levels, levels);
      const total = codes.reduce((sum, code) => sum + Math.abs(code - levels), 0);
      expect(bitsOf(codes, levels)).toBeLessThanOrEqual(n + 3 * total);
    }
  });

  /** Mean bits of codes and norm, over draws. */
  function meanBits(x: Float32Array, levels: number): number {
    let bits = 0;
    for (let draw = 0; draw < draws; draw++)
      bits += bitsOf(encodedCodes(x, levels, 1 + draw), levels);
    return 32 + bits / draws;
  }

  /**
   * (1 + 3r)n + 32 with r = s/√n: E Σ|q| = s·‖x‖₁/‖x‖₂ ≤ s√n. Within six standard errors: Σ|q| is a
   * sum of n independent variables of variance at most 1/4, and a bit of Σ|q| is at most three.
   */
  it.each([1, 4, 16, 32])('of %i levels: (1 + 3s/√n)n + 32 on average', (levels) => {
    const slack = 6 * 3 * Math.sqrt(n / 4 / draws);
    for (const x of Object.values(families(n, levels))) {
      const norm = Math.sqrt(normSquared(x));
      if (norm === 0) continue;
      const bits = meanBits(x, levels);
      expect(bits).toBeLessThanOrEqual((1 + (3 * levels) / Math.sqrt(n)) * n + 32 + slack);
      expect(bits).toBeLessThanOrEqual(n + (3 * levels * norm1(x)) / norm + 32 + slack);
    }
  });

  it('meet that bound for constant vectors, and so exceed 2.8n + 32 at √n levels', () => {
    expect(meanBits(constant(n), 16)).toBeCloseTo(2.5 * n + 32, -2);
    expect(meanBits(constant(n), 32)).toBeCloseTo(4 * n + 32, 0);
    expect(meanBits(constant(n), 32)).toBeGreaterThan(2.8 * n + 32);
  });
});

describe.each(['reference', 'simd'] as const)('%s kernels:', (backEnd) => {
  beforeAll(() => void selectKernels(backEnd));
  afterAll(() => void selectKernels('auto'));
  describe('the reader refuses', () => {
    const levels = 20;
    const codes = skewedCodes(40, levels, 0.5, 8);
    const section = eliasSection(codes, levels);
    const plan = planOf(codes.length, levels);

    it.each([
      ['a missing byte', section.subarray(0, -1)],
      ['no byte at all', section.subarray(0, 0)],
      ['a byte too many', Uint8Array.of(...section, 0)],
      ['many bytes too many', Uint8Array.of(...section, ...new Uint8Array(9))],
      ['ones throughout', new Uint8Array(section.length).fill(255)],
    ])('%s', (_, bytes) => {
      expect(() => readAll(elias, bytes, plan)).toThrow(PayloadError);
    });

    it('levels above its own', () => {
      for (const level of [4, 7, 8, 127])
        for (const code of [127 - level, 127 + level]) {
          const bytes = eliasSection(Uint8Array.of(code, 127, 127), 127);
          expect(() => readAll(elias, bytes, planOf(3, 3))).toThrow(PayloadError);
          expect(readAll(elias, bytes, planOf(3, level))[1]).toBe(level);
        }
    });

    it('every change of one bit, or reads other codes that have these bytes', () => {
      let refused = 0;
      for (let bit = 0; bit < 8 * section.length; bit++) {
        const changed = section.slice();
        changed[bit >>> 3]! ^= 1 << (bit & 7);
        try {
          const found = readAll(elias, changed, plan);
          expect(found).not.toEqual(codes);
          expect(eliasSection(found, levels)).toEqual(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(PayloadError);
          refused++;
        }
      }
      expect(refused).toBeGreaterThan(section.length);
    });
  });
});
