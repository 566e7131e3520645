import { beforeEach, describe, expect, it } from 'vitest';
import {
  allocateVector,
  decode,
  encode,
  errorFeedback,
  parseCodec,
  releaseMemory,
  streamsFor,
  type Codec,
  type FeedbackCodec,
} from '../../codecs/index.ts';
import { writeSnapshot } from '../../codecs/feedback/snapshot.ts';
import { makeGradient } from '../../src/testing/index.ts';
import { Noise } from '../../src/testing/noise.ts';
import { complianceSpecs } from '../compliance/codec.ts';
import { stepsCodec } from './custom-codec.ts';
import { thrownBy } from './forge.ts';

const withFeedback = complianceSpecs.filter((spec) => spec.endsWith('+ef'));

/** Integers of magnitude `from`..1000. */
function integers(length: number, from: number, noise: Noise): Float32Array {
  return Float32Array.from({ length }, () => noise.sign() * (from + noise.below(1001 - from)));
}

/** First step (of 200) after which Σ sent + residual ≠ Σ gradients, or undefined. */
function firstLoss(
  length: number,
  from: number,
  step: (gradient: Float32Array) => { sent: Float32Array; residual: Float32Array },
): number | undefined {
  const noise = new Noise(length);
  const sentSum = new Float64Array(length);
  const givenSum = new Float64Array(length);
  for (let t = 0; t < 200; t++) {
    const gradient = integers(length, from, noise);
    const { sent, residual } = step(gradient);
    for (let i = 0; i < length; i++) {
      sentSum[i]! += sent[i]!;
      givenSum[i]! += gradient[i]!;
      if (sentSum[i]! + residual[i]! !== givenSum[i]!) return t;
    }
  }
  return undefined;
}

function lossOfFeedback(spec: string, length: number, from: number): number | undefined {
  const feedback = errorFeedback(spec, length);
  return firstLoss(length, from, (gradient) => ({
    sent: decode(feedback.encode(gradient, { seed: 1 })),
    residual: feedback.residual,
  }));
}

describe('telescoping: Σ sent + residual = Σ gradients', () => {
  // Blocks of one to three elements can meet p ≈ 0 and then a step so fine that float32 cannot
  // hold residual and next gradient in one number; hence magnitudes from 250 on.
  it.each(withFeedback)('%s, bit for bit on integers', (spec) => {
    for (const length of [1, 5, 50, 700]) expect(lossOfFeedback(spec, length, 250)).toBeUndefined();
  });

  it.each(withFeedback.filter((spec) => !/block=[13]\b/.test(spec)))(
    '%s, bit for bit on integers of any size',
    (spec) => {
      expect(lossOfFeedback(spec, 700, 0)).toBeUndefined();
    },
  );

  it('fails for scales of 24 significant bits, as codecs without feedback send them', () => {
    const codec = parseCodec('qsgd:levels=7');
    const residual = new Float32Array(700);
    let t = 0;
    const lost = firstLoss(700, 250, (gradient) => {
      gradient.forEach((value, i) => (residual[i] = residual[i]! + value));
      const payload = encode(codec, residual, { seed: 1, step: t++ });
      codec.decodeAdd(payload, residual, -1);
      return { sent: decode(payload), residual };
    });
    expect(lost).toBeDefined();
  });

  it('fails when the residual is dropped', () => {
    const feedback = errorFeedback('topk:density=0.1', 50);
    const lost = firstLoss(50, 250, (gradient) => {
      feedback.reset();
      return { sent: decode(feedback.encode(gradient)), residual: feedback.residual };
    });
    expect(lost).toBe(1);
  });
});

