/** Frequency tables: what normalising promises, and their bytes. */
import { describe, expect, it } from 'vitest';
import { PayloadError } from '../../../codecs/index.ts';
import {
  normaliseFrequencies,
  readFrequencies,
  writeFrequencies,
} from '../../../codecs/entropy/frequencies.ts';
import { FREQUENCY_TOTAL } from '../../../codecs/kernels/rans-states.ts';
import { uniforms } from '../theory/samples.ts';

function normalised(counts: readonly number[]): number[] {
  const frequencies = new Uint16Array(counts.length);
  normaliseFrequencies(Uint32Array.from(counts), counts.length, frequencies);
  return [...frequencies];
}

/** Bits that symbols of these counts take with these frequencies. */
function cost(counts: readonly number[], frequencies: readonly number[]): number {
  return counts.reduce(
    (bits, count, i) => (count > 0 ? bits - count * Math.log2(frequencies[i]! / 4096) : bits),
    0,
  );
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Counts of many shapes, rare symbols and missing ones included. */
function* countCases(): Generator<number[]> {
  const next = uniforms(3);
  for (const symbols of [3, 5, 15, 31, 255])
    for (let power = 1; power <= 12; power++)
      yield Array.from({ length: symbols }, () => Math.floor(1000 * next() ** power)).with(1, 7);
  yield [2 ** 28 - 2, 1, 1];
  yield [0, 2 ** 28, 0];
  yield [1];
  yield Array.from({ length: 255 }, (_, i) => (i === 127 ? 2 ** 28 - 254 : 1));
}

describe('normalised frequencies', () => {
  it('sum to 4096 and are positive exactly for what occurs', () => {
    for (const counts of countCases()) {
      const frequencies = normalised(counts);
      expect(sum(frequencies)).toBe(FREQUENCY_TOTAL);
      expect(frequencies.map((f) => f > 0)).toEqual(counts.map((count) => count > 0));
    }
  });

  it('cannot be bettered by moving one unit from symbol to symbol, but for a 10⁻⁴ of the bits', () => {
    for (const counts of countCases()) {
      const frequencies = normalised(counts);
      const bits = cost(counts, frequencies);
      const change = (i: number, by: number): number => {
        const f = frequencies[i]!;
        return counts[i] === 0 ? Infinity : counts[i]! * Math.log2(f / Math.max(0, f + by));
      };
      const present = frequencies.flatMap((f, i) => (f > 0 ? [i] : []));
      const best = Math.min(...present.map((i) => change(i, 1)));
      const cheapest = Math.min(...present.map((i) => change(i, -1)));
      expect(best + cheapest).toBeGreaterThan(-1e-4 * bits - 1e-9);
    }
  });

  it('of shares that are whole are those shares', () => {
    expect(normalised([1024, 2048, 1024])).toEqual([1024, 2048, 1024]);
    expect(normalised([1, 2, 1])).toEqual([1024, 2048, 1024]);
    expect(normalised([0, 9, 0])).toEqual([0, 4096, 0]);
  });
});

describe('the bytes of a table', () => {
  const read = (bytes: Uint8Array, symbols: number): { table: number[]; bytes: number } => {
    const frequencies = new Uint16Array(symbols).fill(9);
    const used = readFrequencies(bytes, symbols, frequencies);
    return { table: [...frequencies], bytes: used };
  };

  it('give the table back, whatever follows them', () => {
    for (const counts of countCases()) {
      const frequencies = normalised(counts);
      const out = new Uint8Array(2 + 2 * counts.length);
      const bytes = writeFrequencies(Uint16Array.from(frequencies), counts.length, out);
      expect(bytes).toBeLessThanOrEqual(out.length);
      for (const tail of [0, 3]) {
        const given = Uint8Array.of(...out.subarray(0, bytes), ...Array<number>(tail).fill(255));
        expect(read(given, counts.length)).toEqual({ table: frequencies, bytes });
      }
      expect(() => read(out.subarray(0, bytes - 1), counts.length)).toThrow(PayloadError);
    }
  });

  it('are those of the definition', () => {
    const out = new Uint8Array(20);
    const bytes = writeFrequencies(Uint16Array.of(0, 127, 128, 0, 3841, 0), 6, out);
    expect([...out.subarray(0, bytes)]).toEqual([1, 4, 127, 128, 1, 0, 129, 30]);
  });

  const good = [1, 3, 0x80, 0x10, 0, 0x80, 0x10];

  it('that are sound are read', () => {
    expect(read(Uint8Array.from(good), 5).table).toEqual([0, 2048, 0, 2048, 0]);
  });

  it.each([
    ['nothing', []],
    ['one byte', [1]],
    ['no frequencies', [0, 2]],
    ['a symbol that does not exist', good.with(1, 5)],
    ['the last before the first', [3, 1, 0x80, 0x10, 0x80, 0x10]],
    ['zero for the first', [1, 3, 0, 0x80, 0x10, 0x80, 0x10]],
    ['zero for the last', [1, 3, 0x80, 0x10, 0x80, 0x10, 0]],
    ['a sum below 4096', good.with(2, 0xff).with(3, 0x0e)],
    ['a sum above 4096', good.with(4, 1)],
    ['two bytes where one would do', [1, 3, 0x80, 0x00, 0, 0x80, 0x20]],
    ['three bytes', [1, 3, 0x80, 0x90, 0, 0x80, 0x10]],
    ['half a frequency', good.slice(0, -1)],
  ])('are refused: %s', (_, bytes) => {
    expect(() => read(Uint8Array.from(bytes), 5)).toThrow(PayloadError);
  });
});
