/**
 * Whole bodies of level codecs: windows, blocks that straddle them and the reseeding of the dither
 * must not show. The expected bytes are put together without any window.
 */
import { describe, expect, it } from 'vitest';
import { encode } from '../../../../codecs/index.ts';
import type { LevelsPlan } from '../../../../codecs/kernels/index.ts';
import { codeWidth, levelsBodyBytes } from '../../../../codecs/kernels/levels-layout.ts';
import {
  addLevels,
  decodeLevels,
  encodeLevels,
  maxCode,
} from '../../../../codecs/kernels/reference/levels.ts';
import { quantiseRun } from '../../../../codecs/kernels/reference/quantise.ts';
import { bitsOf } from '../../../../codecs/kernels/reference/scan.ts';
import { computeUnit } from '../../../../codecs/kernels/reference/unit.ts';
import { ditherPlainly, packPlanesBitwise, packTritsPlainly } from '../../../oracle/codecs.ts';
import { planOf } from '../../theory/moments.ts';
import { gaussian, oneHot, stream } from '../../theory/samples.ts';

const key = stream(77, 88);

/** Scales, codes and decoded values of a vector, one block after the other. */
interface Plain {
  readonly body: Uint8Array;
  readonly codes: Uint8Array;
  readonly decoded: Float32Array;
}

function encodePlainly(x: Float32Array, plan: LevelsPlan, dither: Uint16Array): Plain {
  const { length, block, levels } = plan;
  const codes = new Uint8Array(length).fill(levels);
  const decoded = new Float32Array(length);
  const scales: number[] = [];
  for (let start = 0; start < length; start += block) {
    const end = Math.min(length, start + block);
    const unit = { quantise: 0, decode: 0 };
    computeUnit(x, bitsOf(x), plan, start, end, unit);
    scales.push(unit.decode);
    const own = dither.subarray(start);
    const clipped = plan.clip !== undefined;
    if (unit.quantise > 0)
      quantiseRun(x, start, end, unit.quantise, levels, own, codes.subarray(start), 0, clipped);
    for (let i = start; i < end; i++) decoded[i] = (codes[i]! - levels) * unit.decode;
  }
  const packed =
    plan.packing === 'trits'
      ? packTritsPlainly(codes)
      : packPlanesBitwise(codes, codeWidth(levels));
  const scaleBytes = new Uint8Array(16 * Math.ceil(scales.length / 4));
  scaleBytes.set(new Uint8Array(Float32Array.from(scales).buffer));
  return { body: Uint8Array.from([...scaleBytes, ...packed]), codes, decoded };
}

function encodeFast(x: Float32Array, plan: LevelsPlan): Uint8Array {
  const body = new Uint8Array(levelsBodyBytes(plan) + 2).fill(0xee);
  encodeLevels(x, plan, key, body);
  expect([...body.subarray(-2)]).toEqual([0xee, 0xee]);
  return body.slice(0, -2);
}

/** Windows are 5120 elements, the dither is seeded anew at 65536. */
const lengths = [0, 1, 511, 5119, 5120, 5121, 10_241, 65_535, 65_536, 65_537, 70_001];
const dither = ditherPlainly(key, 70_001);

const plans: [string, Partial<LevelsPlan>][] = [
  ['blocks of 512', { block: 512 }],
  ['blocks of 777, which straddle windows', { block: 777, levels: 3 }],
  ['blocks of 6000, longer than a window', { block: 6000, levels: 1, norm: 'l2' }],
  ['one block', { levels: 127 }],
  ['one block in trits', { levels: 1, packing: 'trits' }],
  ['clipped trits', { levels: 1, packing: 'trits', clip: 1, divisor: 5, coarseScale: true }],
  ['seven bits', { block: 512, levels: 63 }],
];

describe.each(plans)('bodies of %s', (_, part) => {
  it.each(lengths)('are what encoding without windows gives, %i elements', (length) => {
    const x = gaussian(length, length);
    const plan = planOf({ length, ...part });
    const plain = encodePlainly(x, plan, dither);
    const body = encodeFast(x, plan);
    expect(body.length).toBe(plain.body.length);
    expect(body.findIndex((byte, i) => byte !== plain.body[i])).toBe(-1);

    const decoded = new Float32Array(length).fill(NaN);
    decodeLevels(body, plan, decoded);
    expect(decoded.findIndex((value, i) => value !== plain.decoded[i])).toBe(-1);
    const sum = x.slice();
    addLevels(body, plan, sum, -0.5);
    const expected = x.map((value, i) => value + Math.fround(-0.5 * plain.decoded[i]!));
    expect(sum.findIndex((value, i) => value !== expected[i])).toBe(-1);
    expect(maxCode(body, plan)).toBe(plain.codes.reduce((max, code) => Math.max(max, code), 0));
  });
});

