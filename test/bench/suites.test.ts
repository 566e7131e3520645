import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, vi } from 'vitest';
import type { SuiteRecord } from '../../bench/support/record.ts';
import { ROOT } from '../house/structure.ts';

const execute = promisify(execFile);

// Processes take their time to start on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

/** Runs a suite on little data, every check included, and returns what it prints with `--json`. */
async function quick(suite: string, ...args: string[]): Promise<SuiteRecord> {
  const node = ['--expose-gc', '--import', './scripts/typescript.mjs'];
  const script = join('bench', suite, 'index.ts');
  const all = [...node, script, '--quick', '--json', ...args];
  const { stdout } = await execute(process.execPath, all, { cwd: ROOT });
  return JSON.parse(stdout) as SuiteRecord;
}

/** @returns names of the cases @throws unless each has a time and a ratio to each of its references */
function namesOf(record: SuiteRecord): string[] {
  return record.cases.map(({ name, seconds, ratios }) => {
    expect(seconds, name).toHaveLength(1);
    expect(seconds[0], name).toBeGreaterThan(0);
    for (const { median } of Object.values(ratios)) expect(median, name).toBeGreaterThan(0);
    return name;
  });
}

it('bench:codecs times both kinds of kernels, and says what memory a case takes', async () => {
  const args = ['--codec', 'topk:density=0.1', '--filter', 'encode', '--memory'];
  const record = await quick('codecs', ...args);
  expect(namesOf(record)).toEqual([
    'Float32Array.set',
    'naive QSGD loop',
    ...record.environment.kernels.map((kernels) => `topk:density=0.1 encode ${kernels}`),
  ]);
  for (const { facts } of record.cases)
    if (process.platform === 'linux') expect(facts['peakMegabytes']).toBeGreaterThanOrEqual(0);
});

it('bench:exchange counts the bytes of every codec in memory, over TCP and between processes', async () => {
  const record = await quick('exchange', '--codec', 'qsgd:levels=7', '--ranks', '2');
  expect(namesOf(record)).toEqual(
    ['memory', 'tcp', 'processes'].flatMap((place) => [`${place} ×2 none`, `${place} ×2 qsgd`]),
  );
  const reduction = record.cases.map(({ facts }) => Number(facts['reduction']));
  // 4 bits and a scale a block, a header, a frame prefix.
  expect(reduction.filter((value) => value > 7)).toHaveLength(3);
});

it('bench:train trains on processes, and its replicas stay equal', async () => {
  const record = await quick('train', '--codec', 'bf16', '--ranks', '2');
  expect(namesOf(record)).toEqual(['none', 'bf16']);
  const [none, bf16] = record.cases.map(({ facts }) => Number(facts['wireBytesPerStep']));
  expect(none! / bf16!).toBeGreaterThan(1.9);
});

it('a filter that matches nothing is refused', async () => {
  await expect(quick('codecs', '--codec', 'none', '--filter', 'absent')).rejects.toThrow(
    'no case matches /absent/',
  );
});
