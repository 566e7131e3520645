/** How an exchange comes about. */
import type { Communicator } from '../collective/communicator.ts';
import { EngineExchange } from './engine-exchange.ts';
import type { Exchange, ExchangeOptions } from './exchange.ts';

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
  const exchange = new EngineExchange(communicator, options);
  await exchange.agree();
  return exchange;
}