describe('bodies', () => {
  it('do not depend on what was encoded before', () => {
    const plan = planOf({ length: 21, levels: 63, block: 512 });
    const x = gaussian(21, 1);
    const first = encodeFast(x, plan);
    encodeFast(gaussian(6000, 2), planOf({ length: 6000, levels: 63 }));
    expect(encodeFast(x, plan)).toEqual(first);
    const trits = planOf({ length: 21, levels: 1, packing: 'trits' });
    const short = encodeFast(x, trits);
    encodeFast(gaussian(6000, 2), planOf({ length: 6000, levels: 1, packing: 'trits' }));
    expect(encodeFast(x, trits)).toEqual(short);
  });

  it('depend on the key, and the reseeding shows in the bytes behind 65536 only', () => {
    const x = gaussian(70_000, 3);
    const plan = planOf({ length: 70_000, levels: 127, block: 512 });
    const unseeded = ditherPlainly(key, 65_536);
    const again = Uint16Array.from([...unseeded, ...unseeded.subarray(0, 4464)]);
    const body = encodeFast(x, plan);
    const wrong = encodePlainly(x, plan, again).body;
    const scales = 4 * Math.ceil(70_000 / 512) + 12;
    const first = body.findIndex((byte, i) => byte !== wrong[i]);
    expect(first).toBeGreaterThanOrEqual(65_536 + scales - (scales % 16));
    const other = new Uint8Array(body.length);
    encodeLevels(x, plan, stream(77, 89), other);
    expect(other).not.toEqual(body);
  });

  it('code an all-zero block as zeros, whatever surrounds it', () => {
    const x = gaussian(1536, 4);
    x.fill(-0, 512, 1024);
    const plan = planOf({ length: 1536, block: 512 });
    const decoded = new Float32Array(1536);
    decodeLevels(encodeFast(x, plan), plan, decoded);
    expect(decoded.subarray(512, 1024).every((value) => Object.is(value, 0))).toBe(true);
    expect(decoded.subarray(0, 512).some((value) => value !== 0)).toBe(true);
  });

  it('maxCode sees the largest code and no padding', () => {
    const plan = planOf({ length: 33, levels: 5 });
    const body = encodeFast(oneHot(33, -1), plan);
    expect(maxCode(body, plan)).toBe(5);
    body.fill(0xff, 16);
    expect(maxCode(body, plan)).toBe(15);
    const empty = planOf({ length: 0 });
    expect(maxCode(encodeFast(new Float32Array(0), empty), empty)).toBe(0);
  });
});

describe('scale equivariance, denormal blocks included', () => {
  // The largest element is 7 · 256 smallest steps, so the unit is exact at every scale.
  const whole = gaussian(600, 5).map((value) => Math.round(value * 300));
  const limited = whole.map((value) => Math.max(-1791, Math.min(1791, value)));
  for (let start = 0; start < 600; start += 100) limited[start] = 1792;
  const at = (scale: number): Uint8Array =>
    encode(
      'qsgd:levels=7,block=100',
      limited.map((value) => value * scale),
      { seed: 3 },
    );
  const header = at(1).length - levelsBodyBytes(planOf({ length: 600, block: 100 }));
  const codesOf = (payload: Uint8Array): Uint8Array => payload.slice(header + 32);
  const scalesOf = (payload: Uint8Array): Float32Array =>
    new Float32Array(payload.slice(header, header + 24).buffer);

  it.each([-149, -140, -130, -112, -101, -100, 0, 50, 116])(
    'times 2^%i: the same codes',
    (power) => {
      const payload = at(2 ** power);
      expect(codesOf(payload)).toEqual(codesOf(at(1)));
      expect(scalesOf(payload)).toEqual(new Float32Array(6).fill(256 * 2 ** power));
    },
  );

  it('ends where the unit no longer fits: denormal units are rounded up to whole steps', () => {
    const odd = limited.map((value) => Math.sign(value) * Math.min(1791, Math.abs(value)));
    odd[0] = 1793;
    const scaled = (scale: number): Uint8Array =>
      encode(
        'qsgd:levels=7,block=600',
        odd.map((value) => value * scale),
        { seed: 3 },
      );
    const unit = (payload: Uint8Array): number =>
      new DataView(payload.buffer).getFloat32(header, true);
    expect(unit(scaled(1))).toBeCloseTo(1793 / 7, 4);
    expect(unit(scaled(2 ** -149))).toBe(257 * 2 ** -149);
  });
});
