/** The data sets that ship with the package, in `data/` beside its package.json. See data/README.md. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError } from '../errors.ts';
import { readCsv } from './csv.ts';
import type { DatasetOptions } from './dataset.ts';
import { readDataFile } from './file.ts';
import type { Table } from './table.ts';

/** A table with what its file does not say. */
export interface BuiltinData {
  readonly table: Table;
  readonly options: Pick<DatasetOptions, 'pixels' | 'classNames'>;
}

/** 8×8 images of handwritten digits, ten classes. */
export async function readDigits(): Promise<BuiltinData> {
  const table = readCsv(await readDataFile(builtinPath('digits.csv.gz')), { header: false });
  return { table: { ...table, shape: [8, 8, 1] }, options: { pixels: true } };
}

/** 30 measurements of cell nuclei; malignant or benign. The first line names the classes. */
export async function readBreastCancer(): Promise<BuiltinData> {
  const file = await readDataFile(builtinPath('breast_cancer.csv'));
  const end = file.bytes.indexOf('\n'.charCodeAt(0));
  const [, , ...classNames] = new TextDecoder().decode(file.bytes.subarray(0, end)).trim().split(',');
  return { table: readCsv(file, { header: false, skipLines: 1 }), options: { classNames } };
}

/** Ten measurements of diabetics; the progression of the disease after a year, in a file of its own. */
export async function readDiabetes(): Promise<BuiltinData> {
  const features = readCsv(await readDataFile(builtinPath('diabetes_data_raw.csv.gz')), {
    header: false,
    label: null,
  });
  const target = readCsv(await readDataFile(builtinPath('diabetes_target.csv.gz')), {
    header: false,
  });
  const { labels, locateLabel } = target;
  return { table: { ...features, labels, locateLabel }, options: {} };
}

/**
 * Sources and compiled files lie at different depths below the package root, so it is searched for
 * upwards.
 *
 * @throws DataError when the package was installed without its data
 */
export function builtinPath(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder)
    folder = dirname(folder);
  const path = join(folder, 'data', name);
  if (!existsSync(path)) throw new DataError(path, 'the built-in data set is missing');
  return path;
}
