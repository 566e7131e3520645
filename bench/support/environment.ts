/** Where and with what the figures were made: they mean nothing without it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { selectKernels } from '../../codecs/kernels/index.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The machine, what ran on it, and what else did. */
export interface Environment {
  readonly startedAt: string;
  /** Arguments, as typed after the name of the script. */
  readonly arguments: readonly string[];
  readonly processor: string;
  readonly processors: number;
  readonly memoryGigabytes: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  readonly gradwire: string;
  readonly benny: string;
  /** Commit of the sources; `+changes` when sources had uncommitted ones; null outside of git. */
  readonly commit: string | null;
  /** Kernel back ends that run here. */
  readonly kernels: readonly string[];
  /** Kernel's congestion control, where it can be read: it decides how fast loopback is. */
  readonly congestionControl: string | null;
  /** Processes wanting a processor, mean over the minute before the start. */
  readonly loadBefore: number;
}

export function describeEnvironment(): Environment {
  return {
    startedAt: new Date().toISOString(),
    arguments: process.argv.slice(2),
    processor: processorName(),
    processors: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    gradwire: versionIn('package.json'),
    benny: versionIn('node_modules/benny/package.json'),
    commit: commit(),
    kernels: availableKernels(),
    congestionControl: congestionControl(),
    loadBefore: load(),
  };
}

/** Processes wanting a processor, mean over the last minute. */
export function load(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}

/** What to call this machine in file names: its processor, not its host name. */
export function machineLabel(): string {
  const words = processorName()
    .toLowerCase()
    .replaceAll(/\((r|tm)\)|@.*$|\b(cpu|processor)\b/g, ' ')
    .match(/[a-z0-9]+/g);
  return words?.slice(0, 4).join('-') ?? 'unknown';
}

function processorName(): string {
  return cpus()[0]?.model.trim() || 'unknown';
}

function versionIn(manifest: string): string {
  return (JSON.parse(readFileSync(`${ROOT}${manifest}`, 'utf8')) as { version: string }).version;
}

function commit(): string | null {
  try {
    const short = git('rev-parse', '--short=12', 'HEAD');
    const changed = git('status', '--porcelain', '--', 'proto', 'codecs', 'src', 'bench/*.ts');
    return changed === '' ? short : `${short}+changes`;
  } catch {
    return null;
  }
}

function git(...args: string[]): string {
  const stdio: ('ignore' | 'pipe')[] = ['ignore', 'pipe', 'ignore'];
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio }).trim();
}

/** Leaves the best of them selected. */
function availableKernels(): string[] {
  const best = selectKernels('auto');
  return best === 'simd' ? ['simd', 'reference'] : ['reference'];
}

function congestionControl(): string | null {
  try {
    return readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim();
  } catch {
    return null;
  }
}
