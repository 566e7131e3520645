/** Data ready for training: numeric targets, training and held-out rows, standardised batches. */
import { ArgumentRangeError } from '../../../proto/errors.ts';
import { DataError, UnknownNameError } from '../errors.ts';
import { stratifiedSplit } from './split.ts';
import type { Standardiser } from './standardise.ts';
import { fitStandardiser } from './standardise.ts';
import type { Table } from './table.ts';
import { assertSameColumns, elementsOf } from './table.ts';

/** What is predicted: one of several classes, or a number. */
export type ProblemKind = 'classification' | 'regression';

/** Some rows of a table, with numeric targets. */
export interface Samples {
  readonly features: Float32Array | Uint8Array;
  /** One a row of the table: the index of its class, or its standardised value. */
  readonly targets: Float32Array;
  /** The rows that belong to this set. */
  readonly rows: Uint32Array;
}

/** Training and held-out samples of one problem. */
export interface Dataset {
  readonly kind: ProblemKind;
  /** Of one sample: `[features]`, or `[height, width, channels]`. */
  readonly shape: readonly number[];
  /** Elements of one sample. */
  readonly width: number;
  /** Names of the classes; empty for regression. */
  readonly classes: readonly string[];
  readonly train: Samples;
  readonly test: Samples;
  readonly standardiser: Standardiser;
}

/** How tables become a dataset. */
export interface DatasetOptions {
  /** Default: classification unless the labels are numbers that look like measurements. */
  readonly kind?: ProblemKind;
  /** Held-out table; without it a stratified split of the first. */
  readonly test?: Table;
  /** Share of rows held out by the split. Default 0.2. */
  readonly testFraction?: number;
  readonly seed: number;
  /** Whether features are pixels, standardised per channel. Default: when the shape is an image. */
  readonly pixels?: boolean;
  /** Names for the classes `0`, `1`, … of the file. */
  readonly classNames?: readonly string[];
}

/**
 * Splits, standardises and turns labels into numbers.
 *
 * @throws DataError for labels that fit neither kind, and for a table without features
 * @throws UnknownNameError for a label in the held-out table that training never saw
 */
export function createDataset(table: Table, options: DatasetOptions): Dataset {
  const width = elementsOf(table.shape);
  if (width === 0)
    throw new DataError(table.locateLabel(0).path, 'has no feature column besides the label');
  const kind = options.kind ?? inferKind(table.labels);
  const classes = kind === 'classification' ? collectClasses(table, options.classNames) : [];
  const raw = kind === 'classification' ? encodeClasses(table, classes) : parseValues(table);
  const { train, test } = separate(table, kind === 'classification' ? raw : [], options);
  const testTable = options.test ?? table;
  const rawTest = !options.test
    ? raw
    : kind === 'classification'
      ? encodeClasses(options.test, classes)
      : parseValues(options.test);
  const target = kind === 'regression' ? fitTarget(raw, train) : undefined;
  const pixels = options.pixels ?? table.shape.length === 3;
  const period = pixels ? (table.shape.length === 3 ? table.shape[2]! : 1) : width;
  const toTargets = (values: Float64Array): Float32Array =>
    Float32Array.from(values, (value) => (target ? (value - target.mean) * target.scale : value));
  return {
    kind,
    shape: table.shape,
    width,
    classes: classes.map((name) => options.classNames?.[Number(name)] ?? name),
    train: { features: table.features, targets: toTargets(raw), rows: train },
    test: { features: testTable.features, targets: toTargets(rawTest), rows: test },
    standardiser: fitStandardiser(table.features, width, train, period),
  };
}

function separate(
  table: Table,
  classes: ArrayLike<number>,
  options: DatasetOptions,
): { train: Uint32Array; test: Uint32Array } {
  const all = (rows: number): Uint32Array => Uint32Array.from({ length: rows }, (_, row) => row);
  if (options.test) {
    const path = (of: Table): string => (of.labels.length > 0 ? of.locateLabel(0).path : 'data');
    assertSameColumns(table, path(table), options.test, path(options.test));
    return { train: all(table.rows), test: all(options.test.rows) };
  }
  const groups = classes.length > 0 ? classes : new Float64Array(table.rows);
  return stratifiedSplit(groups, options.testFraction ?? 0.2, options.seed);
}

