import { createServer } from 'node:net';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { newJob, rankVariables } from '../../src/launch/ranks.ts';
import { findCredentials } from '../../src/rendezvous/credentials.ts';
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
  expect(await newJob(3, { port: 29_500 })).toMatchObject({
    size: 3,
    host: '127.0.0.1',
    port: 29_500,
  });
});

it('a job has a secret of its own, which no variable around it outlives', async () => {
  const [a, b] = [await newJob(2), await newJob(2)];
  expect(a.credentials['GRADWIRE_SECRET']).toMatch(/^[0-9a-f]{64}$/);
  expect(a.credentials['GRADWIRE_SECRET']).not.toBe(b.credentials['GRADWIRE_SECRET']);
  expect(rankVariables(0, a)['GRADWIRE_SECRET']).toBe(rankVariables(1, a)['GRADWIRE_SECRET']);
  const around = { GRADWIRE_SECRET_FILE: '/nowhere', GRADWIRE_SECRET: 'of another job altogether' };
  const found = await findCredentials({}, { ...around, ...rankVariables(0, a) }, []);
  expect(found.source).toBe('GRADWIRE_SECRET');
  expect(found.key.export().toString()).toBe(a.credentials['GRADWIRE_SECRET']);
});

it('or that of a file, and certificates, by paths that hold anywhere', async () => {
  const tls = { cert: 'a.pem', key: 'a.key', ca: 'ca.pem' };
  const job = await newJob(2, { secretFile: 'secret', tls });
  expect(rankVariables(1, job)).toMatchObject({
    GRADWIRE_SECRET: '',
    GRADWIRE_SECRET_FILE: resolve('secret'),
    GRADWIRE_TLS_CERT: resolve('a.pem'),
    GRADWIRE_TLS_KEY: resolve('a.key'),
    GRADWIRE_TLS_CA: resolve('ca.pem'),
  });
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
