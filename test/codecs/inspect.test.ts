/** What `inspect` tells of a payload: every byte has a section, and symbols have their entropy. */
import { describe, expect, it } from 'vitest';
import { decode, encode, inspect, type PayloadInfo, type Section } from '../../codecs/index.ts';
import { constant, gaussian, lognormal, oneHot } from './theory/samples.ts';

/** Sections behind the header, by spec, for gradients long enough for entropy coding to pay. */
const cases: readonly [spec: string, names: readonly string[]][] = [
  ['none', ['values']],
  ['bf16', ['values']],
  ['fp16+ef', ['values']],
  ['qsgd', ['scales', 'codes']],
  ['qsgd:levels=5,block=32+ef', ['scales', 'codes']],
  ['qsgd:norm=l2,entropy=elias', ['scales', 'elias codes', 'mode']],
  ['qsgd:entropy=elias', ['scales', 'codes', 'mode']],
  ['qsgd:entropy=rans', ['scales', 'frequencies', 'rans codes', 'mode']],
  ['qsgd:levels=127,block=64,entropy=rans', ['scales', 'frequencies', 'rans codes', 'mode']],
  ['terngrad', ['scales', 'codes']],
  ['terngrad:pack=bits', ['scales', 'codes']],
  ['terngrad:entropy=elias', ['scales', 'elias codes', 'mode']],
  ['terngrad:entropy=rans+ef', ['scales', 'frequencies', 'rans codes', 'mode']],
  ['quantile', ['ratio', 'scales', 'codes']],
  ['quantile:bits=1', ['ratio', 'scales', 'codes']],
  ['topk:density=0.1', ['sub-header', 'values', 'indices']],
  ['topk:k=64,block=4096/quantile', ['sub-header', 'ratio', 'scales', 'codes', 'indices']],
  [
    'topk:density=0.5/qsgd:norm=l2,entropy=rans+ef',
    ['sub-header', 'scales', 'frequencies', 'rans codes', 'mode', 'indices'],
  ],
  [
    'topk:density=0.5/qsgd:levels=1,norm=l2,entropy=elias',
    ['sub-header', 'scales', 'elias codes', 'mode', 'indices'],
  ],
  ['randomk:density=0.1', ['values']],
  ['randomk:density=0.5/terngrad:entropy=rans', ['scales', 'frequencies', 'rans codes', 'mode']],
];

const specs = cases.map(([spec]) => spec);
const WITH_SYMBOLS = /codes$|^indices$/;

function named(info: PayloadInfo, name: string | RegExp): Section {
  return info.sections.find((section) => section.name.match(name))!;
}

/** Entropy of symbols, in bits for all of them. */
function entropyOf(symbols: readonly (number | string)[]): number {
  const counts = new Map<number | string, number>();
  for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  return [...counts.values()].reduce((sum, c) => sum - c * Math.log2(c / symbols.length), 0);
}

