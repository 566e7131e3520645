import { afterEach, describe, expect, it } from 'vitest';
import {
  ArgumentRangeError,
  decode,
  encode,
  errorFeedback,
  inspect,
  kernelBackend,
  selectKernels,
  type KernelChoice,
} from '../../codecs/index.ts';
import { kernels } from '../../codecs/kernels/index.ts';
import { referenceKernels } from '../../codecs/kernels/reference/index.ts';
import { createSimdKernels } from '../../codecs/kernels/simd/index.ts';

const x = Float32Array.from({ length: 3000 }, (_, i) => Math.sin(i) / (1 + (i % 17)));
const specs = ['qsgd', 'terngrad', 'topk:density=0.1', 'bf16', 'qsgd:norm=l2,entropy=rans'];

afterEach(() => void selectKernels('auto'));

describe('the option kernels', () => {
  it.each(specs)('changes no byte of %s', (spec) => {
    const [plain, simd] = (['reference', 'simd'] as const).map((choice) => {
      const feedback = errorFeedback(spec, x.length);
      const payload = encode(spec, x, { seed: 3, kernels: choice });
      return [
        payload,
        feedback.encode(x, { seed: 3, kernels: choice }),
        feedback.encode(x, { seed: 3, kernels: choice }),
        new Uint8Array(feedback.residual.buffer),
        new Uint8Array(decode(payload, { kernels: choice }).buffer),
      ];
    });
    expect(simd).toEqual(plain);
    expect(inspect(plain![0]!, { kernels: 'simd' })).toEqual(
      inspect(plain![0]!, { kernels: 'reference' }),
    );
  });

  it('holds for its call alone, which it really decides', () => {
    const used: string[] = [];
    selectKernels('simd');
    const before = kernels.name;
    const spy = referenceKernels.encodeLevels;
    (referenceKernels as { encodeLevels: typeof spy }).encodeLevels = (...given) => {
      used.push(kernels.name);
      return spy(...given);
    };
    try {
      encode('qsgd', x, { seed: 1 });
      encode('qsgd', x, { seed: 1, kernels: 'reference' });
      expect(() =>
        encode(
          'qsgd',
          x.map(() => NaN),
          { kernels: 'reference' },
        ),
      ).toThrow('NaN');
    } finally {
      (referenceKernels as { encodeLevels: typeof spy }).encodeLevels = spy;
    }
    expect(used).toEqual(['reference', 'reference']);
    expect(kernelBackend()).toBe(before);
  });

  it('names what it does not know', () => {
    for (const use of [
      (choice: KernelChoice) => encode('qsgd', x, { kernels: choice }),
      (choice: KernelChoice) => decode(encode('qsgd', x), { kernels: choice }),
    ]) {
      expect(() => use('avx' as 'simd')).toThrow(ArgumentRangeError);
      expect(() => use('avx' as 'simd')).toThrow(
        `"kernels" must be 'reference', 'simd' or 'auto', got "avx"`,
      );
    }
    expect(kernelBackend()).toBe('simd');
  });
});

it('every kernel has a twin: both back ends have the same functions', () => {
  expect(Object.keys(createSimdKernels()).toSorted()).toEqual(
    Object.keys(referenceKernels).toSorted(),
  );
  expect(Object.keys(kernels).toSorted()).toEqual(Object.keys(referenceKernels).toSorted());
});
