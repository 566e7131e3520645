/** Proxies on the calling thread for what lives in the worker. */
import type { Communicator } from '../collective/communicator.ts';
import { makeExchangesBy } from '../exchange/create.ts';
import type { Exchange, ExchangeOptions } from '../exchange/exchange.ts';
import type { WorkerSession } from './session.ts';
import type { Handle } from './wire.ts';
import { WorkerCommunicator } from './worker-communicator.ts';
import { exchangePlan, WorkerExchange } from './worker-exchange.ts';

/** The communicator of a handle; exchanges over it are made in the worker, too. */
export function makeCommunicator(session: WorkerSession, handle: Handle): Communicator {
  const communicator = new WorkerCommunicator(session, handle);
  makeExchangesBy(communicator, (options) => makeExchange(session, communicator, handle, options));
  return communicator;
}

function makeExchange(
  session: WorkerSession,
  communicator: Communicator,
  { id: target }: Handle,
  options: ExchangeOptions,
): Promise<Exchange> | undefined {
  const plan = exchangePlan(options);
  if (plan === undefined) return undefined;
  const made = session.link.call({ target, method: 'createExchange', args: [plan] });
  return made.then((handle) => new WorkerExchange(session, communicator, handle as Handle));
}
