/** The value stage behind QSGD and TernGrad: stochastic rounding to integer levels per block. */
import { bodyError, checkBodyLength, entropyBits } from './body.ts';
import { kernels, type LevelsPlan } from './kernels/index.ts';
import {
  blockCount,
  codesBytes,
  codeWidth,
  levelsBodyBytes,
  scalesBytes,
} from './kernels/levels-layout.ts';
import type { Section, ValueStage } from './stage.ts';

const FLOAT32_MAX = 3.4028234663852886e38;

/** Scales are checked through an aligned window. */
const SCALE_WINDOW = 1024;
const scales = new Float32Array(SCALE_WINDOW);
const scaleBytes = new Uint8Array(scales.buffer);

/** A level codec without the length and the feedback divisor, which depends on the length. */
export interface LevelsConfig extends Omit<LevelsPlan, 'length' | 'block' | 'divisor'> {
  /** Elements a scale covers; Infinity = one scale for the whole vector. */
  readonly block: number;
  /** Worst-case variance factor of one block of `length` elements, unclipped. */
  omega(length: number): number;
}

/** Largest code the packing can represent. */
function largestCode(plan: LevelsPlan): number {
  return plan.packing === 'trits' ? 2 : 2 ** codeWidth(plan.levels) - 1;
}

/**
 * Scales must be finite, not negative, and leave every decoded value finite. The encoder's scales
 * are finite for codes up to 2·levels; only where a scale is so extreme that an unused code would
 * overflow are the codes themselves looked at.
 */
function checkScales(body: Uint8Array, plan: LevelsPlan): void {
  const blocks = blockCount(plan);
  let largest = 0;
  for (let start = 0; start < blocks; start += SCALE_WINDOW) {
    const count = Math.min(SCALE_WINDOW, blocks - start);
    scaleBytes.set(body.subarray(4 * start, 4 * (start + count)));
    for (let b = 0; b < count; b++) {
      const scale = scales[b]!;
      if (!(scale >= 0) || scale * plan.levels > FLOAT32_MAX || Object.is(scale, -0))
        throw bodyError(`scale of block ${start + b} is ${scale}`);
      if (scale > largest) largest = scale;
    }
  }
  if (largest * (largestCode(plan) - plan.levels) <= FLOAT32_MAX) return;
  if (kernels.maxCode(body, plan) > 2 * plan.levels)
    throw bodyError(`a code exceeds ${2 * plan.levels} at an extreme scale`);
}

/** Frequencies of the codes, by decoding against unit scales. */
function codeEntropy(body: Uint8Array, plan: LevelsPlan): number {
  if (plan.length === 0) return 0;
  // Not `slice`: a Buffer's shares the caller's memory.
  const unit = new Uint8Array(body);
  new DataView(unit.buffer).setFloat32(0, 1, true);
  const one = unit.slice(0, 4);
  for (let b = 0; b < blockCount(plan); b++) unit.set(one, 4 * b);
  const values = new Float32Array(plan.length);
  kernels.decodeLevels(unit, plan, values);
  const counts = Array.from({ length: largestCode(plan) + 1 }, () => 0);
  for (const value of values) counts[value + plan.levels]!++;
  return entropyBits(counts);
}

function levelSections(body: Uint8Array, plan: LevelsPlan): Section[] {
  return [
    { name: 'scales', bytes: scalesBytes(plan) },
    {
      name: 'codes',
      bytes: codesBytes(plan),
      symbols: plan.length,
      entropyBits: codeEntropy(body, plan),
    },
  ];
}

/**
 * Contraction factor of a clipped level codec: the clipped vector y satisfies
 * norm·‖y‖₁ ≤ (1 + ω)⟨y, x⟩ and ⟨y, x⟩ ≥ min(1, clip/√n)‖x‖², so C/(1 + ω) contracts with the
 * product.
 */
function clippedDelta(clip: number, omega: number, length: number): number {
  return Math.min(1, clip / Math.sqrt(Math.max(1, length))) / (1 + omega);
}

/**
 * 1 − ω of a codec whose scales are rounded up to 12 significant bits. Of Q by steps of (1 + ε)u,
 * E‖Q‖² is at most (1 + ε) times that by steps of u (it interpolates a convex function), ε ≤ 2⁻¹¹.
 */
function coarseDelta(omega: number): number {
  return 1 - omega - 2 ** -11 * (1 + omega);
}

/** Largest integer in [1, limit] for which `holds`, which holds from 1 up to some point. */
function lastWhere(limit: number, holds: (value: number) => boolean): number {
  let [below, above] = [1, limit + 1];
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (holds(middle)) below = middle;
    else above = middle;
  }
  return below;
}

/** Builds the stage. Under `feedback` it is scaled down wherever it would not contract by itself. */
export function levelsStage(config: LevelsConfig, feedback: boolean): ValueStage {
  const { omega: blockOmega, block, ...rest } = config;
  const omega = (length: number): number => blockOmega(Math.max(1, Math.min(block, length)));
  const clipped = config.clip !== undefined;
  const scaledDown = (length: number): boolean =>
    feedback && (clipped || coarseDelta(omega(length)) <= 0);
  const divisorFor = (length: number): number => (scaledDown(length) ? 1 + omega(length) : 1);
  const planFor = (length: number): LevelsPlan => ({
    ...rest,
    length,
    block: Math.max(1, Math.min(block, length)),
    divisor: divisorFor(length),
  });
  const delta = (length: number): number => {
    const w = omega(length);
    if (clipped) return clippedDelta(config.clip, w, length);
    return scaledDown(length) ? 1 / (1 + w) : coarseDelta(w);
  };
  // Just before scaling down sets in, δ is smaller than just behind.
  const deltaUpTo = (length: number): number => {
    if (clipped || !scaledDown(length)) return delta(length);
    return Math.min(delta(length), delta(lastWhere(length, (d) => !scaledDown(d))));
  };
  return {
    unbiased: !clipped && !feedback,
    ...(clipped || feedback ? {} : { omega }),
    ...(feedback ? { delta, deltaUpTo } : {}),
    ...(block < Infinity ? { block } : { wholeScale: true }),
    maxBodyBytes: (length) => levelsBodyBytes(planFor(length)),
    encode(x, body, random) {
      const plan = planFor(x.length);
      kernels.encodeLevels(x, plan, random.own, body);
      return levelsBodyBytes(plan);
    },
    check(body, length) {
      const plan = planFor(length);
      checkBodyLength(body, levelsBodyBytes(plan));
      checkScales(body, plan);
    },
    decode: (body, out) => kernels.decodeLevels(body, planFor(out.length), out),
    add: (body, sum, weight) => kernels.addLevels(body, planFor(sum.length), sum, weight),
    sections: (body, length) => levelSections(body, planFor(length)),
  };
}
