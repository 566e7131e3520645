/** Programs that are measured: ours, Gloo and Open MPI, each as a group of processes, a rank a host. */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonWithTorch } from '../codecs/peers.ts';
import { tlsFiles } from '../../test/support/certificates.ts';
import { spreadOf } from '../support/ratio.ts';
import type { Cluster } from './cluster.ts';
import type { Findings, Plan } from './plan.ts';

/** What is to be timed, for those that know nothing but all-reduce. */
export interface Load {
  readonly bytes: number;
  readonly warmups: number;
  readonly iterations: number;
}

/** Found by a group of processes. */
export type Found = Pick<Findings, 'times'> & Partial<Findings>;

const RANK = fileURLToPath(new URL('rank.ts', import.meta.url));
const LOADER = fileURLToPath(new URL('../../scripts/typescript.mjs', import.meta.url));
const GLOO = fileURLToPath(new URL('peers/gloo.py', import.meta.url));
const MPI_SOURCE = fileURLToPath(new URL('peers/mpi.c', import.meta.url));
const PATIENCE_MS = 180_000;

/** Runs a command and returns what it printed. */
function output(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, timeout: PATIENCE_MS });
    let out = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${command} ${args.join(' ')}: ${code ?? signal}\n${errors}`));
    });
  });
}

/** One process a rank, with the usual variables. */
async function ranks(
  cluster: Cluster,
  size: number,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Found> {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const printed = await Promise.all(
    Array.from({ length: size }, (_, rank) =>
      output('ip', cluster.on(rank, command), {
        RANK: String(rank),
        WORLD_SIZE: String(size),
        MASTER_ADDR: cluster.address(0),
        MASTER_PORT: String(port),
        ...env,
      }),
    ),
  );
  return parse(printed[0]!);
}

function parse(printed: string): Found {
  const line = printed.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`no figures in ${JSON.stringify(printed)}`);
  return JSON.parse(line) as Found;
}

/** The variables of the tests' certificate. */
function certificate(): NodeJS.ProcessEnv {
  const { cert, key, ca } = tlsFiles();
  return { GRADWIRE_TLS_CERT: cert, GRADWIRE_TLS_KEY: key, GRADWIRE_TLS_CA: ca };
}

export function runOurs(cluster: Cluster, size: number, plan: Plan): Promise<Found> {
  return ranks(cluster, size, [process.execPath, '--import', LOADER, RANK], {
    BENCH_PLAN: JSON.stringify(plan),
    GRADWIRE_SECRET: randomBytes(32).toString('hex'),
    ...(plan.tls && certificate()),
  });
}

/** Runs an all-reduce of a peer. */
export type Peer = (cluster: Cluster, size: number, load: Load) => Promise<Found>;

const words = ({ bytes, warmups, iterations }: Load): string[] =>
  [bytes, warmups, iterations].map(String);

/** Gloo, through the PyTorch that is found. */
export function findGloo(): Peer | undefined {
  const python = pythonWithTorch();
  if (python === undefined) return undefined;
  return (cluster, size, load) =>
    ranks(cluster, size, [python, GLOO, ...words(load)], { GLOO_SOCKET_IFNAME: cluster.device });
}

/** Open MPI over TCP with each of two ways to reduce; the better one counts. */
export function findOpenMpi(): Peer | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'gradwire-bench-'));
  const program = join(folder, 'mpi');
  const { status } = spawnSync('mpicc', ['-O3', '-o', program, MPI_SOURCE]);
  if (status !== 0) return undefined;
  const { stdout } = spawnSync('mpirun', ['--version'], { encoding: 'utf8' });
  if (!stdout.includes('Open MPI')) return undefined;
  return async (cluster, size, load) => {
    const found = [];
    for (const algorithm of [[], RING])
      found.push(await mpirun(cluster, size, [...algorithm, program, ...words(load)], folder));
    return found.reduce((best, other) => (middle(other) < middle(best) ? other : best));
  };
}

const RING = [
  '--mca',
  'coll_tuned_use_dynamic_rules',
  '1',
  '--mca',
  'coll_tuned_allreduce_algorithm',
  '4',
];

const middle = ({ times }: Found): number => spreadOf(times).median;

/**
 * Ranks that wait give the processor away, since there are fewer processors than hosts; without it Open MPI looks
 * many times as slow as it is. Each host has a name of its own, which mpirun asks for.
 */
async function mpirun(
  cluster: Cluster,
  size: number,
  command: readonly string[],
  folder: string,
): Promise<Found> {
  const isOneHost = cluster.device === 'lo';
  const agent = join(folder, 'agent');
  const hosts = Array.from({ length: size }, (_, rank) => cluster.address(rank));
  if (!isOneHost) {
    const cases = hosts.map((host, rank) => {
      const inside = cluster.on(rank, ['unshare', '--uts', 'sh', '-c']).join(' ');
      return `${host}) exec ip ${inside} "hostname h${rank}; $*" ;;`;
    });
    writeFileSync(agent, `#!/bin/sh\nhost=$1; shift\ncase $host in\n${cases.join('\n')}\nesac\n`);
    chmodSync(agent, 0o755);
  }
  const args = [
    ...[
      '--allow-run-as-root',
      '-n',
      String(size),
      '--mca',
      'pml',
      'ob1',
      '--mca',
      'btl',
      'tcp,self',
    ],
    ...['--mca', 'mpi_yield_when_idle', '1', '--mca', 'btl_tcp_if_include', cluster.device],
    ...(isOneHost
      ? ['--oversubscribe']
      : [
          ...['--mca', 'plm_rsh_agent', agent, '--mca', 'plm_rsh_no_tree_spawn', '1'],
          ...['--mca', 'oob_tcp_if_include', cluster.device],
          ...['-H', hosts.map((host) => `${host}:1`).join(',')],
        ]),
  ];
  const start = isOneHost ? [] : ['unshare', '--uts', 'sh', '-c', 'hostname h0; exec "$@"', 'sh'];
  return parse(await output('ip', cluster.on(0, [...start, 'mpirun', ...args, ...command]), {}));
}
