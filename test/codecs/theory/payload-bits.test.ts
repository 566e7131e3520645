/**
 * Payload sizes: to the byte from formulas for every codec and many lengths, and the bits per
 * element that are promised at a million Gaussian elements, header included.
 */
import { describe, expect, it } from 'vitest';
import { decode, encode, inspect, parseCodec } from '../../../codecs/index.ts';
import { codecIds, type CodecName } from '../../../proto/ids.ts';
import {
  headerByteLength,
  planesByteLength,
  riceByteLength,
  topKBySort,
} from '../../oracle/codecs.ts';
import { constant, gaussian, lognormal, oneHot, studentT3 } from './samples.ts';

const pad16 = (bytes: number): number => 16 * Math.ceil(bytes / 16);
const blocksOf = (n: number, block: number): number => Math.ceil(n / block);

/** Bytes of a value stage's body over n elements. */
type BodyBytes = (n: number) => number;

const raw: BodyBytes = (n) => 4 * n;
const half: BodyBytes = (n) => 2 * n;

/** Scales of 4 bytes per block and codes wide enough for 2s + 1 values. */
function qsgdBytes(levels: number, block = 512): BodyBytes {
  const width = Math.ceil(Math.log2(2 * levels + 1));
  return (n) => pad16(4 * blocksOf(n, block)) + planesByteLength(width, n);
}

const tritBytes: BodyBytes = (n) => pad16(n > 0 ? 4 : 0) + 16 * Math.ceil(n / 80);
const twoBitBytes: BodyBytes = (n) => pad16(n > 0 ? 4 : 0) + planesByteLength(2, n);

/** Ratio in 16 bytes, scales of 2 bytes per block, 1 or 2 bits a value. */
function quantileBytes(bits: number, block = 64): BodyBytes {
  return (n) => 16 + pad16(2 * blocksOf(n, block)) + planesByteLength(bits, n);
}

function idsOf(spec: string): number[] {
  return spec
    .replace('+ef', '')
    .split('/')
    .map((stage) => codecIds[stage.split(':')[0] as CodecName]);
}

const dense: [string, BodyBytes][] = [
  ['none', raw],
  ['bf16', half],
  ['fp16', half],
  ['bf16+ef', half],
  ['qsgd', qsgdBytes(7)],
  ['qsgd:levels=1', qsgdBytes(1)],
  ['qsgd:levels=2', qsgdBytes(2)],
  ['qsgd:levels=3,block=100', qsgdBytes(3, 100)],
  ['qsgd:levels=4', qsgdBytes(4)],
  ['qsgd:levels=15,block=7', qsgdBytes(15, 7)],
  ['qsgd:levels=31', qsgdBytes(31)],
  ['qsgd:levels=63,norm=l2', qsgdBytes(63)],
  ['qsgd:levels=64', qsgdBytes(64)],
  ['qsgd:levels=127,block=1', qsgdBytes(127, 1)],
  ['qsgd:levels=7,block=256,norm=l2+ef', qsgdBytes(7, 256)],
  ['terngrad', tritBytes],
  ['terngrad:clip=2.5+ef', tritBytes],
  ['terngrad:pack=bits', twoBitBytes],
  ['quantile', quantileBytes(2)],
  ['quantile:bits=1', quantileBytes(1)],
  ['quantile:block=10', quantileBytes(2, 10)],
];

const lengths = [
  0, 1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 79, 80, 81, 127, 128, 129, 511, 512, 513, 1000,
  5119, 5120, 5121, 70_001,
];

describe('dense payloads have exactly the bytes of the formula', () => {
  it.each(dense)('%s', (given, body) => {
    const { spec, maxBytes } = parseCodec(given);
    for (const n of lengths) {
      const expected = headerByteLength(idsOf(spec), spec, false) + body(n);
      const payload = encode(given, gaussian(n, n));
      expect(payload.length, `n=${n}`).toBe(expected);
      expect(maxBytes.call(parseCodec(given), n), `maxBytes, n=${n}`).toBe(expected);
    }
  });
});

/** Kept elements of n by k or density. */
const byCount = (k: number) => (n: number) => Math.min(n, k);
const byDensity = (f: number) => (n: number) => Math.min(n, Math.max(1, Math.round(f * n)));

