/** Runs all laws on one codec. */
import type { Codec } from '../../codecs/index.ts';
import { CodecLawError, type Law, type LawName, type Subject } from './law.ts';
import { densityLaw, scaleLaw, signLaw, valuesLaw, zeroLaw } from './laws/algebra.ts';
import {
  boundsLaw,
  decodeAddLaw,
  nonFiniteLaw,
  roundTripLaw,
  sameBytesLaw,
  viewsLaw,
} from './laws/bytes.ts';
import { damageLaw } from './laws/damage.ts';
import { feedbackLaw } from './laws/feedback.ts';
import { contractionLaw, independenceLaw, unbiasedLaw, varianceLaw } from './laws/moments.ts';
import { propertySeed } from './property.ts';

/** All laws; the type asks for one per name. */
const laws: Readonly<Record<LawName, Law>> = {
  bounds: boundsLaw,
  'same bytes': sameBytesLaw,
  'round trip': roundTripLaw,
  views: viewsLaw,
  'decode-add': decodeAddLaw,
  'non-finite': nonFiniteLaw,
  damage: damageLaw,
  zero: zeroLaw,
  density: densityLaw,
  scale: scaleLaw,
  sign: signLaw,
  values: valuesLaw,
  feedback: feedbackLaw,
  contraction: contractionLaw,
  variance: varianceLaw,
  unbiased: unbiasedLaw,
  'independent ranks': independenceLaw,
};

/** How to try a codec. */
export interface CodecLawsOptions {
  /** 32-bit integer; default: `GRADWIRE_SEED` from the environment, or a fixed one. */
  readonly seed?: number | undefined;
  /** Gradients that each law is tried on. Default 40; statistical laws try fewer, many times each. */
  readonly runs?: number | undefined;
  /** Encodings of one gradient that a statistical law averages. Default 400. */
  readonly draws?: number | undefined;
  /**
   * Laws that the codec does not claim. No trait announces `scale` and `sign`: a codec with a fixed
   * threshold or grid breaks the first, one with an asymmetric grid the second.
   */
  readonly except?: readonly LawName[] | undefined;
}

function check(law: Law, subject: Subject): void {
  const { codec } = subject;
  try {
    if (law.applies?.(codec) ?? true) law.check(subject);
  } catch (cause) {
    const report = cause instanceof Error ? cause.message : String(cause);
    throw new CodecLawError(law.name, codec.spec, report, { cause });
  }
}

/**
 * Asserts everything that a codec claims, from its metadata alone: built-in codecs and your own.
 * Statistical laws have a false-alarm rate below 10⁻⁶ a codec, and none with a fixed seed.
 * @example it('obeys its laws', () => codecLaws(myCodec));
 * @throws CodecLawError naming the law, the codec and the counterexample with seed and path
 */
export function codecLaws(codec: Codec, options: CodecLawsOptions = {}): void {
  const { seed = propertySeed(), runs = 40, draws = 400, except = [] } = options;
  for (const law of Object.values(laws))
    if (!except.includes(law.name)) check(law, { codec, seed, runs, draws });
}
