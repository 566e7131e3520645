/** `npm run fuzz` runs what it says, and fails when its cases do. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './structure.ts';

function fuzz(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts/fuzz.mjs'), ...args],
    // A skip counts as failed under CI=true, and all but the asked for are skipped.
    { encoding: 'utf8', timeout: 50_000, env: { ...process.env, NO_COLOR: '1', CI: '' } },
  );
  return { status, output: stdout + stderr };
}

it('as many cases as asked for, of the codec asked for', () => {
  const { status, output } = fuzz('--cases', '2000', '--only', 'topk:k=4', '--seed', '5');
  expect(output).toContain('2000 mutated payloads a codec, seed 5');
  expect(output).toMatch(/2000 mutated payloads > topk:k=4,block=32\+ef: only PayloadErrors/);
  expect(output).toMatch(/Tests\s+1 passed/);
  expect(status).toBe(0);
});

it('fails where the rules are broken: too few cases cannot reach every outcome', () => {
  const { status, output } = fuzz('--cases', '1', '--only', 'topk:k=4');
  expect(output).toMatch(/Tests\s+1 failed/);
  expect(status).toBe(1);
});

it.each([[['--cases', 'many']], [['--seed', '0']], [['--codec', 'qsgd']]])('refuses %j', (args) => {
  const { status, output } = fuzz(...args);
  expect(status).toBe(2);
  expect(output).toContain('usage: npm run fuzz');
});
