/** `gradwire trace`: what ranks did when, from the parts they have left. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { systemError } from '../files/errors.ts';
import { readTrace } from '../trace/files.ts';
import { summarise, type RankSummary } from '../trace/summary.ts';
import type { Cli, CommandDefinition } from './command.ts';
import { figure, table } from './format.ts';
import { write } from './io.ts';

/** Parsed options. */
interface TraceOptions {
  readonly out: string;
}

const NOTES = `
With GRADWIRE_TRACE set to a folder every rank records when it computed, encoded, decoded and updated, which operations were under
way and when messages came, and leaves it there when it ends in order. This command makes one file of it, for
ui.perfetto.dev or chrome://tracing, and prints the sums: for each rank, milliseconds in which it did something of each kind,
and how much of the time in operations it was busy with something else.

Examples:
  $ GRADWIRE_TRACE=traces gradwire train --codec qsgd:levels=7 --steps 50 && gradwire trace traces
  $ gradwire trace traces -o trace.json`;

function textOf(summaries: readonly RankSummary[]): string {
  const categories = [...new Set(summaries.flatMap(({ busy }) => Object.keys(busy)))].toSorted();
  const share = ({ communicating, hidden }: RankSummary): string =>
    communicating === 0 ? '-' : `${figure((100 * hidden) / communicating)} %`;
  const rows = summaries.map((summary) => [
    String(summary.rank),
    ...categories.map((category) => figure(summary.busy[category] ?? 0)),
    share(summary),
  ]);
  return `${table([['rank, ms', ...categories, 'overlapped'], ...rows])}\n`;
}

async function run(folder: string, { out }: TraceOptions, { io, log }: Cli): Promise<void> {
  const { events, dropped } = await readTrace(folder);
  await writeFile(out, JSON.stringify({ traceEvents: events, displayTimeUnit: 'ms' })).catch(
    (cause: unknown) => {
      throw systemError('GRADWIRE_FILE_WRITE', out, cause);
    },
  );
  if (dropped > 0) log.warn(`${dropped} spans were too many and are missing; trace fewer steps`);
  log.info(`trace: ${out}, for https://ui.perfetto.dev or chrome://tracing`);
  await write(io.stdout, textOf(summarise(events)));
}

function define(command: Command, cli: Cli): void {
  command
    .summary('put a trace together')
    .description('Makes one trace of what the ranks have left in a folder.')
    .argument('<folder>', 'the folder GRADWIRE_TRACE named')
    .option('-o, --out <file>', 'where it goes', 'trace.json')
    .addHelpText('after', NOTES)
    .action((folder: string, options: TraceOptions) => run(folder, options, cli));
}

export const traceCommand: CommandDefinition = { name: 'trace', define };
