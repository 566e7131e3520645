import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArgumentRangeError } from '../../proto/errors.ts';
import { builtinPath } from '../../src/train/data/builtin.ts';
import { readCsv } from '../../src/train/data/csv.ts';
import type { CsvOptions } from '../../src/train/data/csv.ts';
import type { Table } from '../../src/train/data/table.ts';
import { readTable } from '../../src/train/data/read.ts';
import { DataError, UnknownNameError, loadProblem } from '../../src/train/index.ts';
import type { ProblemOptions } from '../../src/train/index.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradwire-data-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function file(content: string | Uint8Array, name = 'data.csv'): Promise<string> {
  const path = join(folder, `${files++}-${name}`);
  await writeFile(path, content);
  return path;
}

const csv = (text: string, options?: CsvOptions): Table =>
  readCsv({ path: 'f.csv', bytes: new TextEncoder().encode(text) }, options);

async function failure(work: Promise<unknown> | (() => unknown)): Promise<unknown> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** 40 rows, two classes that a line separates, in every shape of file. */
const flowers = Array.from({ length: 40 }, (_, i) => [
  i / 10,
  (i % 7) - 3,
  i < 20 ? 'rose' : 'iris',
]);

describe('delimited text', () => {
  it.each([
    ['commas', '1,2,a\n3,4,b\n'],
    ['semicolons', '1;2;a\n3;4;b\n'],
    ['tabs', '1\t2\ta\n3\t4\tb\n'],
    ['blanks', '1  2 a\n 3 4   b \n'],
    ['no final line end', '1,2,a\n3,4,b'],
    ['CRLF and empty lines', '1,2,a\r\n\r\n3,4,b\r\n'],
    ['a byte order mark', '\ufeff1,2,a\n3,4,b\n'],
    ['quotes', '"1",2,"a"\n3,"4",b\n'],
  ])('reads %s', (_, text) => {
    const table = csv(text);
    expect([...table.features]).toEqual([1, 2, 3, 4]);
    expect(table.labels).toEqual(['a', 'b']);
    expect(table).toMatchObject({ rows: 2, shape: [2] });
  });

  it('detects a header by a column that is text above a number', () => {
    expect(csv('x,y,kind\n1,2,a\n3,4,b\n')).toMatchObject({ rows: 2, names: ['x', 'y'] });
    expect(csv('1,2,a\n3,4,b\n').names).toBeUndefined();
    expect(csv('5.1,setosa\n4.9,setosa\n').rows).toBe(2);
    expect(csv('0,1,2\n5,6,7\n', { header: true })).toMatchObject({ rows: 1, names: ['0', '1'] });
    expect(() => csv('x,y\n1,2\n', { header: false })).toThrow(/line 1, column 1: "x"/);
  });

  it('finds the label by name, by number from 1, or from the end', () => {
    const text = 'x,kind,y\n1,a,2\n3,b,4\n';
    for (const label of ['kind', '2', 2, -2, '-2'])
      expect(csv(text, { label })).toMatchObject({ labels: ['a', 'b'], names: ['x', 'y'] });
    expect(csv('x,y\n1,2\n').labels).toEqual(['2']);
    expect(csv('x,y\n1,2\n', { label: null })).toMatchObject({ labels: [], shape: [2] });
  });

  it('lists the columns when there is no such label', () => {
    const error = (() => {
      try {
        csv('length,width,species\n1,2,a\n', { label: 'specie' });
      } catch (caught) {
        return caught as UnknownNameError;
      }
      throw new Error('nothing was thrown');
    })();
    expect(error).toBeInstanceOf(UnknownNameError);
    expect(error.code).toBe('GRADWIRE_UNKNOWN_LABEL');
    expect(error.message).toMatch(
      /"specie" in f\.csv.*length, width, species.*did you mean "species"/,
    );
    for (const label of [0, 4, -4, 1.5])
      expect(() => csv('1,2,3\n4,5,6\n', { label })).toThrow(UnknownNameError);
  });

  it.each<[string, string, number, number | undefined, RegExp]>([
    ['a short row', '1,2,a\n3,4,b\n5,c\n', 3, 3, /has 2 columns, the first one has 3/],
    ['a long row', '1,2,a\n3,4,b,9\n', 2, 4, /has 4 columns/],
    ['text among numbers', 'x,y,k\n1,2,a\n3,four,b\n', 3, 2, /"four" is not a finite.*"y"/],
    ['a missing value', '1,2,a\n3,,b\n', 2, 2, /a value is missing/],
    ['not a number', '1,2,a\n1,NaN,b\n', 2, 2, /"NaN" is not a finite number/],
    ['too large for a float', '1,2,a\n1e39,2,b\n', 2, 1, /"1e39" is not a finite/],
    ['a missing label', '1,2,a\n3,4,\n', 2, 3, /label is missing/],
    ['after empty lines', '1,2,a\n\n\n3,x,b\n', 4, 2, /"x"/],
    ['an open quote', '1,2,a\n3,"4,b\n', 2, undefined, /[Qq]uote/],
  ])('tells line and column of %s', (_, text, line, column, message) => {
    let error: unknown;
    try {
      csv(text);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ code: 'GRADWIRE_DATA', path: 'f.csv', line });
    expect((error as DataError).column).toBe(column);
    expect((error as DataError).message).toMatch(message);
    expect((error as DataError).message).toContain(`f.csv, line ${line}`);
  });

  it('refuses a file without rows', () => {
    for (const text of ['', '\n\n', 'x,y,label\n'])
      expect(() => csv(text)).toThrow(/holds no rows of data/);
  });
});

