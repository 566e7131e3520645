import { describe, expect, it } from 'vitest';
import { decode, encode, parseCodec } from '../../codecs/index.ts';
import { AgreementError, ReplicaMismatchError } from '../../proto/exchange-errors.ts';
import { NonFiniteGradientError } from '../../proto/errors.ts';
import { RemoteAbortError } from '../../proto/comm-errors.ts';
import { createExchange } from '../../src/exchange/create.ts';
import type { ExchangeOptions } from '../../src/exchange/exchange.ts';
import { chooseAlgorithm } from '../../src/exchange/choose.ts';
import { cutAtBlocks } from '../../src/exchange/cut.ts';
import type { Communicator } from '../../src/collective/communicator.ts';
import { Layout } from '../../src/gradient/layout.ts';
import { cutUnits } from '../../src/exchange/units.ts';
import { gradientOf, meanOf, onRanks, recoderOf, settleOnRanks, squaredError } from './ranks.ts';

const specs = [
  'none',
  'none+ef',
  'bf16',
  'fp16',
  'qsgd:levels=7',
  'qsgd:levels=3,block=100',
  'qsgd:levels=7+ef',
  'terngrad',
  'terngrad:clip=2.5',
  'topk:density=0.01',
  'topk:density=0.05+ef',
  'topk:density=0.9',
  'topk:k=4,block=64/quantile:bits=2+ef',
  'randomk:density=0.1',
  'randomk:density=0.1+ef',
  'randomk:density=0.1/qsgd',
];
const sizes = [1, 2, 3, 4, 5, 7];
const lengths = [0, 1, 3, 7, 1000, 5003];

/** Sends gradients of several steps through an exchange on every rank; results by rank and step. */
function runSteps(
  size: number,
  length: number,
  steps: number,
  options: ExchangeOptions,
): Promise<Float32Array[][]> {
  return onRanks(size, async (communicator) => {
    const exchange = await createExchange(communicator, options);
    const results: Float32Array[] = [];
    for (let step = 0; step < steps; step++) {
      const gradient = gradientOf(length, communicator.rank, step);
      await exchange.allReduce(gradient);
      results.push(gradient);
    }
    return results;
  });
}

describe('all ranks hold the same bits', () => {
  it.each(specs)('%s', async (codec) => {
    for (const size of sizes) {
      for (const length of lengths) {
        const results = await runSteps(size, length, 2, { codec, seed: 3, verify: true });
        for (const result of results) expect(result).toEqual(results[0]);
      }
    }
  });
});

describe('against oracles', () => {
  it('none is the mean over ranks', async () => {
    for (const size of sizes) {
      const [[result]] = (await runSteps(size, 1000, 1, { codec: 'none' })) as [[Float32Array]];
      const mean = meanOf(Array.from({ length: size }, (_, rank) => gradientOf(1000, rank)));
      for (const [i, value] of result.entries()) expect(value).toBeCloseTo(mean[i]!, 5);
    }
  });

  it('all-gather is the mean of what the payloads decode to', async () => {
    const codec = 'topk:density=0.05';
    const [[result]] = (await runSteps(4, 1000, 1, { codec, seed: 9 })) as [[Float32Array]];
    const decoded = [0, 1, 2, 3].map((rank) =>
      decode(encode(codec, gradientOf(1000, rank), { seed: 9, rank })),
    );
    for (const [i, value] of meanOf(decoded).entries()) expect(result[i]).toBeCloseTo(value, 6);
  });

  it('two-shot is the textbook algorithm, bit for bit', async () => {
    const codec = parseCodec('qsgd:levels=3,block=64');
    const size = 3;
    const length = 500;
    const [[result]] = (await runSteps(size, length, 1, { codec, seed: 5 })) as [[Float32Array]];
    const expected = new Float32Array(length);
    for (const [chunk, { start, end }] of cutAtBlocks(length, size, 64).entries()) {
      const recode = recoderOf(codec, { seed: 5, chunk });
      // What the owner has itself does not travel.
      const sum = gradientOf(length, chunk)
        .slice(start, end)
        .map((value) => value / size);
      for (let rank = 0; rank < size; rank++)
        if (rank !== chunk)
          recode(gradientOf(length, rank).slice(start, end), rank, 0).forEach(
            (value, i) => (sum[i]! += Math.fround(value * Math.fround(1 / size))),
          );
      expected.set(recode(sum, chunk, 1), start);
    }
    expect(result).toEqual(expected);
  });

  it('densify gives what all-gather gives, up to rounding', async () => {
    const codec = 'topk:density=0.1';
    const [[gathered]] = (await runSteps(3, 700, 1, { codec, algorithm: 'all-gather' })) as [
      [Float32Array],
    ];
    const [[densified]] = (await runSteps(3, 700, 1, { codec, algorithm: 'densify' })) as [
      [Float32Array],
    ];
    for (const [i, value] of gathered.entries()) expect(densified[i]).toBeCloseTo(value, 5);
  });
});

