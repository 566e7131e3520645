import { afterAll } from 'vitest';
import { collectiveCompliance } from '../compliance/collective.ts';
import { openWorkers, workerProgram } from './job.ts';

const program = await workerProgram();
afterAll(() => program.remove());

collectiveCompliance('a worker', (size, options) => openWorkers(size, program.file, options));
