/** Is what a codec did right? Asked of every case before it is timed. */
import type { Codec } from '../../codecs/index.ts';
import { ensure } from '../support/case.ts';

/** Σ x², in float64. */
export function energy(x: Float32Array): number {
  return product(x, x);
}

/** Σ (x − y)², in float64. */
export function squaredDistance(x: Float32Array, y: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! - y[i]!) ** 2;
  return sum;
}

/** ⟨x, y⟩, in float64. */
function product(x: Float32Array, y: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

function largestMagnitude(x: Float32Array): number {
  let most = 0;
  for (let i = 0; i < x.length; i++) most = Math.max(most, Math.abs(x[i]!));
  return most;
}

/** @throws Error unless both hold the same bytes */
export function ensureSameBytes(a: Uint8Array, b: Uint8Array, what: string): void {
  ensure(Buffer.compare(a, b) === 0, `${what} differ`);
}

/** @throws Error unless both hold the same values; −0 is 0 */
export function ensureSameValues(a: Float32Array, b: Float32Array, what: string): void {
  ensure(a.length === b.length, `${what} differ in length`);
  for (let i = 0; i < a.length; i++)
    if (a[i] !== b[i]) throw new Error(`${what} differ, first at element ${i}`);
}

/** @throws Error unless sum[i] = a[i] + b[i] in float32 */
export function ensureSum(sum: Float32Array, a: Float32Array, b: Float32Array, what: string): void {
  for (let i = 0; i < sum.length; i++)
    if (sum[i] !== Math.fround(a[i]! + b[i]!))
      throw new Error(`${what} differ, first at element ${i}`);
}

/** Σ (x + y − z)², in float64 but for x + y, which are summed in float32. */
export function lossOfSum(x: Float32Array, y: Float32Array, z: Float32Array): number {
  let loss = 0;
  for (let i = 0; i < z.length; i++) loss += (Math.fround(x[i]! + y[i]!) - z[i]!) ** 2;
  return loss;
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
  const deviation = Math.abs(product(gradient, decoded) - total);
  const allowed =
    STANDARD_DEVIATIONS * largestMagnitude(gradient) * Math.sqrt(error) + 1e-4 * total;
  ensure(deviation <= allowed, `⟨decoded, x⟩ is off ‖x‖² = ${total} by ${deviation}`);
}
