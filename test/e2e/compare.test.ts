/** `gradwire compare` and `train`, as their users run them: real processes over TCP. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseResults, type Results, type Run } from '../../src/result/index.ts';
import { commandWorks, requirement } from '../support/requirements.ts';
import {
  gradwire,
  hasReport,
  isListening,
  PACKAGE,
  resultsOf,
  runJob,
  runOf,
  scratchFolder,
  survivors,
  type EndedJob,
} from './program.ts';

const codecs = ['none', 'topk:density=0.01+ef', 'terngrad'];
const codecArgs = codecs.flatMap((codec) => ['--codec', codec]);
const digits = ['compare', '--task', 'digits', '--steps', '40', '--ranks', '3', ...codecArgs];

/** What two runs with the same seed must agree on: everything but time and traffic of control frames. */
function outcome({ codec, seed, modelHash, finalLoss, history, bitsPerElement }: Run): object {
  const curve = history.map(({ step, loss, accuracy }) => ({ step, loss, accuracy }));
  return { codec, seed, modelHash, finalLoss, curve, bitsPerElement };
}

/** Holds for every run of every job that nothing happened to. */
function expectSound(job: EndedJob): Results {
  expect(job.stderr).not.toMatch(/error|warning/i);
  expect({ code: job.code, signal: job.signal }).toEqual({ code: 0, signal: null });
  const results = resultsOf(job);
  for (const run of results.runs) {
    expect(run.status).toBe('complete');
    expect(run.error).toBeNull();
    expect(run.modelHash).toMatch(/^[0-9a-f]{64}$/);
    expect(run.compressionRatio).toBeCloseTo(32 / run.bitsPerElement!, 10);
    expect(run.history.map(({ step }) => step).at(-1)).toBe(run.steps);
    expect(run.history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    expect(run.finalLoss).toBeLessThan(run.history[0]!.loss!);
    expect(Object.keys(run.stageMilliseconds)).toEqual([
      'compute',
      'encode',
      'wait',
      'transfer',
      'decode',
      'update',
    ]);
    expect(Object.values(run.stageMilliseconds).every((time) => time >= 0)).toBe(true);
    if (results.ranks === 1) {
      expect(run.wireBytesPerStep).toBe(0);
    } else {
      expect(run.payloadBytesPerStep).toBeGreaterThan(0);
      expect(run.wireBytesPerStep).toBeGreaterThan(run.payloadBytesPerStep!);
    }
  }
  expect(hasReport(job)).toBe(true);
  return results;
}

describe('three codecs, two seeds, three ranks', () => {
  let first: EndedJob;
  let again: EndedJob;

  beforeAll(async () => {
    first = await runJob([...digits, '--seed', '1', '--seed', '2']);
    again = await runJob([...digits, '--seed', '2', '--seed', '1', '--verify', '--json']);
  }, 120_000);

  it('trains them all, and keeps the results', () => {
    const results = expectSound(first);
    expect(results).toMatchObject({
      task: 'digits',
      model: 'mlp',
      parameters: 9610,
      ranks: 3,
      transport: 'tcp',
      link: null,
    });
    expect(results.environment.configuration).toMatchObject({
      batch: 16,
      steps: 40,
      seeds: [1, 2],
      verify: false,
    });
    expect(results.environment.command).toMatch(/^gradwire compare --task digits --steps 40 /);
    expect(results.runs.map(({ codec, seed }) => [codec, seed])).toEqual(
      codecs.flatMap((codec) => [
        [codec, 1],
        [codec, 2],
      ]),
    );
  });

  it('counts bits and bytes as the codecs and collectives have them', () => {
    const results = resultsOf(first);
    for (const seed of [1, 2]) {
      const none = runOf(results, 'none', seed);
      expect(none).toMatchObject({
        bitsPerElement: 32,
        compressionRatio: 1,
        algorithm: 'additive',
      });
      expect(none.wireReduction).toBeCloseTo(1, 1);
      // 9610 float32 on a ring of three: 4 × 9610 × 2·(3 − 1)/3 bytes.
      expect(none.payloadBytesPerStep).toBeCloseTo((4 * 9610 * 4) / 3, 0);
      const topk = runOf(results, 'topk:density=0.01+ef', seed);
      expect(topk.algorithm).toBe('all-gather');
      expect(topk.residualNorm).toBeGreaterThan(0);
      expect(topk.bitsPerElement).toBeLessThan(1);
      expect(topk.wireReduction).toBeGreaterThan(30);
      expect(runOf(results, 'terngrad', seed).residualNorm).toBeNull();
    }
  });

  it('gives the same weights and losses again, in another order and while being verified', () => {
    const byName = (results: Results): object[] =>
      results.runs
        .map(outcome)
        .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
    expect(byName(expectSound(again))).toEqual(byName(expectSound(first)));
    const hashes = resultsOf(first).runs.map(({ modelHash }) => modelHash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('prints the table, and says where the report is', () => {
    for (const codec of codecs) expect(first.stdout).toContain(codec);
    expect(first.stdout).toMatch(/bits \/.*bytes.*reduc-/);
    expect(first.stderr).toContain(`report: file://${join(first.out, 'report.html')}`);
  });

  it('prints progress as plain lines where there is no terminal', () => {
    const lines = first.stderr.split('\n');
    expect(lines[0]).toMatch(/^gradwire: digits \/ mlp, 9610 parameters; @tensorflow\/tfjs-/);
    expect(lines).toContain('gradwire: [1/6] none (seed 1): 40 steps');
    const last = 'gradwire: [6/6] terngrad (seed 2): ';
    expect(lines.filter((line) => line.startsWith(last))).toEqual([
      'gradwire: [6/6] terngrad (seed 2): 40 steps',
      expect.stringMatching(/: accuracy [\d.]+ %, [\d.]+ bits\/element, [\d.]+ s$/),
    ]);
    // No control sequences.
    expect(first.stderr + first.stdout).not.toContain('\u001B');
  });

  it('prints the results themselves with --json', () => {
    expect(JSON.parse(again.stdout)).toEqual(resultsOf(again));
  });

  it('writes a report that needs nothing else', () => {
    const page = readFileSync(join(first.out, 'report.html'), 'utf8');
    for (const codec of codecs) expect(page).toContain(codec);
    expect(page).not.toMatch(/(?:src|href)="(?!#|data:)/);
    expect(page).not.toMatch(/@import|url\((?!["']?(?:#|data:))/);
  });

  it('leaves no process and no port behind', async () => {
    for (const job of [first, again]) {
      expect(new Set(job.ranks.map(({ rank }) => rank))).toEqual(new Set([0, 1, 2]));
      expect(await survivors(job.ranks.map(({ pid }) => pid))).toEqual([]);
      expect(await isListening(job.ranks[0]!.port)).toBe(false);
    }
  });

  it('takes longer over a slow link where more is sent, and sends the same', async () => {
    const args = ['--codec', 'none', '--codec', 'topk:density=0.01+ef', '--link', '4mbit'];
    const slow = await runJob(['compare', '--steps', '40', '--ranks', '3', ...args]);
    const results = expectSound(slow);
    expect(results.link).toBe('4mbit');
    const none = runOf(results, 'none');
    const topk = runOf(results, 'topk:density=0.01+ef');
    // 40 steps of 51 kB at 0.5 MB/s: 4.1 s, however fast the machine; of 1.2 kB: 0.1 s.
    expect(none.wallSeconds).toBeGreaterThan((40 * none.payloadBytesPerStep!) / 0.5e6);
    expect(none.wallSeconds! / topk.wallSeconds!).toBeGreaterThan(1.3);
    for (const run of [none, topk]) {
      const unpaced = runOf(resultsOf(first), run.codec);
      expect(run.payloadBytesPerStep).toBe(unpaced.payloadBytesPerStep);
      expect(Math.abs(run.wireBytesPerStep! / unpaced.wireBytesPerStep! - 1)).toBeLessThan(0.02);
      expect(outcome(run)).toEqual(outcome(unpaced));
    }
  });
});

describe('tasks, models and rank counts', () => {
  it.each([
    [['--task', 'breast-cancer', '--ranks', '1'], { task: 'breast-cancer', model: 'logistic' }],
    [['--task', 'diabetes', '--ranks', '2'], { task: 'diabetes', model: 'linear' }],
    [['--task', 'breast-cancer', '--ranks', '5', '--batch', '4'], { ranks: 5 }],
  ])('%j', async (args, expected) => {
    const job = await runJob(['train', '--codec', 'qsgd:levels=7', '--steps', '40', ...args]);
    expect(expectSound(job)).toMatchObject({ ...expected, runs: [{ codec: 'qsgd', steps: 40 }] });
  });

  it('the convolutional network', async () => {
    const args = ['--model', 'cnn', '--ranks', '2', '--steps', '20', '--batch', '8'];
    const results = expectSound(await runJob(['train', '--backend', 'wasm', ...args]));
    expect(results).toMatchObject({ model: 'cnn', ranks: 2, runs: [{ backend: 'wasm' }] });
  });

  it('a CSV of one’s own, its label by name, a file of held-out samples', async () => {
    const folder = scratchFolder();
    // Two clouds of points that a line separates.
    const row = (i: number): string => {
      const side = i % 2 === 0 ? 1 : -1;
      return `${side + Math.sin(i)},${i % 2 === 0 ? 'left' : 'right'},${side - Math.cos(3 * i)}`;
    };
    const table = (from: number, to: number): string =>
      `x,side,"y, in m"\n${Array.from({ length: to - from }, (_, i) => row(from + i)).join('\n')}\n`;
    writeFileSync(join(folder, 'points.csv'), table(0, 200));
    writeFileSync(join(folder, 'held-out.csv'), table(200, 260));
    const files = ['--data', join(folder, 'points.csv'), '--test', join(folder, 'held-out.csv')];
    const args = ['--label', 'side', '--model', 'logistic', '--ranks', '2', '--epochs', '4'];
    const job = await runJob(['train', '--codec', 'terngrad', ...files, ...args]);
    const results = expectSound(job);
    expect(results).toMatchObject({ task: 'classification', parameters: 3 });
    // 4 passes over 200 samples, 2 × 16 at a step.
    expect(results.runs[0]).toMatchObject({ steps: 25 });
    expect(results.runs[0]!.finalAccuracy).toBeGreaterThan(0.8);
    expect(results.environment.configuration).toMatchObject({
      label: 'side',
      trainingSamples: 200,
      heldOutSamples: 60,
    });
  });
});

describe('on a terminal', () => {
  it('shows a bar for each run', async (context) => {
    requirement('script (util-linux)', () => commandWorks('script', '--version'))(context);
    const folder = scratchFolder();
    const main = join(PACKAGE, 'dist/src/cli/main.js');
    const command = `${process.execPath} ${main} train --task breast-cancer --ranks 1 --steps 30 --out out`;
    const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
      cwd: folder,
      encoding: 'utf8',
      input: '',
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/none .*0 % \|.*\r/s);
    expect(stdout).toMatch(/none .*100 % \| accuracy [\d.]+ %/);
  });
});

it('keeps the results when nobody reads the table', () => {
  const folder = scratchFolder();
  const command =
    '"$NODE" "$MAIN" train --task breast-cancer --ranks 1 --steps 20 --out out | true';
  const MAIN = join(PACKAGE, 'dist/src/cli/main.js');
  const { stderr } = spawnSync('sh', ['-c', command], {
    cwd: folder,
    env: { ...process.env, NODE: process.execPath, MAIN },
    encoding: 'utf8',
  });
  expect(stderr).not.toMatch(/error|EPIPE/i);
  const text = readFileSync(join(folder, 'out/results.json'), 'utf8');
  expect(parseResults(JSON.parse(text)).runs).toMatchObject([{ status: 'complete', steps: 20 }]);
});

describe('what cannot work is refused at once', () => {
  it.each([
    [['compare', '--codec', 'nope'], 2, /unknown codec "?nope/],
    [['train', '--codec', 'none', '--codec', 'bf16'], 2, /train takes one codec, got 2/],
    [['compare', '--link', 'fast'], 2, /--link/],
    [['compare', '--ranks', '0'], 2, /--ranks/],
    [['compare', '--out', '/dev/null/results'], 1, /\/dev\/null\/results: cannot write/],
  ])('%j', async (args, code, message) => {
    const ended = await gradwire(args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(message);
    // It did not get as far as training.
    expect(ended.stderr).not.toContain('parameters');
  });
});
