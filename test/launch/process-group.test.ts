import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  describeExit,
  ProcessGroup,
  type GroupOptions,
  type ProcessExit,
  type ProcessSpec,
} from '../../src/launch/process-group.ts';
import { temporaryFolder } from '../support/bundle.ts';
import { survivors } from '../e2e/program.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** A Node process that runs `code`. */
const script = (code: string, env: Record<string, string> = {}): ProcessSpec => ({
  command: process.execPath,
  args: ['--input-type=module', '-e', code],
  env,
});
const FOREVER = 'setInterval(() => {}, 1e6);';
const READY = 'console.log("ready");';

/** A group, and a promise of the line `ready` from all of its processes. */
function start(
  specs: readonly ProcessSpec[],
  options: GroupOptions = {},
): { group: ProcessGroup; lines: string[]; exits: ProcessExit[]; ready: Promise<void> } {
  const lines: string[] = [];
  const exits: ProcessExit[] = [];
  let isReady: () => void;
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const group = new ProcessGroup(
    specs,
    {
      onLine: (rank, stream, line) => {
        lines.push(`${rank} ${stream} ${line}`);
        if (lines.filter((text) => text.endsWith('stdout ready')).length === specs.length)
          isReady();
      },
      onExit: (exit) => exits.push(exit),
    },
    options,
  );
  return { group, lines, exits, ready };
}

const pidsOf = (group: ProcessGroup): number[] => group.pids.filter((pid) => pid !== undefined);

describe('processes that end well', () => {
  it('are told apart by rank, and all their lines are there when they have ended', async () => {
    const say = (rank: number): ProcessSpec =>
      script(
        'for (let i = 0; i < 3; i++) console.log(process.env.NAME, i); console.error("done");',
        { NAME: `n${rank}` },
      );
    const { group, lines, exits } = start([say(0), say(1)]);
    const ended = await group.ended;
    expect(ended).toEqual([
      { rank: 0, code: 0, signal: null },
      { rank: 1, code: 0, signal: null },
    ]);
    expect(exits.toSorted((a, b) => a.rank - b.rank)).toEqual(ended);
    for (const rank of [0, 1])
      expect(lines.filter((line) => line.startsWith(`${rank} stdout`))).toEqual(
        [0, 1, 2].map((i) => `${rank} stdout n${rank} ${i}`),
      );
    expect(lines.filter((line) => line.includes('stderr done'))).toHaveLength(2);
    expect(group.failures).toEqual([]);
  });

  it('exchange messages where they are modules', async () => {
    const echo = join(folder.path, 'echo.mjs');
    writeFileSync(
      echo,
      'process.on("message", (m) => process.send({ ...m, rank: process.env.NAME }, () => process.disconnect()));',
    );
    const heard: [number, unknown][] = [];
    const specs = [0, 1].map((rank) => ({
      command: echo,
      args: [],
      env: { NAME: String(rank) },
      ipc: true,
    }));
    const group = new ProcessGroup(specs, { onMessage: (rank, said) => heard.push([rank, said]) });
    group.broadcast({ word: 'hello' });
    expect(await group.ended).toMatchObject([{ code: 0 }, { code: 0 }]);
    expect(heard.toSorted(([a], [b]) => a - b)).toEqual([
      [0, { word: 'hello', rank: '0' }],
      [1, { word: 'hello', rank: '1' }],
    ]);
    // Nobody is there any more; that is no error.
    group.broadcast({ word: 'late' });
  });
});

