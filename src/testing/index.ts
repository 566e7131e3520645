/**
 * Laws of gradient codecs, and generators to try them on: prove your own codec as the built-in ones
 * are proved. Needs fast-check (a peer dependency) beside it.
 * @example
 * ```ts
 * import { it } from 'vitest';
 * import { codecLaws } from 'gradwire/testing';
 * import { myCodec } from './my-codec.ts';
 *
 * it('obeys its laws', () => codecLaws(myCodec));
 * ```
 * @module
 */
export { codecLaws, type CodecLawsOptions } from './codec-laws.ts';
export {
  awkwardLengths,
  gradientKinds,
  gradients,
  makeGradient,
  type GradientKind,
  type GradientOptions,
} from './gradients.ts';
export { CodecLawError, lawNames, type LawName } from './law.ts';
export { mutations } from './mutations.ts';
export { assertProperty, propertySeed, type PropertyOptions } from './property.ts';
export { specs } from './specs.ts';