describe('the algorithm follows from traits and sizes', () => {
  const chosen = async (codec: string, size: number, length: number): Promise<string> => {
    const [stats] = await onRanks(size, async (communicator) => {
      const exchange = await createExchange(communicator, { codec });
      await exchange.allReduce(gradientOf(length, communicator.rank));
      return exchange.stats;
    });
    return stats!.algorithms.join();
  };

  it('additive values are all-reduced, dense payloads go two-shot', async () => {
    expect(await chosen('none', 2, 100)).toBe('additive');
    expect(await chosen('randomk:density=0.1', 2, 100)).toBe('additive');
    expect(await chosen('qsgd', 2, 100)).toBe('two-shot');
    expect(await chosen('randomk:density=0.1/qsgd', 2, 1000)).toBe('all-gather');
  });

  it('sparse payloads are gathered until they outweigh the ring', async () => {
    expect(await chosen('topk:density=0.01', 4, 10_000)).toBe('all-gather');
    expect(await chosen('topk:density=0.9', 4, 10_000)).toBe('densify');
  });

  it('coarse dense codecs are not rounded twice, unless one shot would send too much', async () => {
    expect(await chosen('terngrad', 4, 10_000)).toBe('all-gather');
    // Worst-case ω of 20 elements is 1.7, so the second rounding is cheap.
    expect(await chosen('terngrad', 4, 20)).toBe('two-shot');
    // 8 levels of a small block never get there.
    expect(await chosen('qsgd:levels=7', 4, 10_000)).toBe('two-shot');
    // Ternary payloads of 32 other ranks outweigh half of float32 round the ring.
    const unit = { index: 0, offset: 0, length: 10_000, codec: parseCodec('terngrad') };
    expect(chooseAlgorithm(unit, 32, 'auto')).toBe('two-shot');
    expect(chooseAlgorithm(unit, 1, 'auto')).toBe('two-shot');
  });

  it('refuses to sum payloads that cannot be summed', async () => {
    const [result] = await settleOnRanks(1, async (communicator) => {
      const exchange = await createExchange(communicator, { codec: 'qsgd', algorithm: 'additive' });
      await exchange.allReduce(new Float32Array(4));
    });
    expect(result).toMatchObject({
      status: 'rejected',
      reason: { code: 'GRADWIRE_ARGUMENT_RANGE' },
    });
  });
});

describe('error of the mean', () => {
  const relativeError = async (
    size: number,
    algorithm: 'two-shot' | 'all-gather',
  ): Promise<number> => {
    const codec = 'qsgd:levels=1,block=128,norm=l2';
    const length = 128 * 64;
    const [[result]] = (await runSteps(size, length, 1, { codec, seed: 2, algorithm })) as [
      [Float32Array],
    ];
    const gradients = Array.from({ length: size }, (_, rank) => gradientOf(length, rank));
    const energy = gradients.reduce(
      (sum, gradient) =>
        sum +
        squaredError(
          gradient,
          gradient.map(() => 0),
        ),
      0,
    );
    return squaredError(result, meanOf(gradients)) / (energy / size);
  };

  it('one-shot divides the variance by the number of ranks; two-shot stays bounded', async () => {
    // ω of Gaussian-like data, one level, L2 norm over 128: √(2·128/π) − 1 ≈ 8.
    const [two, eight] = [
      await relativeError(2, 'all-gather'),
      await relativeError(8, 'all-gather'),
    ];
    expect(two / eight).toBeGreaterThan(3.5);
    expect(two / eight).toBeLessThan(4.5);
    // Requantising adds ω(‖mean‖² + ω/P): about ω/P of what was there, for independent gradients.
    const twoShot = await relativeError(8, 'two-shot');
    expect(twoShot / eight).toBeGreaterThan(3);
    expect(twoShot / eight).toBeLessThan(14);
  });
});

