/** Bytes on the wire, as we count them and as the kernel does. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { parseResults } from '../../src/result/index.ts';
import { commandWorks, requirement } from '../support/requirements.ts';
import { gradwire, installed, PACKAGE, programPath, runOf, scratchFolder } from './program.ts';

const needsSs = requirement('ss (iproute2, on Linux)', () => commandWorks('ss', '-tinH'));
const needsNamespaces = requirement('network namespaces (root, iproute2)', () =>
  commandWorks('unshare', '--net', 'ip', 'link', 'set', 'lo', 'up'),
);

/** What the project promises. */
const TOLERANCE = 0.02;
const lines = <T>(text: string): T[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

it('results.json says of every default codec what the sockets say', async (context) => {
  needsSs(context);
  const [ranks, steps] = [3, 30];
  const folder = scratchFolder();
  const build = pathToFileURL(join(PACKAGE, 'dist/')).href;
  const ended = await gradwire(
    ['compare', '--ranks', String(ranks), '--steps', String(steps), '--out', folder],
    {
      WITNESS: JSON.stringify({ folder, build, steps }),
      NODE_OPTIONS: `--import ${pathToFileURL(programPath('witness.mjs')).href}`,
    },
  );
  expect(ended.code, ended.stderr).toBe(0);
  const results = parseResults(JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')));
  const kernel = readdirSync(folder)
    .filter((name) => name.startsWith('kernel-'))
    .flatMap((name) =>
      lines<{ codec: string; bytes: number }>(readFileSync(join(folder, name), 'utf8')),
    );
  expect(results.runs.map(({ codec }) => codec)).toEqual([
    'none',
    'bf16',
    'qsgd',
    'terngrad',
    'topk:density=0.01+ef',
    'topk:density=0.01',
    'randomk:density=0.1',
  ]);
  for (const { codec } of results.runs) {
    const told = kernel.filter((entry) => entry.codec === codec).map(({ bytes }) => bytes);
    expect(told).toHaveLength(ranks);
    const perStep = told.reduce((sum, bytes) => sum + bytes, 0) / ranks / steps;
    const counted = runOf(results, codec).wireBytesPerStep!;
    expect(Math.abs(counted / perStep - 1), `${codec}: ${counted} of ${perStep}`).toBeLessThan(
      TOLERANCE,
    );
  }
  // Where payloads are small, leaving the framing out would show.
  const { payloadBytesPerStep, wireBytesPerStep } = runOf(results, 'topk:density=0.01');
  expect(payloadBytesPerStep! / wireBytesPerStep!).toBeLessThan(1 - TOLERANCE);
}, 120_000);

interface Counts {
  readonly codec: string;
  readonly rank: number;
  readonly counted: number;
  readonly sockets: number;
  readonly wire: number;
}

it('two hosts: the interface has sent what we count, headers included', async (context) => {
  needsNamespaces(context);
  needsSs(context);
  const [elements, steps] = [6_000_000, 2];
  const codecs = ['none', 'bf16', 'qsgd:levels=7', 'terngrad', 'randomk:density=0.1'];
  const folder = installed('traffic.mjs', 'kernel-bytes.mjs');
  const rank = [process.execPath, 'traffic.mjs', 'cable', String(elements), String(steps)];
  const measure = async (): Promise<Counts[]> => {
    const { stdout } = await promisify(execFile)(
      'unshare',
      ['--net', 'sh', programPath('two-hosts.sh'), ...rank, ...codecs],
      { cwd: folder },
    );
    return lines<Counts>(stdout);
  };
  // A busy machine makes the kernel send again and acknowledge more often, which only adds to what the
  // interface sends; so the least of a few measurements counts.
  const least = new Map<string, number>();
  for (let attempt = 0; attempt < 4; attempt++) {
    const told = await measure();
    expect(told).toHaveLength(2 * codecs.length);
    for (const { codec, rank: one, counted, sockets, wire } of told) {
      expect(counted / steps).toBeGreaterThan(1e6);
      expect(Math.abs(counted / sockets - 1), `${codec}, sockets`).toBeLessThan(TOLERANCE);
      // The interface also sends headers, so less than the sockets cannot be.
      expect(wire).toBeGreaterThan(sockets);
      const key = `${codec} on rank ${one}`;
      least.set(key, Math.min(least.get(key) ?? Infinity, wire / counted - 1));
    }
    if ([...least.values()].every((excess) => excess < TOLERANCE)) break;
  }
  for (const [key, excess] of least)
    expect(Math.abs(excess), `${key}, interface`).toBeLessThan(TOLERANCE);
}, 120_000);
