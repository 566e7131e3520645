/** The ring that encodes at every hop, beside two-shot (theory: requantising on the way). */
import { describe, expect, it } from 'vitest';
import { parseCodec } from '../../codecs/index.ts';
import { ArgumentRangeError } from '../../proto/errors.ts';
import { createExchange } from '../../src/exchange/create.ts';
import { cutAtBlocks } from '../../src/exchange/cut.ts';
import type { ExchangeCounts } from '../../src/exchange/meter.ts';
import { gradientOf, meanOf, onRanks, recoderOf, squaredError } from './ranks.ts';

interface Outcome {
  readonly result: Float32Array;
  readonly counts: ExchangeCounts;
}

type Algorithm = 'hop-wise' | 'two-shot';

function exchangeOnce(
  codec: string,
  algorithm: Algorithm,
  gradients: readonly Float32Array[],
): Promise<Outcome[]> {
  return onRanks(gradients.length, async (communicator) => {
    const exchange = await createExchange(communicator, { codec, algorithm, seed: 5 });
    const result = gradients[communicator.rank]!.slice();
    await exchange.allReduce(result);
    return { result, counts: exchange.stats.total };
  });
}

const independent = (size: number, length: number): Float32Array[] =>
  Array.from({ length: size }, (_, rank) => gradientOf(length, rank));

describe('hop-wise', () => {
  it('is the textbook algorithm, bit for bit', async () => {
    const codec = parseCodec('qsgd:levels=3,block=64');
    const size = 3;
    const length = 500;
    const gradients = independent(size, length);
    const [{ result } = undefined!] = await exchangeOnce(codec.spec, 'hop-wise', gradients);
    const expected = new Float32Array(length);
    for (const [chunk, { start, end }] of cutAtBlocks(length, size, 64).entries()) {
      const recode = recoderOf(codec, { seed: 5, chunk });
      let sum: Float32Array = new Float32Array(end - start);
      for (let hop = 1; hop <= size; hop++) {
        const rank = (chunk + hop) % size;
        const own = gradients[rank]!.slice(start, end);
        const total = sum.map((value, i) => value + own[i]!);
        sum = hop < size ? recode(total, rank, 0) : total.map((value) => value / size);
      }
      expected.set(recode(sum, chunk, 1), start);
    }
    expect(result).toEqual(expected);
  });

  it('leaves the same bits on all ranks, whatever their number and the length', async () => {
    for (const size of [1, 2, 3, 5, 8])
      for (const length of [1, 63, 1000]) {
        const outcome = await exchangeOnce('qsgd:block=64', 'hop-wise', independent(size, length));
        for (const { result } of outcome) expect(result).toEqual(outcome[0]!.result);
      }
  });

  it('sends the bytes of two-shot', async () => {
    const gradients = independent(4, 4 * 512);
    const codec = 'qsgd:levels=7,block=512';
    const [hops] = await exchangeOnce(codec, 'hop-wise', gradients);
    const [shots] = await exchangeOnce(codec, 'two-shot', gradients);
    expect(hops!.counts.payloadBytes).toBe(shots!.counts.payloadBytes);
    expect(hops!.counts.encodedElements).toBe(4 * 512);
  });

  it.each(['hop-wise', 'two-shot'] as const)(
    'nor %s can carry what a second encoding would scale again',
    async (algorithm) => {
      const gradients = independent(2, 100);
      await expect(exchangeOnce('randomk:k=10', algorithm, gradients)).rejects.toThrow(
        ArgumentRangeError,
      );
    },
  );
});

describe('error of the mean, beside two-shot', () => {
  const codec = 'qsgd:levels=16,block=256,norm=l2';

  /** Squared error over the squared norm of one gradient. */
  async function relativeError(
    algorithm: Algorithm,
    gradients: readonly Float32Array[],
  ): Promise<number> {
    const [{ result } = undefined!] = await exchangeOnce(codec, algorithm, gradients);
    const zeros = gradients[0]!.map(() => 0);
    return squaredError(result, meanOf(gradients)) / squaredError(gradients[0]!, zeros);
  }

  it('of 16 independent gradients: more than four times as large', async () => {
    const gradients = independent(16, 16 * 256 * 4);
    const hops = await relativeError('hop-wise', gradients);
    const shots = await relativeError('two-shot', gradients);
    // Two-shot: ω (2P − 1)/P², ω = 0.167 for this codec and Gaussian numbers.
    expect(shots).toBeLessThan(0.03);
    expect(hops / shots).toBeGreaterThan(4);
  });

  it('of equal gradients: larger too, by less than a half', async () => {
    for (const size of [4, 16]) {
      const gradients = Array.from({ length: size }, () => gradientOf(16 * 256 * 4, 0));
      const ratio =
        (await relativeError('hop-wise', gradients)) / (await relativeError('two-shot', gradients));
      expect(ratio).toBeGreaterThan(1);
      expect(ratio).toBeLessThan(1.5);
    }
  });
});
