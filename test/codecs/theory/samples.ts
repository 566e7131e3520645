/** Vectors and small tools of the theory tests. Everything is seeded: a failure repeats. */
import type { RandomStream } from '../../../codecs/index.ts';

/** Uniform numbers in [0, 1): mulberry32, kept apart from the generator under test. */
export function uniforms(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal numbers (Box & Muller 1958). */
export function normals(seed: number): () => number {
  const next = uniforms(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** N(0, 1)ⁿ. */
export function gaussian(n: number, seed: number): Float32Array {
  const next = normals(seed);
  return Float32Array.from({ length: n }, next);
}

/** Student's t with three degrees of freedom: heavy tails, of finite variance only just. */
export function studentT3(n: number, seed: number): Float32Array {
  const next = normals(seed);
  return Float32Array.from({ length: n }, () => {
    const square = (next() ** 2 + next() ** 2 + next() ** 2) / 3;
    return next() / Math.sqrt(square);
  });
}

/** ± exp(2·N(0, 1)): a skewed vector. */
export function lognormal(n: number, seed: number): Float32Array {
  const next = normals(seed);
  return Float32Array.from({ length: n }, () => Math.sign(next()) * Math.exp(2 * next()));
}

/** |xᵢ| = value, signs alternating. */
export function constant(n: number, value = 1): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => (i % 2 === 0 ? value : -value));
}

/** One element, the rest zero. */
export function oneHot(n: number, value = 1): Float32Array {
  const x = new Float32Array(n);
  x[Math.floor(n / 3)] = value;
  return x;
}

/** Two elements of different size, the rest zero. */
function twoSparse(n: number): Float32Array {
  const x = new Float32Array(n);
  x[0] = 1;
  x[n - 1] = -0.37;
  return x;
}

/** One spike of 1, the rest at `rest`. */
export function spike(n: number, rest: number): Float32Array {
  return constant(n, rest).fill(1, 0, 1);
}

/** Height of the rest that makes a max-norm quantiser with s levels worst, relative to the spike. */
export function worstRest(levels: number, n: number): number {
  return 1 / (Math.sqrt(levels ** 2 + n - 1) + levels);
}

/** The adversarial families for vectors of n elements. */
export function families(n: number, levels: number): Record<string, Float32Array> {
  return {
    constant: constant(n),
    'one-hot': oneHot(n),
    'two-sparse': twoSparse(n),
    'worst spike': spike(n, worstRest(levels, n)),
    'small spike': spike(n, 0.5 / levels),
    'flat spike': spike(n, 0.01),
    lognormal: lognormal(n, 7),
    gaussian: gaussian(n, 8),
  };
}

/** ‖x‖² in float64. */
export function normSquared(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * x[i]!;
  return sum;
}

/** ‖x‖₁ in float64. */
export function norm1(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.abs(x[i]!);
  return sum;
}

/** ‖x − y‖² in float64. */
export function distanceSquared(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! - y[i]!) ** 2;
  return sum;
}

/** A stream that nothing else uses. */
export function stream(low: number, high = 0x9e3779b9): RandomStream {
  return { low, high };
}

/**
 * Hoeffding's bound with Bonferroni's correction: the mean of N draws from a range of width 1
 * strays further than this in any of `comparisons` places with probability at most alpha.
 */
export function hoeffding(draws: number, comparisons: number, alpha: number): number {
  return Math.sqrt(Math.log((2 * comparisons) / alpha) / (2 * draws));
}
