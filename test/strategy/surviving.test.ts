import { describe, expect, it } from 'vitest';
import { NonFiniteGradientError } from '../../proto/errors.ts';
import { RemoteAbortError } from '../../proto/comm-errors.ts';
import {
  createMemoryCommunicators,
  type MemoryCommunicators,
} from '../../src/rendezvous/memory.ts';
import { SurvivingStrategy, type Loss } from '../../src/strategy/surviving.ts';

const LENGTH = 600;
const STEPS = 12;

/** The gradient of the rank that was `first` at the start. */
const gradientOf = (first: number, step: number): Float32Array =>
  Float32Array.from({ length: LENGTH }, (_, i) => 2 ** first + step * 64 + (i % 3));

interface Life {
  /** By step: the mean's bits, as text, and its first element. */
  readonly means: { readonly bits: string; readonly first: number }[];
  readonly gathered: string[];
  readonly losses: Loss[];
  readonly strategy: SurvivingStrategy;
}

async function live(
  { communicators }: MemoryCommunicators,
  first: number,
  codec: string,
): Promise<Life> {
  const losses: Loss[] = [];
  const strategy = await SurvivingStrategy.create(
    communicators[first]!,
    { codec, seed: 1, verify: true },
    (loss) => losses.push(loss),
  );
  const life: Life = { means: [], gathered: [], losses, strategy };
  for (let step = 0; step < STEPS; step++) {
    const gradient = gradientOf(first, step);
    await strategy.allReduce(gradient);
    life.means.push({ bits: gradient.join(), first: gradient[0]! });
    if (step % 4 === 0)
      life.gathered.push(String(await strategy.gather(Uint8Array.of(first, step))));
  }
  return life;
}

const dead = Symbol('dead');

/** Lives of all ranks, of which `victims` die at seeded moments; theirs are of no interest. */
async function run(
  size: number,
  seed: number,
  codec: string,
  victims: readonly number[],
): Promise<Life[]> {
  const options = { seed, maxDelayTurns: 8, deadlineMs: 20_000 };
  const job = createMemoryCommunicators(size, options);
  const lives = job.communicators.map((_, rank) =>
    live(job, rank, codec).catch((error: unknown) => {
      if (victims.includes(rank)) return dead;
      throw error;
    }),
  );
  for (const victim of victims) {
    const turns = job.network.integer(250);
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
    job.network.kill(victim);
  }
  const ended = await Promise.all(lives);
  const survivors = ended.filter((_, rank) => !victims.includes(rank)) as Life[];
  await Promise.all([
    job.close(),
    ...survivors.map(({ strategy }) => strategy.communicator.close()),
  ]);
  return survivors;
}

/** What the first element of a step's mean may be: that over all, or without some of the victims. */
function possibleMeans(size: number, step: number, victims: readonly number[]): number[] {
  const subsets = victims.reduce<number[][]>(
    (all, victim) => [...all, ...all.map((subset) => [...subset, victim])],
    [[]],
  );
  return subsets.map((subset) => {
    const ranks = Array.from({ length: size }, (_, rank) => rank).filter(
      (rank) => !subset.includes(rank),
    );
    const sum = ranks.reduce((total, rank) => total + gradientOf(rank, step)[0]!, 0);
    return Math.fround(sum / ranks.length);
  });
}

describe.each(Array.from({ length: 60 }, (_, seed) => seed + 1))('seed %i', (seed) => {
  it('survivors see the same means at every step, each over ranks that were there', async () => {
    const size = 3 + (seed % 3);
    const victims = seed % 2 === 0 ? [seed % size] : [seed % size, (seed + 1) % size];
    const survivors = await run(size, seed, 'none', victims);
    const [first] = survivors;
    for (const { means, gathered } of survivors) {
      expect(means).toEqual(first!.means);
      expect(gathered).toEqual(first!.gathered);
      expect(means).toHaveLength(STEPS);
    }
    for (const [step, mean] of first!.means.entries())
      expect(possibleMeans(size, step, victims)).toContain(mean.first);
  });

  it('replicas stay the same with lossy codecs and feedback', async () => {
    const codec = ['qsgd:levels=7+ef', 'topk:density=0.05+ef', 'randomk:density=0.1+ef'][seed % 3]!;
    const survivors = await run(4, seed, codec, [seed % 4]);
    for (const { means, strategy } of survivors) {
      expect(means).toEqual(survivors[0]!.means);
      expect(strategy.stats.residualNorm).not.toBeNull();
    }
  });
});

describe('the loss of a rank', () => {
  it('is told, with who is left', async () => {
    const job = createMemoryCommunicators(3);
    const lives = [0, 2].map((rank) => live(job, rank, 'none'));
    const leaving = SurvivingStrategy.create(job.communicators[1]!, {
      codec: 'none',
      verify: true,
      seed: 1,
    });
    await leaving;
    job.network.kill(1);
    for (const { losses, strategy } of await Promise.all(lives)) {
      expect(losses.map(({ ranks }) => ranks)).toEqual([[1]]);
      expect(losses[0]!.cause).toMatchObject({ code: 'GRADWIRE_PEER_LOST' });
      expect(strategy.communicator.formerRanks).toEqual([0, 2]);
      await strategy.communicator.close();
    }
    await job.close();
  });

  it('is not what another rank throws for a reason of its own', async () => {
    const job = createMemoryCommunicators(2);
    const strategies = await Promise.all(
      job.communicators.map((c) => SurvivingStrategy.create(c, { codec: 'qsgd:levels=7' })),
    );
    const [a, b] = await Promise.allSettled([
      strategies[0]!.allReduce(Float32Array.of(1, Number.NaN, 3)),
      strategies[1]!.allReduce(Float32Array.of(1, 2, 3)),
    ]);
    expect(a).toMatchObject({ status: 'rejected' });
    expect((a as PromiseRejectedResult).reason).toBeInstanceOf(NonFiniteGradientError);
    expect((b as PromiseRejectedResult).reason).toBeInstanceOf(RemoteAbortError);
    await job.close();
  });
});
