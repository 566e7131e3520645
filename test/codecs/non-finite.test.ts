/**
 * Sparse codecs find NaN and ±Infinity while they select. The promise is the same: the first one is
 * named, nothing is written, no residual changes, wherever it is.
 */
import { afterAll, describe, expect, it } from 'vitest';
import {
  errorFeedback,
  NonFiniteGradientError,
  parseCodec,
  streamsFor,
} from '../../codecs/index.ts';
import { selectKernels } from '../../codecs/kernels/index.ts';
import { SWEEP, WINDOW } from '../../codecs/kernels/simd/memory.ts';
import { complianceSpecs } from '../compliance/codec.ts';
import { thrownBy } from './forge.ts';
import { vectorOf } from './kernels/simd-vectors.ts';

const sparse = complianceSpecs.filter((spec) => parseCodec(spec).traits.support === 'sparse');
const plain = sparse.filter((spec) => !spec.endsWith('+ef'));
const withFeedback = sparse.filter((spec) => spec.endsWith('+ef'));
const random = streamsFor({ seed: 1 });

afterAll(() => {
  selectKernels('auto');
});

/** Lengths of one block, of many, of some windows and an odd rest. */
const SHORT = [1, 17, 300];
const LONG = [WINDOW + 1, SWEEP + 131];

/** Places in a vector: its ends, group and window boundaries, and some between. */
function placesIn(length: number): number[] {
  const places = [
    0,
    1,
    15,
    16,
    63,
    64,
    4095,
    4096,
    WINDOW - 1,
    WINDOW,
    SWEEP - 1,
    SWEEP,
    SWEEP + 64,
  ];
  return [...new Set([...places, length >> 1, length - 2, length - 1])].filter(
    (at) => at >= 0 && at < length,
  );
}

/** Encodes and expects the refusal of element `at`, and no byte written. */
function expectRefusal(encode: (out: Uint8Array) => void, size: number, expected: object): void {
  const out = new Uint8Array(size).fill(0xee);
  const error = thrownBy(() => encode(out));
  expect(error).toBeInstanceOf(NonFiniteGradientError);
  expect(error).toMatchObject(expected);
  expect(out.every((byte) => byte === 0xee)).toBe(true);
}

function checkPlain(spec: string, length: number): void {
  const codec = parseCodec(spec);
  const size = codec.maxBytes(length);
  const gradient = vectorOf('gaussian', length);
  for (const [j, at] of placesIn(length).entries()) {
    const value = [NaN, Infinity, -Infinity][j % 3]!;
    const damaged = gradient.slice().fill(value, at, at + 1);
    // A larger key further on must not be named.
    if (at + 3 < length) damaged[at + 3] = NaN;
    const message = `gradient[${at}] is ${value}`;
    expectRefusal((out) => codec.encodeInto(damaged, out, random), size, {
      index: at,
      value,
      message: expect.stringContaining(message),
    });
  }
}

function checkFeedback(spec: string, length: number): void {
  const feedback = errorFeedback(spec, length);
  const size = feedback.codec.maxBytes(length);
  const gradient = vectorOf('gaussian', length);
  feedback.encode(gradient, { seed: 1 });
  for (const [j, at] of placesIn(length).entries()) {
    const damaged = gradient.slice();
    const before = feedback.residual.slice();
    // Not finite by itself, or only in sum with a residual, or by the residual.
    const [ofGradient, ofResidual] = [
      [Infinity, before[at]!],
      [3e38, 3e38],
      [NaN, NaN],
      [1, -Infinity],
    ][j % 4]!;
    damaged[at] = ofGradient!;
    if (at + 3 < length) damaged[at + 3] = NaN;
    feedback.residual[at] = before[at] = ofResidual!;
    expectRefusal((out) => feedback.encodeInto(damaged, out, random), size, {
      index: at,
      message: expect.stringContaining(
        Number.isFinite(ofGradient) ? `gradient + residual` : `gradient[${at}] is ${ofGradient}`,
      ),
    });
    expect(Buffer.compare(Buffer.from(feedback.residual.buffer), Buffer.from(before.buffer))).toBe(
      0,
    );
    expect(feedback.step).toBe(1);
    feedback.residual[at] = 0;
  }
}

describe.each(['simd', 'reference'] as const)('what is not finite, on %s kernels', (name) => {
  it.each(plain)('is refused by %s', (spec) => {
    selectKernels(name);
    for (const length of SHORT) checkPlain(spec, length);
  });

  it.each(withFeedback)('is refused by %s, gradient or residual', (spec) => {
    selectKernels(name);
    for (const length of SHORT) checkFeedback(spec, length);
  });

  const long = ['topk:density=0.01', 'topk:k=1', 'topk:k=64,block=4096', 'topk:k=100,block=10000'];
  it.each([...long, 'topk:density=1', 'randomk:density=0.01,scale=none'])(
    'is refused by %s in long vectors',
    (spec) => {
      selectKernels(name);
      for (const length of LONG) {
        checkPlain(spec, length);
        checkFeedback(`${spec}+ef`, length);
      }
    },
  );

  it('is refused where everything is not finite, more than the candidates kept', () => {
    selectKernels(name);
    const codec = parseCodec('topk:k=3');
    const gradient = new Float32Array(200_000).fill(NaN, 11);
    expectRefusal((out) => codec.encodeInto(gradient, out, random), codec.maxBytes(200_000), {
      index: 11,
    });
  });
});

describe('the check finds', () => {
  it('a byte written, and the wrong element named', () => {
    const refuse = (out: Uint8Array): void => {
      out[3] = 0;
      throw new NonFiniteGradientError(7, NaN);
    };
    expect(() => expectRefusal(refuse, 10, { index: 7 })).toThrow('expected false to be true');
    expect(() => expectRefusal(refuse, 10, { index: 8 })).toThrow('to match object');
  });
});
