/**
 * Exact moments of level codecs, by running the quantising kernel under every one of the 2¹⁵ dither
 * values.
 */
import { expect } from 'vitest';
import { encode, streamsFor } from '../../../codecs/index.ts';
import type { LevelsPlan } from '../../../codecs/kernels/index.ts';
import { levelsBodyBytes } from '../../../codecs/kernels/levels-layout.ts';
import { encodeLevels } from '../../../codecs/kernels/reference/levels.ts';
import { quantiseRun } from '../../../codecs/kernels/reference/quantise.ts';
import { bitsOf } from '../../../codecs/kernels/reference/scan.ts';
import { computeUnit } from '../../../codecs/kernels/reference/unit.ts';

/** Number of dither values. */
const DITHERS = 32768;

/** Signature of the quantising kernel, for versions that a test must refuse. */
export type Quantise = typeof quantiseRun;

/** Mean and variance of the level of each element over all dither values, and the two units. */
export interface LevelMoments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  /** Step used for quantising, and the value of one level when decoding, by element. */
  readonly quantiseUnit: Float64Array;
  readonly decodeUnit: Float64Array;
}

/** A plan with the usual defaults. */
export function planOf(plan: Partial<LevelsPlan> & { length: number }): LevelsPlan {
  return {
    block: Math.max(1, plan.length),
    levels: 7,
    norm: 'max',
    clip: undefined,
    divisor: 1,
    coarseScale: false,
    packing: 'planes',
    ...plan,
  };
}

/** Asserts that a codec's body is what the plan gives: moments of the plan are then the codec's. */
export function expectPlanOf(spec: string, x: Float32Array, plan: LevelsPlan): void {
  const payload = encode(spec, x, { seed: 3 });
  const body = new Uint8Array(levelsBodyBytes(plan));
  encodeLevels(x, plan, streamsFor({ seed: 3 }).own, body);
  expect(payload.subarray(payload.length - body.length)).toEqual(body);
}

/** Enumerates all dither values for every element of x. */
export function levelMoments(
  x: Float32Array,
  plan: LevelsPlan,
  quantise: Quantise = quantiseRun,
): LevelMoments {
  const { length, block, levels, clip } = plan;
  const mean = new Float64Array(length);
  const variance = new Float64Array(length);
  const quantiseUnit = new Float64Array(length);
  const decodeUnit = new Float64Array(length);
  const unit = { quantise: 0, decode: 0 };
  const dither = new Uint16Array(block);
  const codes = new Uint8Array(block);
  for (let start = 0; start < length; start += block) {
    const end = Math.min(length, start + block);
    computeUnit(x, bitsOf(x), plan, start, end, unit);
    quantiseUnit.fill(unit.quantise, start, end);
    decodeUnit.fill(unit.decode, start, end);
    if (unit.quantise === 0) continue;
    for (let r = 0; r < DITHERS; r++) {
      dither.fill(r);
      quantise(x, start, end, unit.quantise, levels, dither, codes, 0, clip !== undefined);
      for (let i = start; i < end; i++) {
        const level = codes[i - start]! - levels;
        mean[i] = mean[i]! + level;
        variance[i] = variance[i]! + level * level;
      }
    }
  }
  for (let i = 0; i < length; i++) {
    mean[i] = mean[i]! / DITHERS;
    variance[i] = variance[i]! / DITHERS - mean[i]! ** 2;
  }
  return { mean, variance, quantiseUnit, decodeUnit };
}

/** E‖Q(x) − x‖², with the decoding unit. */
export function expectedError(x: Float32Array, moments: LevelMoments): number {
  const { mean, variance, decodeUnit } = moments;
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const u = decodeUnit[i]!;
    sum += u * u * variance[i]! + (u * mean[i]! - x[i]!) ** 2;
  }
  return sum;
}