describe('when one fails', () => {
  it('the others are ended, and only the culprit is to blame', async () => {
    const { group } = start([script(FOREVER), script('process.exit(3)')], { settleMs: 50 });
    expect(await group.ended).toEqual([
      { rank: 0, code: null, signal: 'SIGTERM' },
      { rank: 1, code: 3, signal: null },
    ]);
    expect(group.failures).toEqual([{ rank: 1, code: 3, signal: null }]);
  });

  it('the others may say first what they saw', async () => {
    const path = join(folder.path, 'rank-0-is-gone');
    const watcher = `const { existsSync } = await import('node:fs');
      setInterval(() => existsSync(${JSON.stringify(path)}) && process.exit(4), 20);`;
    const group = new ProcessGroup(
      [script('process.exit(3)'), script(watcher)],
      { onExit: ({ rank }) => rank === 0 && writeFileSync(path, '') },
      { settleMs: 30_000 },
    );
    expect(await group.ended).toMatchObject([{ code: 3 }, { code: 4 }]);
    expect(group.failures.map(({ rank }) => rank)).toEqual([0, 1]);
  });

  it('its last lines are kept, and no more of them than help', async () => {
    const { group } = start([
      script('for (let i = 0; i < 100; i++) console.error("line", i); process.exitCode = 1;'),
    ]);
    await group.ended;
    expect(group.lastLines(0)).toEqual(Array.from({ length: 20 }, (_, i) => `line ${80 + i}`));
  });

  it('a program that cannot be started counts once', async () => {
    const { group, exits } = start([{ command: '/nowhere/program', args: [], env: {} }]);
    const [exit] = await group.ended;
    expect(exit).toMatchObject({ code: null, signal: null, error: { code: 'ENOENT' } });
    expect(group.failures).toHaveLength(1);
    expect(exits).toHaveLength(1);
    expect(group.pids).toEqual([undefined]);
    expect(describeExit(exit!)).toBe('rank 0 could not be started: spawn /nowhere/program ENOENT');
  });
});

describe('the end', () => {
  it('comes by the signal asked for, and is no failure of the processes', async () => {
    const polite = `process.on('SIGINT', () => process.exit(0)); ${FOREVER} ${READY}`;
    const { group, ready } = start([script(polite), script(`${FOREVER} ${READY}`)]);
    await ready;
    await group.end('SIGINT');
    expect(await group.ended).toEqual([
      { rank: 0, code: 0, signal: null },
      { rank: 1, code: null, signal: 'SIGINT' },
    ]);
    expect(group.failures).toEqual([]);
  });

  it('comes to the deaf, too', async () => {
    const deaf = `process.on('SIGTERM', () => {}); ${FOREVER} ${READY}`;
    const { group, ready } = start([script(deaf)], { graceMs: 50 });
    await ready;
    await group.end();
    expect(await group.ended).toEqual([{ rank: 0, code: null, signal: 'SIGKILL' }]);
  });

  it('comes to the stopped, too', async () => {
    const { group, ready } = start([script(`${FOREVER} ${READY}`)], { graceMs: 50 });
    await ready;
    process.kill(group.pids[0]!, 'SIGSTOP');
    await group.end();
    expect(await survivors(pidsOf(group))).toEqual([]);
  });

  it('comes to what a wrapper has started', async () => {
    const inner = `console.log(process.pid); ${FOREVER} ${READY}`;
    const { group, lines, ready } = start([
      {
        command: 'sh',
        args: ['-c', '"$NODE" --input-type=module -e "$CODE"; exit $?'],
        env: { NODE: process.execPath, CODE: inner },
      },
    ]);
    await ready;
    const pid = Number(/stdout (\d+)/.exec(lines[0]!)![1]);
    expect(pid).not.toBe(group.pids[0]);
    await group.end();
    expect(await survivors([pid, ...pidsOf(group)])).toEqual([]);
  });

  it('does not wait for a stranger who holds an output open', async () => {
    // In a session of its own, the stranger is out of reach.
    const stranger = `const { pid } = (await import('node:child_process')).spawn(process.execPath,
      ['-e', '${FOREVER}'], { detached: true, stdio: 'inherit' }); console.log(pid); ${READY}`;
    const { group, lines, ready } = start([script(stranger)], { graceMs: 50 });
    await ready;
    await group.end();
    process.kill(Number(/stdout (\d+)/.exec(lines[0]!)![1]), 'SIGKILL');
    expect(await group.ended).toHaveLength(1);
  });
});

it.each([
  [{ rank: 2, code: 7, signal: null }, 'rank 2 exited with code 7'],
  [{ rank: 0, code: null, signal: 'SIGSEGV' }, 'rank 0 was ended by SIGSEGV'],
] as const)('%j in words', (exit, words) => {
  expect(describeExit(exit)).toBe(words);
});
