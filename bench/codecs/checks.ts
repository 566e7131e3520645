/** Is what a codec did right? Asked of every case before it is timed. */
import type { Codec } from '../../codecs/index.ts';
import { ensure } from '../support/case.ts';

/** Σ x², in float64. */
export function energy(x: Float32Array): number {
  return x.reduce((sum, value) => sum + value * value, 0);
}

/** Σ (x − y)², in float64. */
export function squaredDistance(x: Float32Array, y: Float32Array): number {
  return x.reduce((sum, value, i) => sum + (value - y[i]!) ** 2, 0);
}

/** @throws Error unless both hold the same bytes */
export function ensureSameBytes(a: Uint8Array, b: Uint8Array, what: string): void {
  ensure(Buffer.compare(a, b) === 0, `${what} differ`);
}

/** @throws Error unless both hold the same values; −0 is 0 */
export function ensureSameValues(a: Float32Array, b: Float32Array, what: string): void {
  const index = a.findIndex((value, i) => value !== b[i]);
  ensure(a.length === b.length && index < 0, `${what} differ, first at element ${index}`);
}

/** Worst cases hold for expectations: one encoding may exceed them a little. */
const SLACK = 1.5;
/** False alarms of the test for bias are below 10⁻⁸ then. */
const STANDARD_DEVIATIONS = 6;

/**
 * Holds a decoded gradient against what the codec's traits promise.
 * @returns ‖decoded − gradient‖² / ‖gradient‖², 0 for a gradient of zeros
 */
export function ensureWithinTraits(
  { traits }: Codec,
  gradient: Float32Array,
  decoded: Float32Array,
): number {
  const { length } = gradient;
  const total = energy(gradient);
  const error = squaredDistance(decoded, gradient);
  // Below the smallest normal number of a narrower format, and of float32 itself, the error is absolute.
  const { smallest = 2 ** -126 } = traits.range ?? {};
  const floor = length * smallest ** 2;
  const omega = traits.omega?.(length);
  const delta = traits.delta?.(length);
  if (omega !== undefined)
    ensure(
      error <= SLACK * omega * total + floor,
      `squared error ${error} above ω‖x‖² = ${omega * total}`,
    );
  else if (delta !== undefined)
    ensure(
      error <= (1 - delta) * total * (1 + 1e-6) + floor,
      `squared error ${error} above (1 − δ)‖x‖² = ${(1 - delta) * total}`,
    );
  if (traits.unbiased && total > 0) ensureUnbiased(gradient, decoded, total, error);
  return total === 0 ? error : error / total;
}

/** ⟨decoded, x⟩ has mean ‖x‖², and its variance is at most max x² · E‖decoded − x‖². */
function ensureUnbiased(
  gradient: Float32Array,
  decoded: Float32Array,
  total: number,
  error: number,
): void {
  const product = gradient.reduce((sum, value, i) => sum + value * decoded[i]!, 0);
  const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const deviation = Math.abs(product - total);
  const allowed = STANDARD_DEVIATIONS * largest * Math.sqrt(error) + 1e-4 * total;
  ensure(deviation <= allowed, `⟨decoded, x⟩ is off ‖x‖² = ${total} by ${deviation}`);
}
