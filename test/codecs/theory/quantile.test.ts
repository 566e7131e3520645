/**
 * `quantile`: the decoded block is the projection of the block onto its magnitude pattern m, so
 *
 *   ‖C(v) − v‖² = ‖v‖² − ⟨|v|, m⟩²/‖m‖²      m constant (bits=1), or 1 and a ratio (bits=2)
 *
 * which for bits=1 is (1 − ‖v‖₁²/(d‖v‖²))‖v‖², the scaled sign (Karimireddy et al. 2019,
 * arXiv 1901.09847). The scale has 9 significant bits: a relative error ρ ≤ 2⁻⁹ adds ρ²⟨|v|, m⟩²/‖m‖².
 */
import { describe, expect, it } from 'vitest';
import { decode, encode, inspect, parseCodec } from '../../../codecs/index.ts';
import {
  constant,
  distanceSquared,
  families,
  gaussian,
  lognormal,
  norm1,
  normSquared,
  uniforms,
} from './samples.ts';

/** Share of the projected energy that the 16-bit scale may lose; a little over for double rounding. */
const SCALE_LOSS = 2 ** -18 * (1 + 2 ** -10);
/** Float64 sums of a few hundred terms. */
const SUM_ERROR = 1e-12;

/** Checks the identity for one block; returns the kept share δ of the energy. */
function projectedShare(v: Float32Array, decoded: Float32Array): number {
  const scale = decoded.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  let dot = 0;
  let energy = 0;
  for (let i = 0; i < v.length; i++) {
    const m = Math.abs(decoded[i]!) / scale;
    dot += Math.abs(v[i]!) * m;
    energy += m * m;
  }
  return dot ** 2 / energy / normSquared(v);
}

/** ‖C(v) − v‖²/‖v‖² and what the identity says, without and with the loss in the scale. */
function identity(v: Float32Array, decoded: Float32Array): [number, number, number] {
  const share = projectedShare(v, decoded);
  const measured = distanceSquared(decoded, v) / normSquared(v);
  return [1 - share - SUM_ERROR, measured, 1 - share + SCALE_LOSS * share + SUM_ERROR];
}

function expectIdentity(v: Float32Array, decoded: Float32Array, name: string): void {
  const [least, measured, most] = identity(v, decoded);
  expect(measured, name).toBeGreaterThanOrEqual(least);
  expect(measured, name).toBeLessThanOrEqual(most);
}

/** Vectors of d elements at ordinary, huge and small sizes. */
function vectors(d: number): [string, Float32Array][] {
  const scales = [1, 2 ** 90, 2 ** -90];
  return Object.entries(families(d, 7)).flatMap(([name, v]) =>
    scales.map((scale): [string, Float32Array] => [`${name} × ${scale}`, v.map((x) => x * scale)]),
  );
}

describe('scaled sign: quantile:bits=1 with one block', () => {
  it.each([1, 2, 7, 64, 300])('error (1 − ‖v‖₁²/(d‖v‖²))‖v‖², d=%i', (d) => {
    for (const [name, v] of vectors(d)) {
      const decoded = decode(encode(`quantile:bits=1,block=${d}`, v));
      expectIdentity(v, decoded, name);
      const kept = norm1(v) ** 2 / (d * normSquared(v));
      const measured = distanceSquared(decoded, v) / normSquared(v);
      expect(Math.abs(measured - (1 - kept)), name).toBeLessThanOrEqual(
        SCALE_LOSS * kept + SUM_ERROR,
      );
    }
  });

  it('decodes to the sign, zero counting as positive, times the mean magnitude', () => {
    const v = Float32Array.of(3, -1, 0, -0, 4, -8);
    expect(decode(encode('quantile:bits=1,block=6', v))).toEqual(
      Float32Array.from([1, -1, 1, 1, 1, -1], (sign) => sign * (16 / 6)).map(
        (x) => Math.sign(x) * roundTo9Bits(Math.abs(x)),
      ),
    );
  });

  it('keeps 2/π of a Gaussian vector’s energy, ½ of a Laplacian’s', () => {
    const n = 100_000;
    const spec = `quantile:bits=1,block=${n}`;
    const g = gaussian(n, 5);
    expect(distanceSquared(decode(encode(spec, g)), g) / normSquared(g)).toBeCloseTo(0.3634, 2);
    const next = uniforms(6);
    const laplace = g.map((x) => -Math.sign(x) * Math.log(1 - next()));
    const error = distanceSquared(decode(encode(spec, laplace)), laplace) / normSquared(laplace);
    expect(error).toBeGreaterThan(0.49);
    expect(error).toBeLessThan(0.51);
  });
});

/** A positive number to nine significant bits, ties to even. */
function roundTo9Bits(value: number): number {
  const unit = 2 ** (Math.floor(Math.log2(value)) - 8);
  const steps = value / unit;
  const floor = Math.floor(steps);
  const rest = steps - floor;
  return (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor) * unit;
}

/** Least ‖v − ±scale·m‖² over all splits into large and small magnitudes, m ∈ {ratio, 1}. */
function leastError(v: Float32Array, ratio: number): number {
  const magnitudes = [...v.map(Math.abs)].sort((a, b) => b - a);
  const kept = Array.from({ length: v.length + 1 }, (_, high) => {
    const dot = magnitudes.reduce((sum, x, i) => sum + x * (i < high ? 1 : ratio), 0);
    return dot ** 2 / (high + (v.length - high) * ratio ** 2);
  });
  return normSquared(v) - Math.max(...kept);
}

