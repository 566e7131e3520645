/**
 * Which rank is this process, of how many, and where do they meet? Answered by the caller's options, else by
 * the variables of whatever launched the process.
 *
 * The first launcher found in `LAUNCHERS` wins. Slurm comes late because `mpirun` inside a batch job
 * inherits its variables with the same rank everywhere. Two launchers that both apply and disagree
 * (other than an enclosing Slurm) are refused rather than guessed about. Nothing found: one rank.
 */
import { assertInteger } from '../../proto/assert.ts';
import { LauncherError } from '../../proto/comm-errors.ts';
import { MAX_JOB_BYTES } from '../../proto/handshake.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Generation of a group of ranks that `init` brings together. */
export const EPOCH = 0;

/** Where a job is found. */
export interface MasterPlace {
  /** Where rank 0 listens. */
  readonly masterAddress: string;
  readonly masterPort: number;
  /** Ranks of different jobs do not find each other; empty where nobody named the job. */
  readonly job: string;
}

/** This process among the ranks. */
export interface Place extends MasterPlace {
  readonly rank: number;
  readonly size: number;
  /** What said so. */
  readonly source: string;
}

export interface PlaceOptions {
  /** This rank; needs `size`. */
  readonly rank?: number;
  /** Number of ranks; needs `rank`, unless 1. */
  readonly size?: number;
  /** Host name or address of rank 0. Default MASTER_ADDR, else 127.0.0.1. */
  readonly masterAddress?: string;
  /** Default MASTER_PORT, else 29500. */
  readonly masterPort?: number;
  /** Name of the job, at most 128 bytes; must be the same on all ranks. */
  readonly job?: string;
}

interface Launcher {
  readonly name: string;
  readonly rank: string;
  /** The first of these that is set. */
  readonly size: readonly string[];
  /** Applies only where all of these are set too. */
  readonly besides?: readonly string[];
  /** Does not apply where one of these is set. */
  readonly unless?: readonly string[];
  readonly job?: (env: Environment) => string | undefined;
}

const OWN: Launcher = {
  name: 'gradwire launch',
  rank: 'GRADWIRE_RANK',
  size: ['GRADWIRE_SIZE'],
  job: (env) => env['GRADWIRE_JOB'],
};

const SLURM: Launcher = {
  name: 'Slurm',
  rank: 'SLURM_PROCID',
  size: ['SLURM_STEP_NUM_TASKS', 'SLURM_NTASKS', 'SLURM_NPROCS'],
  // A batch script also has a rank; only a step has ranks that run together.
  besides: ['SLURM_STEP_ID'],
  job: (env) => `${env['SLURM_JOB_ID'] ?? ''}.${env['SLURM_STEP_ID']}`,
};

const GENERIC: Launcher = { name: 'RANK and WORLD_SIZE', rank: 'RANK', size: ['WORLD_SIZE'] };

const LAUNCHERS: readonly Launcher[] = [
  {
    name: 'Open MPI',
    rank: 'OMPI_COMM_WORLD_RANK',
    size: ['OMPI_COMM_WORLD_SIZE'],
    job: (env) => env['PMIX_NAMESPACE'],
  },
  {
    name: 'PMIx',
    rank: 'PMIX_RANK',
    size: ['SLURM_STEP_NUM_TASKS', 'SLURM_NTASKS'],
    // These say more: PMIx has no variable of its own for the size.
    unless: ['OMPI_COMM_WORLD_RANK', 'PMI_RANK', 'RANK'],
    job: (env) => env['PMIX_NAMESPACE'],
  },
  { name: 'MPICH or Intel MPI', rank: 'PMI_RANK', size: ['PMI_SIZE'] },
  { name: 'MVAPICH2', rank: 'MV2_COMM_WORLD_RANK', size: ['MV2_COMM_WORLD_SIZE'] },
  { name: 'Flux', rank: 'FLUX_TASK_RANK', size: ['FLUX_JOB_SIZE'] },
  { name: 'LSF', rank: 'JSM_NAMESPACE_RANK', size: ['JSM_NAMESPACE_SIZE'] },
  {
    name: 'torchrun',
    rank: 'RANK',
    size: ['WORLD_SIZE'],
    besides: ['LOCAL_RANK'],
    job: (env) => env['TORCHELASTIC_RUN_ID'],
  },
  GENERIC,
  {
    name: 'Kubernetes indexed job',
    rank: 'JOB_COMPLETION_INDEX',
    size: ['WORLD_SIZE'],
    besides: ['WORLD_SIZE'],
    // Inside a pod torchrun starts several ranks; the index is then the pod's.
    unless: ['RANK'],
  },
  SLURM,
];

const DEFAULT_ADDRESS = '127.0.0.1';
const DEFAULT_PORT = 29_500;

interface Found {
  readonly rank: number;
  readonly size: number;
  readonly job: string | undefined;
  readonly launcher: Launcher;
}

/**
 * @throws ArgumentRangeError, ArgumentTypeError on options that are no rank, size or port
 * @throws LauncherError on variables that are missing, malformed or contradict each other
 */
export function findPlace(options: PlaceOptions, env: Environment): Place {
  const place = placeOf(options, env);
  const bytes = new TextEncoder().encode(place.job).length;
  if (bytes > MAX_JOB_BYTES)
    throw new LauncherError(
      `the name of the job has ${bytes} bytes, at most ${MAX_JOB_BYTES} are allowed (${place.source})`,
    );
  return place;
}

