/** What an exchange holds back, handed to one that follows it among other ranks. */
import { describe, expect, it } from 'vitest';
import { ArgumentRangeError } from '../../proto/errors.ts';
import { createExchange } from '../../src/exchange/create.ts';
import type { Algorithm, Residual } from '../../src/exchange/unit.ts';
import { gradientOf, onRanks } from './ranks.ts';

const LENGTH = 1000;

/** Residuals of all ranks after a few steps, and Σ over steps of the means. */
async function residualsOf(
  codec: string,
  size: number,
  algorithm: Algorithm | 'auto',
): Promise<{ readonly residuals: Residual[]; readonly applied: Float64Array }> {
  const applied = new Float64Array(LENGTH);
  const residuals = await onRanks(size, async (communicator) => {
    const exchange = await createExchange(communicator, { codec, seed: 3, algorithm });
    expect(exchange.residual()).toBeUndefined();
    for (let step = 0; step < 4; step++) {
      const gradient = gradientOf(LENGTH, communicator.rank, step);
      await exchange.allReduce(gradient);
      if (communicator.rank === 0) gradient.forEach((x, i) => (applied[i]! += x));
    }
    return exchange.residual()!;
  });
  return { residuals, applied };
}

describe.each([
  ['qsgd:levels=3+ef', 'auto'],
  ['qsgd:levels=3+ef', 'hop-wise'],
  ['topk:density=0.02+ef', 'auto'],
  ['terngrad+ef', 'auto'],
  ['randomk:density=0.1+ef', 'auto'],
] as const)('%s, algorithm %s', (codec, algorithm) => {
  it('holds back exactly what has not been applied', async () => {
    const size = 3;
    const { residuals, applied } = await residualsOf(codec, size, algorithm);
    for (let i = 0; i < LENGTH; i++) {
      let all = 0;
      for (let rank = 0; rank < size; rank++)
        for (let step = 0; step < 4; step++) all += gradientOf(LENGTH, rank, step)[i]! / size;
      const held = residuals.reduce((sum, { own, mean }) => sum + own[i]! / size + mean[i]!, 0);
      expect(applied[i]! + held).toBeCloseTo(all, 4);
    }
  });

  it('among fewer ranks none of it is lost or counted twice', async () => {
    const { residuals } = await residualsOf(codec, 4, algorithm);
    const survivors = 3;
    const taken = await onRanks(survivors, async (communicator) => {
      const exchange = await createExchange(communicator, {
        codec,
        algorithm,
        residual: residuals[communicator.rank]!,
      });
      return exchange.residual()!;
    });
    for (let i = 0; i < LENGTH; i++)
      for (const [rank, { own, mean }] of taken.entries()) {
        const before = residuals[rank]!;
        const held = own[i]! / survivors + mean[i]!;
        expect(held).toBeCloseTo(before.own[i]! / survivors + before.mean[i]!, 5);
      }
  });
});

describe('a residual', () => {
  const wrong = (residual: Residual): Promise<unknown> =>
    onRanks(1, (communicator) =>
      createExchange(communicator, { codec: 'topk:density=0.1+ef', residual }),
    );

  it('must be finite, and of one length', async () => {
    const zeros = new Float32Array(4);
    await expect(wrong({ own: Float32Array.of(0, Number.NaN, 0, 0), mean: zeros })).rejects.toThrow(
      ArgumentRangeError,
    );
    await expect(wrong({ own: zeros, mean: new Float32Array(3) })).rejects.toThrow(
      ArgumentRangeError,
    );
  });

  it('is none without feedback', async () => {
    const [none] = await onRanks(1, async (communicator) => {
      const exchange = await createExchange(communicator, { codec: 'qsgd:levels=7' });
      await exchange.allReduce(gradientOf(10, 0));
      return exchange.residual();
    });
    expect(none).toBeUndefined();
  });
});
