/** A process that is one rank. */
import { init } from '../../src/rendezvous/init.ts';
import type { StageMilliseconds } from '../../src/exchange/meter.ts';
import { serve } from '../support/crew-rank.ts';
import type { JobOptions } from './jobs.ts';
import { BenchRank, type RankFindings } from './rank.ts';

export type RankRequest =
  | { readonly work: 'exchange'; readonly spec: string; readonly steps: number }
  | { readonly work: 'inspect' | 'stages'; readonly spec: string };

export type RankAnswer = RankFindings | StageMilliseconds | null;

const { elements, linkBytesPerSecond } = JSON.parse(process.argv[2] ?? '') as Omit<
  JobOptions,
  'size'
>;
const ready = init(linkBytesPerSecond === undefined ? {} : { linkBytesPerSecond }).then(
  (communicator) => new BenchRank(communicator, elements),
);

async function answer(request: RankRequest): Promise<RankAnswer> {
  const rank = await ready;
  if (request.work !== 'exchange') return await rank[request.work](request.spec);
  await rank.exchange(request.spec, request.steps);
  return null;
}

serve(
  (request) => answer(request as RankRequest),
  async () => (await ready).close(),
);
