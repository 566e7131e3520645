/** `npm run bench:codecs`: how fast codecs encode and decode, against copies, the naive loop and PyTorch. */
import { dataKinds, type DataKind } from '../support/data.ts';
import { describeEnvironment } from '../support/environment.ts';
import {
  integer,
  oneOf,
  repeated,
  repeatedOf,
  suiteCommand,
  type SuiteOptions,
} from '../support/options.ts';
import { NoCaseError } from '../support/suite.ts';
import { DEFAULT_SPECS } from './cases.ts';
import { USUAL } from './input-cases.ts';
import type { BackEnd } from './names.ts';
import { runData, runInputs, type PartChoice } from './parts.ts';
import { pythonWithTorch } from './peers.ts';
import { LARGE_ELEMENTS } from './targets.ts';

interface CodecsOptions extends SuiteOptions {
  readonly all?: true;
  readonly codec?: string[];
  readonly data?: DataKind[];
  readonly elements?: number[];
  readonly large?: true;
  readonly inputs?: true;
  readonly kernels?: BackEnd;
  readonly memory?: true;
  readonly peers?: true;
}

const ELEMENTS = 1_024_000;
const QUICK_ELEMENTS = 20_000;

/** What is run, one after the other. */
type Part = () => Promise<unknown>;

function sizesOf({ all, elements, large, quick }: CodecsOptions): number[] {
  if (elements) return elements;
  if (quick) return [QUICK_ELEMENTS];
  // What has targets comes first, before other data have shaped the compiled code.
  if (all) return [LARGE_ELEMENTS, ELEMENTS];
  return [large ? LARGE_ELEMENTS : ELEMENTS];
}

function kindsOf({ all, data }: CodecsOptions): DataKind[] {
  if (data) return data;
  return all ? [...dataKinds] : [USUAL];
}

/** One back end where time is short: beyond a million elements, and on other data of the whole matrix. */
function backEndsFor(options: CodecsOptions, elements: number, data: DataKind): BackEnd[] {
  const [best, ...others] = describeEnvironment().kernels as readonly BackEnd[];
  if (options.kernels) return [options.kernels];
  const isShort = elements <= ELEMENTS && !(options.all && data !== USUAL);
  return [best!, ...(isShort ? others : [])];
}

/** A process for each case takes time: of the whole matrix, only the part with targets for memory has it. */
function hasMemory(options: CodecsOptions, elements: number, data: DataKind): boolean {
  if (options.memory) return true;
  if (!options.record) return false;
  return !options.all || (elements === LARGE_ELEMENTS && data === USUAL);
}

function partsOf(options: CodecsOptions): Part[] {
  const python = options.peers ? pythonWithTorch() : undefined;
  if (options.peers && python === undefined)
    process.stderr.write('peers: no python3 with torch was found\n');
  const sizes = sizesOf(options);
  const choice = (elements: number, data: DataKind): PartChoice => ({
    elements,
    specs: options.codec ?? DEFAULT_SPECS,
    backEnds: backEndsFor(options, elements, data),
    withMemory: hasMemory(options, elements, data),
    ...(python !== undefined && { python }),
  });
  const matrix = sizes.flatMap((elements) =>
    kindsOf(options).map((data) => () => runData(data, choice(elements, data), options)),
  );
  const inputs = [() => runInputs(Math.max(...sizes), options)];
  if (options.all) return [...matrix, ...inputs];
  return options.inputs ? inputs : matrix;
}

/** Runs the parts; those in which nothing matches the filter are passed over, unless that is all of them. */
async function run(options: CodecsOptions): Promise<void> {
  let error: NoCaseError | undefined;
  let done = 0;
  for (const part of partsOf(options)) {
    try {
      await part();
      done++;
    } catch (cause) {
      if (!(cause instanceof NoCaseError)) throw cause;
      error = cause;
    }
  }
  if (done === 0 && error) throw error;
}

await suiteCommand('codecs', 'Times codecs against copies in memory, the naive loop and PyTorch.')
  .option('--all', 'the whole matrix: 1 and 25 million elements, all data, and --inputs')
  .option('--codec <spec>', 'codec to time; repeat it (default: all kinds)', repeated)
  .option(
    '--data <kind>',
    `${dataKinds.join(', ')}; repeat it (default: gaussian)`,
    repeatedOf(oneOf(...dataKinds)),
  )
  .option(
    '--elements <integer>',
    'length of the gradient; repeat it (default: a million)',
    repeatedOf(integer),
  )
  .option('--large', '25 million elements')
  .option('--inputs', 'kinds of data side by side instead: denormals, and what is hard for topk')
  .option(
    '--kernels <name>',
    'simd or reference (default: both, or the best where that takes long)',
    oneOf('simd', 'reference'),
  )
  .option('--memory', 'measure the peak memory of each case too (with --record by default)')
  .option('--peers', 'time the same work in PyTorch too, if a python3 has it')
  .action(run)
  .parseAsync();
