/**
 * The calling thread's end of the line to its communication worker: calls, waited for by a promise or by
 * standing still, and what the worker reports by itself.
 */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { vectorMemory } from '../../codecs/memory.ts';
import { WorkerLostError } from '../../proto/comm-errors.ts';
import { ErrorExchange, type WireError } from './errors.ts';
import type { Report, Request, Target } from './protocol.ts';
import { fromWire, toWire } from './wire.ts';

/** A call to an object of the worker. */
export interface Call {
  readonly target: Target;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly signal?: AbortSignal | undefined;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Hears of an operation whose body runs on the calling thread. */
export interface OperationListener {
  begun(segmentBytes: number): void;
}

/** How often a thread that stands still looks whether the worker is still there, milliseconds. */
const LOOK_MS = 1000;

export class WorkerLink {
  readonly errors: ErrorExchange = new ErrorExchange('caller');
  /** Called with every failure the worker reports by itself. */
  failed: (target: Target, error: Error) => void = () => {};
  readonly #port: MessagePort;
  /** Counts the worker's messages. */
  readonly #signal: Int32Array;
  readonly #pending: Map<number, Pending> = new Map();
  readonly #operations: Map<number, OperationListener> = new Map();
  #nextId = 1;
  #end: Error | undefined;

  constructor(port: MessagePort, signal: Int32Array) {
    this.#port = port;
    this.#signal = signal;
    port.on('message', (report: Report) => this.#take(report));
  }

  /** No call can be answered any more. */
  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** What the worker reports once it has met the other ranks. */
  first(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#pending.set(0, { resolve, reject });
    });
  }

  /** A call waited for by a promise. */
  call(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settle = { resolve, reject };
      const id = this.#start(call, settle);
      if (id === undefined || !(call.signal instanceof AbortSignal)) return;
      this.#follow(call.signal, id, settle);
    });
  }

  /** A call waited for by standing still. */
  callSync(call: Call): unknown {
    let outcome: { readonly value: unknown } | { readonly error: Error } | undefined;
    this.#start(call, {
      resolve: (value) => (outcome = { value }),
      reject: (error) => (outcome = { error }),
    });
    while (outcome === undefined) {
      const seen = Atomics.load(this.#signal, 0);
      this.drain();
      if (outcome === undefined) Atomics.wait(this.#signal, 0, seen, LOOK_MS);
    }
    const settled = outcome;
    if ('error' in settled) throw settled.error;
    return settled.value;
  }

  /** An operation whose body runs here: `listener` hears when its channel is there. */
  operate(call: Call, listener: OperationListener): { id: number; result: Promise<unknown> } {
    let id = 0;
    const result = new Promise((resolve, reject) => {
      const settle = { resolve, reject };
      id = this.#start(call, settle) ?? 0;
      this.#operations.set(id, listener);
      if (call.signal instanceof AbortSignal) this.#follow(call.signal, id, settle);
    });
    return { id, result: result.finally(() => this.#operations.delete(id)) };
  }

  /** What the body of an operation asks of its channel. */
  ask(operation: number, ask: ChannelRequest['ask'], args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject });
      const wire = args.map((arg) => toWire(arg, this.errors));
      this.#post({ kind: 'channel', operation, id, ask, args: wire });
    });
  }

  /** The body of an operation has ended. */
  bodyEnded(operation: number, error?: Error): void {
    this.#post({
      kind: 'ended',
      operation,
      ...(error !== undefined && { error: this.errors.write(error) }),
    });
  }

  /** Takes everything that has been reported and not been heard yet. */
  drain(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      this.#take(received.message);
    }
  }

  /** The worker has ended: nobody answers any more. */
  end(cause: Error): void {
    if (this.#end !== undefined) return;
    this.drain();
    this.#end = cause;
    this.#port.close();
    for (const { reject } of this.#pending.values()) reject(cause);
    this.#pending.clear();
  }

  #start({ target, method, args }: Call, settle: Pending): number | undefined {
    if (this.#end !== undefined) {
      settle.reject(this.#end);
      return undefined;
    }
    const id = this.#nextId++;
    const wire = args.map((arg) => toWire(arg, this.errors));
    this.#pending.set(id, settle);
    try {
      this.#post({ kind: 'call', id, target, method, args: wire });
    } catch (error) {
      this.#pending.delete(id);
      settle.reject(error as Error);
      return undefined;
    }
    return id;
  }

  #follow(signal: AbortSignal, id: number, settle: Pending): void {
    const abort = (): void =>
      this.#post({ kind: 'abort', id, reason: toWire(signal.reason, this.errors) });
    // One that has been aborted before was sent as such.
    if (signal.aborted) return;
    signal.addEventListener('abort', abort);
    const forget = (): void => signal.removeEventListener('abort', abort);
    this.#pending.set(id, {
      resolve: (value) => {
        forget();
        settle.resolve(value);
      },
      reject: (error) => {
        forget();
        settle.reject(error);
      },
    });
  }

  #post(request: Request): void {
    if (this.#end === undefined) this.#port.postMessage(request);
  }

  #take(report: Report): void {
    switch (report.kind) {
      case 'result':
        this.#settle(report.id)?.resolve(fromWire(report.value, this.errors));
        break;
      case 'error':
        this.#settle(report.id)?.reject(this.errors.read(report.error));
        break;
      case 'begun':
        this.#operations.get(report.operation)?.begun(report.segmentBytes);
        break;
      case 'failed':
        this.failed(report.target, this.errors.read(report.error));
        break;
      case 'ended':
        vectorMemory()?.takeOver(report.regions);
        break;
      case 'fatal':
        this.#lose(report.error);
    }
  }

  #lose(wire: WireError): void {
    const cause = this.errors.read(wire);
    this.end(new WorkerLostError(cause.message, { cause }));
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }
}

type ChannelRequest = Extract<Request, { kind: 'channel' }>;
