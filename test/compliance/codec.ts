/**
 * The compliance suite of codecs: a grid of specs over every codec and parameter corner, each held
 * to all laws that its traits claim. A codec that is in the registry and not in the grid fails.
 */
import { describe, expect, it } from 'vitest';
import { parseCodec, registry } from '../../codecs/index.ts';
import { codecLaws } from '../../src/testing/index.ts';

const levels = [1, 2, 3, 7, 15, 31, 63, 127];
const blocks = [1, 3, 512, 100000];

/** Value codecs at their corners. */
const valueSpecs: readonly string[] = [
  'none',
  'bf16',
  'fp16',
  ...levels.map((s) => `qsgd:levels=${s}`),
  ...levels.map((s) => `qsgd:levels=${s},block=64,norm=l2`),
  ...blocks.flatMap((block) =>
    ['max', 'l2'].map((norm) => `qsgd:levels=3,block=${block},norm=${norm}`),
  ),
  'qsgd:levels=1,block=1',
  'qsgd:levels=127,block=100000',
  'qsgd:entropy=none',
  ...['elias', 'rans'].flatMap((entropy) => [
    `qsgd:entropy=${entropy}`,
    `qsgd:levels=1,block=64,norm=l2,entropy=${entropy}`,
    `qsgd:levels=127,block=100000,norm=l2,entropy=${entropy}`,
    `terngrad:entropy=${entropy}`,
    `terngrad:clip=2.5,pack=bits,entropy=${entropy}`,
  ]),
  'terngrad',
  'terngrad:pack=bits',
  'terngrad:clip=2.5',
  'terngrad:clip=0.5,pack=bits',
  'quantile',
  'quantile:bits=1',
  'quantile:bits=2,block=1',
  'quantile:bits=1,block=3',
  'quantile:bits=2,block=100000',
];

/** Select codecs at their corners. */
const selectSpecs: readonly string[] = [
  'topk:density=0.01',
  'topk:density=0.1',
  'topk:density=0.5',
  'topk:density=1',
  'topk:k=1',
  'topk:k=5',
  'topk:k=100000',
  'topk:k=2,block=16',
  'topk:density=0.25,block=3',
  'topk:k=64,block=100000',
  ...['stratified', 'uniform'].flatMap((select) =>
    ['unbiased', 'none'].flatMap((scale) =>
      ['density=0.01', 'density=0.1', 'k=7', 'density=0.9', 'density=1'].map(
        (keep) => `randomk:${keep},scale=${scale},select=${select}`,
      ),
    ),
  ),
];

/** Compositions. */
const chainSpecs: readonly string[] = [
  'topk:density=0.1/bf16',
  'topk:density=0.1/fp16',
  'topk:density=0.1/qsgd:levels=3',
  'topk:density=0.3/qsgd:levels=1,norm=l2,block=16',
  'topk:k=9/terngrad',
  'topk:k=4,block=16/terngrad',
  'topk:k=20/terngrad:clip=2.5,pack=bits',
  'topk:k=8,block=64/quantile:bits=2',
  'topk:density=0.05/quantile:bits=1,block=3',
  'topk:density=1/qsgd:levels=7',
  'topk:density=0.5/qsgd:levels=3,norm=l2,entropy=rans',
  'randomk:density=0.5/terngrad:entropy=elias',
  'randomk:density=0.1/qsgd:levels=7',
  'randomk:density=0.1,select=uniform/terngrad',
  'randomk:density=0.2/bf16',
  'randomk:density=0.2,scale=none/fp16',
  'randomk:density=0.3,scale=none/quantile',
  'randomk:density=0.5,scale=none/qsgd:levels=2',
];

function parses(spec: string): boolean {
  try {
    parseCodec(spec);
    return true;
  } catch {
    return false;
  }
}

/** Every word that any parameter accepts, in a spec of its own: new choices need no line above. */
export const wordSpecs: readonly string[] = Object.entries(registry).flatMap(
  ([name, { parameters }]) =>
    parameters.flatMap(({ key, allowed, parse }) =>
      allowed
        .split(/[^a-z0-9-]+/)
        .filter((word) => typeof parse(word) === 'string')
        .flatMap((word) => [`${name}:${key}=${word}`, `${name}:density=0.1,${key}=${word}`])
        .filter(parses)
        .map((spec) => parseCodec(spec).spec),
    ),
);

function withFeedback(spec: string): string[] {
  return spec.includes('scale=unbiased') ? [] : [`${spec}+ef`];
}

/** Canonical specs of the whole grid. */
export const complianceSpecs: readonly string[] = [
  ...new Set(
    [...valueSpecs, ...selectSpecs, ...chainSpecs, ...wordSpecs]
      .flatMap((spec) => [spec, ...withFeedback(spec)])
      .map((spec) => parseCodec(spec).spec),
  ),
];

/** Registers the suite. */
export function describeCodecCompliance(): void {
  describe('the grid covers', () => {
    const text = [...valueSpecs, ...selectSpecs, ...chainSpecs].join(' ');
    it.each(Object.entries(registry))('%s and its parameters', (name, { parameters }) => {
      expect(text).toMatch(new RegExp(`(^|[ /])${name}`));
      for (const { key } of parameters)
        expect(text).toMatch(new RegExp(`${name}:[^ /]*\\b${key}=`));
    });
  });

  describe('laws of', () => {
    it.each(complianceSpecs)('%s', (spec) => codecLaws(parseCodec(spec)));
  });
}