const keyed: [string, (n: number) => number, BodyBytes][] = [
  ['randomk:density=0.1', byDensity(0.1), raw],
  ['randomk:k=5', byCount(5), raw],
  ['randomk:k=100,scale=none,select=uniform', byCount(100), raw],
  ['randomk:density=0.1+ef', byDensity(0.1), raw],
  ['randomk:density=0.25/qsgd:levels=3', byDensity(0.25), qsgdBytes(3)],
  ['randomk:k=70/terngrad', byCount(70), tritBytes],
  ['randomk:k=64/quantile+ef', byCount(64), quantileBytes(2)],
];

describe('random-k payloads hold k values and a key, no index', () => {
  it.each(keyed)('%s', (given, keep, body) => {
    const { spec } = parseCodec(given);
    for (const n of lengths) {
      const expected = headerByteLength(idsOf(spec), spec, true) + body(keep(n));
      expect(encode(given, gaussian(n, n)).length, `n=${n}`).toBe(expected);
    }
  });
});

const sparse: [string, (n: number) => number, number, BodyBytes][] = [
  ['topk:density=0.01', byDensity(0.01), Infinity, raw],
  ['topk:density=0.25', byDensity(0.25), Infinity, raw],
  ['topk:k=10', byCount(10), Infinity, raw],
  ['topk:k=4,block=100', byCount(4), 100, raw],
  ['topk:density=0.1/qsgd:levels=3,block=16', byDensity(0.1), Infinity, qsgdBytes(3, 16)],
  ['topk:density=0.1/bf16+ef', byDensity(0.1), Infinity, half],
  ['topk:density=0.5/terngrad', byDensity(0.5), Infinity, tritBytes],
  ['topk:k=64,block=4096/quantile:bits=2+ef', byCount(64), 4096, quantileBytes(2)],
];

/** Indices that top-k keeps, block by block; all of them when all may be kept. */
function kept(x: Float32Array, keep: (n: number) => number, block: number): number[] {
  const blocks: [number, number][] = [];
  for (let start = 0; start < x.length; start += block)
    blocks.push([start, Math.min(x.length, start + block)]);
  const most = blocks.reduce((sum, [start, end]) => sum + keep(end - start), 0);
  if (most === x.length) return [...x.keys()];
  return blocks.flatMap(([start, end]) => topKBySort(x, start, end, keep(end - start)));
}

/** Rice parameter in the sub-header of a sparse body: byte 12. */
function parameterOf(payload: Uint8Array): number {
  return payload[inspect(payload).sections[0]!.bytes + 12]!;
}

/** Smallest index list over all parameters. */
function bestIndexBytes(indices: readonly number[]): number {
  return Math.min(...Array.from({ length: 25 }, (_, r) => riceByteLength(indices, r)));
}

describe('top-k payloads hold a sub-header, values, and Rice coded indices', () => {
  it.each(sparse)('%s', (given, keep, block, body) => {
    const codec = parseCodec(given);
    const header = headerByteLength(idsOf(codec.spec), codec.spec, false);
    for (const n of lengths) {
      for (const x of [gaussian(n, n), lognormal(n, n), constant(n), oneHot(n)]) {
        const payload = encode(given, x, { seed: 1 });
        const indices = kept(x, keep, block);
        const list = indices.length === n ? 0 : riceByteLength(indices, parameterOf(payload));
        expect(payload.length, `n=${n}`).toBe(header + 16 + body(indices.length) + list);
        expect(payload.length, `n=${n}`).toBeLessThanOrEqual(codec.maxBytes(n));
        // Of short lists the downhill search may stop at a plateau of equal byte counts.
        const plateau = indices.length < 50 ? 4 : 0;
        if (list > 0) expect(list).toBeLessThanOrEqual(bestIndexBytes(indices) + plateau);
      }
    }
  });

  it('which a raw 32-bit index list would not', () => {
    const x = gaussian(70_001, 1);
    const payload = encode('topk:density=0.01', x);
    expect(payload.length).toBeLessThan(700 * (4 + 1.5));
  });
});

