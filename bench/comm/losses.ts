/** How soon all ranks know that one of them is lost, and what memory a rank takes: real processes on hosts. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { RankProgram, type RankProcess } from '../../test/support/rank-processes.ts';
import type { Cluster } from './cluster.ts';
import type { Found } from './contestants.ts';

/** What happens to a rank. */
export type Loss = 'kill' | 'stop' | 'link down';

const LOST = 2;
/** Of an all-reduce, where nothing but silence tells of the loss. */
const DEADLINE_MS = 2000;
/** The loss comes at any moment of the all-reduces. */
const LATEST_MS = 300;
const REPEATS = 3;
/** Until hosts have forgotten that one of them could not be reached. */
const SETTLE_MS = 4000;

let program: Promise<RankProgram> | undefined;

/** Removes what was built. */
export async function closeLosses(): Promise<void> {
  (await program)?.remove();
}

async function start(cluster: Cluster, size: number, args: string[]): Promise<RankProcess[]> {
  program ??= RankProgram.build('bench/comm/failing-rank.ts');
  return (await program).launch({
    size,
    args,
    env: { MASTER_ADDR: cluster.address(0), GRADWIRE_SECRET: randomBytes(32).toString('hex') },
    on: (rank) => ['ip', ...cluster.on(rank, [])],
  });
}

/**
 * Milliseconds from the loss until the last survivor has its error; beyond the deadline, where the loss is
 * silent. The worst of a few times.
 */
export async function runLoss(cluster: Cluster, size: number, loss: Loss): Promise<Found> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) times.push(await loseOnce(cluster, size, loss));
  return { times: [Math.max(...times)] };
}

async function loseOnce(cluster: Cluster, size: number, loss: Loss): Promise<number> {
  const ranks = await start(cluster, size, ['loop', String(DEADLINE_MS)]);
  await Promise.all(ranks.map((rank) => rank.said('ready')));
  await sleep(Math.random() * LATEST_MS);
  const survivors = ranks.filter((_, rank) => rank !== LOST);
  const began = performance.timeOrigin + performance.now();
  if (loss === 'link down') cluster.setLink(LOST, 'down');
  else ranks[LOST]!.child.kill(loss === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  const heard = await Promise.all(survivors.map((rank) => rank.said('at')));
  for (const { child } of ranks) child.kill('SIGKILL');
  await Promise.all(ranks.map(({ exit }) => exit));
  if (loss === 'link down') {
    cluster.setLink(LOST, 'up');
    await sleep(SETTLE_MS);
  }
  const last = Math.max(...heard.map(({ at }) => Number(at))) - began;
  return loss === 'kill' ? last : last - DEADLINE_MS;
}

/** Resident megabytes of a Node process that does nothing. */
function bareMegabytes(): number {
  const { stdout } = spawnSync(process.execPath, ['-p', 'process.memoryUsage.rss()'], {
    encoding: 'utf8',
  });
  return Number(stdout) / 1e6;
}

/** Megabytes of the largest rank beside its vector, beyond a bare Node process. */
export async function runMemory(cluster: Cluster, size: number, bytes: number): Promise<Found> {
  const ranks = await start(cluster, size, ['memory', String(bytes)]);
  const said = await Promise.all(ranks.map((rank) => rank.said('megabytes')));
  await Promise.all(ranks.map(({ exit }) => exit));
  const largest = Math.max(...said.map(({ megabytes }) => Number(megabytes)));
  return { times: [largest - bareMegabytes()] };
}
