/**
 * `topk`: keep the k largest magnitudes (Aji & Heafield 2017, arXiv 1704.05021; Lin et al. 2018,
 * DGC, arXiv 1712.01887).
 *
 * Exact: the same set as a full sort by magnitude, ties by lowest index. With `block`, k (or
 * density) counts per block of consecutive elements. Zeros are never sent, so a payload may hold
 * fewer than k values; k ≥ n keeps everything, bit for bit.
 *
 * Payload: proto/README.md, "sparse bodies": values (float32, or the next stage's), then the
 * Golomb–Rice coded indices.
 * Statistics: deterministic and biased, ‖C(x) − x‖² ≤ (1 − k/n)‖x‖², equality for equal magnitudes;
 * δ = k/n (the smallest over blocks). Use with `+ef`: without it a distributed run can diverge
 * (Beznosikov et al. 2020, arXiv 2002.12410, example 1).
 * Cost: by SIMD one sweep, in bad cases five, 28 bytes a kept element and 8 MiB; else four sweeps, 8 KiB
 * and 8 bytes a kept element. With feedback one sweep more. 32 + about log₂(n/k) + 1.5 bits a kept
 * value.
 */
import { kernels } from './kernels/index.ts';
import { keepCount, keepParameters, type KeepCount } from './density.ts';
import type { StageDefinition } from './registry-types.ts';
import { integer } from './spec.ts';
import type { SelectStage } from './stage.ts';

function topkStage(keep: KeepCount, block: number): SelectStage {
  const tailOf = (length: number): number => (block === Infinity ? length : length % block);
  const blocksOf = (length: number): number =>
    block === Infinity ? 0 : Math.floor(length / block);
  return {
    unbiased: false,
    keyed: false,
    count(length) {
      const tail = tailOf(length);
      return blocksOf(length) * keep(Math.min(block, length)) + (tail > 0 ? keep(tail) : 0);
    },
    delta(length) {
      const tail = tailOf(length);
      const whole = blocksOf(length) > 0 ? keep(block) / block : 1;
      return Math.min(whole, tail > 0 ? keep(tail) / tail : 1);
    },
    select: (source, kept) => kernels.selectTopK(source, block, keep, kept),
  };
}

/** Registry entry. */
export const topk: StageDefinition = {
  summary: 'keep the k largest magnitudes, exactly',
  parameters: [...keepParameters, integer('block', 1, 2 ** 28)],
  build: ({ values, fail }) => ({
    role: 'select',
    stage: topkStage(
      keepCount('topk', values, fail),
      (values.get('block') as number | undefined) ?? Infinity,
    ),
  }),
};
