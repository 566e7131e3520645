/**
 * Equivalences that must hold bit for bit: a codec at the end of its range is another codec, or none
 * at all; and the limits in which compression vanishes.
 */
import { describe, expect, it } from 'vitest';
import { decode, encode, errorFeedback, parseCodec, streamsFor } from '../../../codecs/index.ts';
import { distanceSquared, families, gaussian, lognormal, normSquared } from './samples.ts';

/** Vectors with every kind of zero and size. */
function samples(n: number): [string, Float32Array][] {
  const odd = gaussian(n, 1);
  odd.set([0, -0, 1e-45, -1e-45, 3.4e38, -3.4e38].slice(0, n));
  return [['odd values', odd], ...Object.entries(families(n, 7))];
}

function expectSameBits(found: Float32Array, expected: Float32Array, name: string): void {
  const bits = (x: Float32Array): Int32Array => new Int32Array(x.slice().buffer);
  expect(bits(found), name).toEqual(bits(expected));
}

describe('everything kept is the identity, −0 included', () => {
  it.each([
    'none',
    'topk:density=1',
    'topk:k=1000',
    'topk:k=50',
    'topk:density=1,block=7',
    'topk:k=100/none',
    'randomk:density=1',
    'randomk:k=1000',
    'randomk:density=1,scale=none,select=uniform',
  ])('%s', (spec) => {
    for (const n of [1, 7, 50])
      for (const [name, x] of samples(n))
        expectSameBits(decode(encode(spec, x, { seed: 1 })), x, `${name}, n=${n}`);
  });

  it('but one element less is not', () => {
    const x = gaussian(50, 1);
    expect(decode(encode('topk:k=49', x))).not.toEqual(x);
    expect(decode(encode('randomk:k=49', x, { seed: 1 }))).not.toEqual(x);
  });
});

describe('feedback around a codec that loses nothing is plain SGD', () => {
  const n = 20;

  /** Iterates on f = ½Σh(x − b)², sent through `send`. */
  function trajectory(send: (gradient: Float32Array) => Float32Array): Float32Array[] {
    const b = gaussian(n, 2);
    let x = new Float32Array(n);
    return Array.from({ length: 100 }, () => {
      const gradient = x.map((value, i) => (1 + i / 10) * (value - b[i]!));
      const sent = send(gradient);
      x = x.map((value, i) => value - 0.1 * sent[i]!);
      return x;
    });
  }

  const sgd = trajectory((gradient) => gradient);

  it.each(['none+ef', 'topk:density=1+ef', 'topk:k=20+ef', 'randomk:density=1+ef'])(
    '%s: residual zero, the same iterates',
    (spec) => {
      const feedback = errorFeedback(spec, n);
      const iterates = trajectory((gradient) => {
        const decoded = decode(feedback.encode(gradient, { seed: 1 }));
        expect(feedback.residual.every((e) => e === 0)).toBe(true);
        return decoded;
      });
      expect(iterates).toEqual(sgd);
    },
  );

  it('top-k of fewer is not', () => {
    const feedback = errorFeedback('topk:k=19+ef', n);
    expect(trajectory((gradient) => decode(feedback.encode(gradient)))).not.toEqual(sgd);
  });

  it('one rank of one: sum by decodeAdd, divided by one, is decode', () => {
    for (const spec of ['none', 'qsgd', 'terngrad', 'topk:k=5', 'randomk:k=5', 'bf16', 'fp16']) {
      const codec = parseCodec(spec);
      const x = lognormal(n, 3);
      const payload = encode(spec, x, { seed: 1 });
      const sum = new Float32Array(n);
      codec.decodeAdd(payload, sum, 1);
      const into = new Float32Array(n).fill(NaN);
      codec.decodeInto(payload, into);
      // −0 + 0 is 0, so values are compared and not bits.
      expect(sum.map((value) => value + 0)).toEqual(decode(payload).map((value) => value + 0));
      expect(into).toEqual(decode(payload));
    }
  });
});

