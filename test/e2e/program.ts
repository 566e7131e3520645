/** The built program as its users start it: a process with arguments, outputs and an exit code. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';
import { parseResults, type Results, type Run } from '../../src/result/index.ts';
import { ROOT } from '../house/structure.ts';

/** The package with its `dist/`, which `npm test` builds first; GRADWIRE_TEST_PACKAGE names another one. */
export const PACKAGE: string = resolve(process.env['GRADWIRE_TEST_PACKAGE'] ?? ROOT);

const MAIN = join(PACKAGE, 'dist/src/cli/main.js');
const PROBE = new URL('programs/probe.mjs', import.meta.url).href;

/** A program of test/e2e/programs. */
export function programPath(name: string): string {
  return fileURLToPath(new URL(`programs/${name}`, import.meta.url));
}

/** Longest life of a process; a test that needs it has failed. */
const PATIENCE_MS = 100_000;

/** What is done to a rank, and when; see programs/probe.mjs. */
export interface Harm {
  readonly rank: number;
  /** Number of the exchange, from 1, over all runs. Harms at the start or end have none. */
  readonly step?: number;
  /** The harm is a signal, and comes this long after the exchange has begun. */
  readonly microseconds?: number;
  /** Number of the operation on files of checkpoints, from 1, instead of `step`. */
  readonly operation?: number;
  readonly harm: string;
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a job of ranks ended. */
export interface EndedJob extends Ended {
  /** Folder of --out. */
  readonly out: string;
  /** Ranks that were started, each with its process id and the master port. */
  readonly ranks: readonly Trace[];
  /** Milliseconds from the harm to the end of the parent. */
  readonly sinceHarm: number | undefined;
}

/** What a rank's process leaves behind. */
export interface Trace {
  readonly rank: number;
  readonly pid: number;
  readonly port: number;
}

const folders: string[] = [];
afterAll(() => {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

/** A folder that is gone after the tests of this file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gradwire-e2e-'));
  folders.push(folder);
  return folder;
}

/** A folder where gradwire is installed and these programs are the user's. */
export function installed(...names: readonly string[]): string {
  const folder = scratchFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(PACKAGE, join(folder, 'node_modules/gradwire'), 'dir');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const name of names) copyFileSync(programPath(name), join(folder, name));
  return folder;
}

/** Starts Node, waits for its end, and ends it (and its process group) if that takes too long. */
async function runNode(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
): Promise<Ended> {
  const child = spawn(process.execPath, [...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // As a terminal does it: the program leads a process group of its own.
    detached: true,
  });
  const outputs = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => (outputs[name] += text));
  const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), PATIENCE_MS);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  return { code, signal, ...outputs };
}

/** `gradwire …args`, to its end, watched by the probe, which leaves its traces in `cwd`. */
export function gradwireHarmed(
  args: readonly string[],
  harms: readonly Harm[],
  cwd: string,
): Promise<Ended> {
  const build = pathToFileURL(join(PACKAGE, 'dist/')).href;
  const env = { PROBE: JSON.stringify({ folder: cwd, build, harms }) };
  return runNode(['--import', PROBE, MAIN, ...args], env, cwd);
}

/** `gradwire …args`, to its end. */
export function gradwire(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd: string = tmpdir(),
): Promise<Ended> {
  return runNode([MAIN, ...args], env, cwd);
}

/** `gradwire compare` or `train` with a folder of its own for the results, watched by the probe. */
export async function runJob(
  args: readonly string[],
  ...harms: readonly Harm[]
): Promise<EndedJob> {
  const folder = scratchFolder();
  const out = join(folder, 'out');
  const ended = await gradwireHarmed([...args, '--out', out], harms, folder);
  const end = Date.now();
  const names = readdirSync(folder);
  const traces = names.filter((name) => name.startsWith('trace-'));
  return {
    ...ended,
    out,
    ranks: traces.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Trace),
    sinceHarm: names.includes('harm-done')
      ? end - Number(readFileSync(join(folder, 'harm-done'), 'utf8'))
      : undefined,
  };
}

/** The results a job left behind, as the schema has them. */
export function resultsOf({ out, stderr }: EndedJob): Results {
  try {
    return parseResults(JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')));
  } catch (cause) {
    throw new Error(`no results; the program said:\n${stderr}`, { cause });
  }
}

/** True when a job left a folder with a report. */
export function hasReport({ out }: EndedJob): boolean {
  return (statSync(join(out, 'report.html'), { throwIfNoEntry: false })?.size ?? 0) > 10_000;
}

/** The one run of a codec (and seed). */
export function runOf({ runs }: Results, codec: string, seed = 1): Run {
  const found = runs.filter((run) => run.codec === codec && run.seed === seed);
  if (found.length !== 1) throw new Error(`${found.length} runs of ${codec} with seed ${seed}`);
  return found[0]!;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Process ids among `pids` that do not go away by themselves. */
export async function survivors(pids: readonly number[]): Promise<number[]> {
  let alive = pids.filter(isAlive);
  for (let i = 0; alive.length > 0 && i < 200; i++) {
    await sleep(50);
    alive = alive.filter(isAlive);
  }
  return alive;
}

/** True when somebody listens on a port of this machine. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
