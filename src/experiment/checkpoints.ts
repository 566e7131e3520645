/** Checkpoints of an experiment: a folder for each run, and what is checked before any process starts. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemError } from '../files/errors.ts';
import {
  assertSettings,
  inspectCheckpoint,
  type CheckpointInfo,
} from '../train/checkpoint/folder.ts';
import { CheckpointError } from '../train/errors.ts';
import type { CheckpointPlan, WorkPlan } from './messages.ts';

/** The folder of a run's checkpoint; runs are numbered from 1 in the order of the plan. */
export function runFolder({ folder }: CheckpointPlan, index: number): string {
  return join(folder, String(index + 1));
}

/**
 * What there is to go on from, by run. Reads everything, writes nothing.
 * @throws CheckpointError when one is damaged or another's
 */
export async function findCheckpoints(
  { runs, checkpoints }: WorkPlan,
  ranks: number,
): Promise<(CheckpointInfo | undefined)[]> {
  if (!checkpoints) return [];
  const found: (CheckpointInfo | undefined)[] = [];
  for (const [index, { codec, seed }] of runs.entries()) {
    const path = runFolder(checkpoints, index);
    const info = await inspectCheckpoint(path);
    const expected = { codec, seed: String(seed), ranks: String(ranks) };
    if (info) assertSettings(path, info.settings, expected);
    found.push(info);
  }
  return found;
}

/**
 * Finds out before the training that it has nothing to go on from, or would lose what there is, and
 * makes the folder.
 * @throws CheckpointError, FileError
 */
export async function prepareCheckpoints(plan: WorkPlan, ranks: number): Promise<void> {
  const { checkpoints } = plan;
  if (!checkpoints) return;
  const { folder, resume } = checkpoints;
  const names = await readdir(folder).catch(() => undefined);
  if (resume && !names)
    throw new CheckpointError(
      'GRADWIRE_CHECKPOINT_MISSING',
      folder,
      'there is none to resume; give the --out of a run that had --checkpoint-every',
    );
  if (resume) await findCheckpoints(plan, ranks);
  else await refuseExisting(folder, names ?? []);
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw systemError('GRADWIRE_FILE_WRITE', folder, cause);
  });
}

async function refuseExisting(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const manifest = join(folder, name, 'manifest');
    if (await stat(manifest).catch(() => undefined))
      throw new CheckpointError(
        'GRADWIRE_CHECKPOINT_EXISTS',
        join(folder, name),
        'would be lost; go on from it with --resume, or choose another --out',
      );
  }
}
