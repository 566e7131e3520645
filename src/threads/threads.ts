/**
 * Several threads for long vectors. Encoding and decoding `qsgd` and `terngrad` of at least 2²⁰
 * elements is divided over them where vector, payload and residual live in the kernels' memory
 * (`allocateVector`, `allocateBytes`); bytes and values are the same for any number of threads.
 * Calls stay synchronous: the calling thread does its share and waits for the others.
 */
import { availableParallelism } from 'node:os';
import type { Crew } from '../../codecs/kernels/simd/crew.ts';
import { attachCrew, attachedCrew, vectorMemory } from '../../codecs/memory.ts';
import { assertInteger } from '../../proto/assert.ts';
import { GradwireError } from '../../proto/errors.ts';
import { CrewThread } from './thread.ts';

const MAX_THREADS = 64;

/** Options of `startThreads`. */
export interface ThreadsOptions {
  /** Threads in all, the calling one included; by default as many as the machine runs at once. */
  readonly threads?: number | undefined;
}

/** Threads that codecs of this program use until they are closed. */
export interface CodecThreads {
  /** The calling one included. */
  readonly threads: number;
  /** Codecs run on the calling thread alone again; settles when the others have ended. */
  close(): Promise<void>;
}

function crewOf(members: readonly CrewThread[]): Crew {
  return {
    memories: members.map(({ memory }) => memory),
    run(name, args, own) {
      members.forEach((member, i) => member.start(name, args[i]!));
      const first = own();
      return [first, ...members.map((member) => member.finish())];
    },
  };
}

/**
 * Starts threads for the codecs of this program.
 * @throws ArgumentRangeError, ArgumentTypeError; GradwireError GRADWIRE_THREADS_RUNNING while others
 * are, GRADWIRE_THREADS_UNAVAILABLE with the plain kernels, which have no memory to share
 */
export async function startThreads(options: ThreadsOptions = {}): Promise<CodecThreads> {
  const { threads = Math.min(MAX_THREADS, availableParallelism()) } = options;
  assertInteger(threads, 'threads', 1, MAX_THREADS);
  if (attachedCrew())
    throw new GradwireError(
      'GRADWIRE_THREADS_RUNNING',
      'codec threads run already; close them first',
    );
  const memory = vectorMemory();
  if (!memory)
    throw new GradwireError(
      'GRADWIRE_THREADS_UNAVAILABLE',
      'codec threads need the SIMD kernels, and this platform or GRADWIRE_KERNELS has none',
    );
  const members = Array.from({ length: threads - 1 }, () => new CrewThread(memory));
  const crew = crewOf(members);
  const close = async (): Promise<void> => {
    if (attachedCrew() !== crew) return;
    attachCrew(undefined);
    await Promise.all(members.map((member) => member.close()));
  };
  attachCrew(crew);
  try {
    await Promise.all(members.map((member) => member.ready()));
  } catch (cause) {
    await close();
    throw cause;
  }
  return { threads, close };
}
