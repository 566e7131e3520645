/** Entropy codings as part of the codecs: the same vectors as without, in no more bytes but one. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  decode,
  encode,
  inspect,
  parseCodec,
  PayloadError,
  streamsFor,
} from '../../../codecs/index.ts';
import { codedBody } from '../../../codecs/entropy/coded-body.ts';
import { rans } from '../../../codecs/entropy/rans.ts';
import { selectKernels, type LevelsPlan } from '../../../codecs/kernels/index.ts';
import { levelsBodyBytes } from '../../../codecs/kernels/levels-layout.ts';
import { resealPayload } from '../../../proto/payload.ts';
import { gaussian, lognormal, oneHot } from '../theory/samples.ts';
import { planOf, sameBytes } from './bodies.ts';

const codings = ['elias', 'rans'] as const;

const plain = [
  'qsgd',
  'qsgd:levels=1,norm=l2',
  'qsgd:levels=5,block=1,norm=l2',
  'qsgd:levels=7,block=33,norm=l2',
  'qsgd:levels=7,block=3000,norm=l2',
  'qsgd:levels=15,block=20480,norm=l2',
  'qsgd:levels=127,block=20481,norm=l2',
  'qsgd:levels=63,block=50000,norm=l2+ef',
  'terngrad',
  'terngrad:pack=bits',
  'terngrad:clip=2.5+ef',
];

function withEntropy(spec: string, coding: string): string {
  const [chain = '', feedback = ''] = spec.split(/(?=\+ef)/);
  return `${chain}${chain.includes(':') ? ',' : ':'}entropy=${coding}${feedback}`;
}

/** Bytes behind the header. */
function bodyBytes(payload: Uint8Array): number {
  return payload.length - 16 * payload[3]!;
}

const cases = codings.flatMap((coding) => plain.map((spec) => [coding, spec] as const));

afterEach(() => void selectKernels('auto'));

describe.each(cases)('entropy=%s of %s', (coding, spec) => {
  const coded = withEntropy(spec, coding);

  it.each([0, 1, 2, 16, 100, 513, 5000, 20480, 20481, 61_003])(
    'decodes to what it decodes to without, %i elements',
    (n) => {
      for (const x of [gaussian(n, n), lognormal(n, n), new Float32Array(n), oneHot(n)]) {
        const [payload, expected] = [encode(coded, x, { seed: n }), encode(spec, x, { seed: n })];
        expect(sameBytes(decode(payload), decode(expected))).toBe(true);
        expect(bodyBytes(payload)).toBeLessThanOrEqual(bodyBytes(expected) + 1);
        const sums = [payload, expected].map((bytes, i) => {
          const sum = gaussian(n, 3);
          parseCodec(i === 0 ? coded : spec).decodeAdd(bytes, sum, -0.3);
          return sum;
        });
        expect(sameBytes(sums[0]!, sums[1]!)).toBe(true);
      }
    },
  );

  it('needs at most a byte more room', () => {
    for (const n of [0, 1, 500, 70_000]) {
      const [one, other] = [parseCodec(coded), parseCodec(spec)].map((codec) => codec.maxBytes(n));
      const empty = encode(coded, new Float32Array(0)).length - 1;
      expect(one! - empty).toBe(other! - encode(spec, new Float32Array(0)).length + 1);
    }
  });

  it('gives the same bytes with both back ends', () => {
    const x = gaussian(30_001, 4);
    const payloads = (['reference', 'simd'] as const).map((name) => {
      selectKernels(name);
      return encode(coded, x, { seed: 1 });
    });
    expect(sameBytes(payloads[0]!, payloads[1]!)).toBe(true);
  });
});

