/** What a suite found, as data: printed with `--json`, kept with `--record`. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Facts } from './case.ts';
import { machineLabel, type Environment } from './environment.ts';
import type { Spread } from './ratio.ts';
import type { TargetResult } from './target.ts';

/** One case. */
export interface CaseRecord {
  readonly name: string;
  readonly facts: Facts;
  /** Seconds of one operation in each round: the median of the round's samples. */
  readonly seconds: readonly number[];
  readonly median: number;
  /** Times as fast as each reference, over rounds. */
  readonly ratios: Readonly<Record<string, Spread>>;
}

/** A whole suite. */
export interface SuiteRecord {
  readonly formatVersion: typeof RECORD_VERSION;
  /** Name of the suite with what distinguishes this run, such as `codecs-1m-gaussian`. */
  readonly suite: string;
  readonly environment: Environment & { readonly loadAfter: number };
  /** Sizes, data, seeds, and versions of other systems that were measured too. */
  readonly settings: Facts;
  readonly rounds: number;
  readonly cases: readonly CaseRecord[];
  readonly targets: readonly TargetResult[];
}

/** 2: other systems are cases, timed within the rounds; targets have bounds on either side. */
export const RECORD_VERSION = 2;

/** Where records are kept. */
export const RECORD_FOLDER: string = fileURLToPath(new URL('../record/', import.meta.url));

/**
 * Writes <date>-<machine>-<suite>.json, and the chart beside it as .svg.
 * @param folder default bench/record
 * @returns the path without its ending
 */
export function keepRecord(
  record: SuiteRecord,
  chart?: string,
  folder: string = RECORD_FOLDER,
): string {
  const date = record.environment.startedAt.slice(0, 10);
  const path = join(folder, `${date}-${machineLabel()}-${record.suite}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${path}.json`, serialise(record));
  if (chart !== undefined) writeFileSync(`${path}.svg`, chart);
  return path;
}

/** A line a field, and a line a case or target. */
function serialise(record: SuiteRecord): string {
  const fields = Object.entries(record).map(([name, value]: [string, unknown]) => {
    const text = Array.isArray(value)
      ? `[${value.map((item) => `\n    ${JSON.stringify(item, rounded)}`).join()}\n  ]`
      : JSON.stringify(value, rounded);
    return `  ${JSON.stringify(name)}: ${text}`;
  });
  return `{\n${fields.join(',\n')}\n}\n`;
}

/** A record, and the name of its file without its ending. */
export interface KeptRecord {
  readonly name: string;
  readonly record: SuiteRecord;
}

/** The newest record of every suite, of this version of the format. */
export function newestRecords(folder: string = RECORD_FOLDER): KeptRecord[] {
  const kept = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({
      name: file.slice(0, -'.json'.length),
      record: JSON.parse(readFileSync(join(folder, file), 'utf8')) as SuiteRecord,
    }))
    .filter(({ record }) => record.formatVersion === RECORD_VERSION)
    .toSorted((a, b) => (a.record.environment.startedAt < b.record.environment.startedAt ? -1 : 1));
  return [...new Map(kept.map((one) => [one.record.suite, one])).values()];
}

/** Four digits say all there is to say. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value)
    ? Number(value.toPrecision(4))
    : value;
}
