/** `npm run bench:exchange`: how long the mean over ranks takes with each codec, against float32. */
import { InvalidArgumentError } from 'commander';
import { parseLinkRate } from '../../src/transport/paced.ts';
import type { BenchCase } from '../support/case.ts';
import {
  integer,
  list,
  oneOf,
  repeated,
  suiteCommand,
  type SuiteOptions,
} from '../support/options.ts';
import { factCell, milliseconds, ratioCell, runSuite, type Column } from '../support/suite.ts';
import { figure } from '../support/table.ts';
import { DEFAULT_SPECS, exchangeCases } from './cases.ts';
import { openJob, places, type Job, type Place } from './jobs.ts';

interface Link {
  readonly text: string;
  readonly bytesPerSecond: number;
}

interface ExchangeOptions extends SuiteOptions {
  readonly codec?: string[];
  readonly place?: Place[];
  readonly ranks: number[];
  readonly elements?: number;
  readonly link?: Link;
}

const ELEMENTS = 1_000_000;
const QUICK_ELEMENTS = 20_000;
/** A call to other processes takes some 0.2 ms by itself: spread over a few exchanges. */
const STEPS_OF_PROCESSES = 4;

const megabytes: Column['cell'] = ({ facts }) => figure(Number(facts['wireBytes']) / 1e6);

const COLUMNS: readonly Column[] = [
  { title: 'place', cell: factCell('place') },
  { title: 'ranks', cell: ({ facts }) => String(facts['ranks']) },
  { title: 'codec', cell: factCell('codec') },
  { title: 'algorithm', cell: factCell('algorithm') },
  { title: 'ms', cell: milliseconds },
  { title: '× none', cell: ratioCell('none') },
  { title: 'MB sent', cell: megabytes },
  { title: 'reduction', cell: factCell('reduction') },
  { title: 'error', cell: factCell('squaredError') },
  ...['encode', 'wait', 'transfer', 'decode'].map((stage) => ({
    title: stage,
    cell: factCell(`${stage}Milliseconds`),
  })),
];

function link(text: string): Link {
  const bytesPerSecond = parseLinkRate(text);
  if (bytesPerSecond === undefined || bytesPerSecond < 1)
    throw new InvalidArgumentError('Give a rate such as 100mbit or 1gbit.');
  return { text, bytesPerSecond: Math.round(bytesPerSecond) };
}

async function run(options: ExchangeOptions): Promise<void> {
  const { quick, link: pace, codec: specs = DEFAULT_SPECS } = options;
  const { elements = quick ? QUICK_ELEMENTS : ELEMENTS } = options;
  // What is sent in memory has no rate to be held to.
  const { place: wanted = places.filter((place) => !pace || place !== 'memory') } = options;
  const jobs: Job[] = [];
  try {
    const owners = new Map<string, Job>();
    const cases: BenchCase[] = [];
    for (const place of wanted)
      for (const size of options.ranks) {
        const rate = pace && { linkBytesPerSecond: pace.bytesPerSecond };
        const job = await openJob(place, { size, elements, ...rate });
        jobs.push(job);
        const steps = place === 'processes' && !pace ? STEPS_OF_PROCESSES : 1;
        const own = exchangeCases({ place, size, elements, job, steps }, specs);
        for (const { name } of own) owners.set(name, job);
        cases.push(...own);
      }
    await runSuite(
      {
        name: ['exchange', ...(pace ? [pace.text] : [])].join('-'),
        settings: { elements, link: pace?.text ?? null, seed: 1 },
        cases,
        columns: COLUMNS,
        measure: async ({ name, facts }) => {
          const stages = await owners.get(name)!.stages(String(facts['codec']));
          return Object.fromEntries(
            Object.entries(stages).map(([stage, ms]) => [`${stage}Milliseconds`, Number(ms)]),
          );
        },
      },
      options,
    );
  } finally {
    await Promise.all(jobs.map((job) => job.close()));
  }
}

await suiteCommand('exchange', 'Times the mean over ranks with each codec, against float32.')
  .option('--codec <spec>', 'codec to time; repeat it (default: six kinds)', repeated)
  .option('--place <names>', `${places.join(', ')}; several between commas`, list(oneOf(...places)))
  .option('--ranks <integers>', 'numbers of ranks, between commas', list(integer), [2, 4])
  .option('--elements <integer>', 'length of the gradient (default: a million)', integer)
  .option('--link <rate>', "pace of each rank's sends, such as 100mbit; not in memory", link)
  .action(run)
  .parseAsync();