describe('a step', () => {
  it('is p = g + e, c = C(p), e = p − c', () => {
    const feedback = errorFeedback('topk:k=2', 4);
    const first = feedback.encode(Float32Array.of(5, -3, 2, 1), { seed: 1 });
    expect([...decode(first)]).toEqual([5, -3, 0, 0]);
    expect([...feedback.residual]).toEqual([0, 0, 2, 1]);
    const second = feedback.encode(Float32Array.of(1, 1, 1, 1), { seed: 1 });
    expect([...decode(second)]).toEqual([0, 0, 3, 2]);
    expect([...feedback.residual]).toEqual([1, 1, 0, 0]);
    expect(feedback.step).toBe(2);
  });

  it('leaves the gradient alone', () => {
    const gradient = makeGradient('gaussian', 100, 1);
    const copy = gradient.slice();
    errorFeedback('qsgd', 100).encode(gradient, { seed: 1 });
    expect(gradient).toEqual(copy);
  });

  it('keeps nothing back where nothing is lost', () => {
    for (const spec of ['none', 'topk:density=1', 'randomk:density=1']) {
      const feedback = errorFeedback(spec, 33);
      const gradient = makeGradient('lognormal', 33, 2);
      expect(decode(feedback.encode(gradient, { seed: 1 }))).toEqual(gradient);
      expect(feedback.residual.every((value) => value === 0)).toBe(true);
    }
  });

  it('names its randomness by the number of gradients so far, unless told', () => {
    const gradient = makeGradient('gaussian', 64, 1);
    const counting = errorFeedback('qsgd:levels=1', 64);
    const told = errorFeedback('qsgd:levels=1', 64);
    for (let t = 0; t < 3; t++)
      expect(counting.encode(gradient, { seed: 4 })).toEqual(
        told.encode(gradient, { seed: 4, step: t }),
      );
    const other = errorFeedback('qsgd:levels=1', 64);
    expect(other.encode(gradient, { seed: 4, step: 9 })).not.toEqual(
      errorFeedback('qsgd:levels=1', 64).encode(gradient, { seed: 4 }),
    );
  });

  it('takes a gradient of length 0', () => {
    for (const spec of ['qsgd', 'topk:k=1', 'randomk:k=1', 'terngrad', 'quantile', 'none', 'fp16'])
      expect(decode(errorFeedback(spec, 0).encode(new Float32Array(0)))).toHaveLength(0);
  });

  it('writes into the caller’s buffer what `encode` returns', () => {
    const gradient = makeGradient('gaussian', 65, 3);
    const feedback = errorFeedback('qsgd', 65);
    const out = new Uint8Array(feedback.codec.maxBytes(65) + 10).fill(9);
    const bytes = feedback.encodeInto(gradient, out, streamsFor({ seed: 5 }));
    const expected = errorFeedback('qsgd', 65).encode(gradient, { seed: 5 });
    expect(out.subarray(0, bytes)).toEqual(expected);
    expect([...out.subarray(feedback.codec.maxBytes(65))]).toEqual(new Array(10).fill(9));
  });
});

describe('errorFeedback', () => {
  it('adds +ef where it is missing, and the scaling that goes with it', () => {
    expect(errorFeedback('qsgd:levels=1', 8).spec).toBe('qsgd:levels=1+ef');
    expect(errorFeedback('qsgd:levels=1+ef', 8).spec).toBe('qsgd:levels=1+ef');
    expect(errorFeedback(parseCodec('topk:k=1'), 8).spec).toBe('topk:k=1+ef');
    expect(errorFeedback('randomk:k=1', 8).spec).toBe('randomk:k=1+ef');
    expect(errorFeedback('randomk:k=1,scale=none', 8).spec).toBe('randomk:k=1+ef');
  });

  it('gives what the parser gives for the spec with +ef', () => {
    const gradient = makeGradient('gaussian', 100, 3);
    for (const spec of ['terngrad', 'qsgd:levels=1,norm=l2', 'topk:density=0.5/terngrad'])
      expect(errorFeedback(spec, 100).encode(gradient, { seed: 1 })).toEqual(
        encode(`${spec}+ef`, gradient, { seed: 1 }),
      );
  });

  it('refuses codecs that cannot contract, and objects it did not make', () => {
    expect(thrownBy(() => errorFeedback('randomk:k=1,scale=unbiased', 4))).toMatchObject({
      code: 'GRADWIRE_CODEC_SPEC',
      message: expect.stringContaining('scale=unbiased with +ef'),
    });
    const foreign = { ...parseCodec('none') } as Codec;
    expect(thrownBy(() => errorFeedback(foreign, 4))).toMatchObject({
      code: 'GRADWIRE_ARGUMENT_TYPE',
      message: expect.stringContaining('parseCodec or defineCodec'),
    });
    for (const length of [-1, 1.5, 2 ** 28 + 1])
      expect(thrownBy(() => errorFeedback('none', length))).toMatchObject({
        code: 'GRADWIRE_ARGUMENT_RANGE',
        message: expect.stringContaining(`"length" must be an integer in [0, ${2 ** 28}]`),
      });
  });
});