/** An IDX file of unsigned bytes. */
function idx(shape: readonly number[], values: readonly number[], type = 8): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, type, shape.length]);
  shape.forEach((side, i) => header.writeUInt32BE(side, 4 + 4 * i));
  return Buffer.concat([header, Uint8Array.from(values)]);
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i % 251);

describe('IDX pairs', () => {
  it('reads images and labels, in either order, packed or not', async () => {
    const images = await file(gzipSync(idx([3, 2, 4], range(24))), 'images-idx3-ubyte.gz');
    const labels = await file(idx([3], [7, 0, 9]), 'labels-idx1-ubyte');
    for (const paths of [
      [images, labels],
      [labels, images],
    ]) {
      const table = await readTable(paths);
      expect(table).toMatchObject({ rows: 3, shape: [2, 4, 1], labels: ['7', '0', '9'] });
      expect(table.features).toBeInstanceOf(Uint8Array);
      expect([...table.features]).toEqual(range(24));
    }
  });

  it.each<[string, Uint8Array, Uint8Array, RegExp]>([
    [
      'cut short',
      idx([3, 2, 4], range(23)),
      idx([3], [1, 2, 3]),
      /announces \[3, 2, 4\].*40 bytes.*39/,
    ],
    ['too long', idx([3, 2, 4], range(25)), idx([3], [1, 2, 3]), /40 bytes.*41/],
    [
      'without a whole header',
      idx([3, 2, 4], []).subarray(0, 9),
      idx([3], [1]),
      /header of 16 bytes/,
    ],
    ['of another element type', idx([3, 2, 4], range(24), 13), idx([3], [1, 2, 3]), /type 0xd/],
    [
      'with too few labels',
      idx([3, 2, 4], range(24)),
      idx([2], [1, 2]),
      /2 labels for the 3 images/,
    ],
    ['of images only', idx([3, 2, 4], range(24)), idx([3, 2, 4], range(24)), /pairs.*got 2.*and 0/],
    ['of nothing', idx([0, 2, 4], []), idx([0], []), /holds no images/],
  ])('refuses files %s', async (_, images, labels, message) => {
    const error = await failure(readTable([await file(images, 'a'), await file(labels, 'b')]));
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toMatch(message);
  });

  it('has no label column to choose', async () => {
    const paths = [await file(idx([1, 1, 1], [1]), 'a'), await file(idx([1], [1]), 'b')];
    expect(await failure(readTable(paths, { label: 1 }))).toBeInstanceOf(ArgumentRangeError);
  });
});

