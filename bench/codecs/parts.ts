/** The parts of `npm run bench:codecs`: a suite for each size and kind of data, and one across kinds of data. */
import { selectKernels } from '../../codecs/kernels/index.ts';
import type { BarChart } from '../support/chart.ts';
import { makeData, type DataKind } from '../support/data.ts';
import type { SuiteOptions } from '../support/options.ts';
import type { SuiteRecord } from '../support/record.ts';
import type { Budget } from '../support/rounds.ts';
import { factCell, milliseconds, ratioCell, runSuite, type Column } from '../support/suite.ts';
import { figure } from '../support/table.ts';
import { Bench, SEED } from './bench.ts';
import { codecCases } from './cases.ts';
import { INPUTS, inputCases, USUAL, type InputKind } from './input-cases.ts';
import { peakBytes } from './memory.ts';
import type { BackEnd } from './names.ts';
import { Peer } from './peers.ts';
import { codecTargets, inputTargets, LARGE_ELEMENTS } from './targets.ts';

/** What a part is to do. */
export interface PartChoice {
  readonly elements: number;
  readonly specs: readonly string[];
  readonly backEnds: readonly BackEnd[];
  /** Measure the peak memory of each case too. */
  readonly withMemory: boolean;
  /** A python3 that has torch; absent where nothing is to be compared with it. */
  readonly python?: string;
}

/** A call takes up to a few milliseconds. */
const SMALL_BUDGET: Budget = { minTime: 0.005, maxTime: 0.04, minSamples: 5 };
/** A call takes tens to hundreds of milliseconds. */
const LARGE_BUDGET: Budget = { minTime: 0, maxTime: 0.1, minSamples: 3 };
const LARGE_FROM = 4e6;
/** Other data than Gaussian shows what differs by much. */
const ROUNDS_OF_OTHERS = 3;

function budgetFor(elements: number): Budget {
  return elements < LARGE_FROM ? SMALL_BUDGET : LARGE_BUDGET;
}

/** Name of a suite, for files. */
export function suiteName(elements: number, what: string): string {
  const size = elements < 1e6 ? `${elements}` : `${Math.round(elements / 1e6)}m`;
  return `codecs-${size}-${what}`;
}

function columnsFor(elements: number, ...others: Column[]): Column[] {
  return [
    { title: 'case', cell: ({ name }) => name },
    { title: 'ms', cell: milliseconds },
    { title: 'GB/s', cell: ({ median }) => figure((4 * elements) / median / 1e9) },
    { title: '× copy', cell: ratioCell('copy') },
    ...others,
  ];
}

/** One size and one kind of data. */
export async function runData(
  data: DataKind,
  choice: PartChoice,
  options: SuiteOptions,
): Promise<SuiteRecord> {
  const { elements, specs, backEnds, withMemory, python } = choice;
  const bench = new Bench(makeData(data, elements, SEED));
  const peer = python === undefined ? undefined : await Peer.start(python, elements, data);
  const hasTargets = elements === LARGE_ELEMENTS && data === USUAL;
  try {
    return await runSuite(
      {
        name: suiteName(elements, data),
        settings: { elements, data, seed: SEED, torch: peer?.version ?? null },
        cases: [
          ...(peer?.casesFor(specs) ?? []),
          ...codecCases(bench, { specs, backEnds, ...(peer && { peers: peer.nameOf }) }),
        ],
        columns: columnsFor(
          elements,
          { title: '× naive', cell: ratioCell('naive') },
          { title: '× torch', cell: ratioCell('torch') },
          { title: '× one thread', cell: ratioCell('one thread') },
          { title: 'bits', cell: factCell('bitsPerElement') },
          { title: 'error', cell: factCell('squaredError') },
          ...(withMemory ? [{ title: 'peak MB', cell: factCell('peakMegabytes') }] : []),
        ),
        ...(data === USUAL && { chart: chartOf }),
        budget: budgetFor(elements),
        ...(data !== USUAL && { rounds: ROUNDS_OF_OTHERS }),
        targets: hasTargets ? codecTargets() : [],
        ...(withMemory && {
          measure: async ({ name, facts }) => {
            // Another system's memory is not ours to measure.
            if (facts['does'] !== undefined) return {};
            const codecs = facts['codec'] === undefined ? [] : [String(facts['codec'])];
            const bytes = await peakBytes({ name, specs: codecs, backEnds, data, elements });
            return { peakMegabytes: bytes === null ? null : bytes / 1e6 };
          },
        }),
      },
      options,
    );
  } finally {
    await peer?.close();
    bench.close();
  }
}

/** Several kinds of data side by side. @throws where there are no SIMD kernels */
export async function runInputs(elements: number, options: SuiteOptions): Promise<SuiteRecord> {
  selectKernels('simd');
  const benches = new Map<InputKind, Bench>();
  const benchOf = (kind: InputKind): Bench => {
    const known = benches.get(kind);
    if (known) return known;
    const bench = new Bench(makeData(kind, elements, SEED));
    benches.set(kind, bench);
    return bench;
  };
  try {
    return await runSuite(
      {
        name: suiteName(elements, 'inputs'),
        settings: { elements, data: [...new Set(Object.values(INPUTS).flat())].join(), seed: SEED },
        cases: inputCases(benchOf),
        columns: columnsFor(elements, { title: `× ${USUAL}`, cell: ratioCell(USUAL) }),
        budget: budgetFor(elements),
        targets: elements === LARGE_ELEMENTS ? inputTargets() : [],
      },
      options,
    );
  } finally {
    for (const bench of benches.values()) bench.close();
  }
}

/** Speed of every case in place on one thread beside `memory.copy`. */
function chartOf({ environment, settings, rounds, cases }: SuiteRecord): BarChart {
  const bars = cases.flatMap(({ facts, ratios }) =>
    facts['place'] === 'in place' && facts['threads'] === 1 && ratios['copy']
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
    subtitle: `${environment.processor}, Node ${environment.node}, SIMD kernels in place, one thread; median of ${rounds} rounds`,
    label: 'speed ÷ speed of memory.copy',
    bars,
  };
}