describe('a residual that the caller brings', () => {
  it.each(withFeedback)('%s: in the kernels’ memory, the same payloads and residuals', (spec) => {
    const length = 3000;
    const residual = allocateVector(length).fill(7);
    const inPlace = errorFeedback(spec, length, { residual });
    const plain = errorFeedback(spec, length);
    try {
      expect(inPlace.residual).toBe(residual);
      for (let step = 0; step < 3; step++) {
        const gradient = makeGradient('gaussian', length, step);
        expect(inPlace.encode(gradient, { seed: 1 })).toEqual(plain.encode(gradient, { seed: 1 }));
        expect(residual.join()).toBe(plain.residual.join());
      }
      expect(inPlace.snapshot()).toEqual(plain.snapshot());
    } finally {
      releaseMemory(residual);
    }
  });

  it('must be of the right type and length', () => {
    const make = (residual: unknown) => () =>
      errorFeedback('qsgd', 4, { residual: residual as Float32Array });
    expect(thrownBy(make(new Float64Array(4)))).toMatchObject({ code: 'GRADWIRE_ARGUMENT_TYPE' });
    expect(thrownBy(make(new Float32Array(5)))).toMatchObject({
      code: 'GRADWIRE_ARGUMENT_RANGE',
      message: '"residual" must have 4 elements, got 5',
    });
  });
});

describe('a refused gradient', () => {
  let feedback: FeedbackCodec;
  let residual: Float32Array;
  beforeEach(() => {
    feedback = errorFeedback('topk:k=2', 6);
    feedback.encode(Float32Array.of(1, 2, 3, 4, 5, 6));
    residual = feedback.residual.slice();
  });

  function expectUnchanged(): void {
    expect(feedback.residual).toEqual(residual);
    expect(feedback.step).toBe(1);
  }

  it.each([NaN, Infinity, -Infinity])('with %d leaves residual and output alone', (value) => {
    const gradient = Float32Array.of(1, 1, value, 1, NaN, 1);
    const out = new Uint8Array(feedback.codec.maxBytes(6)).fill(7);
    const error = thrownBy(() => feedback.encodeInto(gradient, out, streamsFor({ seed: 1 })));
    expect(error).toMatchObject({
      code: 'GRADWIRE_NON_FINITE_GRADIENT',
      index: 2,
      value,
      message: expect.stringContaining(`gradient[2] is ${value}`),
    });
    expect(out.every((byte) => byte === 7)).toBe(true);
    expectUnchanged();
  });

  it('whose sum with the residual overflows is named as such', () => {
    const huge = errorFeedback('topk:k=1', 2);
    huge.encode(Float32Array.of(3.4e38, 3e38));
    const before = huge.residual.slice();
    expect(thrownBy(() => huge.encode(Float32Array.of(0, 3e38)))).toMatchObject({
      code: 'GRADWIRE_NON_FINITE_GRADIENT',
      index: 1,
      value: Infinity,
      message: expect.stringContaining('gradient + residual[1] is Infinity'),
    });
    expect(huge.residual).toEqual(before);
  });

  it.each([
    ['of another length', () => new Float32Array(5), 'must have 6 elements as the residual has'],
    ['that is no Float32Array', () => new Float64Array(6), 'Float32Array.from(gradient)'],
    ['that is a plain array', () => [1, 2, 3, 4, 5, 6], 'Float32Array.from(gradient)'],
  ])('%s', (_, make, message) => {
    const gradient = make() as Float32Array;
    expect(() => feedback.encode(gradient)).toThrow(message);
    expectUnchanged();
  });

  it('for an output that is too small', () => {
    const out = new Uint8Array(feedback.codec.maxBytes(6) - 1).fill(7);
    expect(
      thrownBy(() => feedback.encodeInto(new Float32Array(6), out, streamsFor({ seed: 1 }))),
    ).toMatchObject({ code: 'GRADWIRE_BUFFER_TOO_SMALL', given: out.length });
    expect(out.every((byte) => byte === 7)).toBe(true);
    expectUnchanged();
  });

  it('for a policy there is not', () => {
    expect(() => feedback.encode(new Float32Array(6), { nonFinite: 'skip' as 'zero' })).toThrow(
      `"nonFinite" must be 'throw' or 'zero', got skip`,
    );
    expectUnchanged();
  });
});

describe('policy zero', () => {
  it('takes non-finite elements as 0 and keeps their residual', () => {
    const damaged = errorFeedback('topk:k=1', 4);
    const clean = errorFeedback('topk:k=1', 4);
    for (const feedback of [damaged, clean]) feedback.encode(Float32Array.of(1, 2, 9, 3));
    const first = damaged.encode(Float32Array.of(1, NaN, Infinity, 1), {
      seed: 1,
      nonFinite: 'zero',
    });
    expect(first).toEqual(clean.encode(Float32Array.of(1, 0, 0, 1), { seed: 1 }));
    expect(damaged.residual).toEqual(clean.residual);
  });

  it('keeps the residual where the sum would overflow', () => {
    const feedback = errorFeedback('topk:k=1', 2);
    feedback.encode(Float32Array.of(3.4e38, 3e38));
    feedback.encode(Float32Array.of(0, 3e38), { nonFinite: 'zero' });
    expect(decode(feedback.encode(Float32Array.of(1, 0)))[0]).toBe(1);
  });
});

