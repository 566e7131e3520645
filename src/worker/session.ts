/** What the calling thread shares among the proxies of one worker. */
import type { Worker } from 'node:worker_threads';
import { WorkerLostError } from '../../proto/comm-errors.ts';
import { BuffersInUse } from '../collective/buffers-in-use.ts';
import type { Communicator } from '../collective/communicator.ts';
import type { OperationOptions } from '../collective/options.ts';
import type { Call, WorkerLink } from './link.ts';
import type { Plan } from './plans.ts';
import { SharedBuffers, Staging } from './staging.ts';
import { SIGNAL, type Handle } from './wire.ts';

/** An operation that may be sent. */
interface Admitted {
  readonly call: Call;
  readonly staging: Staging;
  readonly release: () => void;
}

/** How a proxy is made, injected since proxies make each other. */
export type MakeCommunicator = (session: WorkerSession, handle: Handle) => Communicator;

export class WorkerSession {
  readonly link: WorkerLink;
  readonly inUse: BuffersInUse = new BuffersInUse();
  readonly buffers: SharedBuffers = new SharedBuffers();
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #make: MakeCommunicator;
  readonly #failures: Map<number, Error> = new Map();
  readonly #listeners: Map<number, ((error: Error) => void)[]> = new Map();

  constructor(worker: Worker, link: WorkerLink, make: MakeCommunicator) {
    this.link = link;
    this.#worker = worker;
    this.#make = make;
    this.#ended = new Promise((resolve) => {
      worker.once('exit', (code) => {
        link.end(new WorkerLostError(`it exited with code ${code}`));
        resolve();
      });
      worker.once('error', (cause) => link.end(new WorkerLostError(cause.message, { cause })));
    });
    link.failed = (target, error) => this.#fail(target, error);
  }

  communicator(handle: Handle): Communicator {
    return this.#make(this, handle);
  }

  /** A property of an object of the worker; waits for the answer. */
  get(target: number, property: string): unknown {
    return this.link.callSync({ target, method: property, args: [] });
  }

  /** Calls a method of an object of the worker and waits for it to return. */
  invoke(target: number, method: string, ...args: readonly unknown[]): unknown {
    return this.link.callSync({ target, method, args });
  }

  /** Runs an operation of an object of the worker. */
  async run<T>(target: number, plan: Plan<T>): Promise<T> {
    const { call, staging, release } = this.#admit(target, plan);
    try {
      const returned = await this.link.call(call);
      staging.finish();
      return plan.result(returned);
    } catch (error) {
      this.#giveUp(target, staging);
      throw error;
    } finally {
      release();
    }
  }

  /** The same; the calling thread waits. */
  runSync<T>(target: number, plan: Plan<T>): T {
    const { call, staging, release } = this.#admit(target, plan);
    try {
      const returned = this.link.callSync(call);
      staging.finish();
      return plan.result(returned);
    } catch (error) {
      this.#giveUp(target, staging);
      throw error;
    } finally {
      release();
    }
  }

  /** @throws BufferInUseError before anything is sent */
  #admit<T>(target: number, plan: Plan<T>): Admitted {
    const { method, args, operands, options } = plan;
    const release = this.inUse.hold(operands, method);
    const staging = new Staging(operands, this.buffers);
    const { signal } = options;
    const call = {
      target,
      method,
      args: args.map((arg) => staging.replace(isOptions(arg) ? sendable(arg) : arg)),
      signal: signal instanceof AbortSignal ? signal : undefined,
    };
    return { call, staging, release };
  }

  /** After a failure, bytes may still be on their way into the copies. */
  #giveUp(target: number, staging: Staging): void {
    if (!this.#failures.has(target) && !this.link.hasEnded) staging.release();
  }

  failureOf(target: number): Error | undefined {
    this.link.drain();
    return this.#failures.get(target);
  }

  onFailure(target: number, listener: (error: Error) => void): void {
    const failure = this.failureOf(target);
    if (failure !== undefined) {
      listener(failure);
      return;
    }
    const others = this.#listeners.get(target);
    if (others === undefined) this.#listeners.set(target, [listener]);
    else others.push(listener);
  }

  /** Ends the job; this rank's failure is `error` itself, unless it has failed before. */
  abort(target: number, error: Error): void {
    if (this.failureOf(target) !== undefined || this.link.hasEnded) return;
    this.invoke(target, 'abort', error);
    this.#fail(target, error);
  }

  /** @param isJob the communicator of the job: the worker ends with it */
  async close(target: number, isJob: boolean): Promise<void> {
    if (this.link.hasEnded) return;
    await this.link.call({ target, method: 'close', args: [] }).catch(() => {});
    if (isJob) await this.end();
  }

  /** Ends the worker. */
  async end(): Promise<void> {
    this.#worker.postMessage('end');
    await this.#ended;
    this.buffers.release();
  }

  #fail(target: number, error: Error): void {
    if (this.#failures.has(target)) return;
    this.#failures.set(target, error);
    for (const listener of this.#listeners.get(target)?.splice(0) ?? []) listener(error);
  }
}

function isOptions(arg: unknown): arg is OperationOptions {
  return typeof arg === 'object' && arg !== null && 'signal' in arg;
}

/** Options as they travel: a signal stays here, and is followed where it has not been aborted yet. */
export function sendable({ signal, ...rest }: OperationOptions): object {
  if (!(signal instanceof AbortSignal)) return { ...rest, ...(signal !== undefined && { signal }) };
  const { aborted, reason } = signal as { readonly aborted: boolean; readonly reason: unknown };
  return { ...rest, signal: { [SIGNAL]: aborted, reason } };
}