/** Where a new process finds the job it is to join. @throws LauncherError, ArgumentRangeError */
export function findMasterPlace(options: PlaceOptions, env: Environment): MasterPlace {
  return { ...findMaster(options, env), job: options.job ?? env['GRADWIRE_JOB'] ?? '' };
}

function placeOf(options: PlaceOptions, env: Environment): Place {
  const meeting = findMaster(options, env);
  if (options.rank !== undefined || options.size !== undefined) {
    const { size = 0, rank = size === 1 ? 0 : undefined } = options;
    if (options.size === undefined)
      throw new LauncherError(`options have "rank" (${options.rank}) but no "size"`);
    assertInteger(size, 'size', 1, 2 ** 16);
    if (rank === undefined) throw new LauncherError(`options have "size" (${size}) but no "rank"`);
    assertInteger(rank, 'rank', 0, size - 1);
    return { rank, size, ...meeting, job: options.job ?? '', source: 'options' };
  }
  const found = findLauncher(env);
  if (found === undefined)
    return { rank: 0, size: 1, ...meeting, job: options.job ?? '', source: 'nothing (one rank)' };
  const { rank, size, job, launcher } = found;
  checkNodes(launcher, size, options, env);
  return { rank, size, ...meeting, job: options.job ?? job ?? '', source: launcher.name };
}

/** Own variables outrank all others: a program may be launched from inside another launcher's job. */
function findLauncher(env: Environment): Found | undefined {
  const own = readLauncher(OWN, env);
  if (own !== undefined) return own;
  const all = LAUNCHERS.flatMap((launcher) => readLauncher(launcher, env) ?? []);
  const [first] = all;
  if (first === undefined) return undefined;
  for (const other of all)
    if (other.launcher !== SLURM && (other.rank !== first.rank || other.size !== first.size))
      throw new LauncherError(
        `${describe(first)} but ${describe(other)}; unset the variables that do not apply, ` +
          `or pass "rank" and "size" to init()`,
      );
  return first;
}

function describe({ rank, size, launcher }: Found): string {
  return `${launcher.rank} and its size say rank ${rank} of ${size} (${launcher.name})`;
}

function readLauncher(launcher: Launcher, env: Environment): Found | undefined {
  const isSet = (variable: string): boolean => env[variable] !== undefined;
  const { besides = [], unless = [], name } = launcher;
  if (!besides.every(isSet) || unless.some(isSet)) return undefined;
  const rankText = env[launcher.rank];
  const sizeName = launcher.size.find(isSet);
  if (rankText === undefined) {
    // Under other launchers a size alone is nothing unusual.
    if (launcher === GENERIC && sizeName !== undefined && !LAUNCHERS.some((l) => isSet(l.rank)))
      throw new LauncherError(`${sizeName} is set (${env[sizeName]}) but RANK is not`);
    return undefined;
  }
  if (sizeName === undefined)
    throw new LauncherError(
      `${launcher.rank} is set (${rankText}) but ${launcher.size.join(' or ')} is not (${name})`,
    );
  const size = readInteger(sizeName, env[sizeName]!, 1, 2 ** 16);
  const rank = readInteger(launcher.rank, rankText, 0, size - 1);
  return { rank, size, job: launcher.job?.(env), launcher };
}

function readInteger(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new LauncherError(
      `${name} must be an integer in [${min}, ${max}], got ${JSON.stringify(text)}`,
    );
  return value;
}

function findMaster(
  options: PlaceOptions,
  env: Environment,
): { readonly masterAddress: string; readonly masterPort: number } {
  if (options.masterPort !== undefined) assertInteger(options.masterPort, 'masterPort', 1, 65_535);
  const portName = ['GRADWIRE_MASTER_PORT', 'MASTER_PORT'].find((name) => env[name] !== undefined);
  const fromEnvironment =
    portName === undefined ? DEFAULT_PORT : readInteger(portName, env[portName]!, 1, 65_534);
  // torchrun's agent listens on the master port itself.
  const taken = env['TORCHELASTIC_USE_AGENT_STORE'] === 'True' && portName === 'MASTER_PORT';
  return {
    masterAddress:
      options.masterAddress ?? env['GRADWIRE_MASTER_ADDR'] ?? env['MASTER_ADDR'] ?? DEFAULT_ADDRESS,
    masterPort: options.masterPort ?? (taken ? fromEnvironment + 1 : fromEnvironment),
  };
}

/** Ranks on several machines cannot meet at the default, which is this machine. */
function checkNodes(
  launcher: Launcher,
  size: number,
  options: PlaceOptions,
  env: Environment,
): void {
  const named =
    options.masterAddress ?? env['GRADWIRE_MASTER_ADDR'] ?? env['MASTER_ADDR'] ?? undefined;
  const nodes = Number(env['SLURM_STEP_NUM_NODES'] ?? env['SLURM_NNODES'] ?? 1);
  const local = Number(env['OMPI_COMM_WORLD_LOCAL_SIZE'] ?? size);
  if (named !== undefined || ((launcher !== SLURM || nodes === 1) && local === size)) return;
  throw new LauncherError(
    `${launcher.name} runs the ranks on several machines: set MASTER_ADDR to the address of rank 0`,
  );
}