describe('a first encoding with feedback is the encoding without', () => {
  // Only where +ef changes neither scale nor selection.
  it.each([
    ['topk:k=5', 'topk:k=5+ef'],
    ['topk:k=5/quantile', 'topk:k=5/quantile+ef'],
    ['bf16', 'bf16+ef'],
    ['quantile:bits=1', 'quantile:bits=1+ef'],
    ['randomk:k=5,scale=none', 'randomk:k=5+ef'],
  ])('%s', (plain, feedback) => {
    const x = gaussian(64, 4);
    const first = errorFeedback(feedback, 64).encode(x, { seed: 6 });
    expect(decode(first)).toEqual(decode(encode(plain, x, { seed: 6 })));
    expect(first).toEqual(encode(feedback, x, { seed: 6 }));
  });
});

describe('additive values are the payload’s: project then expand is encode then decode', () => {
  it.each(['none', 'randomk:k=9', 'randomk:density=0.3,scale=none', 'randomk:k=9,select=uniform'])(
    '%s',
    (spec) => {
      const { values } = parseCodec(spec);
      const x = gaussian(64, 5);
      const { shared } = streamsFor({ seed: 8 });
      const kept = new Float32Array(values!.count(64));
      values!.project(x, kept, shared);
      const out = new Float32Array(64).fill(NaN);
      values!.expand(kept, out, shared);
      expect(out).toEqual(decode(encode(spec, x, { seed: 8 })));
    },
  );

  it.each(['topk:k=9', 'qsgd', 'randomk:k=9/qsgd'])('%s has none', (spec) => {
    expect(parseCodec(spec).values).toBeUndefined();
  });
});

describe('more levels lose less', () => {
  const x = gaussian(4096, 6);

  /** Mean relative error over a few seeds, and the largest error of an element in steps. */
  function loss(levels: number, norm: 'max' | 'l2'): { relative: number; steps: number } {
    let relative = 0;
    let steps = 0;
    for (let seed = 0; seed < 8; seed++) {
      const spec = `qsgd:levels=${levels},norm=${norm}`;
      const decoded = decode(encode(spec, x, { seed }));
      relative += distanceSquared(decoded, x) / normSquared(x) / 8;
      for (let start = 0; start < x.length; start += 512) {
        const block = x.subarray(start, start + 512);
        const step =
          (norm === 'max' ? Math.max(...block.map(Math.abs)) : Math.sqrt(normSquared(block))) /
          levels;
        for (let i = start; i < start + 512; i++)
          steps = Math.max(steps, Math.abs(decoded[i]! - x[i]!) / step);
      }
    }
    return { relative, steps };
  }

  it.each(['max', 'l2'] as const)('norm=%s: towards the identity as 1/s²', (norm) => {
    const levels = [1, 2, 3, 5, 7, 15, 31, 63, 127];
    const losses = levels.map((s) => loss(s, norm));
    for (let i = 1; i < levels.length; i++)
      expect(losses[i]!.relative).toBeLessThan(losses[i - 1]!.relative);
    for (const { steps } of losses) expect(steps).toBeLessThan(1 + 2 ** -14);
    const ratio = losses[7]!.relative / losses[8]!.relative;
    const expected = norm === 'max' ? (127 / 63) ** 2 : 127 / 63;
    expect(ratio).toBeGreaterThan(0.9 * expected);
    expect(ratio).toBeLessThan(1.1 * (127 / 63) ** 2);
  });

  it('a grid that holds the values exactly loses nothing', () => {
    const onGrid = Float32Array.from({ length: 512 }, (_, i) => (i % 255) - 127);
    expect(decode(encode('qsgd:levels=127', onGrid, { seed: 1 }))).toEqual(onGrid);
    const ternary = onGrid.map((value) => Math.sign(value) * 0.37);
    expect(decode(encode('terngrad', ternary, { seed: 1 }))).toEqual(ternary);
    expect(decode(encode('qsgd:levels=126', onGrid, { seed: 1 }))).not.toEqual(onGrid);
  });
});
