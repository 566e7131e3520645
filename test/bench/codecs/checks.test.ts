import { describe, expect, it } from 'vitest';
import { decode, encode, parseCodec } from '../../../codecs/index.ts';
import { selectKernels, type Kernels } from '../../../codecs/kernels/index.ts';
import { referenceKernels } from '../../../codecs/kernels/reference/index.ts';
import { Bench } from '../../../bench/codecs/bench.ts';
import { codecCases, DEFAULT_SPECS } from '../../../bench/codecs/cases.ts';
import { ensureSameValues, ensureSum, ensureWithinTraits } from '../../../bench/codecs/checks.ts';
import { naiveDequantise, naiveQsgd } from '../../../bench/codecs/naive-qsgd.ts';
import { checkAll } from '../../../bench/support/case.ts';
import { dataKinds, makeData } from '../../../bench/support/data.ts';

const LENGTH = 20_000;

describe.each(dataKinds)('on %s data', (kind) => {
  it('every case of every codec is right', async () => {
    const bench = new Bench(makeData(kind, LENGTH, 1));
    const cases = codecCases(bench, { specs: DEFAULT_SPECS, backEnds: ['simd', 'reference'] });
    const facts = await checkAll(cases);
    selectKernels('auto');
    bench.close();
    expect(facts.size).toBe(cases.length);
    expect(facts.get('qsgd encode, in place')?.['bitsPerElement']).toBeLessThan(4.2);
  });
});

describe('the checks refuse', () => {
  const gradient = makeData('gaussian', LENGTH, 2);

  it('a decoded gradient with more error than the traits allow', () => {
    const codec = parseCodec('bf16');
    const decoded = decode(encode(codec, gradient));
    expect(ensureWithinTraits(codec, gradient, decoded)).toBeLessThan(1e-5);
    decoded[7]! += 1;
    expect(() => ensureWithinTraits(codec, gradient, decoded)).toThrow('squared error');
  });

  it('one that is biased though its codec says it is not', () => {
    const codec = parseCodec('qsgd:levels=7');
    const decoded = decode(encode(codec, gradient, { seed: 1 }));
    ensureWithinTraits(codec, gradient, decoded);
    const shrunk = decoded.map((value) => 0.9 * value);
    expect(() => ensureWithinTraits(codec, gradient, shrunk)).toThrow('is off');
  });

  it('a value that differs', () => {
    const other = gradient.slice();
    other[5] = Number.NaN;
    expect(() => ensureSameValues(gradient, other, 'they')).toThrow(
      'they differ, first at element 5',
    );
  });

  it('a sum that is off in one element', () => {
    const sum = gradient.map((value) => 2 * value);
    ensureSum(sum, gradient, gradient, 'they');
    sum[9]! *= 1 + 2 ** -23;
    expect(() => ensureSum(sum, gradient, gradient, 'they')).toThrow(
      'they differ, first at element 9',
    );
  });

  it('a back end that writes other bytes than the reference', async () => {
    const kernels = referenceKernels as { -readonly [K in keyof Kernels]: Kernels[K] };
    const { encodeHalf } = kernels;
    const bench = new Bench(gradient);
    const cases = codecCases(bench, { specs: ['bf16'], backEnds: ['simd'] }).filter(({ name }) =>
      name.startsWith('bf16 encode'),
    );
    expect(cases.map(({ name }) => name)).toEqual([
      'bf16 encode, in place',
      'bf16 encode, plain arrays',
    ]);
    kernels.encodeHalf = (x, format, body) =>
      encodeHalf(
        x.map((value, i) => (i === 5 ? 1.01 * value : value)),
        format,
        body,
      );
    try {
      await expect(checkAll(cases)).rejects.toThrow(
        'payload and that of the reference kernels differ',
      );
    } finally {
      kernels.encodeHalf = encodeHalf;
      selectKernels('auto');
      bench.close();
    }
  });
});

it('the naive loop quantises as QSGD does: unbiased, within the variance of the codec', () => {
  const gradient = makeData('gaussian', LENGTH, 3);
  const norms = new Float32Array(Math.ceil(LENGTH / 512));
  const levels = new Int8Array(LENGTH);
  naiveQsgd(gradient, 7, 512, norms, levels);
  expect(Math.max(...levels)).toBe(7);
  expect(Math.min(...levels)).toBe(-7);
  const error = ensureWithinTraits(
    parseCodec('qsgd:levels=7'),
    gradient,
    naiveDequantise(norms, levels, 7, 512),
  );
  const codec = ensureWithinTraits(
    parseCodec('qsgd:levels=7'),
    gradient,
    decode(encode('qsgd:levels=7', gradient, { seed: 3 })),
  );
  // Sums of 20 000 independent squares: a relative spread below 2 % each.
  expect(error / codec).toBeGreaterThan(0.8);
  expect(error / codec).toBeLessThan(1.25);
});
