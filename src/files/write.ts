/** Files that are there whole or not at all. */
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemError } from './errors.ts';

/** A file that exists; symbolic links are followed. */
interface Existing {
  readonly path: string;
  readonly stats: Stats;
}

async function findExisting(path: string): Promise<Existing | undefined> {
  try {
    return { path: await realpath(path), stats: await stat(path) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Writes `parts` one behind the other to a new file beside `path`, which then takes its name: a
 * failure at any time leaves an existing file as it was, and no other file behind. Its permissions
 * are kept. Devices and pipes have no name to take, so they are written to directly.
 * @param signal aborted before the file has its name: nothing is left, the signal's reason is thrown
 * @throws FileError (GRADWIRE_FILE_WRITE)
 */
export async function writeFileAtomically(
  path: string,
  parts: readonly (Uint8Array | string)[],
  signal?: AbortSignal,
): Promise<void> {
  try {
    const existing = await findExisting(path);
    if (existing && !existing.stats.isFile() && !existing.stats.isDirectory())
      await writeFile(path, parts, { signal });
    else await replace(existing?.path ?? path, parts, existing?.stats.mode, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    throw systemError('GRADWIRE_FILE_WRITE', path, cause);
  }
}

async function replace(
  path: string,
  parts: readonly (Uint8Array | string)[],
  mode: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const temporary = join(dirname(path), `.gradwire-${randomBytes(8).toString('hex')}.tmp`);
  const file = await open(temporary, 'wx');
  try {
    try {
      for (const part of parts) await file.writeFile(part, { signal });
      if (mode !== undefined) await file.chmod(mode & 0o7777);
      // Without it a power cut after the renaming could leave a whole name and half a file.
      await file.sync();
    } finally {
      await file.close();
    }
    signal?.throwIfAborted();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
