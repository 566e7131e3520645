/** Reading data files: whole into memory, unpacked when they are gzip, with errors that name the file. */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DataError } from '../errors.ts';

const unzip = promisify(gunzip);

/** A data file as its readers get it: unpacked. */
export interface DataFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads a file and unpacks it when it starts with the gzip signature, whatever its name.
 *
 * @throws DataError when it cannot be read, or is damaged gzip
 */
export async function readDataFile(path: string): Promise<DataFile> {
  const packed = await readFile(path).catch((cause: unknown) => {
    throw new DataError(path, explainReadFailure(cause), {}, { cause });
  });
  if (packed[0] !== 0x1f || packed[1] !== 0x8b) return { path, bytes: packed };
  const bytes = await unzip(packed).catch((cause: unknown) => {
    throw new DataError(path, `damaged gzip data (${String(cause)})`, {}, { cause });
  });
  return { path, bytes };
}

const READ_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'is a directory, not a file',
  EACCES: 'permission denied',
};

function explainReadFailure(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return READ_FAILURES[code] ?? `cannot be read (${String(cause)})`;
}
