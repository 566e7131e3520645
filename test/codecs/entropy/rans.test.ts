/** rANS against its definition in exact integers, and how close to the entropy it comes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encode, inspect, PayloadError } from '../../../codecs/index.ts';
import { elias } from '../../../codecs/entropy/elias.ts';
import { readFrequencies, writeFrequencies } from '../../../codecs/entropy/frequencies.ts';
import { rans } from '../../../codecs/entropy/rans.ts';
import { kernels, selectKernels } from '../../../codecs/kernels/index.ts';
import { codesBytes } from '../../../codecs/kernels/levels-layout.ts';
import { FREQUENCY_TOTAL } from '../../../codecs/kernels/rans-states.ts';
import { gaussian } from '../theory/samples.ts';
import {
  packedBodyOf,
  planOf,
  ransByDefinition,
  readAll,
  sameBytes,
  skewedCodes,
} from './bodies.ts';

/** A section's parts: the table, and the states and words behind it. */
function partsOf(
  section: Uint8Array,
  levels: number,
): { frequencies: number[]; states: number[]; words: number[]; tableBytes: number } {
  const table = new Uint16Array(2 * levels + 1);
  const tableBytes = readFrequencies(section, table.length, table);
  const view = new DataView(section.slice().buffer, tableBytes);
  const states = Array.from({ length: 4 }, (_, i) => view.getUint32(4 * i, true));
  const words = Array.from({ length: (view.byteLength - 16) / 2 }, (_, i) =>
    view.getUint16(16 + 2 * i, true),
  );
  return { frequencies: [...table], states, words, tableBytes };
}

const grid = [1, 2, 7, 31, 127].flatMap((levels) =>
  [1, 5, 100, 1001, 3000, 20480, 41_003].map((length) => [levels, length] as const),
);

/** Every back end against the definition. */
describe.each(['reference', 'simd'] as const)('%s kernels:', (backEnd) => {
  beforeAll(() => void selectKernels(backEnd));
  afterAll(() => void selectKernels('auto'));
  describe('sections', () => {
    it.each(grid)('of %i levels and %i codes are those of the definition', (levels, length) => {
      for (const slope of [0.02, 0.5, 1.5, 4, 20]) {
        const codes = skewedCodes(length, levels, slope, length);
        for (const packing of levels === 1
          ? (['planes', 'trits'] as const)
          : (['planes'] as const)) {
          const plan = planOf(length, levels, packing);
          const section = rans.encode(packedBodyOf(codes, plan), plan)?.slice();
          if (section === undefined) continue;
          expect(section.length).toBeLessThan(codesBytes(plan));
          const { frequencies, states, words } = partsOf(section, levels);
          if (length <= 3000)
            expect({ states, words }).toEqual(ransByDefinition(codes, frequencies));
          expect(sameBytes(readAll(rans, section, plan), codes)).toBe(true);
        }
      }
    });

    it('are given up only where the packed codes are about as short', () => {
      for (const [levels, length] of grid) {
        const plan = planOf(length, levels);
        for (const slope of [0.5, 4]) {
          const codes = skewedCodes(length, levels, slope, length);
          const counts = Array.from({ length: 256 }, () => 0);
          for (const code of codes) counts[code]!++;
          const bits = counts.reduce((sum, c) => (c ? sum - c * Math.log2(c / length) : sum), 0);
          const used = counts.filter((count) => count > 0).length;
          const enough = 1.01 * (bits / 8) + 18 + 2 * used + 2 * levels;
          if (enough < codesBytes(plan))
            expect(rans.encode(packedBodyOf(codes, plan), plan)?.length).toBeLessThan(enough);
        }
      }
    });

    it('of one symbol alone are a table and four states, whatever their length', () => {
      for (const length of [200, 70_000]) {
        const codes = new Uint8Array(length).fill(1);
        const plan = planOf(length, 1, 'trits');
        const section = rans.encode(packedBodyOf(codes, plan), plan)!.slice();
        expect([...section]).toEqual([1, 1, 0x80, 0x20, ...Array(4).fill([0, 0x80, 0, 0]).flat()]);
        expect(sameBytes(readAll(rans, section, plan), codes)).toBe(true);
      }
    });
  });
});

describe('a million Gaussian elements', () => {
  const x = gaussian(1_000_000, 5);

  it.each([
    ['qsgd:norm=l2,entropy=rans', 1.005],
    ['qsgd:levels=1,norm=l2,entropy=rans', 1.01],
    ['qsgd:entropy=rans', 1.005],
    ['qsgd:levels=127,entropy=rans', 1.005],
    ['terngrad:entropy=rans', 1.005],
    ['terngrad:clip=2.5,entropy=rans', 1.005],
  ])('%s: the whole payload takes at most %d of scales and entropy', (spec, most) => {
    const payload = encode(spec, x, { seed: 1 });
    const { sections } = inspect(payload);
    const scales = sections.find(({ name }) => name === 'scales')!;
    const codes = sections.find(({ name }) => name === 'rans codes')!;
    const ratio = payload.length / (scales.bytes + codes.entropyBits! / 8);
    expect(ratio).toBeLessThanOrEqual(most);
    expect(ratio).toBeGreaterThan(1);
  });

  it('that is more than fixed width allows by far', () => {
    const { sections } = inspect(encode('qsgd:norm=l2', x, { seed: 1 }));
    const codes = sections.find(({ name }) => name === 'codes')!;
    expect(codes.bytes / (codes.entropyBits! / 8)).toBeGreaterThan(3);
  });
});

