/** Random subsets of 0..n − 1, ascending, from the uniforms of a stream. */
import { UniformSource, type RandomStream } from '../../random.ts';

const source = new UniformSource();

const HALF = 2 ** 14;

/** ⌊a · b / c⌋ for a, b ≤ c ≤ 2²⁸, exactly: the product is taken in two halves below 2⁵³. */
function mulDiv(a: number, b: number, c: number): number {
  const upper = a * Math.floor(b / HALF);
  const quotient = Math.floor(upper / c);
  return quotient * HALF + Math.floor(((upper - quotient * c) * HALF + a * (b % HALF)) / c);
}

/** First element of stratum j of k over n: ⌊jn/k⌋. */
export function stratumStart(j: number, k: number, n: number): number {
  const quotient = Math.floor(n / k);
  return j * quotient + mulDiv(j, n - quotient * k, k);
}

/** `Kernels.pickStratified` */
export function pickStratified(
  k: number,
  n: number,
  stream: RandomStream,
  indices: Uint32Array,
): void {
  source.reset(stream);
  let start = 0;
  for (let j = 0; j < k; j++) {
    const end = stratumStart(j + 1, k, n);
    const size = end - start;
    indices[j] = start + Math.min(size - 1, Math.floor(source.next() * size));
    start = end;
  }
}

/** `Kernels.pickUniform` */
export function pickUniform(
  k: number,
  n: number,
  stream: RandomStream,
  indices: Uint32Array,
): void {
  source.reset(stream);
  let chosen = 0;
  for (let i = 0; chosen < k; i++) if (source.next() * (n - i) < k - chosen) indices[chosen++] = i;
}
