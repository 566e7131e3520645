/** Jobs whose ranks, all in this process, have a communication worker each. */
import { join } from 'node:path';
import { newJob } from '../../src/launch/ranks.ts';
import { init, type InitOptions } from '../../src/worker/init.ts';
import { bundle, temporaryFolder } from '../support/bundle.ts';
import { ROOT } from '../house/structure.ts';
import type { Job } from '../compliance/collective-job.ts';

/** The worker's program, made from the sources. */
export async function workerProgram(): Promise<{ readonly file: string; remove(): void }> {
  const folder = temporaryFolder();
  const entry = join(ROOT, 'src/worker/worker-main.ts');
  const { worker } = await bundle({ worker: entry }, folder.path);
  return { file: worker!, remove: () => folder.remove() };
}

export async function openWorkers(
  size: number,
  file: string,
  options: InitOptions = {},
): Promise<Job> {
  const { port, name, credentials } = await newJob(size);
  const communicators = await Promise.all(
    Array.from({ length: size }, (_, rank) =>
      init({
        ...{ rank, size, masterPort: port, job: name, env: { ...credentials } },
        deadlineMs: 30_000,
        worker: file,
        ...options,
      }),
    ),
  );
  return {
    communicators,
    async close() {
      await Promise.all(communicators.map((communicator) => communicator.close()));
    },
  };
}
