import { describe, expect, it } from 'vitest';
import { LauncherError } from '../../proto/comm-errors.ts';
import { findPlace, type Environment } from '../../src/rendezvous/launcher.ts';

const place = (env: Environment): string => {
  const { rank, size, source } = findPlace({}, env);
  return `${rank} of ${size} by ${source}`;
};

describe('rank and size', () => {
  it.each<[string, Environment, string]>([
    ['nothing', {}, '0 of 1 by nothing (one rank)'],
    [
      'its own launcher, above all others',
      { GRADWIRE_RANK: '1', GRADWIRE_SIZE: '3', RANK: '0', WORLD_SIZE: '2' },
      '1 of 3 by gradwire launch',
    ],
    [
      'Open MPI, which sets PMIx variables too',
      {
        OMPI_COMM_WORLD_RANK: '2',
        OMPI_COMM_WORLD_SIZE: '4',
        OMPI_COMM_WORLD_LOCAL_SIZE: '4',
        PMIX_RANK: '2',
        PMIX_NAMESPACE: 'x',
      },
      '2 of 4 by Open MPI',
    ],
    [
      'mpirun inside a Slurm batch job, where all inherit rank 0',
      {
        OMPI_COMM_WORLD_RANK: '3',
        OMPI_COMM_WORLD_SIZE: '4',
        SLURM_PROCID: '0',
        SLURM_NTASKS: '1',
        SLURM_STEP_ID: '0',
        SLURM_JOB_ID: '7',
      },
      '3 of 4 by Open MPI',
    ],
    ['MPICH', { PMI_RANK: '0', PMI_SIZE: '2' }, '0 of 2 by MPICH or Intel MPI'],
    ['MVAPICH2', { MV2_COMM_WORLD_RANK: '1', MV2_COMM_WORLD_SIZE: '2' }, '1 of 2 by MVAPICH2'],
    [
      'torchrun',
      { RANK: '5', WORLD_SIZE: '8', LOCAL_RANK: '1', TORCHELASTIC_RUN_ID: 'r' },
      '5 of 8 by torchrun',
    ],
    ['the generic pair', { RANK: '1', WORLD_SIZE: '2' }, '1 of 2 by RANK and WORLD_SIZE'],
    [
      'an indexed Kubernetes job with a size',
      { JOB_COMPLETION_INDEX: '1', WORLD_SIZE: '4' },
      '1 of 4 by Kubernetes indexed job',
    ],
    [
      'torchrun in a pod, where the index is not the rank',
      { JOB_COMPLETION_INDEX: '1', RANK: '5', WORLD_SIZE: '8', LOCAL_RANK: '1' },
      '5 of 8 by torchrun',
    ],
    [
      'a Slurm step',
      { SLURM_PROCID: '1', SLURM_STEP_ID: '0', SLURM_STEP_NUM_TASKS: '2', SLURM_NTASKS: '9' },
      '1 of 2 by Slurm',
    ],
    [
      'a Slurm batch script, which is no rank',
      { SLURM_PROCID: '0', SLURM_NTASKS: '4', SLURM_JOB_ID: '3' },
      '0 of 1 by nothing (one rank)',
    ],
  ])('from %s', (_, env, expected) => {
    expect(place(env)).toBe(expected);
  });

  it('options outrank every variable', () => {
    expect(findPlace({ rank: 1, size: 2 }, { RANK: '0', WORLD_SIZE: '9' })).toMatchObject({
      rank: 1,
      size: 2,
      source: 'options',
    });
    expect(findPlace({ size: 1 }, { RANK: '1', WORLD_SIZE: '9' })).toMatchObject({
      rank: 0,
      size: 1,
    });
  });

  it.each<[string, Environment, string]>([
    ['a rank without a size', { RANK: '0' }, 'WORLD_SIZE is not'],
    ['a size without a rank', { WORLD_SIZE: '2' }, 'RANK is not'],
    [
      'a rank not below the size',
      { RANK: '2', WORLD_SIZE: '2' },
      'RANK must be an integer in [0, 1]',
    ],
    ['a rank that is no number', { RANK: 'one', WORLD_SIZE: '2' }, 'got "one"'],
    ['an empty rank', { RANK: '', WORLD_SIZE: '2' }, 'got ""'],
    ['a negative size', { PMI_RANK: '0', PMI_SIZE: '-2' }, 'PMI_SIZE must be an integer'],
    ['size 0', { RANK: '0', WORLD_SIZE: '0' }, 'WORLD_SIZE must be an integer in [1,'],
    [
      'two launchers that disagree',
      { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '2', RANK: '0', WORLD_SIZE: '2' },
      'rank 1 of 2 (Open MPI) but RANK and its size say rank 0 of 2',
    ],
    ['a bad port', { MASTER_PORT: '70000' }, 'MASTER_PORT'],
    ['PMIx without a size', { PMIX_RANK: '1' }, 'PMIX_RANK is set (1)'],
  ])('%s is refused', (_, env, message) => {
    expect(() => findPlace({}, env)).toThrow(LauncherError);
    expect(() => findPlace({}, env)).toThrow(message);
  });

  it('two launchers that agree are not', () => {
    const env = { PMI_RANK: '1', PMI_SIZE: '2', RANK: '1', WORLD_SIZE: '2' };
    expect(place(env)).toBe('1 of 2 by MPICH or Intel MPI');
  });

  it('options that are incomplete or out of range are refused', () => {
    expect(() => findPlace({ rank: 0 }, {})).toThrow('no "size"');
    expect(() => findPlace({ size: 2 }, {})).toThrow('no "rank"');
    expect(() => findPlace({ rank: 2, size: 2 }, {})).toThrow('[0, 1]');
    expect(() => findPlace({ rank: 0, size: 0 }, {})).toThrow('"size"');
    expect(() => findPlace({ rank: 0, size: 2, masterPort: 0 }, {})).toThrow('"masterPort"');
  });
});

