/** One thread of the crew, and how it is talked to: through words of the memory that it shares. */
import { Worker } from 'node:worker_threads';
import { CREW_FUNCTIONS, type CrewFunction } from '../../codecs/kernels/simd/crew.ts';
import {
  FIRST_BYTE,
  memoryAt,
  WINDOWS_END,
  type SimdMemory,
} from '../../codecs/kernels/simd/memory.ts';
import type { VectorMemory } from '../../codecs/kernels/simd/vectors.ts';
import { GradwireError } from '../../proto/errors.ts';
import {
  ARGUMENTS_AT,
  CONTROL,
  CONTROL_BYTES,
  MAX_ARGUMENTS,
  STOP,
  WORKER_SOURCE,
} from './worker-source.ts';

/** No kernel runs for so long, in milliseconds: the thread is gone. */
const PATIENCE = 60_000;

/** A worker thread with windows and a control block in the kernels' memory. */
export class CrewThread {
  readonly memory: SimdMemory;
  readonly #vectors: VectorMemory;
  readonly #control: number;
  readonly #windows: number;
  readonly #words: Int32Array;
  readonly #args: Float64Array;
  readonly #worker: Worker;
  readonly #exit: Promise<void>;
  readonly #patience: number;
  #turn = 0;

  /**
   * Starts the thread; it takes calls as soon as `ready` settles.
   * @param patience milliseconds without an answer after which the thread counts as lost
   */
  constructor(vectors: VectorMemory, patience: number = PATIENCE) {
    this.#vectors = vectors;
    this.#patience = patience;
    this.#windows = vectors.allocate(WINDOWS_END - FIRST_BYTE).address;
    const { buffer, address } = vectors.allocate(CONTROL_BYTES);
    this.#control = address;
    this.#words = new Int32Array(buffer, address, ARGUMENTS_AT / 4);
    this.#args = new Float64Array(buffer, address + ARGUMENTS_AT, MAX_ARGUMENTS);
    this.memory = memoryAt({}, buffer, this.#windows, (array) => vectors.addressOf(array));
    this.#worker = new Worker(WORKER_SOURCE, {
      eval: true,
      name: 'gradwire codecs',
      workerData: {
        module: vectors.module,
        memory: vectors.memory,
        control: address,
        names: CREW_FUNCTIONS,
      },
    });
    this.#exit = new Promise((resolve) => void this.#worker.once('exit', () => resolve()));
  }

  /** Settles when the thread runs. @throws what kept it from running */
  async ready(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#worker.once('online', resolve);
      this.#worker.once('error', reject);
    });
    // A program that is done need not wait for threads that wait for work.
    this.#worker.unref();
  }

  /** Starts a function; `finish` waits for it. */
  start(name: CrewFunction, args: readonly number[]): void {
    this.#args.set(args);
    this.#signal(CREW_FUNCTIONS.indexOf(name));
  }

  #signal(call: number): void {
    this.#words[CONTROL.call] = call;
    this.#turn = (this.#turn + 1) | 0;
    Atomics.store(this.#words, CONTROL.go, this.#turn);
    Atomics.notify(this.#words, CONTROL.go);
  }

  /** What the function started last returned. @throws GradwireError when there is no answer */
  finish(): number {
    for (;;) {
      const done = Atomics.load(this.#words, CONTROL.done);
      if (done === this.#turn) return this.#words[CONTROL.result]!;
      if (Atomics.wait(this.#words, CONTROL.done, done, this.#patience) === 'timed-out')
        throw new GradwireError(
          'GRADWIRE_THREADS_LOST',
          `a codec thread gave no answer within ${this.#patience / 1000} s; close the threads and start anew`,
        );
    }
  }

  /** Ends the thread and gives its memory back. */
  async close(): Promise<void> {
    this.#worker.ref();
    this.#signal(STOP);
    await this.#exit;
    this.#vectors.free(this.#windows);
    this.#vectors.free(this.#control);
  }
}
