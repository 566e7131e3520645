/**
 * Sparse codecs need little memory beside gradient, payload and residual: 8 MiB, and 32 bytes for each
 * element they may keep, whatever the data.
 */
import { describe, expect, it } from 'vitest';
import { errorFeedback, parseCodec, streamsFor } from '../../codecs/index.ts';
import { uniforms } from './theory/samples.ts';

const LENGTH = 3_000_000;
const FIXED = 8 * 2 ** 20;
const A_KEPT_ELEMENT = 32;
const random = streamsFor({ seed: 1 });

const next = uniforms(1);
const noise = Float32Array.from({ length: LENGTH }, () => next() - next());

/** What selection could take the wrong way. */
const FILLS: Readonly<Record<string, (value: number, i: number) => number>> = {
  noise: (value) => value,
  'all equal': () => -1,
  'few values': (value) => Math.round(2 * value),
  'one hot layer': (value, i) => (i >= 1e6 && i < 1.02e6 ? 1e3 * value : value),
};

/** Bytes of typed arrays that `run` left behind or threw away, at most. */
function allocatedBy(run: () => void): number {
  const before = process.memoryUsage().arrayBuffers;
  run();
  return process.memoryUsage().arrayBuffers - before;
}

function limitFor(spec: string): number {
  const share = parseCodec(spec).traits.density!(LENGTH);
  return FIXED + A_KEPT_ELEMENT * share * LENGTH;
}

const specs = [
  'topk:density=0.001',
  'topk:density=0.01',
  'topk:density=0.1',
  'topk:density=0.3',
  'topk:k=64,block=4096',
  'topk:density=0.01/quantile',
  'randomk:density=0.1,scale=none',
];

describe.each(Object.keys(FILLS))('memory beside the caller’s: %s', (kind) => {
  const gradient = noise.map((value, i) => FILLS[kind]!(value, i));

  it.each(specs)('%s, with feedback and without', (spec) => {
    const codec = parseCodec(spec);
    const out = new Uint8Array(codec.maxBytes(LENGTH) + 1024);
    const feedback = errorFeedback(spec, LENGTH);
    const used = allocatedBy(() => {
      for (let call = 0; call < 2; call++) codec.encodeInto(gradient, out, random);
    });
    expect(used).toBeLessThanOrEqual(limitFor(spec));
    const usedByFeedback = allocatedBy(() => {
      for (let call = 0; call < 2; call++) feedback.encodeInto(gradient, out, random);
    });
    expect(usedByFeedback).toBeLessThanOrEqual(limitFor(spec));
  });
});

describe('the bound is exceeded', () => {
  it('by one copy of the gradient', () => {
    expect(allocatedBy(() => void noise.slice())).toBeGreaterThan(limitFor('topk:density=0.01'));
  });
});
