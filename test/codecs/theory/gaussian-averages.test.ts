/**
 * What the codecs lose on Gaussian vectors, against numbers from the closed forms. Vectors are long,
 * so that averages are known to within a few standard errors; the seeds are fixed.
 */
import { describe, expect, it } from 'vitest';
import { decode, encode, inspect } from '../../../codecs/index.ts';
import { constant, distanceSquared, gaussian, lognormal, normSquared } from './samples.ts';

const N = 2 ** 19;
const x = gaussian(N, 21);
const total = normSquared(x);

/** ‖decode(encode(x)) − x‖²/‖x‖² for the Gaussian vector. */
function relativeError(spec: string): number {
  return distanceSquared(decode(encode(spec, x, { seed: 5 })), x) / total;
}

describe('QSGD: average variance factor of a Gaussian block', () => {
  // Averages over ⌊N/block⌋ ≥ 1024 blocks; their relative standard error is below 0.5 %.
  it.each([
    ['qsgd:levels=1,block=512', 1.602],
    ['qsgd:levels=7,block=512', 0.0365],
    ['qsgd:levels=127,block=512', 1.1e-4],
    ['qsgd:levels=1,block=64', 1.087],
    ['qsgd:levels=7,block=64', 0.0232],
    ['qsgd:levels=127,block=64', 7e-5],
    ['qsgd:levels=1,block=512,norm=l2', 17.06],
    ['qsgd:levels=7,block=512,norm=l2', 1.582],
    ['qsgd:levels=127,block=512,norm=l2', 0.0053],
    ['qsgd:levels=16,block=256,norm=l2', 0.1667],
  ])('%s: %d', (spec, omega) => {
    const measured = relativeError(spec);
    expect(measured).toBeGreaterThan(0.97 * omega);
    expect(measured).toBeLessThan(1.03 * omega);
  });

  it('differs for constant vectors, so the numbers above tell distributions apart', () => {
    const flat = constant(4096);
    const decoded = decode(encode('qsgd:levels=7,block=512,norm=l2', flat, { seed: 5 }));
    expect(distanceSquared(decoded, flat) / 4096).toBeGreaterThan(1.2 * 1.582);
  });
});

/** The scale M that a TernGrad payload carries: its first body bytes. */
function sentScale(payload: Uint8Array): number {
  const header = inspect(payload).sections[0]!.bytes;
  return new DataView(payload.buffer, payload.byteOffset + header).getFloat32(0, true);
}

describe('TernGrad clipped at 2.5 standard deviations', () => {
  const payload = encode('terngrad:clip=2.5', x, { seed: 6 });
  const scale = sentScale(payload);
  const clipped = x.map((value) => Math.max(-scale, Math.min(scale, value)));
  const decoded = decode(payload);
  const rms = Math.sqrt(total / N);
  /** Five standard errors of a share p. */
  const margin = (p: number): number => 5 * Math.sqrt((p * (1 - p)) / N);

  it('sends M = 2.5 root mean squares, rounded up', () => {
    expect(scale).toBeGreaterThanOrEqual(2.5 * rms * (1 - 1e-12));
    expect(scale).toBeLessThanOrEqual(2.5 * rms * (1 + 2 ** -23));
  });

  it('clips 1.242 % of the elements', () => {
    const share = x.filter((value) => Math.abs(value) > scale).length / N;
    expect(Math.abs(share - 0.01242)).toBeLessThan(margin(0.01242));
  });

  it('keeps E|g| = 0.79388 and E g² = 0.97756, a bias² of 0.24 %', () => {
    const mean = clipped.reduce((sum, value) => sum + Math.abs(value), 0) / N / rms;
    const energy = normSquared(clipped) / total;
    // Standard deviations of |g| and g² are below 0.62 and 1.4.
    expect(Math.abs(mean - 0.79388)).toBeLessThan((5 * 0.62) / Math.sqrt(N));
    expect(Math.abs(energy - 0.97756)).toBeLessThan((5 * 1.4) / Math.sqrt(N));
    const bias = distanceSquared(clipped, x) / total;
    expect(bias).toBeGreaterThan(0.0022);
    expect(bias).toBeLessThan(0.0026);
  });

  it('sends a share of 0.3176 non-zero, at an entropy of 1.2192 bits', () => {
    const share = decoded.filter((value) => value !== 0).length / N;
    expect(Math.abs(share - 0.3176)).toBeLessThan(margin(0.3176));
    const codes = inspect(payload).sections.find(({ name }) => name === 'codes')!;
    expect(codes.entropyBits! / N).toBeCloseTo(1.2192, 2);
  });

  it('has variance factor 1.0302 about the clipped vector', () => {
    const omega = distanceSquared(decoded, clipped) / normSquared(clipped);
    // Squared errors are at most M² = 6.25; five standard errors.
    expect(Math.abs(omega - 1.0302)).toBeLessThan((5 * 6.25) / 2 / Math.sqrt(N));
  });

  it('unclipped, the variance factor is 2.73 at 10⁵ elements', () => {
    const errors = Array.from({ length: 5 }, (_, i) => {
      const part = x.subarray(100_000 * i, 100_000 * (i + 1));
      return distanceSquared(decode(encode('terngrad', part, { seed: i })), part) / 100_000;
    });
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    // The maximum of 10⁵ normal numbers has a standard deviation of 0.28 about 4.4.
    expect(mean).toBeGreaterThan(2.73 - 0.6);
    expect(mean).toBeLessThan(2.73 + 0.6);
  });
});

/** Share of ‖v‖² that top-k keeps. */
function keptEnergy(v: Float32Array, density: number): number {
  return normSquared(decode(encode(`topk:density=${density}`, v))) / normSquared(v);
}

/**
 * Standard error of the kept share: the influence of an element is (v² − t²)⁺ about its mean, with
 * t the threshold.
 */
function keptError(v: Float32Array, density: number): number {
  const squares = v.map((value) => value * value).sort();
  const threshold = squares[Math.floor(v.length * (1 - density))]!;
  let sum = 0;
  let sumSquared = 0;
  for (const square of squares) {
    const influence = Math.max(0, square - threshold);
    sum += influence;
    sumSquared += influence * influence;
  }
  return Math.sqrt((sumSquared - (sum * sum) / v.length) / v.length / v.length);
}

describe('top-k keeps f + 2tφ(t) of a Gaussian vector’s energy', () => {
  const table: [number, number][] = [
    [0.001, 0.0127],
    [0.01, 0.0845],
    [0.03, 0.1944],
    [0.1, 0.4393],
    [0.25, 0.7236],
  ];

  it.each(table)('density %d: %d', (density, share) => {
    // The table is rounded to four digits.
    const margin = 5 * keptError(x, density) + 5e-5;
    expect(Math.abs(keptEnergy(x, density) - share)).toBeLessThan(margin);
    expect(margin / share).toBeLessThan(0.05);
  });

  it('and another share of other vectors', () => {
    const skewed = lognormal(2 ** 16, 3);
    for (const [density, share] of table) {
      expect(keptEnergy(skewed, density)).toBeGreaterThan(share * 1.2);
      expect(keptEnergy(constant(2 ** 16), density)).toBeLessThan(share * 0.5);
    }
  });
});
