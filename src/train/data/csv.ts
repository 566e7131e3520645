/**
 * Tables from delimited text (RFC 4180 quoting): commas, semicolons, tabs or blanks.
 *
 * Features must be finite numbers. One column may be the label; it is kept as text. The first line is a
 * header when some column holds text there and a number in the next line; `header` overrides the guess
 * (a header made of numbers cannot be told from data). Lines and columns in errors count from 1.
 */
import { CsvError, parse } from 'csv-parse/sync';
import { DataError, UnknownNameError } from '../errors.ts';
import type { DataFile } from './file.ts';
import type { Table } from './table.ts';

/** How to read the text. */
export interface CsvOptions {
  /**
   * The label column: its name, or its number counted from 1 (negative: from the end, −1 is the last).
   * A name wins over a number written as text. `null`: there is none. Default: the last column.
   */
  readonly label?: string | number | null;
  /** Whether the first line is a header. Default: guessed. */
  readonly header?: boolean;
  /** Lines to pass over at the start. Default 0. */
  readonly skipLines?: number;
}

/**
 * Parses one file.
 *
 * @throws DataError with line and column for ragged rows, values that are not numbers, bad quoting
 * @throws UnknownNameError when there is no such label column
 */
export function readCsv(file: DataFile, options: CsvOptions = {}): Table {
  const skip = options.skipLines ?? 0;
  const delimiter = guessDelimiter(file.bytes, skip);
  const collector = new RowCollector(file.path, options);
  try {
    parse(file.bytes, {
      bom: true,
      delimiter,
      from_line: skip + 1,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      // Rows go straight into typed arrays: null keeps the parser from collecting them as well.
      on_record: (cells: string[], { lines }) => {
        // Runs of blanks arrive as empty cells; between commas an empty cell is a missing value.
        collector.add(delimiter === ' ' ? cells.filter((cell) => cell !== '') : cells, lines);
        return null;
      },
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const line = typeof cause['lines'] === 'number' ? { line: cause['lines'] } : {};
    throw new DataError(file.path, cause.message, line, { cause });
  }
  return collector.finish();
}

const DELIMITERS = [',', ';', '\t'];

/** The most frequent delimiter of the first line that is read; a blank when there is none. */
function guessDelimiter(bytes: Uint8Array, skipLines: number): string {
  const start = new TextDecoder().decode(bytes.subarray(0, 1 << 16));
  const lines = start.split(/\r\n|\n|\r/).slice(skipLines);
  const line = lines.find((text) => text.trim() !== '') ?? '';
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length - 1);
  const most = Math.max(...counts);
  return most === 0 ? ' ' : DELIMITERS[counts.indexOf(most)]!;
}

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

/** Takes rows one by one; decides on header and label column once it has seen two. */
class RowCollector {
  readonly #path: string;
  readonly #options: CsvOptions;
  /** Rows seen before the columns were settled. */
  #waiting: Row[] | undefined = [];
  #names: readonly string[] | undefined;
  #columns = 0;
  #labelColumn = -1;
  #features = new Float32Array(1024);
  #used = 0;
  readonly #labels: string[] = [];
  readonly #lines: number[] = [];

  constructor(path: string, options: CsvOptions) {
    this.#path = path;
    this.#options = options;
  }

  add(cells: readonly string[], line: number): void {
    if (!this.#waiting) {
      this.#store({ cells, line });
      return;
    }
    this.#waiting.push({ cells, line });
    if (this.#waiting.length === 2) this.#settle();
  }

  finish(): Table {
    if (this.#waiting) this.#settle();
    if (this.#lines.length === 0) throw new DataError(this.#path, 'holds no rows of data');
    const width = this.#columns - (this.#labelColumn < 0 ? 0 : 1);
    const names = this.#names?.filter((_, column) => column !== this.#labelColumn);
    return {
      rows: this.#lines.length,
      shape: [width],
      features: this.#features.slice(0, this.#used),
      labels: this.#labels,
      ...(names ? { names } : {}),
      locateLabel: (row) => ({
        path: this.#path,
        line: this.#lines[row]!,
        column: this.#labelColumn + 1,
      }),
    };
  }

  #settle(): void {
    const rows = this.#waiting!;
    this.#waiting = undefined;
    const first = rows[0];
    if (!first) return;
    this.#columns = first.cells.length;
    const header = this.#options.header ?? looksLikeHeader(first.cells, rows[1]?.cells);
    if (header) this.#names = first.cells;
    this.#labelColumn = this.#findLabel(first.line);
    for (const row of header ? rows.slice(1) : rows) this.#store(row);
  }

  #findLabel(line: number): number {
    const label = this.#options.label === undefined ? -1 : this.#options.label;
    if (label === null) return -1;
    const byName = this.#names?.indexOf(String(label)) ?? -1;
    if (byName >= 0 && typeof label === 'string') return byName;
    const number = typeof label === 'number' ? label : /^[+-]?\d+$/.test(label) ? Number(label) : NaN;
    if (Number.isInteger(number) && number !== 0 && Math.abs(number) <= this.#columns)
      return number > 0 ? number - 1 : this.#columns + number;
    throw new UnknownNameError(
      'label',
      String(label),
      [...(this.#names ?? []), `column numbers 1 to ${this.#columns} (or −1 from the end)`],
      ` in ${this.#path}, line ${line}`,
    );
  }

  #store({ cells, line }: Row): void {
    if (cells.length !== this.#columns)
      throw new DataError(
        this.#path,
        `the row has ${cells.length} columns, the first one has ${this.#columns}`,
        { line, column: Math.min(cells.length, this.#columns) + 1 },
      );
    this.#reserve(cells.length);
    for (let column = 0; column < cells.length; column++) {
      const cell = cells[column]!;
      if (column === this.#labelColumn) this.#labels.push(cell);
      else this.#features[this.#used++] = this.#parseNumber(cell, line, column);
    }
    this.#lines.push(line);
    if (this.#labelColumn >= 0 && this.#labels.at(-1) === '')
      throw new DataError(this.#path, 'the label is missing', {
        line,
        column: this.#labelColumn + 1,
      });
  }

  #parseNumber(cell: string, line: number, column: number): number {
    const value = Math.fround(Number(cell));
    if (cell !== '' && Number.isFinite(value)) return value;
    const name = this.#names?.[column];
    const problem = cell === '' ? 'a value is missing' : `${JSON.stringify(cell)} is not a finite number`;
    const where = name === undefined ? '' : ` (feature ${JSON.stringify(name)})`;
    throw new DataError(this.#path, `${problem}${where}; features must be numbers`, {
      line,
      column: column + 1,
    });
  }

  #reserve(more: number): void {
    if (this.#used + more <= this.#features.length) return;
    const grown = new Float32Array(Math.max(this.#features.length * 2, this.#used + more));
    grown.set(this.#features);
    this.#features = grown;
  }
}

function looksLikeHeader(first: readonly string[], second: readonly string[] | undefined): boolean {
  if (!second) return first.every((cell) => cell !== '' && !isNumber(cell));
  return first.some((cell, column) => !isNumber(cell) && cell !== '' && isNumber(second[column]));
}

function isNumber(cell: string | undefined): boolean {
  return cell !== undefined && cell !== '' && Number.isFinite(Number(cell));
}
