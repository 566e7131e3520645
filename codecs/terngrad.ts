/**
 * `terngrad`: ternary gradients (Wen et al. 2017, arXiv 1705.07878, §3).
 *
 * With M = max|x| over the payload, every element becomes M·sign(x) with probability |x|/M, else 0.
 *
 * Symbols: c = `clip`: magnitudes are first clipped to c standard deviations (§3.2 of the paper, c = 2.5).
 * Payload body: one float32 (M), padded to 16 bytes; then codes sign + 1, five trits a byte
 * (`pack=trits`) or two bits each (`pack=bits`); with `entropy` coded by entropy/elias.ts or
 * entropy/rans.ts wherever that is shorter.
 * Statistics: unbiased without clip, exact variance M‖x‖₁ − ‖x‖², ω = (√n − 1)/2. With clip it is
 * biased (0.24 % of the energy for Gaussian data at c = 2.5) but its variance drops to ω ≈ 1.03.
 * Under `+ef`, C/(1 + ω) is sent where ω ≥ 1 or values are clipped.
 * Deviations: the standard deviation is taken about zero, so that a constant gradient is not
 * clipped to nothing; the paper's shared scale over workers is the exchange's business.
 * Cost: 2 sweeps, 20 KiB of scratch, 1.6 (or 2) bits an element.
 */
import { entropyParameter, levelsStage } from './levels.ts';
import { qsgdOmega } from './qsgd.ts';
import type { StageDefinition } from './registry-types.ts';
import { choice, decimal } from './spec.ts';

/** Registry entry. */
export const terngrad: StageDefinition = {
  summary: 'unbiased rounding to −M, 0, M with one scale per payload',
  parameters: [
    decimal('clip', 0, 1e6, 'none'),
    choice('pack', ['trits', 'bits']),
    entropyParameter,
  ],
  build({ values, feedback }) {
    const clip = values.get('clip')!;
    const stage = levelsStage(
      {
        block: Infinity,
        levels: 1,
        norm: 'max',
        clip: typeof clip === 'number' ? clip : undefined,
        coarseScale: feedback,
        packing: values.get('pack') === 'bits' ? 'planes' : 'trits',
        omega: (length) => qsgdOmega(1, 'max', length),
        entropy: values.get('entropy') as string,
      },
      feedback,
    );
    return { role: 'values', stage };
  },
};
