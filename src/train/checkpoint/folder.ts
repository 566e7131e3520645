/**
 * A checkpoint on disk. In the folder of one run:
 *
 *     step-<k>.model       what is equal on all ranks, written by rank 0
 *     step-<k>.rank-<r>    what is rank r's own
 *     manifest             names k and these files, with their lengths and SHA-256
 *
 * Parts of the next checkpoint have other names than those of the last one, and the manifest is replaced,
 * by renaming, when all of them are on disk. So at any moment the manifest names a whole checkpoint; the
 * last one's parts go when it does not name them any more.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemError } from '../../files/errors.ts';
import { TEMPORARY_NAME, writeFileAtomically } from '../../files/write.ts';
import { CheckpointError } from '../errors.ts';
import { damaged, readManifest, writeManifest, type Manifest, type Part } from './messages.ts';

const MANIFEST = 'manifest';
const PART_NAME = /^step-(\d+)\.(?:model|rank-\d+)$/;

/** Name of the part that is equal on all ranks. */
export function modelPart(step: number): string {
  return `step-${step}.model`;
}

/** Name of a rank's own part. */
export function rankPart(step: number, rank: number): string {
  return `step-${step}.rank-${rank}`;
}

/** Reads and writes the files of one run. */
export class CheckpointFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Where a file of this folder is. */
  fileOf(name: string): string {
    return join(this.path, name);
  }

  /** The manifest, or undefined where there is none. @throws CheckpointError, FileError */
  async manifest(): Promise<Manifest | undefined> {
    const bytes = await readIfThere(this.fileOf(MANIFEST));
    return bytes && readManifest(bytes, this.fileOf(MANIFEST));
  }

  /** Writes a part, whole or not at all. @throws FileError */
  async writePart(name: string, bytes: Uint8Array): Promise<Part> {
    await this.#makeFolder();
    await writeFileAtomically(this.fileOf(name), [bytes]);
    return { name, bytes: bytes.length, digest: digestOf(bytes) };
  }

  /** The bytes of a part, as the manifest has them. @throws CheckpointError, FileError */
  async readPart(manifest: Manifest, name: string): Promise<Uint8Array> {
    const path = this.fileOf(name);
    const part = manifest.parts.find((entry) => entry.name === name);
    if (!part)
      throw damaged(
        this.fileOf(MANIFEST),
        `it does not name ${name}, but ${manifest.parts.map((entry) => entry.name).join(', ')}`,
      );
    const bytes = await readIfThere(path);
    if (!bytes)
      throw damaged(path, `the file is missing, of the checkpoint of step ${manifest.step}`);
    if (bytes.length !== part.bytes)
      throw damaged(path, `${bytes.length} bytes, the manifest has ${part.bytes}`);
    const digest = digestOf(bytes);
    if (digest !== part.digest)
      throw damaged(path, `SHA-256 ${digest}, the manifest has ${part.digest}`);
    return bytes;
  }

  /** From now on this is the checkpoint; parts of former ones are removed. @throws FileError */
  async commit(manifest: Manifest): Promise<void> {
    await writeFileAtomically(this.fileOf(MANIFEST), [writeManifest(manifest)]);
    await this.#remove((name) => Number(PART_NAME.exec(name)?.[1] ?? Infinity) < manifest.step);
  }

  /** Removes what writers that were killed left behind. To be called while nobody writes. */
  async sweep(): Promise<void> {
    await this.#remove((name) => TEMPORARY_NAME.test(name));
  }

  async #makeFolder(): Promise<void> {
    try {
      await mkdir(this.path, { recursive: true });
    } catch (cause) {
      throw systemError('GRADWIRE_FILE_WRITE', this.path, cause);
    }
  }

  async #remove(isRefuse: (name: string) => boolean): Promise<void> {
    const names = await readdir(this.path).catch(() => []);
    const refuse = names.filter(isRefuse);
    await Promise.all(refuse.map((name) => rm(this.fileOf(name), { force: true })));
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw systemError('GRADWIRE_FILE_READ', path, cause);
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What a whole checkpoint says of itself. */
export interface CheckpointInfo {
  /** Updates made. */
  readonly step: number;
  /** Of the run that wrote it: `codec`, `seed`, `ranks`, `task`, `model`, `backend`, `steps`, … */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Reads the checkpoint of one run through to its end.
 * @returns undefined where there is none
 * @throws CheckpointError when a part is missing or damaged, or the format is another
 */
export async function inspectCheckpoint(path: string): Promise<CheckpointInfo | undefined> {
  const folder = new CheckpointFolder(path);
  const manifest = await folder.manifest();
  if (!manifest) return undefined;
  const { step, settings } = manifest;
  const ranks = Number(settings['ranks']);
  const names = Array.from({ length: ranks }, (_, rank) => rankPart(step, rank));
  for (const name of [modelPart(step), ...names]) await folder.readPart(manifest, name);
  return { step, settings };
}

/**
 * Compares settings of a checkpoint with those of the run that is to go on from it.
 * @param expected those that are known; others are not compared
 * @throws CheckpointError naming the first that differs, and both values
 */
export function assertSettings(
  path: string,
  found: Readonly<Record<string, string>>,
  expected: Readonly<Record<string, string>>,
): void {
  for (const [name, value] of Object.entries(expected))
    if (found[name] !== value)
      throw new CheckpointError(
        'GRADWIRE_CHECKPOINT_MISMATCH',
        path,
        `${name} is ${JSON.stringify(found[name] ?? '(nothing)')} in the checkpoint ` +
          `and ${JSON.stringify(value)} in this run; they must be the same`,
      );
}