describe('sections', () => {
  it.each(cases)('of %s are named from front to back', (spec, names) => {
    const { sections } = inspect(encode(spec, gaussian(20_000, 1), { seed: 1 }));
    expect(sections.map(({ name }) => name)).toEqual(['header', ...names]);
  });

  it.each(specs)('of %s add up to the payload, whatever it holds', (spec) => {
    for (const n of [0, 1, 2, 63, 1000, 5001])
      for (const x of [gaussian(n, n), lognormal(n, 2), constant(n), oneHot(n)]) {
        const payload = encode(spec, x, { seed: 1 });
        const { sections, totalBytes } = inspect(payload);
        expect(totalBytes).toBe(payload.length);
        expect(sections.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(totalBytes);
      }
  });

  it.each(specs)('of %s have symbols and entropy where they are codes or indices', (spec) => {
    const { sections } = inspect(encode(spec, gaussian(20_000, 1), { seed: 1 }));
    for (const { name, bytes, symbols, entropyBits } of sections) {
      const expected = WITH_SYMBOLS.test(name);
      expect([symbols !== undefined, entropyBits !== undefined]).toEqual([expected, expected]);
      if (!expected) continue;
      expect(entropyBits).toBeGreaterThan(0.1 * symbols!);
      expect(entropyBits).toBeLessThanOrEqual(8 * bytes);
    }
  });
});

describe('totals', () => {
  it.each(specs)('of %s are the sums of what its sections could save', (spec) => {
    for (const x of [gaussian(20_000, 1), oneHot(1000), new Float32Array(0)]) {
      const info = inspect(encode(spec, x, { seed: 1 }));
      const saved = info.sections.reduce(
        (sum, { bytes, entropyBits = 8 * bytes }) => sum + Math.max(0, bytes - entropyBits / 8),
        0,
      );
      expect(info.savableBytes).toBeCloseTo(saved, 6);
      if (x.length === 0) expect(info.entropyBitsPerElement).toBeNull();
      else
        expect(info.bitsPerElement! - info.entropyBitsPerElement!).toBeCloseTo(
          (8 * saved) / x.length,
          6,
        );
    }
  });

  it('tell fixed width and Elias from rANS: what is left on the table', () => {
    const x = gaussian(100_000, 1);
    const left = (spec: string): number => {
      const { savableBytes, totalBytes } = inspect(encode(spec, x, { seed: 1 }));
      return savableBytes / totalBytes;
    };
    expect(left('qsgd:norm=l2')).toBeGreaterThan(0.7);
    expect(left('qsgd:norm=l2,entropy=elias')).toBeGreaterThan(0.35);
    expect(left('qsgd:norm=l2,entropy=rans')).toBeLessThan(0.005);
  });

  it('count nothing where a list is shorter than the entropy of its frequencies', () => {
    // The kept elements are neighbours: their gaps are zeros.
    const x = new Float32Array(1000).fill(1, 0, 250);
    const info = inspect(encode('topk:k=250', x));
    const indices = named(info, 'indices');
    expect(indices.entropyBits).toBeGreaterThan(8 * indices.bytes);
    expect(info.savableBytes).toBe(0);
  });
});

/** The float32 of a bit pattern. */
function float(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
}

describe('the entropy is that of the symbols that the decoded values tell', () => {
  const n = 20_000;
  const x = gaussian(n, 3);

  /** Section bytes from `offset` behind the header. */
  const bodyView = (payload: Uint8Array, offset: number): DataView =>
    new DataView(payload.slice().buffer, 16 * payload[3]! + offset);

  it.each(specs.filter((spec) => /^(qsgd|terngrad)/.test(spec)))('%s', (spec) => {
    const payload = encode(spec, x, { seed: 1 });
    const scales = bodyView(payload, 0);
    const block = Number(/block=(\d+)/.exec(spec)?.[1] ?? (spec.startsWith('qsgd') ? 512 : n));
    const levels = Array.from(decode(payload), (value, i) =>
      Math.round(value / scales.getFloat32(4 * Math.floor(i / block), true)),
    );
    const codes = named(inspect(payload), /codes$/);
    expect(codes.symbols).toBe(n);
    expect(codes.entropyBits).toBeCloseTo(entropyOf(levels.map((level) => level + 0)), 4);
  });

  it.each(['quantile', 'quantile:bits=1'])('%s', (spec) => {
    const payload = encode(spec, x, { seed: 1 });
    const scales = bodyView(payload, 16);
    const symbols = Array.from(decode(payload), (value, i) => {
      const scale = float(scales.getUint16(2 * Math.floor(i / 64), true) << 15);
      return `${Math.sign(value)} ${Math.abs(value) === scale}`;
    });
    expect(named(inspect(payload), 'codes').entropyBits).toBeCloseTo(entropyOf(symbols), 4);
  });

  it.each([0.01, 0.1, 0.5])('topk:density=%d: kept or not, for every element', (density) => {
    const payload = encode(`topk:density=${density}`, x);
    const kept = Array.from(decode(payload), (value) => Number(value !== 0));
    const indices = named(inspect(payload), 'indices');
    expect(indices.symbols).toBe(density * n);
    expect(indices.entropyBits).toBeCloseTo(entropyOf(kept), 4);
  });
});
