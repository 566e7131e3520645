/**
 * Sparse codecs encode gradient + residual in sweeps of their own. What they send and what they leave
 * behind is, bit for bit, what the plain way gives: add, encode, subtract what was decoded.
 */
import { afterAll, describe, expect, it } from 'vitest';
import {
  allocateVector,
  encode,
  errorFeedback,
  parseCodec,
  releaseMemory,
  streamsFor,
  type Codec,
  type FeedbackCodec,
} from '../../codecs/index.ts';
import { selectKernels } from '../../codecs/kernels/index.ts';
import { SWEEP, WINDOW } from '../../codecs/kernels/simd/memory.ts';
import { complianceSpecs } from '../compliance/codec.ts';
import { KINDS, vectorOf } from './kernels/simd-vectors.ts';

const specs = complianceSpecs.filter(
  (spec) => spec.endsWith('+ef') && parseCodec(spec).traits.support === 'sparse',
);

afterAll(() => {
  selectKernels('auto');
});

/** A gradient of small numbers, so that no sum overflows; another at every step. */
function gradientOf(kind: string, length: number, step: number): Float32Array {
  const x = vectorOf(kind, length);
  return x.map((value, i) => (i % 5 === step % 5 ? -value : value) / 64 / (1 + (step % 3)));
}

/** The plain way, on a residual of one's own; returns the payload. */
function plainStep(codec: Codec, residual: Float32Array, gradient: Float32Array, step: number) {
  for (let i = 0; i < residual.length; i++) residual[i] = residual[i]! + gradient[i]!;
  const payload = encode(codec, residual, { seed: 1, step });
  codec.decodeAdd(payload, residual, -1);
  return payload;
}

/** First step at which payload or residual is not that of the plain way, or −1. */
function firstDifference(
  feedback: FeedbackCodec,
  steps: number,
  gradientAt: (step: number) => Float32Array,
): number {
  const residual = new Float32Array(feedback.length);
  for (let step = 0; step < steps; step++) {
    const gradient = gradientAt(step);
    const sent = feedback.encode(gradient, { seed: 1 });
    const expected = plainStep(feedback.codec, residual, gradient, step);
    if (Buffer.compare(sent, expected) !== 0 || !sameBits(feedback.residual, residual)) return step;
  }
  return -1;
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Feedback on an ordinary residual and on one in the kernels' memory, atomic and not. */
function variants(spec: string, length: number): FeedbackCodec[] {
  return [true, false].flatMap((atomic) => [
    errorFeedback(spec, length, { atomic }),
    errorFeedback(spec, length, { atomic, residual: allocateVector(length) }),
  ]);
}

describe.each(['simd', 'reference'] as const)('feedback of sparse codecs on %s kernels', (name) => {
  it.each(specs)('%s is the plain way, bit for bit', (spec) => {
    selectKernels(name);
    for (const kind of Object.keys(KINDS))
      for (const length of [0, 1, 65, 700])
        for (const feedback of variants(spec, length)) {
          expect(firstDifference(feedback, 9, (step) => gradientOf(kind, length, step))).toBe(-1);
          releaseMemory(feedback.residual);
        }
  });

  const long = ['topk:density=0.01+ef', 'topk:k=64,block=4096/quantile+ef', 'randomk:k=77+ef'];
  it.each(long)('%s is the plain way on long vectors', (spec) => {
    selectKernels(name);
    for (const kind of ['gaussian', 'half denormal', 'mostly zero', 'zeros of both signs'])
      for (const length of [WINDOW + 1, SWEEP, SWEEP + 65])
        for (const feedback of variants(spec, length)) {
          expect(firstDifference(feedback, 4, (step) => gradientOf(kind, length, step))).toBe(-1);
          releaseMemory(feedback.residual);
        }
  });

  it.each(specs)('%s refuses what is not finite, atomic or not', (spec) => {
    selectKernels(name);
    for (const feedback of variants(spec, 500)) {
      feedback.encode(gradientOf('gaussian', 500, 0), { seed: 1 });
      const before = feedback.residual.slice();
      const gradient = gradientOf('gaussian', 500, 1);
      gradient[321] = -Infinity;
      expect(() => feedback.encode(gradient, { seed: 1 })).toThrow(
        expect.objectContaining({ index: 321, value: -Infinity }),
      );
      if (feedback.atomic) expect(sameBits(feedback.residual, before)).toBe(true);
      releaseMemory(feedback.residual);
    }
  });

  it('takes vectors on shared memory, at any offset', () => {
    selectKernels(name);
    const shared = new Float32Array(new SharedArrayBuffer(4 * 9007), 28);
    const feedback = errorFeedback('topk:density=0.05+ef', 9000);
    const gradientAt = (step: number): Float32Array => {
      shared.set(gradientOf('gaussian', 9000, step));
      return shared;
    };
    expect(firstDifference(feedback, 3, gradientAt)).toBe(-1);
  });
});

describe('the comparison finds', () => {
  it('a residual off by the sign of a zero', () => {
    selectKernels('auto');
    const feedback = errorFeedback('topk:k=3+ef', 50);
    const gradientAt = (step: number): Float32Array => {
      // What was sent leaves +0.
      const sent = feedback.residual.findIndex((value) => Object.is(value, 0));
      if (step === 2) feedback.residual[sent] = -0;
      return vectorOf('gaussian', 50).fill(-0, sent, sent + 1);
    };
    expect(firstDifference(feedback, 4, gradientAt)).toBe(2);
  });

  it('a step left out', () => {
    const feedback = errorFeedback('topk:k=3+ef', 50);
    const out = new Uint8Array(feedback.codec.maxBytes(50));
    feedback.encodeInto(vectorOf('gaussian', 50), out, streamsFor({ seed: 1 }));
    expect(firstDifference(feedback, 2, () => vectorOf('gaussian', 50))).toBe(0);
  });
});
