import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { newJob, rankVariables } from '../../src/launch/ranks.ts';
import { findPlace } from '../../src/rendezvous/launcher.ts';

it('a job gets a port that nobody listens on, and a name of its own', async () => {
  const [a, b] = [await newJob(2), await newJob(2)];
  expect(a.name).not.toBe(b.name);
  for (const { host, port } of [a, b]) {
    const server = createServer().listen(port, host);
    await once(server, 'listening');
    server.close();
  }
});

it('or the port it is given', async () => {
  expect(await newJob(3, 29_500)).toMatchObject({ size: 3, host: '127.0.0.1', port: 29_500 });
});

it('ranks find their place from the variables, whatever launcher is around', async () => {
  const job = await newJob(3);
  const around = {
    OMPI_COMM_WORLD_RANK: '5',
    OMPI_COMM_WORLD_SIZE: '6',
    SLURM_PROCID: '7',
    SLURM_NTASKS: '8',
    SLURM_STEP_ID: '0',
    RANK: '1',
    WORLD_SIZE: '2',
    MASTER_ADDR: 'elsewhere',
    MASTER_PORT: '1',
    GRADWIRE_JOB: 'another',
    GRADWIRE_MASTER_ADDR: 'elsewhere',
    GRADWIRE_MASTER_PORT: '1',
    // torchrun's agent listens on its master port itself, and ranks take the next one.
    TORCHELASTIC_USE_AGENT_STORE: 'True',
    TORCHELASTIC_RUN_ID: 'outer',
  };
  for (const rank of [0, 1, 2])
    expect(findPlace({}, { ...around, ...rankVariables(rank, job) })).toMatchObject({
      rank,
      size: 3,
      masterAddress: job.host,
      masterPort: job.port,
      job: job.name,
    });
});

it('programs for torchrun find their variables', async () => {
  const job = await newJob(4);
  expect(rankVariables(2, job)).toMatchObject({
    RANK: '2',
    WORLD_SIZE: '4',
    LOCAL_RANK: '2',
    LOCAL_WORLD_SIZE: '4',
    MASTER_ADDR: '127.0.0.1',
    MASTER_PORT: String(job.port),
  });
});
