/** Jobs of real operating-system processes, and what becomes of them when one is killed or stopped. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { listenAsMaster } from '../../src/rendezvous/init.ts';

type Line = Readonly<Record<string, unknown>>;

interface Rank {
  readonly child: ChildProcess;
  readonly lines: Line[];
  /** Resolves with the exit code (null after a signal) once all output is there. */
  readonly exit: Promise<number | null>;
  /** Resolves with the next line that has this key. */
  said(key: string): Promise<Line>;
}

let folder: string;
let script: string;
const running: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gradwire-ranks-'));
  script = join(folder, 'rank.js');
  const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  await build({
    // The library looks for the program of its worker beside itself.
    entryPoints: [source('./rank.ts'), source('../../src/worker/worker-main.ts')],
    entryNames: '[name]',
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
});

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function start(env: Readonly<Record<string, string>>, args: readonly string[]): Rank {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [script, ...args], {
    env: { PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  const lines: Line[] = [];
  let heard: () => void = () => {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(JSON.parse(line) as Line);
    heard();
  });
  const exit = once(child, 'close').then(([code]) => {
    heard();
    return code as number | null;
  });
  return {
    child,
    lines,
    exit,
    async said(key) {
      for (;;) {
        const line = lines.find((candidate) => key in candidate);
        if (line !== undefined) return line;
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`the rank ended without saying ${key}: ${JSON.stringify(lines)}`);
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    },
  };
}

async function startJob(size: number, ...args: string[]): Promise<Rank[]> {
  const { port, close } = await listenAsMaster();
  close();
  return Array.from({ length: size }, (_, rank) =>
    start({ RANK: String(rank), WORLD_SIZE: String(size), MASTER_PORT: String(port) }, args),
  );
}

it.each([1, 4])('%i processes compute together and end', async (size) => {
  const ranks = await startJob(size, 'sums');
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
  const ranks = await startJob(4, 'loop', '60000');
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
  const ranks = await startJob(4, 'loop', '1500');
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
