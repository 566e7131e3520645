/**
 * gradwire: communication-compressed distributed training. All of `gradwire/codecs`, and the exchange that
 * brings codecs and communicator together.
 * @example
 * ```ts
 * import { createExchange } from 'gradwire';
 * import { init } from 'gradwire/comm';
 *
 * const communicator = await init();
 * const exchange = await createExchange(communicator, { codec: 'qsgd:levels=7' });
 * const gradient = new Float32Array(1000);
 * await exchange.allReduce(gradient); // in place: the mean over all ranks
 * await communicator.close();
 * ```
 * @module
 */
export * from '../codecs/index.ts';
export { createExchange } from './exchange/create.ts';
export type { Exchange, ExchangeOptions, ExchangeStats } from './exchange/exchange.ts';
export type { ExchangeCounts, StageMilliseconds } from './exchange/meter.ts';
export type { Algorithm, Residual } from './exchange/unit.ts';
export type { CodecRule, Granularity } from './exchange/units.ts';
export { SurvivingStrategy, type Loss } from './strategy/surviving.ts';
export { SynchronousStrategy } from './strategy/sync.ts';
export {
  DEFAULT_BUCKET_BYTES,
  Layout,
  type Bucket,
  type NamedArrays,
  type TensorShape,
  type TensorSlot,
} from './gradient/layout.ts';
export { AgreementError, ReplicaMismatchError } from '../proto/exchange-errors.ts';
