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

/** Typical size of an element. */
const SCALE = 1e-2;
const NON_ZERO_SHARE = 0.01;
const LARGEST_DENORMAL = 2 ** -126;

const draw: Readonly<Record<DataKind, (noise: Noise) => number>> = {
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
};

/** `length` elements: N(0, 10⁻⁴), Student t₃, all zeros, 1 % non-zero, or every other one denormal. */
export function makeData(kind: DataKind, length: number, seed: number): Float32Array {
  const noise = new Noise(seed);
  const value = draw[kind];
  const x = new Float32Array(length);
  for (let i = 0; i < length; i++) x[i] = value(noise);
  return x;
}