describe('the master address', () => {
  const master = (env: Environment, options = {}): string => {
    const found = findPlace(options, { RANK: '0', WORLD_SIZE: '2', ...env });
    return `${found.masterAddress}:${found.masterPort}`;
  };

  it('is this machine unless somebody says otherwise', () => {
    expect(master({})).toBe('127.0.0.1:29500');
    expect(master({ MASTER_ADDR: 'node1', MASTER_PORT: '1234' })).toBe('node1:1234');
    expect(master({ MASTER_ADDR: 'node1', GRADWIRE_MASTER_ADDR: 'node2' })).toBe('node2:29500');
    expect(master({ MASTER_ADDR: 'a' }, { masterAddress: 'b', masterPort: 5 })).toBe('b:5');
  });

  it("leaves torchrun's own port to torchrun", () => {
    const env = { LOCAL_RANK: '0', MASTER_PORT: '1234', TORCHELASTIC_USE_AGENT_STORE: 'True' };
    expect(master(env)).toBe('127.0.0.1:1235');
  });

  it('must be given where ranks run on several machines', () => {
    const env = {
      OMPI_COMM_WORLD_RANK: '1',
      OMPI_COMM_WORLD_SIZE: '4',
      OMPI_COMM_WORLD_LOCAL_SIZE: '2',
    };
    expect(() => findPlace({}, env)).toThrow('set MASTER_ADDR');
    expect(findPlace({}, { ...env, MASTER_ADDR: 'node1' }).masterAddress).toBe('node1');
    const slurm = {
      SLURM_PROCID: '0',
      SLURM_STEP_ID: '0',
      SLURM_STEP_NUM_TASKS: '2',
      SLURM_STEP_NUM_NODES: '2',
    };
    expect(() => findPlace({}, slurm)).toThrow('set MASTER_ADDR');
    expect(findPlace({}, { ...slurm, SLURM_STEP_NUM_NODES: '1' }).rank).toBe(0);
  });
});

it('the job is named by the options, else by the launcher', () => {
  const env = { RANK: '0', WORLD_SIZE: '2', LOCAL_RANK: '0', TORCHELASTIC_RUN_ID: 'run-7' };
  expect(findPlace({}, env).job).toBe('run-7');
  expect(findPlace({ job: 'mine' }, env).job).toBe('mine');
  expect(findPlace({}, { RANK: '0', WORLD_SIZE: '2' }).job).toBe('');
});
