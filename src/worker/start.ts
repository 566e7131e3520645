/** Starts the communication worker of a rank. */
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { vectorMemory } from '../../codecs/memory.ts';
import type { MemoryHandle } from '../../codecs/kernels/simd/vectors.ts';
import { RendezvousError } from '../../proto/comm-errors.ts';
import type { Communicator } from '../collective/communicator.ts';
import type { InitOptions } from '../rendezvous/init.ts';
import { WorkerLink } from './link.ts';
import { makeCommunicator } from './proxies.ts';
import { WorkerSession } from './session.ts';
import { isHandle } from './wire.ts';

/** What a worker is given. */
export interface WorkerData {
  /** The kernels' memory; undefined where there is none. */
  readonly memory: MemoryHandle | undefined;
  readonly port: MessagePort;
  /** One word: counts what the worker has reported. */
  readonly signal: Int32Array;
  readonly options: InitOptions;
}

/** Beside this file, written in the same language. */
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './worker-main.ts' : './worker-main.js',
  import.meta.url,
);

/**
 * A communicator whose engine runs in a worker.
 * @param options can be cloned, `signal` apart
 * @param file program of the worker
 * @throws what `init` throws
 */
export async function startWorker(
  { signal: givenUp, ...options }: InitOptions,
  file: URL | string = ENTRY,
): Promise<Communicator> {
  const { port1, port2 } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const memory = vectorMemory()?.handle();
  const data: WorkerData = { memory, port: port2, signal, options };
  const worker = new Worker(file, {
    name: 'gradwire communication',
    workerData: data,
    transferList: [port2],
    // It has little garbage, and a rank has memory for other things.
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  const link = new WorkerLink(port1, signal);
  const session = new WorkerSession(worker, link, makeCommunicator);
  const giveUp = (): void => worker.postMessage('give up');
  givenUp?.addEventListener('abort', giveUp);
  if (givenUp?.aborted === true) giveUp();
  try {
    const made = await link.first();
    if (!isHandle(made, 'communicator')) throw new Error('the worker has made no communicator');
    return session.communicator(made);
  } catch (error) {
    await session.end();
    throw explained(error, givenUp);
  } finally {
    givenUp?.removeEventListener('abort', giveUp);
  }
}

/** The reason of a signal is known to this thread alone. */
function explained(error: unknown, givenUp: AbortSignal | undefined): unknown {
  if (givenUp?.aborted !== true || !(error instanceof RendezvousError)) return error;
  if (error.code !== 'GRADWIRE_RENDEZVOUS_ABORTED') return error;
  return new RendezvousError(error.code, error.message, { cause: givenUp.reason });
}
