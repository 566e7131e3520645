import { createMemoryCommunicators } from '../../src/rendezvous/memory.ts';
import { collectiveCompliance } from '../compliance/collective.ts';

collectiveCompliance('memory', async (size, options) =>
  createMemoryCommunicators(size, { maxDelayTurns: 3, seed: size, deadlineMs: 20_000, ...options }),
);
