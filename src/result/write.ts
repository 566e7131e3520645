import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseResults } from './parse.ts';
import type { Results } from './types.ts';

/**
 * Results as JSON text, a line a field.
 *
 * @throws ResultsError when `parseResults` would refuse the text (JSON turns NaN into null silently)
 */
export function serializeResults(results: Results): string {
  return `${JSON.stringify(parseResults(results), null, 2)}\n`;
}

/**
 * Writes `results.json`. Readers see the old file or the new one, never a part.
 *
 * @throws ResultsError when the results are not valid; nothing is written then
 */
export async function writeResults(path: string, results: Results): Promise<void> {
  await writeFileAtomically(path, serializeResults(results));
}

/**
 * Writes a text file by way of a temporary neighbour that is renamed when it is safely on disk. Makes the
 * folder if need be. On failure the temporary file is removed and an existing file left as it was.
 */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await writeThrough(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