describe('feedback at both ends', () => {
  it('what is sent and what is held back add up to the gradients, over all ranks', async () => {
    const steps = 30;
    const length = 300;
    for (const codec of ['topk:density=0.05+ef', 'qsgd:levels=1+ef', 'randomk:density=0.1+ef']) {
      const outcome = await onRanks(3, async (communicator) => {
        const exchange = await createExchange(communicator, { codec, seed: 1 });
        const sent = new Float64Array(length);
        const given = new Float64Array(length);
        for (let step = 0; step < steps; step++) {
          const gradient = gradientOf(length, communicator.rank, step);
          gradient.forEach((value, i) => (given[i]! += value));
          await exchange.allReduce(gradient);
          gradient.forEach((value, i) => (sent[i]! += value));
        }
        return { sent, given, norm: exchange.stats.residualNorm! };
      });
      const mean = meanOf(outcome.map(({ given }) => Float32Array.from(given)));
      const missing = Math.sqrt(squaredError(outcome[0]!.sent, mean));
      // Held back: the mean of the workers' residuals plus the owners'; triangle inequality.
      const held = outcome.reduce((sum, { norm }) => sum + norm, 0);
      expect(missing).toBeGreaterThan(0);
      expect(missing).toBeLessThanOrEqual(held * (1 + 1e-4));
    }
  });

  it('without feedback what is missing exceeds what feedback would hold back', async () => {
    const missingAfter = async (codec: string): Promise<number> => {
      const steps = 40;
      const results = await runSteps(2, 300, steps, { codec, seed: 1 });
      const sent = new Float64Array(300);
      for (const result of results[0]!) result.forEach((value, i) => (sent[i]! += value));
      const given = new Float64Array(300);
      for (let step = 0; step < steps; step++)
        for (const [i, value] of meanOf([
          gradientOf(300, 0, step),
          gradientOf(300, 1, step),
        ]).entries())
          given[i]! += value;
      return Math.sqrt(squaredError(sent, given));
    };
    // Random gradients: what top-k drops adds up like a random walk, what feedback keeps does not.
    expect(await missingAfter('topk:density=0.05')).toBeGreaterThan(
      1.2 * (await missingAfter('topk:density=0.05+ef')),
    );
  });

  it('rescale multiplies what is held back', async () => {
    await onRanks(2, async (communicator) => {
      const exchange = await createExchange(communicator, { codec: 'topk:density=0.1+ef' });
      await exchange.allReduce(gradientOf(200, communicator.rank));
      const before = exchange.stats.residualNorm!;
      exchange.rescale(2);
      expect(exchange.stats.residualNorm).toBeCloseTo(2 * before, 6);
      expect(() => exchange.rescale(0)).toThrow(/factor/);
    });
  });
});

describe('layouts and rules', () => {
  const layout = new Layout(
    [
      { name: 'a/kernel', shape: [40, 10] },
      { name: 'a/bias', shape: [10] },
      { name: 'b/kernel', shape: [300] },
    ],
    { bucketBytes: 2000 },
  );

  it('a rule keeps small tensors raw', async () => {
    const rules = [{ name: 'bias', codec: 'none' }];
    const results = await onRanks(3, async (communicator) => {
      const exchange = await createExchange(communicator, { codec: 'terngrad', layout, rules });
      const gradient = gradientOf(710, communicator.rank);
      await exchange.allReduce(gradient);
      return { gradient, algorithms: exchange.stats.algorithms };
    });
    expect(results[0]!.algorithms).toEqual(['all-gather', 'additive', 'all-gather']);
    const mean = meanOf([0, 1, 2].map((rank) => gradientOf(710, rank)));
    for (let i = 400; i < 410; i++) expect(results[0]!.gradient[i]).toBeCloseTo(mean[i]!, 6);
    for (const { gradient } of results) expect(gradient).toEqual(results[0]!.gradient);
  });

  it('one scale a payload: layers get payloads of their own, biases join them', () => {
    const layers = new Layout([
      { name: 'w1', shape: [64, 32] },
      { name: 'b1', shape: [32] },
      { name: 'w2', shape: [2000] },
    ]);
    const lengths = (spec: string, granularity: 'auto' | 'bucket' | 'tensor'): number[] =>
      cutUnits(layers, parseCodec(spec), [], granularity).map(({ length }) => length);
    expect(lengths('terngrad', 'auto')).toEqual([2080, 2000]);
    expect(lengths('terngrad', 'bucket')).toEqual([4080]);
    expect(lengths('qsgd', 'auto')).toEqual([4080]);
    expect(lengths('qsgd', 'tensor')).toEqual([2048, 32, 2000]);
  });

  it('granularity tensor gives every tensor a payload of its own', async () => {
    const [stats] = await onRanks(2, async (communicator) => {
      const exchange = await createExchange(communicator, {
        codec: 'bf16',
        layout,
        granularity: 'tensor',
      });
      await exchange.allReduce(gradientOf(710, communicator.rank));
      return exchange.stats;
    });
    expect(stats!.algorithms).toHaveLength(3);
  });
});

