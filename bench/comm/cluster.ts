/**
 * Hosts on one machine: network namespaces joined by a bridge in a namespace of its own, each port with a rate.
 * Nothing is made in the namespace this process is in, and all goes when the namespaces do.
 *
 * The token bucket stands on both ends of every port: a host neither sends nor receives faster. Its burst is
 * above one segment of the kernel (64 KiB), since smaller ones are cut in software, and is sent at once after
 * silence: figures of short messages flatter the link by that much.
 */
import { spawnSync } from 'node:child_process';

export interface LinkShape {
  readonly name: string;
  /** Nominal, bytes a second. */
  readonly bytesPerSecond: number;
  /** As `tc` takes them. */
  readonly rate: string;
  readonly burst: string;
  readonly limit: string;
}

export const LINKS: Readonly<Record<string, LinkShape>> = {
  '100mbit': {
    name: '100 Mbit/s',
    bytesPerSecond: 12.5e6,
    rate: '100mbit',
    burst: '16kb',
    limit: '256kb',
  },
  '1gbit': { name: '1 Gbit/s', bytesPerSecond: 125e6, rate: '1gbit', burst: '128kb', limit: '1mb' },
  '10gbit': {
    name: '10 Gbit/s',
    bytesPerSecond: 1.25e9,
    rate: '10gbit',
    burst: '1mb',
    limit: '8mb',
  },
};

/** What every host uses: the others a kernel has may not be chosen inside a namespace. */
export const CONGESTION_CONTROL = 'reno';

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}

const ip = (...args: string[]): void => run('ip', args);

/** Why there can be no hosts here; undefined where there can. */
export function whyNoCluster(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are Linux only';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  try {
    new Cluster(1, LINKS['1gbit']).close();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

export class Cluster {
  readonly #names: string[] = [];
  readonly #prefix: string;
  /** Of the interface between the hosts. */
  readonly device: string;
  readonly #addresses: readonly string[];

  /**
   * @param hosts their number
   * @param link undefined: one host with only a loopback interface, whatever `hosts` says
   */
  constructor(hosts: number, link: LinkShape | undefined) {
    this.#prefix = `gw${process.pid}`;
    this.device = link === undefined ? 'lo' : 'eth0';
    this.#addresses = Array.from({ length: hosts }, (_, i) =>
      link === undefined ? '127.0.0.1' : `10.77.0.${i + 1}`,
    );
    try {
      if (link === undefined) this.#add('lo');
      else this.#join(hosts, link);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Address of a rank. */
  address(rank: number): string {
    return this.#addresses[rank]!;
  }

  /** Arguments of `ip` that run a command on a rank's host. */
  on(rank: number, command: readonly string[]): string[] {
    const name = this.device === 'lo' ? this.#names[0]! : `${this.#prefix}h${rank}`;
    return ['netns', 'exec', name, ...command];
  }

  /** Takes the cable of a rank's host out of the bridge, or puts it back. */
  setLink(rank: number, state: 'up' | 'down'): void {
    ip('-n', `${this.#prefix}sw`, 'link', 'set', `port${rank}`, state);
  }

  close(): void {
    for (const name of this.#names.splice(0)) spawnSync('ip', ['netns', 'del', name]);
  }

  #add(suffix: string): string {
    const name = `${this.#prefix}${suffix}`;
    ip('netns', 'add', name);
    this.#names.push(name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
    const setting = '/proc/sys/net/ipv4/tcp_congestion_control';
    ip('netns', 'exec', name, 'sh', '-c', `echo ${CONGESTION_CONTROL} > ${setting}`);
    return name;
  }

  #join(hosts: number, { rate, burst, limit }: LinkShape): void {
    const bridge = this.#add('sw');
    ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', bridge, 'link', 'set', 'br0', 'up');
    const shape = ['root', 'tbf', 'rate', rate, 'burst', burst, 'limit', limit];
    for (let i = 0; i < hosts; i++) {
      const host = this.#add(`h${i}`);
      const port = `port${i}`;
      ip(
        'link',
        'add',
        'eth0',
        'netns',
        host,
        'type',
        'veth',
        'peer',
        'name',
        port,
        'netns',
        bridge,
      );
      ip('-n', host, 'addr', 'add', `${this.address(i)}/24`, 'dev', 'eth0');
      ip('-n', host, 'link', 'set', 'eth0', 'up');
      ip('-n', bridge, 'link', 'set', port, 'master', 'br0');
      ip('-n', bridge, 'link', 'set', port, 'up');
      run('tc', ['-n', host, 'qdisc', 'replace', 'dev', 'eth0', ...shape]);
      run('tc', ['-n', bridge, 'qdisc', 'replace', 'dev', port, ...shape]);
    }
  }
}
