/** The value stage behind QSGD and TernGrad: stochastic rounding to integer levels per block. */
import { codedBody } from './entropy/coded-body.ts';
import { elias } from './entropy/elias.ts';
import { rans } from './entropy/rans.ts';
import type { LevelsPlan } from './kernels/index.ts';
import { packedBody, type LevelsBody } from './levels-body.ts';
import { choice, type Parameter } from './spec.ts';
import type { ValueStage } from './stage.ts';

/** A level codec without the length and the feedback divisor, which depends on the length. */
export interface LevelsConfig extends Omit<LevelsPlan, 'length' | 'block' | 'divisor'> {
  /** Elements a scale covers; Infinity = one scale for the whole vector. */
  readonly block: number;
  /** Worst-case variance factor of one block of `length` elements, unclipped. */
  omega(length: number): number;
  /** Value of the `entropy` parameter. */
  readonly entropy: string;
}

/** Bodies by the word that names them in a spec. */
const bodies: Readonly<Record<string, LevelsBody>> = {
  none: packedBody,
  elias: codedBody(elias),
  rans: codedBody(rans),
};

/** How the codes of a level codec are coded. */
export const entropyParameter: Parameter = choice('entropy', Object.keys(bodies));

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

/** Lengths whose plans are remembered: those of the chunks of one gradient are few. */
const MAX_REMEMBERED = 64;

/** The same function, whose last results are kept: of a short vector, making the plan is half the work. */
function remembered<T>(make: (length: number) => T): (length: number) => T {
  const made = new Map<number, T>();
  return (length) => {
    let known = made.get(length);
    if (known !== undefined) return known;
    if (made.size >= MAX_REMEMBERED) made.clear();
    known = make(length);
    made.set(length, known);
    return known;
  };
}

/** Builds the stage. Under `feedback` it is scaled down wherever it would not contract by itself. */
export function levelsStage(config: LevelsConfig, feedback: boolean): ValueStage {
  const { omega: blockOmega, block, entropy, ...rest } = config;
  const bodyOf = bodies[entropy]!;
  const omega = (length: number): number => blockOmega(Math.max(1, Math.min(block, length)));
  const clipped = config.clip !== undefined;
  const scaledDown = (length: number): boolean =>
    feedback && (clipped || coarseDelta(omega(length)) <= 0);
  const divisorFor = (length: number): number => (scaledDown(length) ? 1 + omega(length) : 1);
  const planFor = remembered((length: number): LevelsPlan => ({
    ...rest,
    length,
    block: Math.max(1, Math.min(block, length)),
    divisor: divisorFor(length),
  }));
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
    maxBodyBytes: (length) => bodyOf.maxBytes(planFor(length)),
    checksFinite: true,
    encode: (x, body, random) => bodyOf.encode(x, planFor(x.length), random.own, body),
    encodeWithResidual: (x, residual, body, random) =>
      bodyOf.encode(x, planFor(x.length), random.own, body, residual),
    check: (body, length) => bodyOf.check(body, planFor(length)),
    decode: (body, out) => bodyOf.decode(body, planFor(out.length), out),
    add: (body, sum, weight) => bodyOf.add(body, planFor(sum.length), sum, weight),
    sections: (body, length) => bodyOf.sections(body, planFor(length)),
  };
}
