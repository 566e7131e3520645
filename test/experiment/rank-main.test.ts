/** The process of a rank and the channel to its parent. */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { FromRank, WorkPlan } from '../../src/experiment/messages.ts';
import { PACKAGE, programPath } from '../e2e/program.ts';

const RANK_MAIN = join(PACKAGE, 'dist/src/experiment/rank-main.js');
const env = { ...process.env, GRADWIRE_RANK: '0', GRADWIRE_SIZE: '1' };

function planOf(steps: number, evaluateEvery: number): WorkPlan {
  return {
    runs: [{ codec: 'none', seed: 1 }],
    problem: { task: 'breast-cancer' },
    recipe: { steps, evaluateEvery },
    backend: 'wasm',
    verify: false,
    onPeerLoss: 'fail',
    deadlineMs: 10_000,
  };
}

it('ends when its parent went away while it was loading', async () => {
  const rank = fork(RANK_MAIN, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  rank.send({ type: 'plan', plan: planOf(1e9, 1e9) });
  rank.disconnect();
  expect(await once(rank, 'exit')).toEqual([0, null]);
});

it('ends when its parent goes away in the middle of a run', async () => {
  const rank = fork(RANK_MAIN, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  rank.on('message', ({ type }: FromRank) => {
    if (type === 'step' && rank.connected) rank.disconnect();
  });
  rank.send({ type: 'plan', plan: planOf(1e9, 1e9) });
  expect(await once(rank, 'exit')).toEqual([0, null]);
});

it('does not end before a busy parent has taken its last message', () => {
  const plan = JSON.stringify(planOf(1500, 1));
  const { stdout } = spawnSync(
    process.execPath,
    [programPath('slow-parent.mjs'), RANK_MAIN, plan],
    { encoding: 'utf8' },
  );
  const { code, types } = JSON.parse(stdout) as { code: number; types: string[] };
  expect(code).toBe(0);
  expect(types.at(-1)).toBe('run-end');
  expect(types.filter((type) => type === 'evaluation')).toHaveLength(1501);
});
