/** Refusals of input that is not finite. */
import { NonFiniteGradientError } from '../proto/errors.ts';
import { kernels, type Summands } from './kernels/index.ts';

/** @throws NonFiniteGradientError with the index of the first NaN or ±Infinity, where there is one */
export function assertFiniteGradient(gradient: Float32Array): void {
  const index = kernels.firstNonFinite(gradient);
  if (index >= 0) throw new NonFiniteGradientError(index, gradient[index]!);
}

/**
 * @throws NonFiniteGradientError with the index of the first element whose sum, rounded to float32,
 *   is not finite, where there is one
 */
export function assertFiniteSum(gradient: Float32Array, residual: Float32Array): void {
  const index = kernels.firstNonFiniteSum(gradient, residual);
  if (index < 0) return;
  const value = gradient[index]!;
  if (!Number.isFinite(value)) throw new NonFiniteGradientError(index, value);
  const sum = Math.fround(value + residual[index]!);
  throw new NonFiniteGradientError(index, sum, 'gradient + residual');
}

/** @throws NonFiniteGradientError for a gradient x, or x + y where y is a residual */
export function assertFinite({ x, y }: Summands): void {
  if (y) assertFiniteSum(x, y);
  else assertFiniteGradient(x);
}
