/** 16-bit kernels: alignment, windows, weights. Rounding itself is in theory/half.test.ts. */
import { describe, expect, it } from 'vitest';
import {
  addHalf,
  decodeHalf,
  encodeHalf,
  firstNonFiniteHalf,
} from '../../../../codecs/kernels/reference/half.ts';
import { halfShapes, halfTable, halfValue, nearestHalf } from '../../../oracle/codecs.ts';
import { lognormal } from '../../theory/samples.ts';

describe.each(['bf16', 'fp16'] as const)('%s kernels', (format) => {
  const shape = halfShapes[format];
  const table = halfTable(shape);

  it.each([0, 1, 2, 4095, 4096, 4097, 9000])('%i elements at odd offsets, across windows', (n) => {
    const x = lognormal(n + 1, n).subarray(1);
    const words = Array.from(x, (value) => nearestHalf(value, table).word);
    for (const offset of [0, 1, 3]) {
      const bytes = new Uint8Array(offset + 2 * n + 3).fill(0xee);
      encodeHalf(x, format, bytes.subarray(offset));
      const view = new DataView(bytes.buffer);
      expect(words.findIndex((word, i) => view.getUint16(offset + 2 * i, true) !== word)).toBe(-1);
      expect([...bytes.subarray(offset + 2 * n)]).toEqual([0xee, 0xee, 0xee]);

      const body = bytes.subarray(offset, offset + 2 * n);
      const out = new Float32Array(n).fill(NaN);
      decodeHalf(body, format, out);
      const values = words.map((word) => halfValue(word, shape));
      expect(values.findIndex((value, i) => out[i] !== value)).toBe(-1);
      const sum = x.slice();
      addHalf(body, format, sum, 0.3);
      const weight = Math.fround(0.3);
      const expected = x.map((value, i) => value + Math.fround(values[i]! * weight));
      expect(sum.findIndex((value, i) => value !== expected[i])).toBe(-1);
    }
  });

  it('decode every word to its value, infinities and NaNs included', () => {
    const body = new Uint8Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer);
    const out = new Float32Array(65536);
    decodeHalf(body, format, out);
    const wrong = [...out.keys()].filter((word) => !Object.is(out[word], halfValue(word, shape)));
    expect(wrong).toEqual([]);
  });

  it('find the first word that is not finite, and no other', () => {
    for (let word = 0; word < 65536; word += 7) {
      const body = new Uint8Array(Uint16Array.of(0, word).buffer);
      const expected = Number.isFinite(halfValue(word, shape)) ? -1 : 1;
      if (firstNonFiniteHalf(body, format) !== expected) expect(word).toBe(expected);
    }
    for (const at of [0, 4095, 4096, 8999]) {
      const words = new Uint16Array(9000);
      words[at] = format === 'bf16' ? 0xff80 : 0x7c00;
      words[8999] = 0x7fff;
      expect(firstNonFiniteHalf(new Uint8Array(words.buffer), format)).toBe(at);
    }
  });

  it('count what lies beyond the range, and clip it', () => {
    const limit = table[table.length - 2]!;
    const ulp = limit - table[table.length - 3]!;
    const values = [limit, limit + 0.49 * ulp, limit + 0.5 * ulp, 2 * limit].map((value) =>
      Math.min(value, 3.4028234663852886e38),
    );
    const x = Float32Array.from(values.flatMap((value) => [value, -value]));
    const body = new Uint8Array(2 * x.length);
    // bf16 reaches so far that half a step above its limit is beyond float32.
    const expected = x.filter((value) => nearestHalf(value, table).saturated).length;
    expect(encodeHalf(x, format, body)).toBe(expected);
    expect(expected).toBe(4);
    const out = new Float32Array(x.length);
    decodeHalf(body, format, out);
    expect(out.map(Math.abs)).toEqual(new Float32Array(x.length).fill(limit));
  });
});
