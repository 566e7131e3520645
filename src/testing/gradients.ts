/** Gradients worth trying: what real ones look like, and what breaks encoders. */
import fc from 'fast-check';
import { Noise } from './noise.ts';

const FLOAT32_MAX = 3.4028234663852886e38;
const SMALLEST_DENORMAL = 2 ** -149;

/** Fills x[0..n); unset elements are 0. */
type Shape = (x: Float32Array, noise: Noise) => void;

function each(value: (noise: Noise, i: number, n: number) => number): Shape {
  return (x, noise) => {
    for (let i = 0; i < x.length; i++) x[i] = value(noise, i, x.length);
  };
}

/** Sets up to `count` elements at random places. */
function few(count: number, value: (noise: Noise) => number): Shape {
  return (x, noise) => {
    for (let j = 0; j < Math.min(count, x.length); j++) x[noise.below(x.length)] = value(noise);
  };
}

/** Name of a family of gradients. */
export type GradientKind =
  | 'zeros'
  | 'negative zeros'
  | 'denormals'
  | 'huge'
  | 'tiny and huge'
  | 'spike'
  | 'one spike'
  | 'two-sparse'
  | 'mostly zero'
  | 'zero blocks'
  | 'one level and a spike'
  | 'gaussian'
  | 'uniform'
  | 'positive'
  | 'small gaussian'
  | 'lognormal'
  | 'constant'
  | 'equal magnitudes'
  | 'integers'
  | 'ramp';

const shapes: Readonly<Record<GradientKind, Shape>> = {
  zeros: () => {},
  'negative zeros': each(() => -0),
  denormals: each((noise) => noise.sign() * noise.below(2 ** 20) * SMALLEST_DENORMAL),
  huge: each((noise) => noise.sign() * FLOAT32_MAX * (1 - noise.below(4) * 2 ** -24)),
  'tiny and huge': each((noise) => noise.sign() * 2 ** (noise.below(270) - 145)),
  spike: (x, noise) => {
    each((n) => n.normal() * 1e-4)(x, noise);
    few(1, (n) => n.sign() * 10)(x, noise);
  },
  'one spike': few(1, (noise) => noise.normal()),
  'two-sparse': few(2, (noise) => noise.normal()),
  'mostly zero': each((noise) => (noise.below(10) === 0 ? noise.normal() : 0)),
  'zero blocks': each((noise, i) => ((i >>> 4) % 3 === 0 ? noise.normal() : 0)),
  'one level and a spike': each((noise, i, n) => (i === n >> 1 ? n ** 0.5 : noise.sign())),
  gaussian: each((noise) => noise.normal()),
  uniform: each((noise) => 2 * noise.uniform() - 1),
  positive: each((noise) => 0.5 + noise.uniform()),
  'small gaussian': each((noise) => 1e-6 * noise.normal()),
  lognormal: each((noise) => noise.sign() * Math.exp(2 * noise.normal())),
  constant: (x, noise) => x.fill(noise.sign() * Math.fround(0.1 + noise.uniform())),
  'equal magnitudes': each((noise) => noise.sign() * 0.75),
  integers: each((noise) => noise.below(2001) - 1000),
  ramp: each((_noise, i, n) => (i + 1) / n),
};

/** All families. */
export const gradientKinds: readonly GradientKind[] = Object.keys(shapes) as GradientKind[];

/** Families without denormals and without values near the end of the float32 range. */
export const moderateKinds: readonly GradientKind[] = gradientKinds.filter(
  (kind) => !['denormals', 'huge', 'tiny and huge'].includes(kind),
);

/** Lengths around the places where layouts change: 0, 1, SIMD and packing groups, blocks. */
export const awkwardLengths: readonly number[] = [
  0, 1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 79, 80, 81, 127, 128, 129, 511, 512, 513, 1000, 4097,
];

/** The gradient of a family for a length (elements) and a seed. */
export function makeGradient(kind: GradientKind, length: number, seed: number): Float32Array {
  const x = new Float32Array(length);
  shapes[kind](x, new Noise(seed));
  return x;
}

/** What `gradients` draws from. */
export interface GradientOptions {
  /** Lengths in elements; default `awkwardLengths`. */
  readonly lengths?: readonly number[] | undefined;
  /** Families; default all. */
  readonly kinds?: readonly GradientKind[] | undefined;
}

/** Prints a gradient by its recipe and first elements instead of up to 4097 numbers. */
function named(x: Float32Array, name: string): Float32Array {
  const head = Array.from(x.subarray(0, 8), (value) => (Object.is(value, -0) ? '-0' : `${value}`));
  const text = `${name} [${head.join(', ')}${x.length > 8 ? ', …' : ''}]`;
  return Object.defineProperty(x, fc.toStringMethod, { value: () => text });
}

/**
 * Finite gradients of all families and awkward lengths; some are arbitrary numbers, which shrink
 * element by element. A counterexample prints the call of `makeGradient` that yields it.
 */
export function gradients(options: GradientOptions = {}): fc.Arbitrary<Float32Array> {
  const { lengths = awkwardLengths, kinds = gradientKinds } = options;
  const shortest = lengths.filter((length) => length <= 1);
  const anyLength = fc.constantFrom(...lengths);
  // Empty and one-element gradients take paths of their own, so no run goes without them.
  const length =
    shortest.length > 0
      ? fc.oneof(
          { weight: 1, arbitrary: fc.constantFrom(...shortest) },
          { weight: 4, arbitrary: anyLength },
        )
      : anyLength;
  const recipe = fc
    .tuple(fc.constantFrom(...kinds), length, fc.nat(0xffff))
    .map(([kind, n, seed]) =>
      named(makeGradient(kind, n, seed), `makeGradient('${kind}', ${n}, ${seed})`),
    );
  if (options.kinds) return recipe;
  const anything = fc.float32Array({
    noNaN: true,
    noDefaultInfinity: true,
    maxLength: Math.min(40, Math.max(...lengths)),
  });
  return fc.oneof({ weight: 6, arbitrary: recipe }, { weight: 1, arbitrary: anything });
}
