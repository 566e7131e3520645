/** Ranks that can exchange gradients: in one process or in several, over memory or over TCP. */
import { createMemoryCommunicators } from '../../src/rendezvous/memory.ts';
import { init, listenAsMaster } from '../../src/rendezvous/init.ts';
import type { StageMilliseconds } from '../../src/exchange/meter.ts';
import { Crew } from '../support/crew.ts';
import { BenchRank, type RankFindings } from './rank.ts';
import type { RankAnswer, RankRequest } from './rank-main.ts';

/** `memory`, `tcp`: all ranks in one process; `processes`: one process a rank, over TCP. */
export type Place = 'memory' | 'tcp' | 'processes';

export const places: readonly Place[] = ['memory', 'tcp', 'processes'];

export interface JobOptions {
  readonly size: number;
  readonly elements: number;
  /** Pace of each rank's sends. */
  readonly linkBytesPerSecond?: number;
}

/** All ranks together. */
export interface Job {
  /** All ranks exchange their gradient `steps` times. */
  exchange(spec: string, steps: number): Promise<void>;
  /** By rank. */
  inspect(spec: string): Promise<RankFindings[]>;
  /** Of rank 0. */
  stages(spec: string): Promise<StageMilliseconds>;
  close(): Promise<void>;
}

export function openJob(place: Place, options: JobOptions): Promise<Job> {
  if (place === 'memory') return memoryJob(options);
  return place === 'tcp' ? tcpJob(options) : processesJob(options);
}

async function memoryJob({ size, elements, linkBytesPerSecond }: JobOptions): Promise<Job> {
  if (linkBytesPerSecond !== undefined) throw new Error('a link in memory has no rate');
  const { communicators } = createMemoryCommunicators(size);
  return inOneProcess(communicators.map((communicator) => new BenchRank(communicator, elements)));
}

async function tcpJob({ size, elements, linkBytesPerSecond }: JobOptions): Promise<Job> {
  const master = await listenAsMaster();
  const communicators = await Promise.all(
    Array.from({ length: size }, (_, rank) =>
      init({
        rank,
        size,
        masterPort: master.port,
        env: {},
        ...(rank === 0 && { master }),
        ...(linkBytesPerSecond !== undefined && { linkBytesPerSecond }),
      }),
    ),
  );
  return inOneProcess(communicators.map((communicator) => new BenchRank(communicator, elements)));
}

function inOneProcess(ranks: readonly BenchRank[]): Job {
  const all = <T>(work: (rank: BenchRank) => Promise<T>): Promise<T[]> =>
    Promise.all(ranks.map(work));
  return {
    exchange: async (spec, steps) => void (await all((rank) => rank.exchange(spec, steps))),
    inspect: (spec) => all((rank) => rank.inspect(spec)),
    stages: (spec) => ranks[0]!.stages(spec),
    close: async () => void (await all((rank) => rank.close())),
  };
}

async function processesJob({ size, ...options }: JobOptions): Promise<Job> {
  const module = new URL('./rank-main.ts', import.meta.url);
  const crew = await Crew.start<RankRequest, RankAnswer>(module, size, [JSON.stringify(options)]);
  return {
    exchange: async (spec, steps) => void (await crew.ask({ work: 'exchange', spec, steps })),
    inspect: async (spec) => (await crew.ask({ work: 'inspect', spec })) as RankFindings[],
    stages: async (spec) => (await crew.ask({ work: 'stages', spec }))[0] as StageMilliseconds,
    close: () => crew.close(),
  };
}
