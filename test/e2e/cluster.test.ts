/** Four hosts, each a network namespace with a gigabit port: what loopback cannot show. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cluster, LINKS, whyNoCluster } from '../../bench/comm/cluster.ts';
import { RankProgram, type RankProcess } from '../support/rank-processes.ts';
import { requirement } from '../support/requirements.ts';

const needsCluster = requirement(
  'network namespaces with shaped links (root, iproute2)',
  () => whyNoCluster() === undefined,
);
const HOSTS = 4;

let program: RankProgram;
let cluster: Cluster | undefined;

beforeAll(async () => {
  program = await RankProgram.build('test/rendezvous/rank.ts');
});
afterEach(() => {
  program.killAll();
  cluster?.close();
  cluster = undefined;
});
afterAll(() => program.remove());

function startOnHosts(hosts: Cluster, ...args: string[]): Promise<RankProcess[]> {
  return program.launch({
    size: HOSTS,
    args,
    env: { MASTER_ADDR: hosts.address(0), GRADWIRE_SECRET: randomBytes(32).toString('hex') },
    on: (rank) => ['ip', ...hosts.on(rank, [])],
  });
}

describe('four hosts at 1 Gbit/s', () => {
  it('compute together', async (context) => {
    needsCluster(context);
    cluster = new Cluster(HOSTS, LINKS['1gbit']);
    const ranks = await startOnHosts(cluster, 'sums');
    for (const [rank, { exit, lines }] of ranks.entries()) {
      expect(await exit).toBe(0);
      expect(lines[0]).toMatchObject({ rank, size: HOSTS, vector: true });
    }
  });

  it('find out, all of them and in time, that the link of one is down while data are on their way', async (context) => {
    needsCluster(context);
    cluster = new Cluster(HOSTS, LINKS['1gbit']);
    const deadlineMs = 3000;
    const ranks = await startOnHosts(cluster, 'loop', String(deadlineMs));
    await Promise.all(ranks.map((rank) => rank.said('ready')));
    const began = performance.now();
    cluster.setLink(2, 'down');
    const errors = await Promise.all(ranks.map((rank) => rank.said('name')));
    // Far below what TCP itself would take (a quarter of an hour), with room for a busy machine.
    expect(performance.now() - began).toBeLessThan(deadlineMs + 15_000);
    for (const [rank, { code, waitingFor, culprit }] of errors.entries()) {
      expect(['GRADWIRE_COLLECTIVE_TIMEOUT', 'GRADWIRE_PEER_LOST']).toContain(code);
      if (rank !== 2) expect(waitingFor ?? [culprit]).toEqual([2]);
    }
    // Nobody waits for connections over which nothing comes any more.
    for (const { exit } of ranks) expect(await exit).toBe(0);
  });
});
