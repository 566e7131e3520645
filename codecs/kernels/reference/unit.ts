/** The scale of a block: what one level step is worth, when quantising and when decoding. */
import type { LevelsPlan } from '../kernels.ts';
import { floatFromBits, roundUp, roundUpCoarse } from './float.ts';
import { maxMagnitudeBits, sumOfSquares } from './scan.ts';

const FLOAT32_MAX = 3.4028234663852886e38;

/** Norm of a block in float64, clipped where the plan says so. */
function blockNorm(
  x: Float32Array,
  bits: Int32Array,
  plan: LevelsPlan,
  start: number,
  end: number,
): number {
  if (plan.norm === 'l2') return Math.sqrt(sumOfSquares(x, start, end));
  const max = floatFromBits(maxMagnitudeBits(bits, start, end));
  if (plan.clip === undefined) return max;
  return Math.min(max, plan.clip * Math.sqrt(sumOfSquares(x, start, end) / (end - start)));
}

/** Step used for quantising and step sent for decoding; they differ under scaled feedback. */
export interface Unit {
  quantise: number;
  decode: number;
}

/**
 * Computes the unit of block [start, end) into `unit`. The quantising step is rounded up, so that
 * no element exceeds `levels` steps; it is capped so that `levels` steps stay finite.
 */
export function computeUnit(
  x: Float32Array,
  bits: Int32Array,
  plan: LevelsPlan,
  start: number,
  end: number,
  unit: Unit,
): void {
  const step = blockNorm(x, bits, plan, start, end) / plan.levels;
  const cap = Math.fround(FLOAT32_MAX / plan.levels);
  const safeCap = cap * plan.levels > FLOAT32_MAX ? cap * (1 - 2 ** -23) : cap;
  if (plan.divisor === 1) {
    const exact = plan.coarseScale ? roundUpCoarse(step) : roundUp(step);
    unit.quantise = Math.min(exact, safeCap);
    unit.decode = unit.quantise;
    return;
  }
  unit.quantise = Math.min(roundUp(step), safeCap);
  unit.decode = roundUpCoarse(unit.quantise / plan.divisor);
}
