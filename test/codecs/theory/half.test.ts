/** `bf16` and `fp16`: correctly rounded, against tables built from the formats' definitions. */
import { describe, expect, it } from 'vitest';
import { decode, encode, inspect, parseCodec } from '../../../codecs/index.ts';
import { halfShapes, halfTable, halfValue, nearestHalf } from '../../oracle/codecs.ts';
import { distanceSquared, normSquared, uniforms } from './samples.ts';

const formats = ['bf16', 'fp16'] as const;

/** The 16-bit words of a payload. */
function words(payload: Uint8Array): Uint16Array {
  const header = inspect(payload).sections[0]!.bytes;
  return new Uint16Array(payload.slice(header).buffer);
}

/** The float32 with a bit pattern. */
function patterns(bits: ArrayLike<number>): Float32Array {
  return new Float32Array(Uint32Array.from(bits).buffer);
}

/** Finite float32 values of all sizes, from random bit patterns. */
function anyFloats(n: number, seed: number): Float32Array {
  const next = uniforms(seed);
  return patterns(Array.from({ length: n }, () => Math.floor(next() * 2 ** 32))).map((value) =>
    Number.isFinite(value) ? value : 1,
  );
}

/** The float32 values around every boundary between two words: the midpoint and its neighbours. */
function boundaries(table: Float64Array): Float32Array {
  const out: number[] = [];
  for (let word = 0; word + 1 < table.length; word++) {
    const middle = new Float32Array([(table[word]! + table[word + 1]!) / 2]);
    const bits = new Uint32Array(middle.buffer);
    out.push(...patterns([bits[0]! - 1, bits[0]!, bits[0]! + 1].map((b) => Math.max(0, b))));
  }
  return Float32Array.from(out.filter(Number.isFinite));
}

/** Elements whose word is not the nearest one, and the saturated ones there should be. */
function compare(
  x: Float32Array,
  found: ArrayLike<number>,
  table: Float64Array,
): { wrong: number; saturated: number } {
  let wrong = 0;
  let saturated = 0;
  for (let i = 0; i < x.length; i++) {
    const expected = nearestHalf(x[i]!, table);
    if (found[i] !== expected.word) wrong++;
    if (expected.saturated) saturated++;
  }
  return { wrong, saturated };
}

/** Asserts that every element of x is rounded to nearest, and the saturated ones counted. */
function expectNearest(x: Float32Array, format: (typeof formats)[number]): void {
  const payload = encode(format, x);
  const { wrong, saturated } = compare(x, words(payload), halfTable(halfShapes[format]));
  expect(wrong).toBe(0);
  expect(inspect(payload).saturated).toBe(saturated);
}

describe.each(formats)('%s', (format) => {
  const shape = halfShapes[format];
  const table = halfTable(shape);
  const signed = (x: Float32Array): Float32Array => Float32Array.of(...x, ...x.map((v) => -v));

  it('decodes all finite words, and encodes each value to its word', () => {
    const finite = [...new Array(65536).keys()].filter((word) =>
      Number.isFinite(halfValue(word, shape)),
    );
    expect(finite).toHaveLength(2 * (table.length - 1));
    const values = Float32Array.from(finite, (word) => halfValue(word, shape));
    const payload = encode(format, values);
    expect([...words(payload)]).toEqual(finite);
    const decoded = decode(payload);
    for (const [i, value] of values.entries()) expect(Object.is(decoded[i], value)).toBe(true);
    expect(inspect(payload).saturated).toBe(0);
  });

  it('rounds every boundary to nearest, ties to even', () => {
    const edges = boundaries(table);
    expect(edges.length).toBeGreaterThan(90_000);
    for (let start = 0; start < edges.length; start += 20_000)
      expectNearest(signed(edges.subarray(start, start + 20_000)), format);
  });

  it('rounds random patterns of all sizes, counting what saturates', () => {
    expectNearest(anyFloats(200_000, 1), format);
  });

  it('rounds denormals of float32 and the largest values', () => {
    const next = uniforms(2);
    const denormals = patterns(Array.from({ length: 20_000 }, () => Math.floor(next() * 2 ** 23)));
    const huge = patterns(
      Array.from({ length: 20_000 }, () => 0x7f000000 + Math.floor(next() * 0x800000)),
    );
    expectNearest(signed(denormals), format);
    expectNearest(signed(huge), format);
  });

  it('which truncation and ties away from zero do not', () => {
    const edges = boundaries(table).subarray(0, 3000);
    const wordBelow = (x: number): number => table.findIndex((value) => value > x) - 1;
    const truncated = Array.from(edges, wordBelow);
    expect(compare(edges, truncated, table).wrong).toBeGreaterThan(1000);
    const away = truncated.map((word, i) =>
      edges[i]! - table[word]! < table[word + 1]! - edges[i]! ? word : word + 1,
    );
    const { wrong } = compare(edges, away, table);
    expect(wrong).toBeGreaterThan(450);
    expect(wrong).toBeLessThan(1000);
  });

  it('contracts by its δ in range, with and without values that are subject to ties', () => {
    const { delta, range } = parseCodec(format).traits;
    expect(range!.largest).toBe(table[table.length - 2]);
    expect(range!.smallest).toBe(table[1]);
    const normal = 2 ** (2 - 2 ** (shape.exponentBits - 1));
    const next = uniforms(3);
    const worst = Float32Array.from({ length: 2000 }, (_, i) => {
      const part = 1 + 2 ** -(shape.fractionBits + 1) + (i % 5) * 2 ** -24;
      return (i % 2 === 0 ? 1 : -1) * part * Math.max(normal, 2 ** Math.floor(20 * next() - 10));
    });
    const error = distanceSquared(decode(encode(format, worst)), worst) / normSquared(worst);
    expect(error).toBeLessThanOrEqual(1 - delta!(2000));
    expect(error).toBeGreaterThan(0.9 * (1 - delta!(2000)));
  });
});
