/** What every reader of data files produces, before labels become numbers and rows are split. */
import type { DataPosition } from '../errors.ts';
import { DataError } from '../errors.ts';

/** Rows of features with one label each, as read. */
export interface Table {
  readonly rows: number;
  /** Of one row: `[columns]`, or `[height, width, channels]` of an image. */
  readonly shape: readonly number[];
  /** rows × product(shape) values, row after row. Bytes stay bytes, to keep images small. */
  readonly features: Float32Array | Uint8Array;
  /** One a row; empty when the file has no label column. */
  readonly labels: readonly string[];
  /** Names of the feature columns, where the file has a header. */
  readonly names?: readonly string[];
  /** Where the label of a row stands, for error messages. */
  locateLabel(row: number): { readonly path: string } & DataPosition;
}

/** Number of elements of a shape. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/**
 * Puts tables of the same shape below one another.
 *
 * @param tables at least one
 * @throws DataError naming the first file whose rows have another shape
 */
export function stackTables(tables: readonly Table[], paths: readonly string[]): Table {
  const first = tables[0]!;
  if (tables.length === 1) return first;
  tables.forEach((table, i) => {
    assertSameColumns(first, paths[0]!, table, paths[i]!);
  });
  const width = elementsOf(first.shape);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const Features = tables.every(({ features }) => features instanceof Uint8Array)
    ? Uint8Array
    : Float32Array;
  const features = new Features(rows * width);
  const starts: number[] = [];
  let start = 0;
  for (const table of tables) {
    features.set(table.features, start * width);
    starts.push(start);
    start += table.rows;
  }
  return {
    ...first,
    rows,
    features,
    labels: tables.flatMap(({ labels }) => labels),
    locateLabel(row) {
      const part = starts.findLastIndex((begin) => begin <= row);
      return tables[part]!.locateLabel(row - starts[part]!);
    },
  };
}

/** @throws DataError when `other` has other columns than `first`: their number, or their names */
export function assertSameColumns(
  first: Table,
  firstPath: string,
  other: Table,
  otherPath: string,
): void {
  if (first.shape.join() !== other.shape.join())
    throw new DataError(
      otherPath,
      `a row has the shape [${other.shape.join(', ')}], but [${first.shape.join(', ')}] in ${firstPath}`,
    );
  if (!first.names || !other.names) return;
  const column = first.names.findIndex((name, i) => name !== other.names![i]);
  if (column >= 0)
    throw new DataError(
      otherPath,
      `feature ${column + 1} is called ${JSON.stringify(other.names[column])}, ` +
        `but ${JSON.stringify(first.names[column])} in ${firstPath}`,
      { line: 1 },
    );
}