describe('CIFAR-10 binaries', () => {
  const record = (label: number, start: number): Uint8Array =>
    Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? label : (i - 1 + start) % 256));

  it('interleaves the planes and stacks the batches', async () => {
    const first = await file(Buffer.concat([record(0, 0), record(9, 1)]), 'data_batch_1.bin');
    const second = await file(gzipSync(record(3, 5)), 'data_batch_2.bin.gz');
    const table = await readTable([first, second]);
    expect(table).toMatchObject({
      rows: 3,
      shape: [32, 32, 3],
      labels: ['airplane', 'truck', 'cat'],
    });
    // Pixel (row 1, column 2) of the last image: number 34 of each plane.
    const pixel = 2 * 3072 + 34 * 3;
    expect([...table.features.subarray(pixel, pixel + 3)]).toEqual(
      [0, 1, 2].map((plane) => (plane * 1024 + 34 + 5) % 256),
    );
    expect(table.locateLabel(2)).toEqual({ path: second, offset: 0 });
  });

  it('refuses a length that is no whole number of records, and a label above 9', async () => {
    const short = await failure(readTable([await file(record(0, 0).subarray(1), 'x.bin')]));
    expect((short as Error).message).toMatch(/3072 bytes are not a whole number.*3073/);
    const label = await failure(readTable([await file(record(10, 0), 'x.bin')]));
    expect(label).toMatchObject({ code: 'GRADWIRE_DATA', offset: 0 });
  });
});

describe('files', () => {
  it('names what is missing, damaged, unknown or mixed', async () => {
    const missing = join(folder, 'nowhere.csv');
    expect(await failure(readTable([missing]))).toMatchObject({
      code: 'GRADWIRE_DATA',
      path: missing,
      message: `${missing}: no such file`,
    });
    expect(String(await failure(readTable([folder])))).toMatch(/is a directory/);
    const damaged = await file(gzipSync('1,2\n').subarray(0, 15), 'a.gz');
    expect(String(await failure(readTable([damaged])))).toMatch(/damaged gzip/);
    const unknown = await file(Uint8Array.from([1, 2, 0, 4]), 'a.npy');
    expect(await failure(readTable([unknown]))).toMatchObject({ offset: 2 });
    const text = await file('1,2,a\n3,4,b\n');
    const image = await file(idx([1, 1, 1], [1]), 'a');
    expect(String(await failure(readTable([text, image])))).toMatch(/is IDX, but .* is text/);
    expect(await failure(readTable([]))).toBeInstanceOf(ArgumentRangeError);
  });

  it('stacks text files and refuses other columns', async () => {
    const one = await file('x,y,k\n1,2,a\n3,4,b\n');
    const two = await file('x,y,k\n5,6,c\n');
    const table = await readTable([one, two]);
    expect(table).toMatchObject({ rows: 3, labels: ['a', 'b', 'c'] });
    expect(table.locateLabel(2)).toEqual({ path: two, line: 2, column: 3 });
    const narrow = await file('x,k\n5,c\n');
    expect(String(await failure(readTable([one, narrow])))).toMatch(/shape \[1\], but \[2\]/);
    const renamed = await file('x,z,k\n5,6,c\n');
    expect(String(await failure(readTable([one, renamed])))).toMatch(/"z", but "y"/);
  });
});

