/** Five trits a byte: all 243 values, all 256 bytes. */
import { describe, expect, it } from 'vitest';
import { packTrits, tritBytes, unpackTrits } from '../../../../codecs/kernels/reference/trits.ts';
import { packTritsPlainly, tritsOfByte } from '../../../oracle/codecs.ts';
import { uniforms } from '../../theory/samples.ts';

/** One group whose byte 0 holds the five digits of v, the rest zero. */
function groupOf(v: number): Uint8Array {
  const codes = new Uint8Array(80);
  for (let i = 4, rest = v; i >= 0; i--, rest = Math.floor(rest / 3)) codes[16 * i] = rest % 3;
  return codes;
}

describe('trits', () => {
  it('all 243 combinations become ⌈256 v/243⌉ and come back', () => {
    const seen = new Set<number>();
    for (let v = 0; v < 243; v++) {
      const codes = groupOf(v);
      const bytes = new Uint8Array(16);
      packTrits(codes, 80, bytes, 0);
      expect(bytes[0]).toBe(Math.ceil((256 * v) / 243));
      seen.add(bytes[0]!);
      const back = new Uint8Array(80).fill(9);
      unpackTrits(bytes, 0, back, 80);
      expect(back).toEqual(codes);
    }
    expect(seen.size).toBe(243);
  });

  it('all 256 bytes decode to five trits, the base-3 digits of the fraction', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const codes = new Uint8Array(80 * 16);
    unpackTrits(bytes, 0, codes, codes.length);
    for (let byte = 0; byte < 256; byte++) {
      const at = 80 * (byte >>> 4) + (byte & 15);
      const found = [0, 1, 2, 3, 4].map((i) => codes[at + 16 * i]!);
      expect(found).toEqual(tritsOfByte(byte));
      expect(Math.max(...found)).toBeLessThanOrEqual(2);
    }
  });

  it.each([0, 1, 15, 16, 17, 79, 80, 81, 159, 160, 161, 5000])('%i codes at any offset', (n) => {
    const next = uniforms(n);
    const codes = new Uint8Array(n + 80);
    for (let i = 0; i < n; i++) codes[i] = Math.floor(3 * next());
    const expected = packTritsPlainly(codes.subarray(0, n));
    expect(tritBytes(n)).toBe(expected.length);
    const out = new Uint8Array(3 + expected.length).fill(0xee);
    packTrits(codes, n, out, 3);
    expect(out.subarray(3)).toEqual(expected);
    expect([...out.subarray(0, 3)]).toEqual([0xee, 0xee, 0xee]);
    const back = new Uint8Array(n + 80).fill(9);
    unpackTrits(out, 3, back, n);
    expect(back.subarray(0, n)).toEqual(codes.subarray(0, n));
  });

  it('a plain base-3 number in a byte would not decode by carries', () => {
    const wrong = Uint8Array.of(242, ...new Array<number>(15).fill(0));
    const codes = new Uint8Array(80);
    unpackTrits(wrong, 0, codes, 80);
    expect(codes).not.toEqual(groupOf(242));
  });
});
