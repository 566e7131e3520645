import { afterAll } from 'vitest';
import { collectiveCompliance } from '../compliance/collective.ts';
import { openWorkers, workerProgram } from './job.ts';

const program = await workerProgram();
afterAll(() => program.remove());

// What the engine does is tested without a worker, with all numbers of ranks.
collectiveCompliance(
  'a worker',
  (size, options) => openWorkers(size, program.file, options),
  [1, 3],
);
