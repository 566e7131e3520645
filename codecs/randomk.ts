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
 * Cost: k gathers (stratified) or n draws (uniform); 4 bytes a kept element; 32 bits a kept value.
 */
import { keepCount, keepParameters, type KeepCount } from './density.ts';
import { UniformSource, type RandomStream } from './random.ts';
import type { StageDefinition } from './registry-types.ts';
import { choice } from './spec.ts';
import type { SelectStage } from './stage.ts';

const source = new UniformSource();

const HALF = 2 ** 14;

/** ⌊a · b / c⌋ for a, b ≤ c ≤ 2²⁸, exactly: the product is taken in two halves below 2⁵³. */
function mulDiv(a: number, b: number, c: number): number {
  const upper = a * Math.floor(b / HALF);
  const quotient = Math.floor(upper / c);
  return quotient * HALF + Math.floor(((upper - quotient * c) * HALF + a * (b % HALF)) / c);
}

/** First element of stratum j of k over n: ⌊jn/k⌋. */
function stratumStart(j: number, k: number, n: number): number {
  const quotient = Math.floor(n / k);
  return j * quotient + mulDiv(j, n - quotient * k, k);
}

function selectStratified(k: number, n: number, stream: RandomStream, indices: Uint32Array): void {
  source.reset(stream);
  let start = 0;
  for (let j = 0; j < k; j++) {
    const end = stratumStart(j + 1, k, n);
    const size = end - start;
    indices[j] = start + Math.min(size - 1, Math.floor(source.next() * size));
    start = end;
  }
}

function selectUniform(k: number, n: number, stream: RandomStream, indices: Uint32Array): void {
  source.reset(stream);
  let chosen = 0;
  for (let i = 0; chosen < k; i++) if (source.next() * (n - i) < k - chosen) indices[chosen++] = i;
}

function randomkStage(keep: KeepCount, scaled: boolean, stratified: boolean): SelectStage {
  const choose = stratified ? selectStratified : selectUniform;
  return {
    unbiased: scaled,
    keyed: true,
    count: keep,
    ...(scaled && {
      omega: (length) =>
        length === 0
          ? 0
          : (stratified ? Math.ceil(length / keep(length)) : length / keep(length)) - 1,
      scale: stratified
        ? (j, length) => {
            const k = keep(length);
            return stratumStart(j + 1, k, length) - stratumStart(j, k, length);
          }
        : (_j, length) => length / keep(length),
    }),
    delta: (length) =>
      length === 0 ? 1 : stratified ? 1 / Math.ceil(length / keep(length)) : keep(length) / length,
    select(length, shared, indices) {
      const k = keep(length);
      choose(k, length, shared, indices);
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
