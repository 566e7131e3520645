/** Checks, times, compares, prints and keeps a suite. */
import { drawBars, type BarChart } from './chart.ts';
import { checkAll, selectCases, type BenchCase, type Facts } from './case.ts';
import { describeEnvironment, load } from './environment.ts';
import type { SuiteOptions } from './options.ts';
import { speedRatio, spreadOf, type Spread } from './ratio.ts';
import { keepRecord, RECORD_VERSION, type CaseRecord, type SuiteRecord } from './record.ts';
import { NORMAL, QUICK, runRounds, type Budget, type Timings } from './rounds.ts';
import { figure, formatTable } from './table.ts';
import { boundsText, judge, type Target } from './target.ts';

/** A column of the printed table. */
export interface Column {
  readonly title: string;
  readonly cell: (one: CaseRecord) => string;
}

/** What a suite brings along. */
export interface Suite {
  /** Name with what distinguishes this run, for file names. */
  readonly name: string;
  readonly settings: Facts;
  readonly cases: readonly BenchCase[];
  readonly columns: readonly Column[];
  readonly targets?: readonly Target[];
  /** How long a case is timed in one round; `--quick` has its own. */
  readonly budget?: Budget;
  /** How often, unless `--rounds` or `--quick` say; default 5. */
  readonly rounds?: number;
  /** What to draw of the record, when it is kept. */
  readonly chart?: (record: SuiteRecord) => BarChart;
  /** Further figures of a case, found after the timing so that they cannot disturb it. */
  readonly measure?: (one: BenchCase) => Promise<Facts>;
}

const DEFAULT_ROUNDS = 5;

/** `--filter` leaves nothing to run. */
export class NoCaseError extends Error {
  constructor(filter: RegExp | undefined) {
    super(`no case matches ${String(filter)}`);
    this.name = 'NoCaseError';
  }
}

/** Runs a suite to its end. @throws CheckError, NoCaseError */
export async function runSuite(suite: Suite, options: SuiteOptions): Promise<SuiteRecord> {
  const environment = describeEnvironment();
  const cases = selectCases(suite.cases, options.filter);
  if (cases.length === 0) throw new NoCaseError(options.filter);
  const progress = progressLine();
  progress('checking');
  const facts = await checkAll(cases);
  const rounds = options.quick ? 1 : (options.rounds ?? suite.rounds ?? DEFAULT_ROUNDS);
  const timings = await runRounds(
    cases,
    rounds,
    options.quick ? QUICK : (suite.budget ?? NORMAL),
    (done, total, name) => progress(`${done + 1} of ${total}: ${name}`),
  );
  for (const one of suite.measure ? cases : []) {
    progress(`measuring ${one.name}`);
    facts.set(one.name, { ...facts.get(one.name), ...(await suite.measure?.(one)) });
  }
  progress('');
  const results = cases.map((one) => toRecord(one, facts.get(one.name) ?? {}, timings));
  const record: SuiteRecord = {
    formatVersion: RECORD_VERSION,
    suite: suite.name,
    environment: { ...environment, loadAfter: load() },
    settings: suite.settings,
    rounds,
    cases: results,
    targets: options.quick ? [] : judge(suite.targets ?? [], results),
  };
  process.stdout.write(options.json ? `${JSON.stringify(record)}\n` : render(suite, record));
  if (options.record) {
    const chart = suite.chart && drawBars(suite.chart(record));
    process.stderr.write(`recorded in ${keepRecord(record, chart)}.json\n`);
  }
  return record;
}

function toRecord(one: BenchCase, facts: Facts, timings: Timings): CaseRecord {
  const seconds = timings.get(one.name)!;
  const ratios = Object.entries(one.references).map(([title, name]) => [
    title,
    speedRatio(seconds, timings.get(name)!),
  ]);
  return {
    name: one.name,
    facts,
    seconds,
    median: spreadOf(seconds).median,
    ratios: Object.fromEntries(ratios) as Record<string, Spread>,
  };
}

function render(suite: Suite, record: SuiteRecord): string {
  const { environment: at, rounds } = record;
  const rows = record.cases.map((one) => suite.columns.map(({ cell }) => cell(one)));
  const settings = Object.entries(record.settings).map(([name, value]) => `${name} ${value}`);
  return [
    '',
    `${suite.name}: ${settings.join(', ')}; ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`,
    `${at.processor} × ${at.processors}, ${at.system}, Node ${at.node}, commit ${at.commit}`,
    `load ${at.loadBefore} before, ${at.loadAfter} after; a load above 1 disturbs the figures`,
    '',
    formatTable(
      suite.columns.map(({ title }) => title),
      rows,
    ),
    ...(record.targets.length > 0 ? ['', targetTable(record)] : []),
    '',
  ].join('\n');
}

function targetTable({ targets }: SuiteRecord): string {
  const rows = targets.map((target) => [
    target.name,
    'fact' in target.figure ? target.figure.fact : `speed ÷ ${target.figure.speedBeside}`,
    boundsText(target),
    target.measured === null ? 'nothing' : figure(target.measured),
    target.isMet ? 'met' : 'missed',
  ]);
  return formatTable(['target', 'figure', 'asked', 'measured', ''], rows);
}

/** A line on the terminal that is written over; nothing where there is no terminal. */
function progressLine(): (text: string) => void {
  const { stderr } = process;
  if (!stderr.isTTY) return () => undefined;
  return (text) => void stderr.write(`\r\u001B[K${text}`);
}

/** A ratio as `median (min–max)`, the range only over several rounds; nothing where there is none. */
export function ratioCell(title: string): (one: CaseRecord) => string {
  return ({ ratios }) => {
    const spread = ratios[title];
    if (!spread) return '';
    const { median, min, max } = spread;
    return min === max ? figure(median) : `${figure(median)} (${figure(min)}–${figure(max)})`;
  };
}

/** A fact as it is, figures rounded. */
export function factCell(name: string): (one: CaseRecord) => string {
  return ({ facts }) => {
    const value = facts[name] ?? null;
    if (value === null) return '';
    return typeof value === 'number' ? figure(value) : value;
  };
}

/** Median time of one operation in milliseconds. */
export function milliseconds({ median }: CaseRecord): string {
  return figure(median * 1e3);
}
