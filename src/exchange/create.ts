/** How an exchange comes about. */
import type { Communicator } from '../collective/communicator.ts';
import { EngineExchange } from './engine-exchange.ts';
import type { Exchange, ExchangeOptions } from './exchange.ts';

/** Makes an exchange where a communicator's engine runs; undefined where it cannot be made there. */
export type ExchangeMaker = (options: ExchangeOptions) => Promise<Exchange> | undefined;

/** Of communicators whose engine runs on another thread. */
const makers: WeakMap<Communicator, ExchangeMaker> = new WeakMap();

/** Exchanges over `communicator` are made by `maker` from here on. */
export function makeExchangesBy(communicator: Communicator, maker: ExchangeMaker): void {
  makers.set(communicator, maker);
}

/**
 * An exchange over a communicator. All ranks call it; their settings are compared first.
 * @example
 * ```ts
 * const exchange = await createExchange(communicator, { codec: 'qsgd:levels=7' });
 * await exchange.allReduce(gradient);     // in place: the mean over ranks
 * ```
 * @throws AgreementError on all ranks when their settings differ
 */
export async function createExchange(
  communicator: Communicator,
  options: ExchangeOptions,
): Promise<Exchange> {
  const elsewhere = makers.get(communicator)?.(options);
  if (elsewhere !== undefined) return await elsewhere;
  const exchange = new EngineExchange(communicator, options);
  await exchange.agree();
  return exchange;
}
