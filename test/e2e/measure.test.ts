/** Commands that measure: what they print and leave behind, not what the figures are. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { NetworkMeasurement } from '../../src/measure/network.ts';
import type { TraceEvent } from '../../src/trace/events.ts';
import { gradwire, scratchFolder } from './program.ts';

const TIMEOUT = { timeout: 120_000 };

it('bench network prints model and choices, and keeps them', TIMEOUT, async () => {
  const out = join(scratchFolder(), 'network.json');
  const ended = await gradwire(['bench', 'network', '-n', '3', '--quick', '--out', out]);
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stdout).toMatch(/^3 ranks, tcp\nα .* a message\nβ .* ns a byte.*\nγ .* ns to add/);
  expect(ended.stdout).toMatch(/^taken for +4 B +1 KiB/m);
  for (const operation of ['allReduce', 'broadcast', 'allToAll'])
    expect(ended.stdout).toContain(`\n${operation} `);
  const kept = JSON.parse(readFileSync(out, 'utf8')) as NetworkMeasurement & {
    readonly conditions: Readonly<Record<string, unknown>>;
  };
  expect(kept.ranks).toBe(3);
  expect(kept.conditions).toMatchObject({ node: process.version });
  // The printed model is one that init() takes.
  const printed = /^costModel: (.*)$/m.exec(ended.stdout)![1]!;
  expect(Object.keys(JSON.parse(printed) as object)).toEqual(Object.keys(kept.model));
});

it('bench network says what it was given wrong', TIMEOUT, async () => {
  expect(await gradwire(['bench', 'network', '-n', '1'])).toMatchObject({ code: 2 });
  const nowhere = join(scratchFolder(), 'no', 'folder', 'x.json');
  const ended = await gradwire(['bench', 'network', '--quick', '--out', nowhere]);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain('GRADWIRE_FILE_WRITE');
});

it('a traced training becomes one file, with what all ranks did', TIMEOUT, async () => {
  const folder = scratchFolder();
  const [traces, out] = [join(folder, 'traces'), join(folder, 'trace.json')];
  const training = ['train', '--task', 'breast-cancer', '--ranks', '2', '--steps', '12'];
  const trained = await gradwire([...training, '--codec', 'qsgd', '--out', join(folder, 'out')], {
    GRADWIRE_TRACE: traces,
  });
  expect(trained.code, trained.stderr).toBe(0);
  const ended = await gradwire(['trace', traces, '--out', out]);
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stdout).toMatch(/^rank, ms +compute +decode +encode +operation +transfer +update/);
  const { traceEvents } = JSON.parse(readFileSync(out, 'utf8')) as { traceEvents: TraceEvent[] };
  for (const rank of [0, 1]) {
    const own = traceEvents.filter(({ pid }) => pid === rank);
    // Those of the warm-up are there, too.
    expect(own.filter(({ cat }) => cat === 'compute').length).toBeGreaterThanOrEqual(12);
    for (const category of ['update', 'encode', 'decode', 'operation', 'transfer'])
      expect(own.some(({ cat }) => cat === category)).toBe(true);
  }
  expect(existsSync(traces)).toBe(true);
  expect(await gradwire(['trace', folder])).toMatchObject({ code: 1 });
});
