/** The exchange of a rank whose engine runs in the communication worker. */
import { parseCodec, type Codec } from '../../codecs/index.ts';
import { assertFloat32Array } from '../../proto/assert.ts';
import type { Communicator } from '../collective/communicator.ts';
import type { OperationOptions } from '../collective/options.ts';
import type { Exchange, ExchangeOptions, ExchangeStats } from '../exchange/exchange.ts';
import type { Residual } from '../exchange/unit.ts';
import type { CodecRule } from '../exchange/units.ts';
import type { ExchangeFacts, ExchangePlan } from './facts.ts';
import type { Plan } from './plans.ts';
import type { WorkerSession } from './session.ts';
import type { Handle } from './wire.ts';

const nothing = (): void => {};

export class WorkerExchange implements Exchange {
  readonly communicator: Communicator;
  readonly spec: string;
  readonly #session: WorkerSession;
  readonly #target: number;

  /** @internal */
  constructor(session: WorkerSession, communicator: Communicator, handle: Handle) {
    this.communicator = communicator;
    this.spec = (handle.facts as ExchangeFacts).spec;
    this.#session = session;
    this.#target = handle.id;
  }

  get stats(): ExchangeStats {
    return this.#session.get(this.#target, 'stats') as ExchangeStats;
  }

  get settings(): Readonly<Record<string, string>> {
    return this.#session.get(this.#target, 'settings') as Readonly<Record<string, string>>;
  }

  async allReduce(gradient: Float32Array, options: OperationOptions = {}): Promise<void> {
    await this.#session.run(this.#target, allReducePlan(gradient, options));
  }

  allReduceSync(gradient: Float32Array, options: OperationOptions = {}): void {
    this.#session.runSync(this.#target, allReducePlan(gradient, options));
  }

  async agree(options: OperationOptions = {}): Promise<void> {
    await this.#session.run(this.#target, {
      method: 'agree',
      args: [options],
      options,
      operands: [],
      result: nothing,
    });
  }

  rescale(factor: number): void {
    this.#session.invoke(this.#target, 'rescale', factor);
  }

  residual(): Residual | undefined {
    return this.#session.invoke(this.#target, 'residual') as Residual | undefined;
  }

  close(): void {
    if (!this.#session.link.hasEnded) this.#session.invoke(this.#target, 'close');
  }

  snapshot(): Uint8Array {
    return this.#session.invoke(this.#target, 'snapshot') as Uint8Array;
  }

  restore(bytes: Uint8Array): void {
    this.#session.invoke(this.#target, 'restore', bytes);
  }
}

function allReducePlan(gradient: Float32Array, options: OperationOptions): Plan<void> {
  assertFloat32Array(gradient, 'gradient');
  return {
    method: 'allReduce',
    args: [gradient, options],
    options,
    operands: [{ array: gradient, title: 'gradient', writes: true }],
    result: nothing,
  };
}

/**
 * Options as they can be sent to the worker; undefined where they cannot: codecs made by `defineCodec`
 * are functions of the calling thread.
 */
export function exchangePlan(options: ExchangeOptions): ExchangePlan | undefined {
  const { codec, rules = [], layout, ...rest } = options;
  const spec = specOf(codec);
  const sent: CodecRule[] = [];
  for (const rule of rules) {
    const ruleSpec = specOf(rule.codec);
    if (ruleSpec === undefined) return undefined;
    sent.push({ ...rule, codec: ruleSpec });
  }
  if (spec === undefined) return undefined;
  return {
    ...rest,
    codec: spec,
    rules: sent,
    ...(layout && { layout: { tensors: layout.tensors, bucketBytes: layout.bucketBytes } }),
  };
}

/** The spec that makes the same codec in another thread. */
function specOf(codec: Codec | string): string | undefined {
  if (typeof codec !== 'object' || codec === null || typeof codec.spec !== 'string')
    return codec as string;
  try {
    return parseCodec(codec.spec).spec === codec.spec ? codec.spec : undefined;
  } catch {
    return undefined;
  }
}
