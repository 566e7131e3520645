/** Where the engine of a rank runs, and how it comes about. */
import { ArgumentTypeError } from '../../proto/errors.ts';
import type { Communicator } from '../collective/communicator.ts';
import {
  init as initHere,
  isNewcomer,
  type InitOptions as EngineOptions,
} from '../rendezvous/init.ts';
import { findPlace, type Environment } from '../rendezvous/launcher.ts';
import { traceTo } from '../trace/files.ts';
import { equipEngines } from './engine-memory.ts';
import { startWorker } from './start.ts';

export interface InitOptions extends EngineOptions {
  /**
   * Where the connections live. By default a worker thread of their own, which moves bytes while this thread
   * computes, and lets it wait (`allReduceSync`); `false`: this thread. A file is the program of the
   * worker, where a bundler has moved it away from this library (its entry is
   * `gradwire/worker`). Ignored with one rank, which has no connections, and with `master`, whose
   * socket belongs to this thread.
   */
  readonly worker?: boolean | string | URL;
}

/**
 * Meets the other ranks and returns the communicator of all. Without options or a launcher's variables:
 * a communicator of one rank, without a socket.
 * @throws LauncherError when rank, size or address are missing or contradict each other
 * @throws SecretError without a secret where one is needed, TlsError on certificates that cannot be used
 * @throws PortInUseError on rank 0
 * @throws RendezvousError when the ranks do not find each other; `missing` names those that did not come
 */
export async function init(options: InitOptions = {}): Promise<Communicator> {
  const { worker = workerOfEnvironment(), ...given } = options;
  if (typeof worker !== 'boolean' && typeof worker !== 'string' && !(worker instanceof URL))
    throw new ArgumentTypeError(
      `"worker" must be true, false, a path or a URL, got ${typeof worker}`,
    );
  const env = { ...(given.env ?? process.env) };
  const communicator = await meet(given, env, worker);
  traceTo(env['GRADWIRE_TRACE'], communicator.rank);
  return communicator;
}

async function meet(
  given: EngineOptions,
  env: Environment,
  worker: boolean | string | URL,
): Promise<Communicator> {
  const isAlone = (): boolean => !isNewcomer({ ...given, env }) && findPlace(given, env).size === 1;
  if (worker === false || given.master !== undefined || isAlone()) {
    equipEngines();
    return await initHere(given);
  }
  const file = worker === true ? undefined : worker;
  return await startWorker({ ...given, env }, file);
}

/** GRADWIRE_WORKER=0 keeps the connections on the calling thread. */
function workerOfEnvironment(): boolean {
  return process.env['GRADWIRE_WORKER'] !== '0';
}
