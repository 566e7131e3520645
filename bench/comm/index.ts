/**
 * `npm run bench:comm`: all-reduces and compressed exchanges between processes, on links of known rates and on
 * loopback, beside Gloo and Open MPI.
 */
import { MultiBar, Presets } from 'cli-progress';
import type { CaseRecord } from '../support/record.ts';
import { keepRecord, RECORD_VERSION, type SuiteRecord } from '../support/record.ts';
import { describeEnvironment, load } from '../support/environment.ts';
import { suiteCommand, type SuiteOptions } from '../support/options.ts';
import { spreadOf } from '../support/ratio.ts';
import { rotated } from '../support/rounds.ts';
import { figure, formatTable } from '../support/table.ts';
import { boundsText, isWithin, type TargetResult } from '../support/target.ts';
import { Cluster, CONGESTION_CONTROL, whyNoCluster } from './cluster.ts';
import { findGloo, findOpenMpi, runOurs, type Found, type Peer } from './contestants.ts';
import { closeLosses, runLoss, runMemory } from './losses.ts';
import { GROUPS, quick, type Contestant, type Group } from './rows.ts';

const ROUNDS = 5;

/** Peers that were found. */
interface Peers {
  readonly gloo: Peer | undefined;
  readonly mpi: Peer | undefined;
}

interface Measured {
  readonly group: Group;
  /** By contestant: the median milliseconds of each round; absent where the peer is. */
  readonly rounds: ReadonlyMap<string, readonly number[]>;
  readonly last: ReadonlyMap<string, Found>;
}

const median = (values: readonly number[]): number => spreadOf(values).median;

async function runOne(
  contestant: Contestant,
  cluster: Cluster,
  ranks: number,
  peers: Peers,
): Promise<Found | undefined> {
  if ('ours' in contestant) return await runOurs(cluster, ranks, contestant.ours);
  if ('loss' in contestant) return await runLoss(cluster, ranks, contestant.loss);
  if ('memoryOf' in contestant) return await runMemory(cluster, ranks, contestant.memoryOf);
  return await peers[contestant.peer]?.(cluster, ranks, contestant.load);
}

async function measure(
  group: Group,
  count: number,
  peers: Peers,
  tick: (name: string) => void,
): Promise<Measured> {
  const rounds = new Map<string, number[]>();
  const last = new Map<string, Found>();
  const cluster = new Cluster(group.ranks, group.link);
  try {
    for (let round = 0; round < count; round++)
      for (const contestant of rotated(group.contestants, round, count)) {
        tick(`${group.name}: ${contestant.name}`);
        const found = await runOne(contestant, cluster, group.ranks, peers);
        if (found === undefined) continue;
        rounds.set(contestant.name, [...(rounds.get(contestant.name) ?? []), median(found.times)]);
        last.set(contestant.name, found);
      }
  } finally {
    cluster.close();
  }
  return { group, rounds, last };
}

/** The figures of a group: the median of what each round gives. */
function judge({ group, rounds }: Measured): TargetResult[] {
  return group.figures.map(({ name, of, ...bounds }) => {
    const counts = [...rounds.values()].map(({ length }) => length);
    const values = Array.from({ length: Math.min(...counts) }, (_, round) =>
      of((contestant) => rounds.get(contestant)?.[round] ?? Number.NaN),
    );
    const measured = values.some(Number.isNaN) ? null : median(values);
    return {
      name: `${group.name}: ${name}`,
      figure: { fact: name },
      ...bounds,
      measured,
      isMet: measured !== null && isWithin(measured, bounds),
    };
  });
}

function records({ group, rounds, last }: Measured): CaseRecord[] {
  const gloo = rounds.get('gloo');
  const timed = group.contestants.filter((contestant) => !('memoryOf' in contestant));
  const isTimed = ([name]: readonly [string, unknown]): boolean =>
    timed.some((contestant) => contestant.name === name);
  return [...rounds].filter(isTimed).map(([name, milliseconds]) => {
    const found = last.get(name)!;
    return {
      name: `${group.name}: ${name}`,
      facts: {
        ...('cpu' in found && { 'CPU ms of rank 0': median(found.cpu ?? []) }),
        ...('residentBytes' in found && {
          'resident MB above the start': (found.residentBytes ?? 0) / 1e6,
        }),
      },
      seconds: milliseconds.map((ms) => ms / 1000),
      median: median(milliseconds) / 1000,
      ratios: gloo ? { gloo: spreadOf(milliseconds.map((ms, i) => gloo[i]! / ms)) } : {},
    };
  });
}

function print(cases: readonly CaseRecord[], results: readonly TargetResult[]): void {
  const times = cases.map(({ name, median: seconds, ratios, facts }) => [
    name,
    `${figure(seconds * 1000)} ms`,
    ratios['gloo'] === undefined ? '' : `${figure(ratios['gloo'].median)}×`,
    ...['CPU ms of rank 0', 'resident MB above the start'].map((fact) =>
      typeof facts[fact] === 'number' ? figure(facts[fact]) : '',
    ),
  ]);
  const head = ['case', 'slowest rank', 'beside gloo', 'CPU ms', 'MB'];
  const asked = results.map((result) => [
    result.name,
    result.measured === null ? 'not found' : figure(result.measured),
    boundsText(result),
    boundsText(result) === '' ? '' : result.isMet ? 'met' : 'missed',
  ]);
  process.stdout.write(`${formatTable(head, times)}\n\n`);
  process.stdout.write(`${formatTable(['figure', 'measured', 'asked', ''], asked)}\n`);
}

async function main(options: SuiteOptions): Promise<void> {
  const reason = whyNoCluster();
  if (reason !== undefined) throw new Error(`there are no hosts to measure between: ${reason}`);
  const rounds = options.quick ? 1 : (options.rounds ?? ROUNDS);
  const peers = { gloo: findGloo(), mpi: findOpenMpi() };
  for (const [name, peer] of Object.entries(peers))
    if (peer === undefined) process.stderr.write(`${name} was not found\n`);
  const groups = GROUPS.filter(({ name }) => options.filter?.test(name) ?? true).map((group) =>
    options.quick ? quick(group) : group,
  );
  const environment = describeEnvironment();
  process.stderr.write(
    `${environment.processor}, ${environment.processors} processors, load ${environment.loadBefore}, ` +
      `Node ${environment.node}, ${CONGESTION_CONTROL} in every namespace\n`,
  );
  const total = groups.reduce((sum, { contestants }) => sum + contestants.length * rounds, 0);
  const bars = new MultiBar(
    { format: '{bar} {value}/{total} {name}', noTTYOutput: false },
    Presets.shades_classic,
  );
  const bar = bars.create(total, 0, { name: '' });
  const measured: Measured[] = [];
  for (const group of groups)
    measured.push(await measure(group, rounds, peers, (name) => bar.increment(1, { name })));
  await closeLosses();
  bars.stop();
  const cases = measured.flatMap(records);
  const targets = measured.flatMap(judge);
  const record: SuiteRecord = {
    formatVersion: RECORD_VERSION,
    suite: 'comm',
    environment: { ...environment, loadAfter: load() },
    settings: { 'congestion control': CONGESTION_CONTROL, MTU: 1500 },
    rounds,
    cases,
    targets,
  };
  if (options.json) process.stdout.write(`${JSON.stringify(record)}\n`);
  else print(cases, targets);
  if (options.record) process.stderr.write(`kept as ${keepRecord(record)}\n`);
}

await main(
  suiteCommand('comm', 'All-reduce and compressed exchange on links of known rates').parse().opts(),
);
