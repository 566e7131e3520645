/**
 * Processes killed and stopped at random points of random operations: whoever survives ends in order, with checked
 * results, together with all others that survive. GRADWIRE_CHAOS_RUNS sets how many jobs; seeds are fixed.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomOf } from '../support/random.ts';
import { RankProgram, type RankProcess } from '../support/rank-processes.ts';

const RUNS = Number(process.env['GRADWIRE_CHAOS_RUNS'] ?? 60);
const SILENCE_MS = 1500;

let program: RankProgram;

beforeAll(async () => {
  program = await RankProgram.build('test/chaos/rank.ts');
});
afterAll(() => program.remove());

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Outcome {
  readonly code: number | null;
  readonly survivors: unknown;
  readonly end: unknown;
}

async function outcomeOf({ exit, lines }: RankProcess): Promise<Outcome> {
  const code = await exit;
  return {
    code,
    survivors: lines.findLast((line) => 'survivors' in line)?.['survivors'],
    end: lines.at(-1),
  };
}

const CODES = ['GRADWIRE_PEER_LOST', 'GRADWIRE_COLLECTIVE_TIMEOUT', 'GRADWIRE_OPERATION_ABORTED'];

/** All that were left alone have gone on together, and nobody else has. */
async function expectTogether(
  ranks: readonly RankProcess[],
  victims: ReadonlySet<number>,
): Promise<void> {
  const others = ranks.map((_, rank) => rank).filter((rank) => !victims.has(rank));
  const outcomes = await Promise.all(others.map((rank) => outcomeOf(ranks[rank]!)));
  const [first] = outcomes;
  for (const { code, survivors, end } of outcomes) {
    expect(code).toBe(0);
    expect(survivors).toEqual(first!.survivors);
    expect(end).toEqual({ done: expect.any(Number) as number });
    expect(end).toEqual(first!.end);
  }
  expect(first!.survivors).toEqual(expect.arrayContaining(others));
  for (const rank of others)
    for (const line of ranks[rank]!.lines)
      if ('code' in line) expect(CODES).toContain(line['code']);
}

describe.each(Array.from({ length: RUNS }, (_, run) => run + 1))('job %i', (seed) => {
  const random = randomOf(seed);
  const size = 2 + random(4);
  const isStop = seed % 20 === 0;
  it(isStop ? 'goes on without a stopped rank' : 'goes on without killed ranks', async () => {
    const ranks = await program.start(size, String(seed), String(SILENCE_MS));
    await Promise.all(ranks.map((rank) => rank.said('ready')));
    const victims = new Set<number>();
    const count = isStop ? 1 : 1 + random(Math.min(2, size - 1));
    for (let i = 0; i < count; i++) {
      await pause(random(120));
      const victim = random(size);
      victims.add(victim);
      ranks[victim]!.child.kill(isStop ? 'SIGSTOP' : 'SIGKILL');
    }
    await expectTogether(ranks, victims);
    const [victim] = victims;
    if (!isStop) return;
    // It runs again, finds itself alone, and hears why.
    ranks[victim!]!.child.kill('SIGCONT');
    const { code, end } = await outcomeOf(ranks[victim!]!);
    expect(code).toBe(0);
    expect(end).toEqual({ evicted: expect.any(Array) as number[] });
  });
});