describe('loadProblem', () => {
  const load = (options: Partial<ProblemOptions> = {}): ReturnType<typeof loadProblem> =>
    loadProblem({ seed: 1, ...options });

  it('knows the built-in tasks', async () => {
    expect(await load()).toMatchObject({
      task: 'digits',
      modelName: 'mlp',
      metric: 'accuracy',
      loss: 'softmax',
      dataset: { shape: [8, 8, 1], width: 64, classes: range(10).map(String) },
    });
    const { dataset } = await load({ task: 'breast-cancer' });
    expect(dataset).toMatchObject({ width: 30, classes: ['malignant', 'benign'] });
    expect(dataset.train.rows.length + dataset.test.rows.length).toBe(569);
    // The distributor's count: 357 benign.
    expect(dataset.train.targets.reduce((sum, target) => sum + target, 0)).toBe(357);
    const diabetes = await load({ task: 'diabetes' });
    expect(diabetes).toMatchObject({ kind: 'regression', modelName: 'linear', metric: 'loss' });
    expect(diabetes.dataset).toMatchObject({ width: 10, classes: [] });
    expect(diabetes.layout.length).toBe(11);
  });

  it('has the data that their README describes', async () => {
    const readme = await readFile(builtinPath('README.md'), 'utf8');
    const sums = [...readme.matchAll(/^([0-9a-f]{64}) {2}(\S+)$/gm)];
    expect(sums).toHaveLength(4);
    for (const [, sum, name] of sums) {
      const bytes = await readFile(builtinPath(name!));
      expect(createHash('sha256').update(bytes).digest('hex'), name).toBe(sum);
    }
  });

  it('takes the user’s files, with a split or with a file of held-out samples', async () => {
    const path = await file(`a,b,kind\n${flowers.map((row) => row.join()).join('\n')}\n`);
    const own = await load({ data: [path] });
    expect(own).toMatchObject({ task: 'classification', modelName: 'mlp', loss: 'logistic' });
    expect(own.dataset.classes).toEqual(['iris', 'rose']);
    expect([own.dataset.train.rows.length, own.dataset.test.rows.length]).toEqual([32, 8]);
    const held = await file('a,b,kind\n0.5,1,rose\n3.5,1,iris\n');
    const tested = await load({ data: [path], test: [held], model: 'logistic' });
    expect([tested.dataset.train.rows.length, tested.dataset.test.rows.length]).toEqual([40, 2]);
    expect([...tested.dataset.test.targets]).toEqual([1, 0]);
    const regression = await load({
      data: [path],
      task: 'regression',
      label: 'b',
      test: [path],
    }).catch((error: unknown) => error);
    expect(String(regression)).toMatch(/line 2, column 3: "rose" is not a finite number/);
  });

  it('tells classes from measurements', async () => {
    const rows = (label: (i: number) => unknown): Promise<string> =>
      file(Array.from({ length: 30 }, (_, i) => `${i},${i * i},${String(label(i))}`).join('\n'));
    const kindOf = async (label: (i: number) => unknown): Promise<string> =>
      (await load({ data: [await rows(label)] })).kind;
    expect(await kindOf((i) => i % 3)).toBe('classification');
    expect(await kindOf((i) => ['a', 'b'][i % 2])).toBe('classification');
    expect(await kindOf((i) => i + 0.5)).toBe('regression');
    expect(await kindOf((i) => i)).toBe('regression');
    const same = await load({ data: [await rows((i) => ['1', '1.0', '2e0'][i % 3])] });
    expect(same.dataset.classes).toEqual(['1', '2']);
  });

  it('refuses a held-out label that training never saw, saying where', async () => {
    const path = await file(flowers.map((row) => row.join()).join('\n'));
    const held = await file('1,2,rose\n1,2,tulip\n');
    const error = await failure(load({ data: [path], test: [held] }));
    expect(error).toBeInstanceOf(UnknownNameError);
    expect(error).toMatchObject({ kind: 'label', given: 'tulip', allowed: ['iris', 'rose'] });
    expect((error as Error).message).toContain(`${held}, line 2, column 3`);
  });

  it.each<[string, Partial<ProblemOptions>, string, RegExp]>([
    ['task', { task: 'digit' as never }, 'GRADWIRE_UNKNOWN_TASK', /breast-cancer.*mean "digits"/],
    ['task', { task: 'toString' as never }, 'GRADWIRE_UNKNOWN_TASK', /allowed: digits/],
    ['model', { model: 'mlpp' as never }, 'GRADWIRE_UNKNOWN_MODEL', /mlp, cnn.*mean "mlp"/],
    ['model', { task: 'diabetes', model: 'logistic' }, 'GRADWIRE_UNKNOWN_MODEL', /linear, mlp/],
    ['files', { task: 'regression' }, 'GRADWIRE_ARGUMENT_RANGE', /needs files/],
    ['test', { test: ['x.csv'] }, 'GRADWIRE_ARGUMENT_RANGE', /"test" needs "data"/],
    ['share', { testFraction: 1 }, 'GRADWIRE_ARGUMENT_RANGE', /between 0 and 1/],
  ])('refuses an unknown or unfit %s: %j', async (_, options, code, message) => {
    const error = await failure(load(options));
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toMatch(message);
  });

  it('refuses data there is nothing to learn from', async () => {
    const column = await file('a\nb\na\nb\n');
    expect(String(await failure(load({ data: [column] })))).toMatch(/no feature column/);
    const single = await file('1,a\n2,a\n3,a\n');
    expect(String(await failure(load({ data: [single] })))).toMatch(/at least two classes/);
    const constant = await file('1,2.5\n2,2.5\n3,2.5\n');
    const request = { data: [constant], task: 'regression' } as const;
    expect(String(await failure(load(request)))).toMatch(/nothing to learn/);
    const flat = await file(flowers.map((row) => row.join()).join('\n'));
    expect(String(await failure(load({ data: [flat], model: 'cnn' })))).toMatch(/needs images/);
  });
});
