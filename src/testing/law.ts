/** What a law is, and what its violation says. */
import type fc from 'fast-check';
import { GradwireError, type Codec } from '../../codecs/index.ts';
import { findCounterexample } from './property.ts';

/** Names of all laws, in the order they are checked. */
export const lawNames = [
  'bounds',
  'same bytes',
  'round trip',
  'views',
  'decode-add',
  'non-finite',
  'damage',
  'zero',
  'density',
  'scale',
  'sign',
  'values',
  'feedback',
  'contraction',
  'variance',
  'unbiased',
  'independent ranks',
] as const;

/** Name of a law. */
export type LawName = (typeof lawNames)[number];

/** A codec under test and how hard to try. */
export interface Subject {
  readonly codec: Codec;
  readonly seed: number;
  /** Gradients that a law is tried on. */
  readonly runs: number;
  /** Encodings of one gradient that a statistical law averages. */
  readonly draws: number;
}

/** A statement about codecs that holds for all that claim it. */
export interface Law {
  readonly name: LawName;
  /** False for codecs that claim nothing of the kind. Default: every codec does. */
  applies?(codec: Codec): boolean;
  /** @throws Error saying how the codec breaks the law */
  check(subject: Subject): void;
}

/** A codec that breaks a law. The message has the counterexample, its seed and its path. */
export class CodecLawError extends GradwireError {
  readonly law: LawName;
  /** Spec of the codec. */
  readonly spec: string;

  constructor(law: LawName, spec: string, report: string, options?: ErrorOptions) {
    super('GRADWIRE_CODEC_LAW', `codec ${spec} breaks the law "${law}": ${report}`, options);
    this.law = law;
    this.spec = spec;
  }
}

/** Raised inside laws; the runner adds the law's name and the codec's. */
export function demand(condition: boolean, explain: () => string): asserts condition {
  if (!condition) throw new Error(explain());
}

/** Tries a property `runs` times. @throws Error with the smallest counterexample found */
export function forAll<Ts>(
  subject: Pick<Subject, 'seed' | 'runs'>,
  property: fc.IRawProperty<Ts, false>,
): void {
  const found = findCounterexample(property, { seed: subject.seed, numRuns: subject.runs });
  if (found) throw new Error(found.report, { cause: found.cause });
}
