/** Jobs of real operating-system processes, and what becomes of them when one is killed or stopped. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { RankProgram } from '../support/rank-processes.ts';

let program: RankProgram;

beforeAll(async () => {
  program = await RankProgram.build('test/rendezvous/rank.ts');
});
afterEach(() => program.killAll());
afterAll(() => program.remove());

it.each([1, 4])('%i processes compute together and end', async (size) => {
  const ranks = await program.start(size, 'sums');
  expect(await Promise.all(ranks.map(({ exit }) => exit))).toEqual(ranks.map(() => 0));
  for (const [rank, { lines }] of ranks.entries()) {
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      rank,
      size,
      vector: true,
      parts: ranks.map((_, other) => 1000 * other),
    });
  }
  const sent = ranks.reduce((sum, { lines }) => sum + (lines[0]!['sent'] as number), 0);
  const gathered = ranks.reduce((sum, _, rank) => sum + (size - 1) * 1000 * rank, 0);
  expect(sent).toBe(2 * (size - 1) * 400_012 + gathered);
});

it('a killed process is lost to all others at once, and they end in order', async () => {
  const ranks = await program.start(4, 'loop', '60000');
  await Promise.all(ranks.map((rank) => rank.said('ready')));
  const began = performance.now();
  ranks[1]!.child.kill('SIGKILL');
  const survivors = ranks.filter((_, rank) => rank !== 1);
  for (const survivor of survivors)
    expect(await survivor.said('name')).toMatchObject({
      name: 'PeerLostError',
      code: 'GRADWIRE_PEER_LOST',
      culprit: 1,
    });
  // The deadline was a minute: it cannot have been that.
  expect(performance.now() - began).toBeLessThan(20_000);
  for (const survivor of survivors) {
    expect(await survivor.exit).toBe(0);
    expect(survivor.lines.at(-1)).toMatchObject({ closed: true });
  }
});

it('a stopped process is named by all others when the deadline expires', async () => {
  const ranks = await program.start(4, 'loop', '1500');
  await Promise.all(ranks.map((rank) => rank.said('ready')));
  ranks[2]!.child.kill('SIGSTOP');
  const survivors = ranks.filter((_, rank) => rank !== 2);
  for (const survivor of survivors)
    expect(await survivor.said('name')).toMatchObject({
      name: 'CollectiveTimeoutError',
      code: 'GRADWIRE_COLLECTIVE_TIMEOUT',
      waitingFor: [2],
    });
  for (const survivor of survivors) expect(await survivor.exit).toBe(0);
  // Woken up, it learns that the job has ended, and ends too.
  ranks[2]!.child.kill('SIGCONT');
  expect(await ranks[2]!.exit).toBe(0);
  expect(String((await ranks[2]!.said('name'))['code'])).toMatch(/^GRADWIRE_/);
});
