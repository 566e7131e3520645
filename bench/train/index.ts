/**
 * `npm run bench:train`: optimiser steps a second of the digits task, on several processes that exchange
 * gradients over TCP, with each codec.
 */
import { parseCodec } from '../../codecs/index.ts';
import { ensure, type BenchCase, type Facts } from '../support/case.ts';
import { Crew } from '../support/crew.ts';
import { integer, repeated, suiteCommand, type SuiteOptions } from '../support/options.ts';
import { spreadOf } from '../support/ratio.ts';
import { factCell, milliseconds, ratioCell, runSuite, type Column } from '../support/suite.ts';
import { figure } from '../support/table.ts';
import type { TrainAnswer, TrainRequest } from './rank-main.ts';

interface TrainBenchOptions extends SuiteOptions {
  readonly codec?: string[];
  readonly ranks: number;
}

type TrainCrew = Crew<TrainRequest, TrainAnswer>;

/** What `gradwire compare` takes. */
const DEFAULT_SPECS: readonly string[] = [
  'none',
  'bf16',
  'qsgd:levels=7',
  'terngrad',
  'topk:density=0.01+ef',
  'topk:density=0.01',
  'randomk:density=0.1',
];

const REFERENCE = 'none';
/** Enough that the loss has fallen, and that the two evaluations of a call, and asking for it, are a few hundredths of the time. */
const STEPS = 100;
const QUICK_STEPS = 40;

const COLUMNS: readonly Column[] = [
  { title: 'codec', cell: factCell('codec') },
  { title: 'steps/s', cell: ({ median }) => figure(1 / median) },
  { title: 'ms a step', cell: milliseconds },
  { title: '× none', cell: ratioCell('none') },
  { title: 'kB sent a step', cell: ({ facts }) => figure(Number(facts['wireBytesPerStep']) / 1e3) },
  { title: 'compute', cell: factCell('computeMilliseconds') },
  { title: 'exchange', cell: factCell('exchangeMilliseconds') },
  { title: 'loss', cell: factCell('loss') },
];

/** @param answered collects what the ranks answer, by codec */
function trainCase(
  crew: TrainCrew,
  codec: string,
  steps: number,
  answered: Map<string, TrainAnswer[][]>,
): BenchCase {
  return {
    name: codec,
    facts: { codec },
    references: { none: REFERENCE },
    operations: steps,
    async check() {
      const answers = await crew.ask({ codec, steps });
      const [{ modelHash, losses }] = answers as [TrainAnswer];
      ensure(
        answers.every((one) => one.modelHash === modelHash),
        'ranks have different models',
      );
      const [first, last] = losses ?? [Number.NaN, Number.NaN];
      ensure(last < first / 2, `the loss only went from ${first} to ${last}`);
      return { ...factsOf(answers), loss: last };
    },
    async run() {
      answered.set(codec, [...(answered.get(codec) ?? []), await crew.ask({ codec, steps })]);
    },
  };
}

/** Medians over all timed calls of the mean milliseconds a rank spends in each stage of a step. */
function stagesOf(calls: readonly (readonly TrainAnswer[])[]): Facts {
  const median = (stage: 'compute' | 'exchange'): number =>
    spreadOf(calls.map((answers) => meanOf(answers, (one) => one[stage]))).median;
  return { computeMilliseconds: median('compute'), exchangeMilliseconds: median('exchange') };
}

function meanOf(answers: readonly TrainAnswer[], value: (one: TrainAnswer) => number): number {
  return answers.reduce((sum, one) => sum + value(one), 0) / answers.length;
}

function factsOf(answers: readonly TrainAnswer[]): Facts {
  return {
    backend: answers[0]!.backend,
    parameters: answers[0]!.parameters,
    wireBytesPerStep: meanOf(answers, (one) => one.wireBytesPerStep),
  };
}

async function run(options: TrainBenchOptions): Promise<void> {
  const { quick, ranks, codec: specs = DEFAULT_SPECS } = options;
  const others = specs.map((spec) => parseCodec(spec).spec).filter((spec) => spec !== REFERENCE);
  const steps = quick ? QUICK_STEPS : STEPS;
  const module = new URL('./rank-main.ts', import.meta.url);
  const crew = await Crew.start<TrainRequest, TrainAnswer>(module, ranks);
  try {
    const answered = new Map<string, TrainAnswer[][]>();
    const cases = [REFERENCE, ...others].map((spec) => trainCase(crew, spec, steps, answered));
    await runSuite(
      {
        name: 'train',
        settings: { task: 'digits', ranks, steps, seed: 1 },
        cases,
        columns: COLUMNS,
        measure: async ({ name }) => stagesOf(answered.get(name) ?? []),
      },
      options,
    );
  } finally {
    await crew.close();
  }
}

await suiteCommand('train', 'Times training steps of the digits task with each codec.')
  .option('--codec <spec>', 'codec to train with; repeat it (default: seven)', repeated)
  .option('--ranks <integer>', 'processes that train together', integer, 4)
  .action(run)
  .parseAsync();
