/**
 * Body layout of level codecs: one float32 scale per block (padded to 16 bytes), then the packed
 * codes. A scale is the value of one level step: decoded = (code − levels) × scale.
 */
import type { LevelsPlan } from './kernels.ts';
import { planesBytes } from './reference/planes.ts';
import { tritBytes } from './reference/trits.ts';

/** Bits of a code: enough for 0..2·levels. */
export function codeWidth(levels: number): number {
  return 32 - Math.clz32(2 * levels);
}

/** Number of blocks. */
export function blockCount(plan: LevelsPlan): number {
  return Math.ceil(plan.length / plan.block);
}

/** Bytes of the scales section, padding included: where the codes start. */
export function scalesBytes(plan: LevelsPlan): number {
  return (4 * blockCount(plan) + 15) & ~15;
}

/** Bytes of the packed codes. */
export function codesBytes(plan: LevelsPlan): number {
  return plan.packing === 'trits'
    ? tritBytes(plan.length)
    : planesBytes(codeWidth(plan.levels), plan.length);
}

/** Bytes of the whole body, exactly. */
export function levelsBodyBytes(plan: LevelsPlan): number {
  return scalesBytes(plan) + codesBytes(plan);
}