describe('counts', () => {
  it('payload, framing and socket bytes are those of the communicator', async () => {
    await onRanks(4, async (communicator: Communicator) => {
      const exchange = await createExchange(communicator, { codec: 'qsgd:levels=7' });
      await communicator.barrier();
      const length = 4 * 512 * 8;
      await exchange.allReduce(gradientOf(length, communicator.rank));
      const { last, total } = exchange.stats;
      // Three chunk payloads to their owners and the owned one to three peers, all alike.
      const payload = encode('qsgd:levels=7', new Float32Array(length / 4)).length;
      expect(last.payloadBytes).toBe(6 * payload);
      expect(last.socketBytes).toBe(last.payloadBytes + last.framingBytes);
      expect(last.encodedBytes).toBe(4 * payload);
      expect(last.encodedElements).toBe(length);
      expect(total.steps).toBe(1);
    });
  });
});

describe('failures reach all ranks', () => {
  it('NaN on one rank: that rank names the element, the others the rank', async () => {
    for (const codec of ['none', 'qsgd', 'topk:k=3+ef']) {
      const settled = await settleOnRanks(3, async (communicator) => {
        const exchange = await createExchange(communicator, { codec });
        const gradient = gradientOf(50, communicator.rank);
        await exchange.allReduce(gradient.slice());
        if (communicator.rank === 1) gradient[17] = NaN;
        await exchange.allReduce(gradient);
      });
      for (const [rank, result] of settled.entries()) {
        expect(result.status).toBe('rejected');
        const { reason } = result as PromiseRejectedResult;
        if (rank === 1) {
          expect(reason).toBeInstanceOf(NonFiniteGradientError);
          expect((reason as Error).message).toContain('rank 1: gradient[17] is NaN');
        } else {
          expect(reason).toBeInstanceOf(RemoteAbortError);
          expect(reason).toMatchObject({ rank: 1, code: 'GRADWIRE_NON_FINITE_GRADIENT' });
        }
      }
    }
  });

  it('in the chunk that this rank owns, too', async () => {
    for (const at of [0, 600, 1400]) {
      const settled = await settleOnRanks(3, async (communicator) => {
        const exchange = await createExchange(communicator, { codec: 'qsgd:block=64' });
        const gradient = gradientOf(1500, communicator.rank);
        if (communicator.rank === 1) gradient[at] = -Infinity;
        await exchange.allReduce(gradient);
      });
      const { reason } = settled[1] as PromiseRejectedResult;
      expect((reason as Error).message).toContain(`rank 1: gradient[${at}] is -Infinity`);
    }
  });

  it('policy zero takes NaN as 0', async () => {
    await onRanks(2, async (communicator) => {
      const exchange = await createExchange(communicator, { codec: 'none', nonFinite: 'zero' });
      const gradient = Float32Array.of(2, communicator.rank === 0 ? NaN : 4);
      await exchange.allReduce(gradient);
      expect([...gradient]).toEqual([2, 2]);
    });
  });

  it.each([
    ['codec', (rank: number): ExchangeOptions => ({ codec: rank === 2 ? 'terngrad' : 'qsgd' })],
    ['seed', (rank: number): ExchangeOptions => ({ codec: 'qsgd', seed: rank === 2 ? 8 : 7 })],
    [
      'layout',
      (rank: number): ExchangeOptions => ({
        codec: 'qsgd',
        layout: new Layout([{ name: rank === 2 ? 'y' : 'x', shape: [4] }]),
      }),
    ],
  ])(
    'disagreement on %s is an AgreementError with both values, everywhere',
    async (field, options) => {
      const settled = await settleOnRanks(3, (communicator) =>
        createExchange(communicator, options(communicator.rank)),
      );
      for (const result of settled) {
        const { reason } = result as PromiseRejectedResult;
        expect(reason).toBeInstanceOf(AgreementError);
        expect(reason).toMatchObject({ field, code: 'GRADWIRE_AGREEMENT' });
        expect((reason as AgreementError).values[0]).not.toBe((reason as AgreementError).values[2]);
      }
    },
  );

  it('different gradient lengths are found before anything moves', async () => {
    const settled = await settleOnRanks(2, async (communicator) => {
      const exchange = await createExchange(communicator, { codec: 'none' });
      await exchange.allReduce(new Float32Array(5 + communicator.rank));
    });
    for (const result of settled)
      expect((result as PromiseRejectedResult).reason).toBeInstanceOf(AgreementError);
  });

  it('verify finds replicas that drifted', async () => {
    const settled = await settleOnRanks(2, async (communicator) => {
      const exchange = await createExchange(communicator, { codec: 'none', verify: true });
      const gradient = new Float32Array(8);
      // A rank whose memory is corrupted between reduction and hash.
      const { allReduce } = communicator;
      communicator.allReduce = async (vector, options) => {
        await allReduce.call(communicator, vector, options);
        if (communicator.rank === 1) vector[3] = 1;
      };
      await exchange.allReduce(gradient);
    });
    for (const result of settled)
      expect((result as PromiseRejectedResult).reason).toBeInstanceOf(ReplicaMismatchError);
  });
});