const MOST_INTEGER_CLASSES = 100;

/** Text is a class; so are few distinct whole numbers that repeat; other numbers are measurements. */
function inferKind(labels: readonly string[]): ProblemKind {
  const distinct = new Set(labels);
  const whole = [...distinct].every((label) => label !== '' && Number.isInteger(Number(label)));
  if (whole)
    return distinct.size <= MOST_INTEGER_CLASSES && distinct.size * 2 <= labels.length
      ? 'classification'
      : 'regression';
  return [...distinct].every((label) => Number.isFinite(Number(label)))
    ? 'regression'
    : 'classification';
}

/** `3`, `3.0` and `3e0` are one class. */
function classKey(label: string): string {
  const value = Number(label);
  return label !== '' && Number.isFinite(value) ? String(value) : label;
}

/** Distinct classes, numbers before text, each in ascending order. */
function collectClasses(table: Table, classNames: readonly string[] | undefined): string[] {
  const classes = [...new Set(table.labels.map(classKey))].sort(compareClasses);
  if (classes.length < 2)
    throw new DataError(
      table.locateLabel(0).path,
      `a classifier needs at least two classes, all labels are ${JSON.stringify(classes[0])}`,
    );
  const unnamed = classNames && classes.find((key) => classNames[Number(key)] === undefined);
  if (unnamed !== undefined) {
    const { path, ...at } = table.locateLabel(table.labels.map(classKey).indexOf(unnamed));
    throw new DataError(path, `label ${JSON.stringify(unnamed)} has no class name`, at);
  }
  return classes;
}

function compareClasses(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  if (!Number.isNaN(difference)) return difference;
  const numbersFirst = Number(Number.isNaN(Number(a))) - Number(Number.isNaN(Number(b)));
  return numbersFirst || (a < b ? -1 : 1);
}

function encodeClasses(table: Table, classes: readonly string[]): Float64Array {
  const indices = new Map(classes.map((key, index) => [key, index]));
  return Float64Array.from(table.labels, (label, row) => {
    const index = indices.get(classKey(label));
    if (index !== undefined) return index;
    const { path, line, column, offset } = table.locateLabel(row);
    const where = line === undefined ? `byte ${offset}` : `line ${line}, column ${column}`;
    throw new UnknownNameError('label', label, classes, ` in ${path}, ${where}`);
  });
}

function parseValues(table: Table): Float64Array {
  return Float64Array.from(table.labels, (label, row) => {
    const value = Number(label);
    if (label !== '' && Number.isFinite(value)) return value;
    const { path, ...at } = table.locateLabel(row);
    throw new DataError(path, `${JSON.stringify(label)} is not a finite number; regression needs numbers as labels`, at);
  });
}

/** Mean and inverse deviation of the training targets. */
function fitTarget(values: Float64Array, rows: Uint32Array): { mean: number; scale: number } {
  let mean = 0;
  for (const row of rows) mean += values[row]! / rows.length;
  let variance = 0;
  for (const row of rows) variance += (values[row]! - mean) ** 2 / rows.length;
  if (variance === 0)
    throw new ArgumentRangeError(`all training targets are ${mean}: there is nothing to learn`);
  return { mean, scale: 1 / Math.sqrt(variance) };
}

/**
 * Copies a run of samples, standardised, into `features` (count × width) and `targets` (count).
 *
 * @param positions positions among `samples.rows`
 */
export function fillBatch(
  dataset: Dataset,
  samples: Samples,
  positions: ArrayLike<number>,
  features: Float32Array,
  targets: Float32Array,
): void {
  const { width, standardiser } = dataset;
  const { mean, scale } = standardiser;
  for (let i = 0; i < positions.length; i++) {
    const row = samples.rows[positions[i]!]!;
    const from = row * width;
    const to = i * width;
    for (let j = 0; j < width; j++)
      features[to + j] = (samples.features[from + j]! - mean[j]!) * scale[j]!;
    targets[i] = samples.targets[row]!;
  }
}