describe('two magnitudes: quantile:bits=2', () => {
  it.each([1, 2, 7, 64, 300])('is the projection onto ±m, and δ ≥ 1/d, d=%i', (d) => {
    const spec = `quantile:bits=2,block=${d}`;
    const { delta } = parseCodec(spec).traits;
    expect(delta!(d)).toBeGreaterThanOrEqual((1 - 2 ** -18) / d);
    for (const [name, v] of vectors(d)) {
      const decoded = decode(encode(spec, v));
      expectIdentity(v, decoded, name);
      const measured = distanceSquared(decoded, v) / normSquared(v);
      expect(measured, name).toBeLessThanOrEqual(1 - delta!(d) + SUM_ERROR);
    }
  });

  it('gives larger magnitudes the larger value, the sign always', () => {
    for (const v of [gaussian(64, 1), lognormal(64, 2)]) {
      const decoded = decode(encode('quantile', v));
      const order = [...v.keys()].sort((i, j) => Math.abs(v[i]!) - Math.abs(v[j]!));
      const magnitudes = order.map((i) => Math.abs(decoded[i]!));
      expect(magnitudes).toEqual([...magnitudes].sort((a, b) => a - b));
      expect(new Set(magnitudes).size).toBe(2);
      for (const i of v.keys()) expect(Math.sign(decoded[i]!)).toBe(Math.sign(v[i]!));
    }
  });

  it('splits a block nearly as well as the best of all splits does', () => {
    const ratios = Array.from({ length: 40 }, (_, seed) => {
      const v = gaussian(64, 100 + seed);
      const payload = encode('quantile', v);
      const ratio = payload[inspect(payload).sections[0]!.bytes]! / 64;
      return distanceSquared(decode(payload), v) / leastError(v, ratio);
    });
    for (const ratio of ratios) expect(ratio).toBeGreaterThan(1 - SUM_ERROR);
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    expect(mean).toBeLessThan(1.05);
  });

  it('is better than one magnitude on a Gaussian vector: near the 4-level optimum', () => {
    const v = gaussian(50_000, 9);
    const one = distanceSquared(decode(encode('quantile:bits=1,block=50000', v)), v);
    const two = distanceSquared(decode(encode('quantile:bits=2,block=50000', v)), v);
    // Max 1960: the optimal symmetric four-level quantiser of N(0, 1) has error 0.1175.
    expect(two / normSquared(v)).toBeGreaterThan(0.117);
    expect(two / normSquared(v)).toBeLessThan(0.135);
    expect(two).toBeLessThan(0.4 * one);
  });

  it('holds with several blocks, each projected on its own, tails included', () => {
    const v = lognormal(150, 4);
    const decoded = decode(encode('quantile:bits=2,block=64', v));
    for (let start = 0; start < v.length; start += 64)
      expectIdentity(
        v.subarray(start, start + 64),
        decoded.subarray(start, start + 64),
        `${start}`,
      );
  });
});

describe('at the ends of the float32 range', () => {
  const FLOAT32_MAX = 3.4028234663852886e38;

  it('a block contracts though scale/ratio would overflow', () => {
    for (let trial = 0; trial < 300; trial++) {
      const d = 1 + (trial % 12);
      const v = gaussian(d, trial);
      const top = v.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      const huge = v.map((value) => (value / top) * FLOAT32_MAX * (1 - 2 ** -23));
      for (const block of [1, 2, 4, 100]) {
        const decoded = decode(encode(`quantile:block=${block}`, huge));
        for (let start = 0; start < d; start += block) {
          const part = huge.subarray(start, start + block);
          const error = distanceSquared(decoded.subarray(start, start + block), part);
          const share = (1 - 2 ** -18) / part.length;
          expect(error, `trial ${trial}`).toBeLessThanOrEqual(
            (1 - share + SUM_ERROR) * normSquared(part),
          );
        }
      }
    }
  });

  it('a block of denormals below half a step of the scale decodes to zeros', () => {
    const v = gaussian(64, 1).map(Math.sign);
    const at = (power: number): Float32Array =>
      decode(
        encode(
          'quantile',
          v.map((value) => value * 2 ** power),
        ),
      );
    expect(at(-134)).toEqual(v.map((value) => value * 2 ** -134));
    expect(at(-136).every((value) => value === 0)).toBe(true);
  });
});

describe('the identity refuses', () => {
  it('a scale that is not the least-squares one', () => {
    const v = gaussian(64, 3);
    const decoded = decode(encode('quantile:bits=1,block=64', v));
    const [, measured, most] = identity(
      v,
      decoded.map((value) => value * 1.01),
    );
    expect(measured).toBeGreaterThan(most);
  });

  it('the unscaled sign, which does not even contract', () => {
    const v = constant(64, 0.1);
    expect(distanceSquared(v.map(Math.sign), v)).toBeGreaterThan(normSquared(v));
  });
});

describe('what top-k keeps', () => {
  it('loses at most 1 % of its energy to two magnitudes', () => {
    const v = gaussian(2 ** 20, 12);
    const kept = decode(encode('topk:k=64,block=4096', v));
    const coarse = decode(encode('topk:k=64,block=4096/quantile:bits=2', v));
    const one = decode(encode('topk:k=64,block=4096/quantile:bits=1', v));
    const energy = normSquared(kept);
    expect(distanceSquared(kept, coarse)).toBeLessThanOrEqual(0.01 * energy);
    expect(distanceSquared(kept, one)).toBeGreaterThan(0.01 * energy);
  });
});
