/**
 * `qsgd`: quantised SGD (Alistarh, Grubic, Li, Tomioka, Vojnovic 2017, arXiv 1610.02132, §3.1).
 *
 * Per block of d elements, every element is rounded stochastically to a multiple of norm/s, so that
 * its expectation is itself: E[Q(x)] = x.
 *
 * Symbols: s = `levels`, d = `block` (the paper says bucket; here a bucket is what is exchanged as
 * one), norm = max|x| or ‖x‖₂.
 * Payload body: one float32 step per block, padded to 16 bytes; then codes q + s of
 * ⌈log₂(2s + 1)⌉ bits in planes (proto/README.md); with `entropy` coded by entropy/elias.ts, as in
 * the paper, or entropy/rans.ts, wherever that is shorter.
 * Statistics: unbiased. Exact suprema of the variance factor:
 *   L2 norm   ω = √d/s − 1 if s ≤ √d/2, else d/(4s²)      (constant |xᵢ|)
 *   max norm  ω = ½(√(1 + (d − 1)/s²) − 1)                (one spike, the rest equal)
 * Under `+ef`, ω < 1 is a contraction as it is; otherwise Q/(1 + ω) is sent, δ = 1/(1 + ω).
 * Edge cases: an all-zero block has step 0; denormals are quantised like any value; length 0 has an
 * empty body.
 * Deviations: the paper's Elias coding is an option, by default codes have a fixed width; 15-bit
 * dither, so |E Q(x) − x| ≤ 2⁻¹⁶ of a step per element.
 * Cost: 2 sweeps, 20 KiB of scratch, ⌈log₂(2s + 1)⌉ + 32/d bits an element.
 */
import type { StageDefinition } from './registry-types.ts';
import { choice, integer } from './spec.ts';
import { entropyParameter, levelsStage } from './levels.ts';

/** Worst-case variance factor of one block. */
export function qsgdOmega(levels: number, norm: 'max' | 'l2', d: number): number {
  if (norm === 'max') return (Math.sqrt(1 + (d - 1) / levels ** 2) - 1) / 2;
  return levels <= Math.sqrt(d) / 2 ? Math.sqrt(d) / levels - 1 : d / (4 * levels ** 2);
}

/** Registry entry. */
export const qsgd: StageDefinition = {
  summary: 'unbiased stochastic rounding to 2·levels + 1 values per block',
  parameters: [
    integer('levels', 1, 127, 7),
    integer('block', 1, 2 ** 28, 512),
    choice('norm', ['max', 'l2']),
    entropyParameter,
  ],
  build({ values, feedback }) {
    const levels = values.get('levels') as number;
    const norm = values.get('norm') as 'max' | 'l2';
    const stage = levelsStage(
      {
        block: values.get('block') as number,
        levels,
        norm,
        clip: undefined,
        coarseScale: feedback,
        packing: 'planes',
        omega: (length) => qsgdOmega(levels, norm, length),
        entropy: values.get('entropy') as string,
      },
      feedback,
    );
    return { role: 'values', stage };
  },
};
