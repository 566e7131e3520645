/** The columns of the results table, for the terminal and the page alike. */
import { average, statistic, type Results, type Statistic } from '../result/index.ts';
import {
  formatBytes,
  formatMeasured,
  formatNumber,
  formatPercent,
  formatRatio,
  formatSeconds,
  NOTHING,
} from './format.ts';
import type { Series } from './series.ts';

/** One column; heads are lower case and short enough for the terminal. */
export interface Column {
  /** Two lines; the columns to the target share their first line. */
  readonly head: readonly [string, string];
  /** What the column means, in full. */
  readonly meaning: string;
  readonly cell: (series: Series) => string;
}

/** Columns for these results: accuracy and target only where they apply. */
export function columnsFor(results: Results): Column[] {
  const hasTarget = results.runs.some((run) => run.target !== null);
  return [
    { head: ['', 'codec'], meaning: 'codec spec', cell: (series) => series.title },
    ...sizeColumns,
    lossColumn,
    ...(hasAccuracy(results) ? [accuracyColumn] : []),
    ...(hasTarget ? targetColumns : []),
  ];
}

/** Whether the task has an accuracy; regression has only a loss. */
export function hasAccuracy({ runs }: Results): boolean {
  return runs.some(
    (run) => run.finalAccuracy !== null || run.history.some(({ accuracy }) => accuracy !== null),
  );
}

/** The target that all runs shared: `accuracy 95.0 %`, `loss 0.3`; undefined without one. */
export function describeTarget(results: Results): string | undefined {
  const [target, ...others] = new Set(results.runs.flatMap((run) => run.target ?? []));
  if (target === undefined || others.length > 0) return undefined;
  return hasAccuracy(results)
    ? `accuracy ${formatPercent(target)}`
    : `loss ${formatNumber(target)}`;
}

const sizeColumns: readonly Column[] = [
  {
    head: ['bits /', 'element'],
    meaning: 'payload bits per gradient element, payload headers included; none needs 32',
    cell: ({ group }) => meanOf(average(group, 'bitsPerElement'), formatNumber),
  },
  {
    head: ['bytes', 'per step'],
    meaning: 'bytes one rank sent in one step, counted at the socket, mean over ranks',
    cell: ({ group }) => meanOf(average(group, 'wireBytesPerStep'), formatBytes),
  },
  {
    head: ['reduc-', 'tion'],
    meaning: "wire bytes of codec none ÷ this codec's",
    cell: ({ group }) => meanOf(average(group, 'wireReduction'), formatRatio),
  },
];

const lossColumn: Column = {
  head: ['', 'loss'],
  meaning: 'final loss on held-out samples, mean ± sample standard deviation over seeds',
  cell: ({ group }) => formatMeasured(average(group, 'finalLoss')),
};

const accuracyColumn: Column = {
  head: ['', 'accuracy %'],
  meaning: 'final accuracy on held-out samples, mean ± sample standard deviation over seeds',
  cell: ({ group }) =>
    formatMeasured(statistic(group.counted.map(({ finalAccuracy }) => percent(finalAccuracy))), 1),
};

const targetColumns: readonly Column[] = [
  {
    head: ['to target', 'steps'],
    meaning: 'steps until an evaluation first met the target, mean over the runs that did',
    cell: ({ group }) => meanOf(average(group, 'stepsToTarget'), (steps) => steps.toFixed(0)),
  },
  {
    head: ['to target', 'bytes'],
    meaning: 'bytes one rank had sent by then',
    cell: ({ group }) => meanOf(average(group, 'wireBytesToTarget'), formatBytes),
  },
  {
    head: ['to target', 'time'],
    meaning: 'time spent by then, evaluation excluded',
    cell: ({ group }) => meanOf(average(group, 'secondsToTarget'), formatSeconds),
  },
];

function percent(fraction: number | null): number | null {
  return fraction === null ? null : fraction * 100;
}

function meanOf(value: Statistic | null, format: (value: number) => string): string {
  return value === null ? NOTHING : format(value.mean);
}
