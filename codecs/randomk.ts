/**
 * `randomk`: keep k elements chosen by a random stream that all ranks share, so that no index is
 * sent and payloads add up (Wangni et al. 2018, arXiv 1710.09854; Stich et al. 2018,
 * arXiv 1809.07599).
 *
 * select=stratified: the j-th kept element is drawn uniformly from stratum
 * [⌊jn/k⌋, ⌊(j+1)n/k⌋), by one 53-bit uniform; selected indices ascend, so memory is read in order.
 * select=uniform: every k-subset is equally likely (selection sampling, Knuth TAOCP 2, §3.4.2 S).
 * scale=unbiased multiplies a kept value by the inverse of its probability; scale=none does not.
 * `+ef` implies scale=none: classic feedback needs a contraction.
 *
 * Payload body: the k values (float32, or the next stage's); the header carries the 64-bit key.
 * Statistics: scaled: unbiased, E‖Q(x) − x‖² = (n/k − 1)‖x‖² where k divides n, ω = ⌈n/k⌉ − 1
 * (stratified) or n/k − 1 (uniform). Unscaled: E‖C(x) − x‖² = (1 − k/n)‖x‖².
 * Scaled values beyond the float32 range are saturated and counted.
 * Cost: one sweep and k (stratified) or n (uniform) draws; 8 bytes a kept element; 32 bits a kept value.
 */
import { keepCount, keepParameters, type KeepCount } from './density.ts';
import { kernels } from './kernels/index.ts';
import type { StageDefinition } from './registry-types.ts';
import { choice } from './spec.ts';
import type { SelectStage } from './stage.ts';

const FLOAT32_MAX = 3.4028234663852886e38;

/**
 * Multiplies k values by `quotient`, or one more wherever the remainders `rest` have added up to k.
 * @returns how many were beyond the float32 range, and are now the largest of it
 */
function scaleValues(values: Float32Array, quotient: number, rest: number): number {
  const k = values.length;
  let carried = 0;
  let saturated = 0;
  for (let j = 0; j < k; j++) {
    carried += rest;
    const carry = (k - 1 - carried) >>> 31;
    carried -= k * carry;
    const product = Math.fround(values[j]! * (quotient + carry));
    values[j] = product;
    if (Math.abs(product) <= FLOAT32_MAX) continue;
    values[j] = Math.sign(product) * FLOAT32_MAX;
    saturated++;
  }
  return saturated;
}

function randomkStage(keep: KeepCount, scaled: boolean, stratified: boolean): SelectStage {
  return {
    unbiased: scaled,
    keyed: true,
    count: keep,
    ...(scaled && {
      omega: (length) =>
        length === 0
          ? 0
          : (stratified ? Math.ceil(length / keep(length)) : length / keep(length)) - 1,
      scale(values, length) {
        const size = length / values.length;
        const quotient = stratified ? Math.floor(size) : size;
        return scaleValues(values, quotient, stratified ? length % values.length : 0);
      },
    }),
    delta: (length) =>
      length === 0 ? 1 : stratified ? 1 / Math.ceil(length / keep(length)) : keep(length) / length,
    select(length, shared, indices) {
      const k = keep(length);
      if (stratified) kernels.pickStratified(k, length, shared, indices);
      else kernels.pickUniform(k, length, shared, indices);
      return k;
    },
  };
}

/** Registry entry. */
export const randomk: StageDefinition = {
  summary: 'keep k random elements, the same on all ranks, without sending indices',
  parameters: [
    ...keepParameters,
    choice('scale', ['unbiased', 'none'], (feedback) => (feedback ? 'none' : 'unbiased')),
    choice('select', ['stratified', 'uniform']),
  ],
  build({ values, feedback, fail }) {
    const scaled = values.get('scale') === 'unbiased';
    if (scaled && feedback)
      fail(
        'randomk:scale=unbiased with +ef: scaling by n/k is no contraction, the residual would ' +
          'explode; leave scale out (+ef implies scale=none)',
      );
    return {
      role: 'select',
      stage: randomkStage(
        keepCount('randomk', values, fail),
        scaled,
        values.get('select') === 'stratified',
      ),
    };
  },
};