describe('bits per element at a million Gaussian elements, header included', () => {
  const n = 1_000_000;
  const x = gaussian(n, 99);
  const bits = (spec: string): number => (8 * encode(spec, x, { seed: 1 }).length) / n;

  it.each([
    ['none', 32.001],
    ['bf16', 16.01],
    ['fp16', 16.01],
    ['qsgd:levels=7', 4.07],
    ['qsgd:levels=1', 2.07],
    ['qsgd:levels=127', 8.07],
    ['terngrad', 1.61],
    ['terngrad:pack=bits', 2.01],
    ['topk:density=0.01', 0.42],
    ['topk:density=0.001', 0.045],
    ['randomk:density=0.01', 0.33],
    ['topk:k=64,block=4096/quantile:bits=2', 0.16],
  ])('%s ≤ %d', (spec, most) => {
    const measured = bits(spec);
    expect(measured).toBeLessThanOrEqual(most);
    // Not by sending less than asked: the bound is within 5 % of what is sent.
    expect(measured).toBeGreaterThan(0.95 * most);
    expect(inspect(encode(spec, x, { seed: 1 })).bitsPerElement).toBe(measured);
  });

  it('the 200-fold codec sends what it says: 64 values of each 4096', () => {
    const decoded = decode(encode('topk:k=64,block=4096/quantile:bits=2', x));
    for (let start = 0; start < n; start += 4096) {
      const part = decoded.subarray(start, start + 4096);
      expect(part.filter((value) => value !== 0).length).toBe(64);
    }
  });

  /** Entropy of the support, in bits per index. */
  const entropy = (f: number): number => -Math.log2(f) - ((1 - f) / f) * Math.log2(1 - f);

  it.each([
    [0.001, 11.8],
    [0.01, 8.3],
    [0.1, 4.85],
    [0.25, 3.4],
  ])('indices at density %d take at most %d bits each', (density, most) => {
    const { sections } = inspect(encode(`topk:density=${density}`, x));
    const indices = sections.find(({ name }) => name === 'indices')!;
    const each = (8 * indices.bytes) / (density * n);
    expect(each).toBeLessThanOrEqual(most);
    expect(each).toBeGreaterThan(entropy(density));
    expect(indices.entropyBits! / (density * n)).toBeCloseTo(entropy(density), 6);
  });
});

describe('entropy=rans sends scales and symbol entropy, and hardly anything else', () => {
  const kinds = { Gaussian: gaussian, 'Student-t': studentT3 };
  type Kind = keyof typeof kinds;

  /** Bytes of a payload, and those of its scales and of an ideal coder of its codes. */
  function measured(
    spec: string,
    x: Float32Array,
  ): { ratio: number; bytes: number; ideal: number } {
    const payload = encode(spec, x, { seed: 1 });
    const { sections } = inspect(payload);
    const scales = sections.find(({ name }) => name === 'scales')!;
    const codes = sections.find(({ name }) => name.endsWith('codes'))!;
    const ideal = scales.bytes + codes.entropyBits! / 8;
    return { ratio: payload.length / ideal, bytes: payload.length, ideal };
  }

  const specs = ['qsgd:norm=l2,entropy=rans', 'terngrad:entropy=rans'];

  it.each([
    ['Gaussian', 1_000_000],
    ['Student-t', 1_000_000],
    ['Gaussian', 25_000_000],
    ['Student-t', 25_000_000],
  ] as const)('%s, %i elements: at most 1.03 of them', (kind, n) => {
    const x = kinds[kind](n, 7);
    for (const spec of specs) {
      const { ratio } = measured(spec, x);
      expect(ratio, spec).toBeLessThanOrEqual(1.03);
      expect(ratio, spec).toBeGreaterThan(1);
    }
  });

  it.each(Object.keys(kinds) as Kind[])('%s: which neither Elias nor fixed width does', (kind) => {
    const x = kinds[kind](1_000_000, 7);
    for (const other of ['elias', 'none'])
      for (const spec of specs)
        expect(measured(spec.replace('rans', other), x).ratio).toBeGreaterThan(1.2);
  });

  it.each([1, 8, 32, 100])('blocks of %i elements, which are mostly scales, included', (block) => {
    for (const kind of Object.values(kinds))
      expect(
        measured(`qsgd:norm=l2,block=${block},entropy=rans`, kind(1_000_000, 7)).ratio,
      ).toBeLessThanOrEqual(1.003);
  });

  /**
   * Of short gradients the fixed parts show: a header of up to 80 bytes, a table of 2 and up to 2 a
   * code, four states of 4 and the mode; and half a percent, since frequencies have 12 bits.
   */
  it.each([500, 1000, 2000, 5000, 20_000])('%i elements: in at most 130 bytes', (n) => {
    for (const kind of Object.values(kinds))
      for (const spec of [...specs, 'qsgd:entropy=rans', 'qsgd:levels=1,norm=l2,entropy=rans']) {
        const { bytes, ideal } = measured(spec, kind(n, n));
        expect(bytes - 1.005 * ideal, spec).toBeLessThanOrEqual(130);
      }
  });
});
