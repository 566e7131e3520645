/** Small statistics with stated false-alarm rates. */

/** Running mean and variance (Welford 1962). */
export class Moments {
  count = 0;
  mean = 0;
  #squares = 0;

  add(value: number): void {
    this.count++;
    const delta = value - this.mean;
    this.mean += delta / this.count;
    this.#squares += delta * (value - this.mean);
  }

  /** Of the samples; 0 for fewer than two. */
  get standardDeviation(): number {
    return this.count < 2 ? 0 : Math.sqrt(this.#squares / (this.count - 1));
  }

  /** Standard deviation of the mean. */
  get standardError(): number {
    return this.standardDeviation / Math.sqrt(Math.max(1, this.count));
  }
}

/**
 * Groups for `medianOfMeans`: the median is off by more than two standard errors of a group's mean
 * only if half of 121 groups are, each with probability at most 1/4 (Chebyshev). Chernoff: 2·10⁻⁸.
 */
export const MEDIAN_GROUPS = 121;

/**
 * Median of the means of `MEDIAN_GROUPS` consecutive groups. Off from the expectation by more than
 * 2σ/√(values per group) with probability below 2·10⁻⁸, for any distribution of variance σ².
 */
export function medianOfMeans(values: Float64Array): number {
  const size = Math.floor(values.length / MEDIAN_GROUPS);
  const means = Float64Array.from({ length: MEDIAN_GROUPS }, (_, g) => {
    const group = values.subarray(g * size, (g + 1) * size);
    return group.reduce((sum, value) => sum + value, 0) / size;
  });
  return means.sort()[MEDIAN_GROUPS >> 1]!;
}

/** Largest distance between the empirical distribution functions of two samples (Kolmogorov–Smirnov). */
export function distributionDistance(first: Float64Array, second: Float64Array): number {
  const a = first.toSorted();
  const b = second.toSorted();
  let distance = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i]! <= value) i++;
    while (j < b.length && b[j]! <= value) j++;
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length));
  }
  return distance;
}

/**
 * Two samples of `count` from one distribution are farther apart than this with probability at most
 * `alpha` (Dvoretzky–Kiefer–Wolfowitz for each, whatever the distribution).
 */
export function distanceLimit(count: number, alpha: number): number {
  return 2 * Math.sqrt(Math.log(4 / alpha) / (2 * count));
}
