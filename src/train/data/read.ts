/** One table from any of the accepted files: delimited text, IDX pairs, CIFAR-10 binaries; each may be gzip. */
import { ArgumentRangeError } from '../../../proto/errors.ts';
import { DataError } from '../errors.ts';
import { isCifar, isIdx, joinIdx, readCifar, readIdx } from './binary.ts';
import type { CsvOptions } from './csv.ts';
import { readCsv } from './csv.ts';
import type { DataFile } from './file.ts';
import { readDataFile } from './file.ts';
import type { Table } from './table.ts';
import { stackTables } from './table.ts';

/**
 * Reads files of one format. Several text files or CIFAR-10 batches are put below one another; IDX files
 * come as pairs of images and labels, in either order.
 *
 * @throws DataError when a file is missing, malformed, or of another format than the first
 * @throws ArgumentRangeError when no file is named, or a label column is asked of a binary format
 */
export async function readTable(paths: readonly string[], options: CsvOptions = {}): Promise<Table> {
  if (paths.length === 0) throw new ArgumentRangeError('"data" must name at least one file');
  const files = await Promise.all(paths.map(readDataFile));
  const formats = files.map(formatOf);
  const other = formats.findIndex((format) => format !== formats[0]);
  if (other > 0)
    throw new DataError(paths[other]!, `is ${formats[other]}, but ${paths[0]} is ${formats[0]}`);
  if (formats[0] !== 'text' && options.label != null)
    throw new ArgumentRangeError(`"label" names a column of a text file, but ${paths[0]} is ${formats[0]}`);
  if (formats[0] === 'IDX') return stackIdxPairs(files);
  const tables = files.map((file) => (formats[0] === 'text' ? readCsv(file, options) : readCifar(file)));
  return stackTables(tables, paths);
}

type Format = 'text' | 'IDX' | 'CIFAR-10';

function formatOf(file: DataFile): Format {
  if (isIdx(file)) return 'IDX';
  if (isCifar(file)) return 'CIFAR-10';
  const zero = file.bytes.subarray(0, 4096).indexOf(0);
  if (zero < 0) return 'text';
  throw new DataError(
    file.path,
    'is not a known format; allowed: CSV or other delimited text, IDX (MNIST family), ' +
      'CIFAR-10 binary (.bin), each also as gzip',
    { offset: zero },
  );
}

function stackIdxPairs(files: readonly DataFile[]): Table {
  const arrays = files.map(readIdx);
  const labels = arrays.filter(({ shape }) => shape.length === 1);
  const images = arrays.filter(({ shape }) => shape.length > 1);
  if (labels.length !== images.length)
    throw new DataError(
      files[0]!.path,
      `IDX files come in pairs of images and labels, got ${images.length} with images and ${labels.length} with labels`,
    );
  const tables = images.map((array, i) => joinIdx(array, labels[i]!));
  return stackTables(
    tables,
    images.map(({ path }) => path),
  );
}
