/**
 * Stochastic rounding to levels, and back.
 *
 * With unit u = norm / s, an element becomes the 15-bit fixed-point number t = ⌊x · 2¹⁵ / u⌉; adding
 * a uniform 15-bit dither r and s · 2¹⁵ and shifting right by 15 rounds it up with probability
 * frac(t / 2¹⁵), exactly. The rounding of t makes the expectation off by at most 2⁻¹⁶ of a step.
 * Float operations are float32 operations, one by one, so that SIMD code yields the same codes.
 */

/** Adding and subtracting 1.5 · 2²³ rounds a float32 below 2²² to an integer, ties to even. */
const ROUND_MAGIC = 12582912;
const FRACTION_BITS = 15;

/** Units below this would make 2¹⁵ / u overflow; such blocks are scaled by 2⁹⁶ first, exactly. */
const TINY_UNIT = 2 ** -100;
const TINY_SCALE = 2 ** 96;
const prepared = new Float32Array(1024);

/**
 * codes[at + i] for the elements x[start + i], start + i < end.
 * @param unit step of this block, > 0
 * @param clipped elements may exceed `levels` units; they are clipped to them
 */
export function quantiseRun(
  x: Float32Array,
  start: number,
  end: number,
  unit: number,
  levels: number,
  dither: Uint16Array,
  codes: Uint8Array,
  at: number,
  clipped: boolean,
): void {
  if (unit >= TINY_UNIT && !clipped) {
    quantiseScaled(x, start, end, 32768 / unit, levels, dither, codes, at);
    return;
  }
  const lift = unit >= TINY_UNIT ? 1 : TINY_SCALE;
  const scale = 32768 / Math.fround(unit * lift);
  const limit = Math.fround(unit * levels);
  for (let from = start; from < end; from += prepared.length) {
    const count = Math.min(prepared.length, end - from);
    for (let i = 0; i < count; i++) {
      const value = x[from + i]!;
      prepared[i] = lift * (value > limit ? limit : value < -limit ? -limit : value);
    }
    quantiseScaled(prepared, 0, count, scale, levels, dither, codes, at, from - start);
  }
}

function quantiseScaled(
  x: Float32Array,
  start: number,
  end: number,
  scale: number,
  levels: number,
  dither: Uint16Array,
  codes: Uint8Array,
  at: number,
  skip = 0,
): void {
  const factor = Math.fround(scale);
  const magic = Math.fround(ROUND_MAGIC);
  const base = (levels << FRACTION_BITS) - ROUND_MAGIC;
  const top = 2 * levels;
  const offset = at + skip - start;
  for (let i = start; i < end; i++) {
    const rounded = Math.fround(Math.fround(x[i]! * factor) + magic) | 0;
    const code = (rounded + base + dither[offset + i]!) >> FRACTION_BITS;
    // Rounding may carry an element at the norm just above the last level.
    codes[offset + i] = code > top ? top : code < 0 ? 0 : code;
  }
}

/** out[start + i] = (codes[at + i] − levels) · unit. Inverts `quantiseRun` up to the rounding. */
export function dequantiseRun(
  codes: Uint8Array,
  at: number,
  levels: number,
  unit: number,
  out: Float32Array,
  start: number,
  end: number,
): void {
  const offset = at - start;
  for (let i = start; i < end; i++) out[i] = (codes[offset + i]! - levels) * unit;
}

/** sum[start + i] += weight · ((codes[at + i] − levels) · unit), each operation in float32. */
export function dequantiseAddRun(
  codes: Uint8Array,
  at: number,
  levels: number,
  unit: number,
  sum: Float32Array,
  start: number,
  end: number,
  weight: number,
): void {
  const offset = at - start;
  const step = Math.fround(unit);
  if (weight === 1) {
    for (let i = start; i < end; i++)
      sum[i] = sum[i]! + Math.fround((codes[offset + i]! - levels) * step);
    return;
  }
  const w = Math.fround(weight);
  for (let i = start; i < end; i++)
    sum[i] = sum[i]! + Math.fround(Math.fround((codes[offset + i]! - levels) * step) * w);
}