describe.each(['reference', 'simd'] as const)('%s kernels:', (backEnd) => {
  beforeAll(() => void selectKernels(backEnd));
  afterAll(() => void selectKernels('auto'));
  describe('the reader refuses', () => {
    const levels = 7;
    const codes = skewedCodes(200, levels, 0.8, 3);
    const plan = planOf(codes.length, levels);
    const section = rans.encode(packedBodyOf(codes, plan), plan)!.slice();
    const { tableBytes, words } = partsOf(section, levels);

    /** The section with four bytes at the first state replaced. */
    const withState = (state: number): Uint8Array => {
      const bytes = section.slice();
      new DataView(bytes.buffer).setUint32(tableBytes, state, true);
      return bytes;
    };

    it.each([
      ['a missing byte', section.subarray(0, -1)],
      ['a missing word', section.subarray(0, -2)],
      ['a byte too many', Uint8Array.of(...section, 0)],
      ['a word too many', Uint8Array.of(...section, 0, 0)],
      ['no states', section.subarray(0, tableBytes)],
      ['half the states', section.subarray(0, tableBytes + 9)],
      ['nothing', section.subarray(0, 0)],
      ['a state below its range', withState(2 ** 15 - 1)],
      ['a state above its range', withState(2 ** 31)],
      ['a state of ones', withState(2 ** 32 - 1)],
      ['another state', withState(2 ** 20 + 12345)],
    ])('%s', (_, bytes) => {
      expect(words.length).toBeGreaterThan(10);
      expect(() => readAll(rans, bytes, plan)).toThrow(PayloadError);
    });

    it('more or fewer codes than there are', () => {
      for (const length of [0, 1, 100, 196, 204, 1000])
        expect(() => readAll(rans, section, planOf(length, levels))).toThrow(PayloadError);
    });

    it('codes above its levels', () => {
      const wide = skewedCodes(400, 7, 0.5, 3);
      const bytes = rans.encode(packedBodyOf(wide, planOf(400, 7)), planOf(400, 7))!.slice();
      expect(() => readAll(rans, bytes, planOf(400, 6))).toThrow(PayloadError);
    });

    it('every change of one bit, or reads other codes within range', () => {
      let refused = 0;
      for (let bit = 0; bit < 8 * section.length; bit++) {
        const changed = section.slice();
        changed[bit >>> 3]! ^= 1 << (bit & 7);
        try {
          const found = readAll(rans, changed, plan);
          expect(found).not.toEqual(codes);
          expect(Math.max(...found)).toBeLessThanOrEqual(2 * levels);
        } catch (error) {
          expect(error).toBeInstanceOf(PayloadError);
          refused++;
        }
      }
      // Four final states of 31 bits let hardly anything pass.
      expect(refused).toBeGreaterThan(7.9 * section.length);
    });

    it('tables that sum to anything but 4096', () => {
      const changed = section.slice();
      const at = Array.from({ length: tableBytes - 2 }, (_, i) => i + 2).find(
        (i) => changed[i]! < 127,
      );
      changed[at!]!++;
      expect(() => readAll(rans, changed, plan)).toThrow(`instead of ${FREQUENCY_TOTAL}`);
    });
  });
});

describe('room for codes', () => {
  /** A section of `length` equal codes, of frequency `most` in 4096; the rest goes to another code. */
  function section(length: number, most: number): Uint8Array {
    const frequencies = Uint16Array.of(FREQUENCY_TOTAL - most, most, 0);
    const table = new Uint8Array(16);
    const tableBytes = writeFrequencies(frequencies, 3, table);
    const plan = planOf(length, 1);
    const body = packedBodyOf(new Uint8Array(length).fill(1), plan);
    const coded = new Uint8Array(2 * length + 64);
    const bytes = kernels.encodeRans(body, plan, frequencies, coded);
    return Uint8Array.of(...table.subarray(0, tableBytes), ...coded.subarray(coded.length - bytes));
  }

  const cases = [2048, 3000, 4000, 4094, 4095].flatMap((most) =>
    [1, 10, 1000, 60_000].map((length) => [most, length] as const),
  );

  it.each(cases)('of frequency %i is found for %i of them', (most, length) => {
    const bytes = section(length, most);
    expect(() => rans.checkRoom(bytes, planOf(length, 1))).not.toThrow();
    expect(readAll(rans, bytes, planOf(length, 1))).toEqual(new Uint8Array(length).fill(1));
  });

  it.each(cases)('of frequency %i is not found for many more than %i', (most, length) => {
    // Four states and the bound's margin of an eighth.
    const more = Math.ceil(1.3 * length + 100 / Math.log2(FREQUENCY_TOTAL / most));
    expect(() => rans.checkRoom(section(length, most), planOf(more, 1))).toThrow('cut off');
  });

  it('is endless where one code has all the frequency, and states are as they must be', () => {
    const bytes = section(100, FREQUENCY_TOTAL);
    expect(() => rans.checkRoom(bytes, planOf(2 ** 28, 1))).not.toThrow();
    expect(() => rans.checkRoom(Uint8Array.of(...bytes, 0, 0), planOf(2 ** 28, 1))).toThrow(
      'bytes follow the last rANS word',
    );
    const other = bytes.slice();
    other[other.length - 2]! ^= 1;
    expect(() => rans.checkRoom(other, planOf(2 ** 28, 1))).toThrow('do not end where');
  });

  it('is a bit for each Elias code', () => {
    expect(() => elias.checkRoom(new Uint8Array(3), planOf(24, 1))).not.toThrow();
    expect(() => elias.checkRoom(new Uint8Array(3), planOf(25, 1))).toThrow('cut off');
  });
});
