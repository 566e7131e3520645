/** Bodies of level codecs: scales, then fixed-width codes (kernels/levels-layout.ts). */
import { bodyError, checkBodyLength, entropyBits } from './body.ts';
import { kernels, type LevelsPlan } from './kernels/index.ts';
import {
  blockCount,
  codesBytes,
  codeWidth,
  levelsBodyBytes,
  scalesBytes,
} from './kernels/levels-layout.ts';
import { nonFiniteError } from './non-finite.ts';
import type { RandomStream } from './random.ts';
import type { Section } from './stage.ts';

const FLOAT32_MAX = 3.4028234663852886e38;

/** Scales are checked through an aligned window. */
const SCALE_WINDOW = 1024;
const scales = new Float32Array(SCALE_WINDOW);
const scaleBytes = new Uint8Array(scales.buffer);

/** How level codes become a body, and a body a vector. */
export interface LevelsBody {
  maxBytes(plan: LevelsPlan): number;
  /**
   * Writes the body of `x`, or of x + residual, leaving in the residual what was lost.
   * @returns its length in bytes
   * @throws NonFiniteGradientError before anything is written
   */
  encode(
    x: Float32Array,
    plan: LevelsPlan,
    stream: RandomStream,
    body: Uint8Array,
    residual?: Float32Array,
  ): number;
  /**
   * @returns what `decode` and `add` take: the packed body; scratch where it is another one
   * @throws PayloadError unless `body` is one of this plan and decodes finitely
   */
  check(body: Uint8Array, plan: LevelsPlan): Uint8Array;
  decode(body: Uint8Array, plan: LevelsPlan, out: Float32Array): void;
  /** sum[i] += weight · decoded[i] */
  add(body: Uint8Array, plan: LevelsPlan, sum: Float32Array, weight: number): void;
  sections(body: Uint8Array, plan: LevelsPlan): Section[];
}

/** Largest code the packing can represent. */
function largestCode(plan: LevelsPlan): number {
  return plan.packing === 'trits' ? 2 : 2 ** codeWidth(plan.levels) - 1;
}

/**
 * The largest scale. All must be finite, not negative, and decode codes up to 2·levels finitely.
 * @throws PayloadError
 */
export function checkScales(body: Uint8Array, plan: LevelsPlan): number {
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
  return largest;
}

/**
 * Only where a scale is so extreme that a code the encoder never writes would overflow are the
 * codes looked at.
 */
function checkCodes(body: Uint8Array, plan: LevelsPlan, largest: number): void {
  if (largest * (largestCode(plan) - plan.levels) <= FLOAT32_MAX) return;
  if (kernels.maxCode(body, plan) > 2 * plan.levels)
    throw bodyError(`a code exceeds ${2 * plan.levels} at an extreme scale`);
}

/** Bits an ideal coder of the codes of a packed body needs. */
export function codeEntropy(body: Uint8Array, plan: LevelsPlan): number {
  const counts = new Uint32Array(256);
  kernels.countCodes(body, plan, counts);
  return entropyBits([...counts]);
}

/** Fixed-width codes. */
export const packedBody: LevelsBody = {
  maxBytes: levelsBodyBytes,
  encode(x, plan, stream, body, residual) {
    const index = kernels.encodeLevels(x, plan, stream, body, residual);
    if (index >= 0) throw nonFiniteError(index, { x, ...(residual && { y: residual }) });
    return levelsBodyBytes(plan);
  },
  check(body, plan) {
    checkBodyLength(body, levelsBodyBytes(plan));
    checkCodes(body, plan, checkScales(body, plan));
    return body;
  },
  decode: (body, plan, out) => kernels.decodeLevels(body, plan, out),
  add: (body, plan, sum, weight) => kernels.addLevels(body, plan, sum, weight),
  sections: (body, plan) => [
    { name: 'scales', bytes: scalesBytes(plan) },
    {
      name: 'codes',
      bytes: codesBytes(plan),
      symbols: plan.length,
      entropyBits: codeEntropy(body, plan),
    },
  ],
};
