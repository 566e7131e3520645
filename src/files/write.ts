/** Files that are there whole or not at all. */
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { mkdir, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemError } from './errors.ts';

/** A file that exists; symbolic links are followed. */
interface Existing {
  readonly path: string;
  readonly stats: Stats;
}

/** Names of the files that this module writes to before they have their own. */
export const TEMPORARY_NAME: RegExp = /^\.gradwire-[0-9a-f]{16}\.tmp$/;

/** Options of `writeFileAtomically`. */
export interface WriteOptions {
  /** Aborted before the file has its name: nothing is left, the signal's reason is thrown. */
  readonly signal?: AbortSignal;
  /** Make the folder, and those it lies in, if need be. */
  readonly makeFolder?: boolean;
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
 * failure at any time, of the machine too, leaves an existing file as it was, and no other file
 * behind unless the process was killed. Its permissions are kept. Devices and pipes have no name to
 * take, so they are written to directly.
 * @throws FileError (GRADWIRE_FILE_WRITE)
 */
export async function writeFileAtomically(
  path: string,
  parts: readonly (Uint8Array | string)[],
  { signal, makeFolder = false }: WriteOptions = {},
): Promise<void> {
  try {
    if (makeFolder) await mkdir(dirname(path), { recursive: true });
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
  const folder = dirname(path);
  const temporary = join(folder, `.gradwire-${randomBytes(8).toString('hex')}.tmp`);
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
  await syncFolder(folder);
}

/**
 * The new name is part of the folder. Where the system opens no folders (Windows, or one that may be
 * written but not read) it keeps names in its own order; the file itself is on disk and in place.
 */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
