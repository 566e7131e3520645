/** Shifting and scaling features by the statistics of the training rows. */

/** value ↦ (value − mean) · scale, one pair of numbers a feature. */
export interface Standardiser {
  readonly mean: Float32Array;
  /** 1 ÷ standard deviation; 0 for a feature that is constant over the training rows. */
  readonly scale: Float32Array;
}

/**
 * Statistics over the training rows, in double precision and two passes.
 *
 * Features are pooled in `period` groups: feature j belongs to group j mod `period`. With as many groups
 * as features each column stands alone. Images pool all pixels of a channel, since pixels that are
 * nearly always blank would otherwise be blown up. A feature without variance carries no information
 * in training and becomes 0 everywhere, so that the held-out rows hold no surprise in it.
 *
 * @param features rows × width values
 * @param rows the training rows, at least one
 */
export function fitStandardiser(
  features: Float32Array | Uint8Array,
  width: number,
  rows: Uint32Array,
  period: number,
): Standardiser {
  const count = (rows.length * width) / period;
  const mean = new Float64Array(period);
  const first = Float64Array.from({ length: period }, (_, j) => features[rows[0]! * width + j]!);
  // Asked of the values themselves: the variance of a constant column is rounding, not exactly 0.
  const varies = new Uint8Array(period);
  for (const row of rows)
    for (let j = 0; j < width; j++) {
      const value = features[row * width + j]!;
      mean[j % period]! += value / count;
      if (value !== first[j % period]) varies[j % period] = 1;
    }
  const variance = new Float64Array(period);
  for (const row of rows)
    for (let j = 0; j < width; j++)
      variance[j % period]! += (features[row * width + j]! - mean[j % period]!) ** 2 / count;
  const deviation = variance.map(Math.sqrt);
  return {
    mean: Float32Array.from({ length: width }, (_, j) => mean[j % period]!),
    scale: Float32Array.from({ length: width }, (_, j) =>
      varies[j % period] ? 1 / deviation[j % period]! : 0,
    ),
  };
}