describe('inspect', () => {
  const x = gaussian(20_000, 1);
  const names = (payload: Uint8Array): string[] => inspect(payload).sections.map((s) => s.name);

  it('shows what is coded, beside its entropy', () => {
    const payload = encode('qsgd:norm=l2,entropy=rans', x, { seed: 1 });
    expect(names(payload)).toEqual(['header', 'scales', 'frequencies', 'rans codes', 'mode']);
    expect(names(encode('qsgd:norm=l2,entropy=elias', x, { seed: 1 }))).toEqual([
      ...['header', 'scales', 'elias codes', 'mode'],
    ]);
    const { sections, totalBytes } = inspect(payload);
    expect(sections.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(totalBytes);
    const codes = sections.find(({ name }) => name === 'rans codes')!;
    const packed = inspect(encode('qsgd:norm=l2', x, { seed: 1 })).sections[2]!;
    expect(codes.symbols).toBe(x.length);
    expect(codes.entropyBits).toBeCloseTo(packed.entropyBits!, 6);
  });

  it('shows packed codes where coding them does not pay', () => {
    expect(names(encode('qsgd:entropy=elias', x))).toEqual(['header', 'scales', 'codes', 'mode']);
    expect(names(encode('qsgd:entropy=rans', x.subarray(0, 20)))).toEqual([
      ...['header', 'scales', 'codes', 'mode'],
    ]);
  });
});

describe('decoding refuses', () => {
  const payload = encode('qsgd:norm=l2,block=64,entropy=rans', gaussian(1000, 1), { seed: 1 });
  const start = 16 * payload[3]!;

  function edited(at: number, value: number): Uint8Array {
    const copy = payload.slice();
    copy[at] = value;
    return resealPayload(copy);
  }

  it('a mode there is not', () => {
    for (const mode of [2, 255])
      expect(() => decode(edited(payload.length - 1, mode))).toThrow(`mode ${mode} of the codes`);
  });

  it('coded codes in the name of packed ones', () => {
    expect(() => decode(edited(payload.length - 1, 0))).toThrow(PayloadError);
  });

  it('scales that no encoder writes', () => {
    for (const high of [0x80, 0xff, 0x7f])
      expect(() => decode(edited(start + 3, high).fill(255, start, start + 2))).toThrow(
        PayloadError,
      );
    expect(() => decode(edited(start + 3, 0xbf))).toThrow('scale of block 0');
  });

  it('coded codes that are longer than packed ones', () => {
    const packed = encode('qsgd:entropy=elias', gaussian(512, 1), { seed: 1 });
    expect(packed.at(-1)).toBe(0);
    const grown = resealPayload(Uint8Array.of(...packed.subarray(0, -1), 0, 0, 1));
    expect(() => decode(grown)).toThrow(/bytes of coded codes where packed ones take/);
  });

  it('a body without anything', () => {
    for (const coding of codings) {
      const empty = encode(`terngrad:entropy=${coding}`, new Float32Array(0));
      expect(decode(empty)).toHaveLength(0);
      expect(() => decode(resealPayload(empty.subarray(0, -1)))).toThrow('mode missing');
    }
  });
});

describe('memory', () => {
  it.each(codings)('entropy=%s: coding and decoding hold a byte an element, once', (coding) => {
    const n = 2 ** 22;
    const codec = parseCodec(`qsgd:norm=l2,entropy=${coding}`);
    const x = gaussian(n, 1);
    const out = new Uint8Array(codec.maxBytes(n));
    const decoded = new Float32Array(n);
    const used = (run: () => void): number => {
      const before = process.memoryUsage().arrayBuffers;
      run();
      return process.memoryUsage().arrayBuffers - before;
    };
    let bytes = 0;
    const random = streamsFor({ seed: 1 });
    expect(used(() => (bytes = codec.encodeInto(x, out, random)))).toBeLessThan(n + 2 ** 18);
    expect(used(() => (bytes = codec.encodeInto(x, out, random)))).toBeLessThan(2 ** 18);
    const payload = out.subarray(0, bytes);
    expect(used(() => codec.decodeInto(payload, decoded))).toBeLessThan(n + 2 ** 18);
    expect(used(() => codec.decodeInto(payload, decoded))).toBeLessThan(2 ** 18);
  });

  const planFor = (length: number): LevelsPlan => ({ ...planOf(length, 7), norm: 'l2' });
  const body = codedBody(rans);

  /** A coded body of these elements. */
  function coded(x: Float32Array): Uint8Array {
    const plan = planFor(x.length);
    const bytes = new Uint8Array(body.maxBytes(plan));
    return bytes.slice(0, body.encode(x, plan, { low: 1, high: 2 }, bytes));
  }

  it('is kept for the next payload, but not where one asked for more than it held', () => {
    const [small, large] = [gaussian(1000, 1), gaussian(2 ** 20, 1)];
    const smallBytes = levelsBodyBytes(planFor(small.length));
    const largeBytes = levelsBodyBytes(planFor(large.length));
    /** Memory behind what a check returns. */
    const held = (): number => body.check(coded(small), planFor(small.length)).buffer.byteLength;
    body.check(coded(large), planFor(large.length));
    expect(held()).toBeGreaterThanOrEqual(largeBytes);
    // Nothing is taken for codes that a body has no room for.
    expect(() => body.check(coded(small), planFor(2 ** 28))).toThrow(/rANS words are cut off/);
    expect(held()).toBeGreaterThanOrEqual(largeBytes);
    expect(() => body.check(coded(small), planFor(1400))).toThrow(PayloadError);
    expect(held()).toBe(smallBytes);
  });
});