describe('rescale', () => {
  /** Σ rate·sent + rate·residual, and Σ rate·gradient, over a run whose rate drops by 4 half-way. */
  function run(rescale: boolean): { applied: number[]; given: number[] } {
    const feedback = errorFeedback('topk:k=2', 8);
    const noise = new Noise(3);
    const applied = new Array<number>(8).fill(0);
    const given = new Array<number>(8).fill(0);
    let rate = 1;
    for (let t = 0; t < 20; t++) {
      const next = t < 10 ? 1 : 0.25;
      if (rescale && next !== rate) feedback.rescale(rate / next);
      rate = next;
      const gradient = integers(8, 1, noise);
      const sent = decode(feedback.encode(gradient));
      for (let i = 0; i < 8; i++) {
        applied[i]! += rate * sent[i]!;
        given[i]! += rate * gradient[i]!;
      }
    }
    feedback.residual.forEach((value, i) => (applied[i]! += rate * value));
    return { applied, given };
  }

  it('keeps what was withheld at its size when the learning rate changes', () => {
    const { applied, given } = run(true);
    expect(applied).toEqual(given);
  });

  it('is needed for that', () => {
    const { applied, given } = run(false);
    expect(applied).not.toEqual(given);
  });

  it.each([
    [0, 'GRADWIRE_ARGUMENT_RANGE', 'must be positive'],
    [-1, 'GRADWIRE_ARGUMENT_RANGE', 'must be positive'],
    [NaN, 'GRADWIRE_ARGUMENT_RANGE', 'must be finite'],
    [1e30, 'GRADWIRE_ARGUMENT_RANGE', 'makes residual[1] overflow'],
    ['2', 'GRADWIRE_ARGUMENT_TYPE', 'must be a number'],
  ])('refuses %s and changes nothing', (factor, code, message) => {
    const feedback = errorFeedback('topk:k=1', 2);
    feedback.encode(Float32Array.of(2e10, 1e10));
    expect(thrownBy(() => feedback.rescale(factor as number))).toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect([...feedback.residual]).toEqual([0, 1e10]);
  });
});

describe('snapshot and restore', () => {
  const length = 40;
  const spec = 'topk:density=0.2/qsgd:levels=3';
  let feedback: FeedbackCodec;
  beforeEach(() => {
    feedback = errorFeedback(spec, length);
    for (let t = 0; t < 5; t++) feedback.encode(makeGradient('gaussian', length, t), { seed: 1 });
  });

  it('go on as if nothing had happened', () => {
    const restored = errorFeedback(spec, length);
    restored.restore(feedback.snapshot());
    expect(restored.step).toBe(5);
    for (let t = 5; t < 10; t++) {
      const gradient = makeGradient('gaussian', length, t);
      expect(restored.encode(gradient, { seed: 1 })).toEqual(
        feedback.encode(gradient, { seed: 1 }),
      );
    }
    expect(restored.residual).toEqual(feedback.residual);
  });

  it('keep steps beyond 2³²', () => {
    const step = 2 ** 40 + 5;
    const bytes = writeSnapshot({ spec: feedback.spec, step, residual: feedback.residual });
    feedback.restore(bytes);
    expect(feedback.step).toBe(step);
  });

  it('take an empty residual', () => {
    const empty = errorFeedback(spec, 0);
    empty.encode(new Float32Array(0), { seed: 1 });
    const bytes = empty.snapshot();
    empty.reset();
    empty.restore(bytes);
    expect(empty.step).toBe(1);
  });

  function expectRefused(bytes: Uint8Array, message: string): void {
    const before = feedback.residual.slice();
    expect(thrownBy(() => feedback.restore(bytes))).toMatchObject({
      name: 'SnapshotError',
      code: 'GRADWIRE_SNAPSHOT',
      message: expect.stringContaining(message),
    });
    expect(feedback.residual).toEqual(before);
    expect(feedback.step).toBe(5);
  }

  it('of another length or codec are refused', () => {
    expectRefused(errorFeedback(spec, 41).snapshot(), 'has 41 elements, expected 40');
    expectRefused(
      errorFeedback('topk:density=0.2', length).snapshot(),
      `snapshot is of codec "topk:density=0.2+ef", not "${spec}+ef"`,
    );
  });

  it('with a residual that is not finite are refused', () => {
    const residual = feedback.residual.slice();
    residual[3] = NaN;
    expectRefused(writeSnapshot({ spec: feedback.spec, step: 1, residual }), 'not finite');
  });

  it('of a step that is no safe integer are refused', () => {
    const bytes = writeSnapshot({
      spec: feedback.spec,
      step: 2 ** 60,
      residual: feedback.residual,
    });
    expectRefused(bytes, 'step is no integer below 2⁵³');
  });

  it('that are truncated, empty or something else are refused', () => {
    const bytes = feedback.snapshot();
    for (let end = 0; end < bytes.length; end++)
      expect(() => feedback.restore(bytes.subarray(0, end)), `${end} bytes`).toThrow(
        expect.objectContaining({ code: 'GRADWIRE_SNAPSHOT' }),
      );
    expectRefused(encode('qsgd', new Float32Array(length)), 'snapshot');
    expect(() => feedback.restore('text' as unknown as Uint8Array)).toThrow(
      '"bytes" must be a Uint8Array',
    );
  });

  it('damaged in any bit are refused, or mean the same', () => {
    const bytes = feedback.snapshot();
    const twin = errorFeedback(spec, length);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const damaged = bytes.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      twin.reset();
      try {
        twin.restore(damaged);
      } catch (error) {
        expect(error).toMatchObject({ code: 'GRADWIRE_SNAPSHOT' });
        continue;
      }
      // The bit was in the tag of a field that is zero anyway.
      expect(twin.step).toBe(5);
      expect(twin.residual).toEqual(feedback.residual);
    }
  });

  it('survive any byteOffset', () => {
    const bytes = feedback.snapshot();
    for (let shift = 1; shift < 4; shift++) {
      const moved = new Uint8Array(bytes.length + shift).subarray(shift);
      moved.set(bytes);
      const restored = errorFeedback(spec, length);
      restored.restore(moved);
      expect(restored.residual).toEqual(feedback.residual);
    }
  });
});

