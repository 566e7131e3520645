/**
 * The worker's end of the line: keeps the communicators and exchanges of this rank, and runs the calls that
 * come for them.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Channel } from '../collective/channel.ts';
import type { BodyChannel } from '../collective/channel.ts';
import { EngineCommunicator } from '../collective/engine-communicator.ts';
import type { NumericArray } from '../collective/numeric-array.ts';
import type { OperationOptions, Received } from '../collective/options.ts';
import { createExchange } from '../exchange/create.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { Layout } from '../gradient/layout.ts';
import { ErrorExchange } from './errors.ts';
import type { CommunicatorFacts, ExchangeFacts, ExchangePlan } from './facts.ts';
import type { ChannelAsk, Delivery, Report, Request, Target } from './protocol.ts';
import { fromWire, handle, SIGNAL, toWire, type Wire } from './wire.ts';

/** An operation whose body runs on the calling thread. */
interface RemoteBody {
  readonly channel: BodyChannel;
  resolve(): void;
  reject(error: Error): void;
}

const nothing = (): void => {};
const withoutData = ({ source, tag, length }: Received<NumericArray>): object => ({
  source,
  tag,
  length,
});

/**
 * What goes back of what a method returns. Arrays of the caller's own need not: it knows which part of them
 * is meant.
 */
const RETURNED: Readonly<Record<string, (value: never) => unknown>> = {
  receive: withoutData,
  sendReceive: withoutData,
  reduceScatter: nothing,
  reduceScatterV: nothing,
  gather: nothing,
  scatter: nothing,
  scatterV: (view: NumericArray) => view.length,
  allGather: nothing,
  allToAll: nothing,
};

type Method = (...args: unknown[]) => unknown;

export class WorkerHost {
  readonly #errors: ErrorExchange = new ErrorExchange('worker');
  readonly #port: MessagePort;
  readonly #signal: Int32Array;
  readonly #objects: Map<Target, EngineCommunicator | Exchange> = new Map();
  readonly #controllers: Map<number, AbortController> = new Map();
  readonly #bodies: Map<number, RemoteBody> = new Map();
  #nextTarget = 0;

  constructor(port: MessagePort, signal: Int32Array) {
    this.#port = port;
    this.#signal = signal;
  }

  /** Takes calls for `communicator` and what is made from it. @returns its facts for the caller */
  serve(communicator: EngineCommunicator): unknown {
    this.#port.on('message', (request: Request) => this.#take(request));
    return this.#keepCommunicator(communicator);
  }

