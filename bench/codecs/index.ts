/** `npm run bench:codecs`: how fast codecs encode and decode, against a copy and the naive loop. */
import { runSuite, factCell, milliseconds, ratioCell, type Column } from '../support/suite.ts';
import type { BarChart } from '../support/chart.ts';
import type { SuiteRecord } from '../support/record.ts';
import { dataKinds, makeData, type DataKind } from '../support/data.ts';
import { describeEnvironment } from '../support/environment.ts';
import { oneOf, repeated, suiteCommand, type SuiteOptions } from '../support/options.ts';
import { figure } from '../support/table.ts';
import { Bench, codecCases, DEFAULT_SPECS, type BackEnd } from './cases.ts';
import { peakBytes } from './memory.ts';
import { runPeers } from './peers.ts';
import { targetsFor } from './targets.ts';

interface CodecsOptions extends SuiteOptions {
  readonly codec?: string[];
  readonly data: DataKind;
  readonly large?: true;
  readonly kernels?: BackEnd;
  readonly memory?: true;
  readonly peers?: true;
}

const ELEMENTS = 1_024_000;
const LARGE_ELEMENTS = 24_985_600;
const QUICK_ELEMENTS = 20_000;
const SEED = 1;
/** A call takes tens to hundreds of milliseconds. */
const LARGE_BUDGET = { minTime: 0, maxTime: 0.2, minSamples: 3 };

function sizeName(elements: number): string {
  return elements < 1e6 ? `${elements}` : `${Math.round(elements / 1e6)}m`;
}

function columnsFor(elements: number, withMemory: boolean): Column[] {
  return [
    { title: 'case', cell: ({ name }) => name },
    { title: 'ms', cell: milliseconds },
    { title: 'GB/s', cell: ({ median }) => figure((4 * elements) / median / 1e9) },
    { title: '× copy', cell: ratioCell('copy') },
    { title: '× naive', cell: ratioCell('naive') },
    { title: 'bits', cell: factCell('bitsPerElement') },
    { title: 'error', cell: factCell('squaredError') },
    ...(withMemory ? [{ title: 'peak MB', cell: factCell('peakMegabytes') }] : []),
  ];
}

/** Speed beside a copy of every case on the faster kernels. */
function chartOf({ environment, settings, rounds, cases }: SuiteRecord): BarChart {
  const bars = cases.flatMap(({ facts, ratios }) =>
    facts['kernels'] === environment.kernels[0] && ratios['copy']
      ? [
          {
            group: String(facts['codec']),
            name: String(facts['operation']),
            value: ratios['copy'].median,
          },
        ]
      : [],
  );
  return {
    title: `Speed of codecs, ${settings['data']} data, ${settings['elements']} elements`,
    subtitle: `${environment.processor}, Node ${environment.node}, ${environment.kernels[0]} kernels, one thread; median of ${rounds} rounds`,
    label: 'speed ÷ speed of a copy in memory',
    bars,
  };
}

async function run(options: CodecsOptions): Promise<void> {
  const { codec: specs = DEFAULT_SPECS, data, large = false, quick } = options;
  const withMemory = options.memory === true || options.record === true;
  const elements = quick ? QUICK_ELEMENTS : large ? LARGE_ELEMENTS : ELEMENTS;
  const [best, ...others] = describeEnvironment().kernels as readonly BackEnd[];
  const backEnds = options.kernels ? [options.kernels] : [best!, ...(large ? [] : others)];
  const bench = new Bench(makeData(data, elements, SEED));
  await runSuite(
    {
      name: `codecs-${sizeName(elements)}-${data}`,
      settings: { elements, data, seed: SEED },
      cases: codecCases(bench, specs, backEnds),
      columns: columnsFor(elements, withMemory),
      chart: chartOf,
      ...(large && { budget: LARGE_BUDGET }),
      targets: data === 'gaussian' ? targetsFor(large) : [],
      ...(options.peers && { peers: (cases) => runPeers(elements, data, cases) }),
      ...(withMemory && {
        measure: async ({ name, facts }) => {
          const codecs = facts['codec'] ? [String(facts['codec'])] : [];
          const bytes = await peakBytes({ name, specs: codecs, data, elements });
          return { peakMegabytes: bytes === null ? null : bytes / 1e6 };
        },
      }),
    },
    options,
  );
}

await suiteCommand('codecs', 'Times codecs against a copy in memory and the naive loop.')
  .option('--codec <spec>', 'codec to time; repeat it (default: all kinds)', repeated)
  .option('--data <kind>', dataKinds.join(', '), oneOf(...dataKinds), 'gaussian')
  .option('--large', '25 million elements instead of one')
  .option(
    '--kernels <name>',
    'simd or reference (default: both, or the best with --large)',
    oneOf('simd', 'reference'),
  )
  .option('--memory', 'measure the peak memory of each case too (always with --record)')
  .option('--peers', 'also run the same work in PyTorch, if python3 has it')
  .action(run)
  .parseAsync();