describe('a codec of the user’s', () => {
  it('telescopes', () => {
    const codec = stepsCodec({ traits: {} });
    const feedback = errorFeedback(codec, 9);
    const gradient = makeGradient('gaussian', 9, 1);
    const sent = decode(feedback.encode(gradient, { seed: 1 }), { codecs: [codec] });
    expect([...feedback.residual]).toEqual([...gradient.map((value, i) => value - sent[i]!)]);
    expect(feedback.spec).toBe('steps+ef');
  });

  it.each(['encode', 'decode'] as const)(
    'that throws half-way through %s leaves the residual unchanged',
    (stage) => {
      let broken = false;
      const failing = stepsCodec({
        traits: {},
        encode(x, body) {
          body[0] = 1;
          if (broken && stage === 'encode') {
            x.fill(0);
            throw new Error('out of ideas');
          }
          body.fill(0, 0, 4 + x.length);
          body.fill(8, 4, 4 + x.length);
          return 4 + x.length;
        },
        decode(_, out) {
          out.fill(0.5, 0, out.length >> 1);
          if (broken && stage === 'decode') throw new Error('out of ideas');
        },
      });
      const feedback = errorFeedback(failing, 6);
      feedback.encode(Float32Array.of(1, 2, 3, 4, 5, 6));
      const before = feedback.residual.slice();
      broken = true;
      const error = thrownBy(() => feedback.encode(Float32Array.of(6, 5, 4, 3, 2, 1)));
      expect(error).toMatchObject(
        stage === 'encode'
          ? { message: 'out of ideas' }
          : { code: 'GRADWIRE_PAYLOAD_BODY', cause: { message: 'out of ideas' } },
      );
      expect(feedback.residual).toEqual(before);
      expect(feedback.step).toBe(1);
      broken = false;
      feedback.encode(Float32Array.of(6, 5, 4, 3, 2, 1));
      expect([...feedback.residual]).not.toEqual([...before]);
    },
  );

  it('that is unbiased with ω ≥ 1 is refused: it would explode', () => {
    const loud = stepsCodec({ traits: { unbiased: true, omega: (length) => length } });
    expect(thrownBy(() => errorFeedback(loud, 4))).toMatchObject({
      code: 'GRADWIRE_CODEC_SPEC',
      message: expect.stringContaining('does not contract'),
    });
    const silent = stepsCodec({ traits: { unbiased: true } });
    expect(() => errorFeedback(silent, 4)).toThrow('does not contract');
    const scaled = stepsCodec({ traits: { unbiased: true, delta: () => 0.5 } });
    expect(errorFeedback(scaled, 4).spec).toBe('steps+ef');
  });
});