  /** Tells the calling thread, whatever it is doing. */
  report(report: Report): void {
    this.#port.postMessage(report);
    Atomics.add(this.#signal, 0, 1);
    Atomics.notify(this.#signal, 0);
  }

  /** The ranks have not found each other. */
  failed(error: unknown): void {
    this.report({ kind: 'error', id: 0, error: this.#errors.write(error) });
  }

  /** The worker cannot go on. */
  fatal(error: unknown): void {
    this.report({ kind: 'fatal', error: this.#errors.write(error) });
  }

  #take(request: Request): void {
    switch (request.kind) {
      case 'call':
        void this.#answer(request.id, () => this.#call(request));
        break;
      case 'abort':
        this.#controllers.get(request.id)?.abort(fromWire(request.reason, this.#errors));
        break;
      case 'channel':
        void this.#answer(request.id, () => this.#ask(request));
        break;
      case 'ended':
        this.#endBody(request);
    }
  }

  async #answer(id: number, work: () => unknown): Promise<void> {
    try {
      const value = await work();
      this.report({ kind: 'result', id, value: this.#toWire(value) });
    } catch (error) {
      this.report({ kind: 'error', id, error: this.#errors.write(error) });
    } finally {
      this.#controllers.delete(id);
    }
  }

  #call({ id, target, method, args: wire }: Extract<Request, { kind: 'call' }>): unknown {
    const args = wire.map((arg) => fromWire(arg, this.#errors));
    const object = this.#objects.get(target);
    if (object === undefined) throw new Error(`there is no object ${target}`);
    if (method === 'operate') return this.#operate(id, object as EngineCommunicator, args);
    if (method === 'createExchange')
      return this.#createExchange(object as EngineCommunicator, args[0] as ExchangePlan);
    const value = (object as unknown as Record<string, unknown>)[method];
    if (typeof value !== 'function') return value;
    const result = (value as Method).apply(object, this.#withSignal(id, args));
    const returned = RETURNED[method] as ((value: unknown) => unknown) | undefined;
    return returned === undefined ? result : (result as Promise<unknown>).then(returned);
  }

  /** Options come last; a signal in them arrives as what it says so far. */
  #withSignal(id: number, args: unknown[]): unknown[] {
    const options = args.at(-1) as { signal?: unknown } | null | undefined;
    if (typeof options !== 'object' || !isSignalState(options?.signal)) return args;
    const { [SIGNAL]: aborted, reason } = options.signal;
    const signal = aborted ? AbortSignal.abort(reason) : this.#controllerOf(id).signal;
    return [...args.slice(0, -1), { ...options, signal }];
  }

  #controllerOf(id: number): AbortController {
    const controller = new AbortController();
    this.#controllers.set(id, controller);
    return controller;
  }

  #operate(id: number, communicator: EngineCommunicator, args: unknown[]): Promise<void> {
    const [collective, call] = args as [
      number,
      { name: string; options: OperationOptions; signature: number },
    ];
    const [options] = this.#withSignal(id, [call.options]);
    return communicator.runBody(
      collective,
      { ...call, options: options as OperationOptions },
      (channel) =>
        new Promise((resolve, reject) => {
          this.#bodies.set(id, { channel, resolve, reject });
          this.report({ kind: 'begun', operation: id, segmentBytes: channel.segmentBytes });
        }),
    );
  }

  #ask({ operation, ask, args: wire }: Extract<Request, { kind: 'channel' }>): unknown {
    const body = this.#bodies.get(operation);
    if (body === undefined) throw new Error(`operation ${operation} has ended`);
    const args = wire.map((arg) => fromWire(arg, this.#errors));
    return ASKED[ask](body.channel, args);
  }

  #endBody({ operation, error }: Extract<Request, { kind: 'ended' }>): void {
    const body = this.#bodies.get(operation);
    this.#bodies.delete(operation);
    if (error === undefined) body?.resolve();
    else body?.reject(this.#errors.read(error));
  }

  async #createExchange(communicator: EngineCommunicator, plan: ExchangePlan): Promise<unknown> {
    const { layout, ...options } = plan;
    return await createExchange(communicator, {
      ...options,
      ...(layout && { layout: layoutOf(layout) }),
    });
  }

  #toWire(value: unknown): Wire {
    if (value instanceof EngineCommunicator) return this.#keepCommunicator(value);
    if (isExchange(value)) return this.#keepExchange(value);
    return toWire(value, this.#errors);
  }

  #keepCommunicator(communicator: EngineCommunicator): Wire {
    const target = this.#nextTarget++;
    this.#objects.set(target, communicator);
    communicator.onFailure((error) =>
      this.report({ kind: 'failed', target, error: this.#errors.write(error) }),
    );
    const { rank, size, transport, group, choice, epoch, formerRanks } = communicator;
    const { model, segment } = choice;
    return handle('communicator', target, {
      ...{ rank, size, transport, epoch, formerRanks, group, model, segment },
    } satisfies CommunicatorFacts);
  }

  #keepExchange(exchange: Exchange): Wire {
    const target = this.#nextTarget++;
    this.#objects.set(target, exchange);
    const { spec, settings } = exchange;
    return handle('exchange', target, { spec, settings } satisfies ExchangeFacts);
  }
}

function isSignalState(value: unknown): value is { [SIGNAL]: boolean; reason: unknown } {
  return typeof value === 'object' && value !== null && SIGNAL in value;
}

function isExchange(value: unknown): value is Exchange {
  return typeof value === 'object' && value !== null && 'rescale' in value && 'spec' in value;
}

function layoutOf({ tensors, bucketBytes }: NonNullable<ExchangePlan['layout']>): Layout {
  return new Layout(tensors, { bucketBytes });
}

type Asked = (channel: BodyChannel, args: unknown[]) => Promise<Delivery | void>;

const sending =
  (method: 'send' | 'sendAny'): Asked =>
  (channel, [peer, step, bytes]) =>
    channel[method](peer as number, step as number, bytes as Uint8Array);

/** What a body asks for, answered by its channel. */
const ASKED: Readonly<Record<ChannelAsk, Asked>> = {
  send: sending('send'),
  sendAny: sending('sendAny'),
  receive: async (channel: Channel, [peer, step, target]) => {
    const bytes = typeof target === 'number' ? new Uint8Array(target) : (target as Uint8Array);
    await channel.receive(peer as number, step as number, bytes);
    return {
      source: peer as number,
      tag: step as number,
      bytes: typeof target === 'number' ? bytes : undefined,
    };
  },
  receiveAny: async (channel, [peer, step]) => {
    const bytes = await channel.receiveAny(
      peer as number,
      step as number,
      (length) => new Uint8Array(length),
    );
    return { source: peer as number, tag: step as number, bytes };
  },
  receiveMessage: async (channel, [wanted, kind]) => {
    let source = 0;
    let tag = 0;
    const bytes = await channel.receiveMessage(
      wanted as number | undefined,
      kind as number | undefined,
      (length, from, step) => {
        source = from;
        tag = step;
        return new Uint8Array(length);
      },
    );
    return { source, tag, bytes };
  },
};
