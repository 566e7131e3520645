import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, vi } from 'vitest';
import type { SuiteRecord } from '../../bench/support/record.ts';
import { dataKinds } from '../../bench/support/data.ts';
import { ROOT } from '../house/structure.ts';

const execute = promisify(execFile);

// Processes take their time to start on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

/** Runs a suite on little data, every check included, and returns what it prints with `--json`. */
async function quick(suite: string, ...args: string[]): Promise<SuiteRecord> {
  const [record] = await quickParts(suite, ...args);
  return record!;
}

/** The same for a suite in parts. */
async function quickParts(suite: string, ...args: string[]): Promise<SuiteRecord[]> {
  const node = ['--expose-gc', '--import', './scripts/typescript.mjs'];
  const script = join('bench', suite, 'index.ts');
  const all = [...node, script, '--quick', '--json', ...args];
  const { stdout } = await execute(process.execPath, all, { cwd: ROOT });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SuiteRecord);
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
    'memory.copy',
    'Float32Array.set',
    'naive QSGD loop',
    'topk:density=0.1 encode, in place',
    'topk:density=0.1 encode, plain arrays',
    'topk:density=0.1 encode, plain arrays, reference kernels',
  ]);
  for (const { facts } of record.cases)
    if (process.platform === 'linux') expect(facts['peakMegabytes']).toBeGreaterThanOrEqual(0);
});

it('bench:codecs --all runs every kind of data, and kinds of data side by side', async () => {
  const args = ['--all', '--codec', 'terngrad', '--filter', 'terngrad encode, in place'];
  const records = await quickParts('codecs', ...args);
  expect(records.map(({ suite }) => suite)).toEqual(
    [...dataKinds, 'inputs'].map((what) => `codecs-20000-${what}`),
  );
  for (const record of records) namesOf(record);
  expect(records.at(-1)!.cases.map(({ name }) => name)).toEqual([
    'memory.copy',
    'terngrad encode, in place, gaussian',
    'terngrad encode, in place, denormal',
  ]);
});

it('bench:codecs --elements chooses lengths; parts that the filter leaves empty are passed over', async () => {
  const args = ['--codec', 'terngrad', '--filter', '2 threads', '--kernels', 'simd'];
  const lengths = ['--elements', '30000', '--elements', String(2 ** 20)];
  const [record, ...others] = await quickParts('codecs', ...args, ...lengths);
  // Threads are for long vectors only.
  expect(others).toEqual([]);
  expect(record!.suite).toBe('codecs-1m-gaussian');
  expect(record!.cases.flatMap(({ ratios }) => Object.keys(ratios))).toContain('one thread');
  namesOf(record!);
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
