/** Vectors and level plans on which back ends must agree. */
import type { LevelsPlan } from '../../../codecs/kernels/index.ts';
import { triple32 } from '../../../codecs/random.ts';

/** Lengths around every group, window and dither chunk. */
export const LENGTHS: readonly number[] = [
  0, 1, 31, 32, 33, 79, 81, 127, 128, 129, 511, 512, 513, 5119, 5120, 5121, 7681, 8191, 8192, 8193,
  65535, 65536, 65537, 100003,
];

const FLOAT32_MAX = 3.4028234663852886e38;

/** Uniform in (0, 1), a function of its arguments alone. */
function uniform(seed: number, i: number): number {
  return ((triple32(triple32(seed) ^ i) >>> 0) + 0.5) / 2 ** 32;
}

function gaussian(seed: number, i: number): number {
  const radius = Math.sqrt(-2 * Math.log(uniform(seed, 2 * i)));
  return radius * Math.cos(2 * Math.PI * uniform(seed, 2 * i + 1));
}

/** Element i of each kind of data. Values are finite as float32. */
export const KINDS: Readonly<Record<string, (i: number) => number>> = {
  gaussian: (i) => gaussian(1, i),
  denormal: (i) => gaussian(2, i) * 1e-40,
  'half denormal': (i) => gaussian(3, i) * (i % 2 === 0 ? 1 : 1e-39),
  tiny: (i) => gaussian(4, i) * 1e-31,
  huge: (i) => gaussian(5, i) * 5e37,
  largest: (i) => (uniform(6, i) < 0.5 ? FLOAT32_MAX : -FLOAT32_MAX),
  'zeros of both signs': (i) => (i % 3 === 0 ? -0 : 0),
  'mostly zero': (i) => (i % 97 === 0 ? gaussian(7, i) : 0),
  spikes: (i) => gaussian(8, i) * (i % 1000 === 7 ? 1e30 : 1e-5),
  'every scale': (i) => gaussian(9, i) * 10 ** (70 * uniform(10, i) - 38),
};

/** A vector of one kind. */
export function vectorOf(kind: string, length: number): Float32Array {
  const element = KINDS[kind]!;
  return Float32Array.from({ length }, (_, i) =>
    Math.min(FLOAT32_MAX, Math.max(-FLOAT32_MAX, element(i))),
  );
}

/** A plan of any length; `block` is cut to it. */
export type PlanShape = Omit<LevelsPlan, 'length'>;

export function planOf(shape: PlanShape, length: number): LevelsPlan {
  return { ...shape, length, block: Math.max(1, Math.min(shape.block, length)) };
}

const qsgd: PlanShape = {
  levels: 7,
  block: 512,
  norm: 'max',
  clip: undefined,
  divisor: 1,
  coarseScale: false,
  packing: 'planes',
};
const terngrad: PlanShape = { ...qsgd, levels: 1, block: Infinity, packing: 'trits' };

/** Every width, both norms, blocks that fit windows and that do not, clipping, feedback. */
export const SHAPES: readonly PlanShape[] = [
  ...[1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127].flatMap((levels) => [
    { ...qsgd, levels },
    { ...qsgd, levels, norm: 'l2' as const, coarseScale: true },
  ]),
  ...[1, 3, 31, 32, 100, 999, 1000, 4096, 8192, 10000, Infinity].flatMap((block) => [
    { ...qsgd, block },
    { ...qsgd, block, norm: 'l2' as const, levels: 3 },
  ]),
  ...([undefined, 1e-6, 0.5, 2.5] as const).flatMap((clip) =>
    (['trits', 'planes'] as const).flatMap((packing) => [
      { ...terngrad, clip, packing },
      { ...terngrad, clip, packing, divisor: 3.7, coarseScale: true },
    ]),
  ),
  { ...terngrad, block: 80 },
  { ...qsgd, clip: 1, levels: 127 },
  { ...qsgd, divisor: 11.3, coarseScale: true, norm: 'l2' },
];
