/** Gradients to measure on: what real ones look like, and what breaks fast paths. */
import { Noise } from '../../src/testing/noise.ts';

export type DataKind = 'gaussian' | 'student' | 'zeros' | 'sparse' | 'denormal';

export const dataKinds: readonly DataKind[] = [
  'gaussian',
  'student',
  'zeros',
  'sparse',
  'denormal',
];

/** What fast paths of `topk` could stumble over: many ties, few values, large ones side by side. */
export type AdversarialKind = 'equal' | 'mostly-zero' | 'hot-layer';

export const adversarialKinds: readonly AdversarialKind[] = ['equal', 'mostly-zero', 'hot-layer'];

/** Typical size of an element. */
const SCALE = 1e-2;
const NON_ZERO_SHARE = 0.01;
const LARGEST_DENORMAL = 2 ** -126;
const FEW_SHARE = 0.0005;
/** The hot layer is this part of the vector, from its middle on, and its elements are so much larger. */
const HOT_SHARE = 0.005;
const HOT_FACTOR = 1000;

/** A value, from noise and its place in the vector, in [0, 1). */
type Draw = (noise: Noise, place: number) => number;

const draw: Readonly<Record<DataKind | AdversarialKind, Draw>> = {
  gaussian: (noise) => SCALE * noise.normal(),
  // Three degrees of freedom: the tails of gradients, finite variance, infinite kurtosis.
  student: (noise) => {
    const squares = noise.normal() ** 2 + noise.normal() ** 2 + noise.normal() ** 2;
    return (SCALE * noise.normal()) / Math.sqrt(squares / 3);
  },
  zeros: () => 0,
  sparse: (noise) => (noise.uniform() < NON_ZERO_SHARE ? SCALE * noise.normal() : 0),
  denormal: (noise) =>
    noise.word() & 1 ? SCALE * noise.normal() : LARGEST_DENORMAL * (2 * noise.uniform() - 1),
  equal: () => SCALE,
  'mostly-zero': (noise) => (noise.uniform() < FEW_SHARE ? SCALE * noise.normal() : 0),
  'hot-layer': (noise, place) =>
    SCALE * noise.normal() * (place >= 0.5 && place < 0.5 + HOT_SHARE ? HOT_FACTOR : 1),
};

/**
 * `length` elements: N(0, 10⁻⁴), Student t₃, all zeros, 1 % non-zero, or every other one denormal; all
 * equal, 99.95 % zeros, or a thousand times as large in one stretch.
 */
export function makeData(
  kind: DataKind | AdversarialKind,
  length: number,
  seed: number,
): Float32Array {
  const noise = new Noise(seed);
  const value = draw[kind];
  const x = new Float32Array(length);
  for (let i = 0; i < length; i++) x[i] = value(noise, i / length);
  return x;
}
