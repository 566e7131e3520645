/** Refusals of input that is not finite. */
import { NonFiniteGradientError } from '../proto/errors.ts';
import { kernels, type Summands } from './kernels/index.ts';

/** Refuses element `index` of a gradient x, or of x + y where y is a residual. */
export function nonFiniteError(index: number, { x, y }: Summands): NonFiniteGradientError {
  const value = x[index]!;
  if (!y || !Number.isFinite(value)) return new NonFiniteGradientError(index, value);
  const sum = Math.fround(value + y[index]!);
  return new NonFiniteGradientError(index, sum, 'gradient + residual');
}

/**
 * @throws NonFiniteGradientError with the index of the first element of x, or of the sums x + y rounded
 * to float32, that is not finite, where there is one
 */
export function assertFiniteElements(summands: Summands): void {
  const { x, y } = summands;
  const index = y ? kernels.firstNonFiniteSum(x, y) : kernels.firstNonFinite(x);
  if (index >= 0) throw nonFiniteError(index, summands);
}
