/** Results as a table for the terminal. */
import { stripVTControlCharacters, styleText } from 'node:util';
import CliTable from 'cli-table3';
import { average, type Results, type Run } from '../result/index.ts';
import { columnsFor, describeTarget, type Column } from './columns.ts';
import { count } from './format.ts';
import { toSeries, type Series } from './series.ts';
import { wrapSpec } from './wrap.ts';

/** How to render. */
export interface TableOptions {
  /** ANSI colours; off unless asked for. They only repeat what the text says. */
  readonly color?: boolean;
}

/** The widest line, and the gap between columns, in characters. */
const WIDTH = 100;
const GAP = 2;
/** The codec column is wrapped to fit, but not below this. */
const MIN_CODEC_WIDTH = 16;

/**
 * The table of all codecs, at most 100 characters wide: means over the complete runs, ± sample standard
 * deviation for loss and accuracy. Every run that failed or was interrupted has a line below.
 */
export function renderTable(results: Results, options: TableOptions = {}): string {
  const paint: Paint = options.color === true ? styled : (_, text) => text;
  const series = toSeries(results);
  return [...tableLines(results, series, paint), ...notes(results, series, paint), ''].join('\n');
}

type Style = 'bold' | 'dim' | 'red' | 'yellow';
type Paint = (style: Style, text: string) => string;

/** Whether the terminal takes colours is for the caller to know, so the stream is not asked. */
const styled: Paint = (style, text) => styleText(style, text, { validateStream: false });

function tableLines(results: Results, series: readonly Series[], paint: Paint): string[] {
  const columns = columnsFor(results);
  const rows = series.map((one) => columns.map((column) => compact(clean(column.cell(one)))));
  const widths = columnWidths(columns, rows);
  const table = new CliTable({
    colWidths: widths.map((width) => width + GAP),
    colAligns: columns.map((_, i) => (i === 0 ? 'left' : 'right')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
    chars: NO_BORDERS,
  });
  table.push(
    groupHeads(columns, paint),
    columns.map(({ head }) => paint('bold', head[1])),
  );
  for (const [codec = '', ...cells] of rows)
    table.push([wrapSpec(codec, widths[0] ?? MIN_CODEC_WIDTH).join('\n'), ...cells]);
  const lines = table.toString().split('\n').map(trimEnd);
  return [...lines.slice(0, 2), '─'.repeat(total(widths)), ...lines.slice(2)];
}

const NO_BORDERS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '' },
};

/** The first head line, in which neighbours with the same text share one cell. */
function groupHeads(columns: readonly Column[], paint: Paint): CliTable.Cell[] {
  const cells: { content: string; colSpan: number; hAlign: 'right' }[] = [];
  for (const { head } of columns) {
    const last = cells.at(-1);
    const content = paint('bold', head[0]);
    if (last !== undefined && head[0] !== '' && last.content === content) last.colSpan++;
    else cells.push({ content, colSpan: 1, hAlign: 'right' });
  }
  return cells;
}

/** As wide as their contents; the codecs get what is left of the line, if they need it. */
function columnWidths(columns: readonly Column[], rows: readonly string[][]): number[] {
  const natural = columns.map(({ head }, i) =>
    Math.max(head[1].length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const firstLines = columns.map(({ head }) => (head[0] === 'to target' ? 0 : head[0].length));
  const [codec = 0, ...others] = natural.map((width, i) => Math.max(width, firstLines[i] ?? 0));
  const room = WIDTH - total(others) - GAP;
  return [Math.min(codec, Math.max(MIN_CODEC_WIDTH, room)), ...others];
}

/** Width of columns and the gaps between them. */
function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1);
}

function notes(results: Results, series: readonly Series[], paint: Paint): string[] {
  const target = describeTarget(results);
  return [
    ...(target === undefined ? [] : [paint('dim', `target: ${target}`)]),
    ...series.flatMap((one) => reachedNote(one).map((note) => paint('dim', note))),
    ...results.runs
      .filter((run) => run.status !== 'complete')
      .flatMap((run) => trouble(run, paint)),
  ];
}

/** Says so when means to the target are over fewer runs than the row's other means. */
function reachedNote({ label, group }: Series): string[] {
  const reached = average(group, 'stepsToTarget')?.n ?? 0;
  if (reached === 0 || reached === group.counted.length) return [];
  return fold(
    `${clean(label)}: ${reached} of ${count(group.counted.length, 'run')} reached the target`,
  );
}

function trouble(run: Run, paint: Paint): string[] {
  const isFailed = run.status === 'failed';
  const mark = isFailed ? '✗' : '!';
  const reason = run.error === null ? '' : `: ${run.error.message} [${run.error.code}]`;
  const text = `${mark} ${run.codec}, seed ${run.seed}: ${run.status} after ${count(run.steps, 'step')}${reason}`;
  return fold(clean(text)).map((line) => paint(isFailed ? 'red' : 'yellow', line));
}

/** Lines of a note, continued ones indented. */
function fold(text: string): string[] {
  const [first = '', ...others] = wrapSpec(text, WIDTH - 2);
  return [first, ...others.map((line) => `  ${line}`)];
}

/** Codec specs and error messages may hold anything; the terminal must not act on it. */
function clean(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}+/gu, ' ');
}

/** Columns are few and precious. */
function compact(cell: string): string {
  return cell.replace(' ± ', '±');
}

function trimEnd(line: string): string {
  return line.trimEnd();
}
