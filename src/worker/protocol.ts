/**
 * What the calling thread and the communication worker tell each other. Messages travel over a port, in
 * order; a word of shared memory counts those of the worker, so that the calling thread can wait for
 * the next one without its event loop.
 */
import type { Region } from '../../codecs/kernels/simd/vectors.ts';
import type { WireError } from './errors.ts';
import type { Wire } from './wire.ts';

/** Object of the worker that a call goes to; 0 is the communicator of the job. */
export type Target = number;

/** To the worker. */
export type Request =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly target: Target;
      readonly method: string;
      readonly args: readonly Wire[];
    }
  /** The signal of a call was aborted. */
  | { readonly kind: 'abort'; readonly id: number; readonly reason: Wire }
  /** What the body of an operation, which runs on the calling thread, asks of its channel. */
  | {
      readonly kind: 'channel';
      readonly operation: number;
      readonly id: number;
      readonly ask: ChannelAsk;
      readonly args: readonly Wire[];
    }
  /** The body of an operation has ended. */
  | { readonly kind: 'ended'; readonly operation: number; readonly error?: WireError };

export type ChannelAsk = 'send' | 'sendAny' | 'receive' | 'receiveAny' | 'receiveMessage';

/** From the worker. */
export type Report =
  | { readonly kind: 'result'; readonly id: number; readonly value: Wire }
  | { readonly kind: 'error'; readonly id: number; readonly error: WireError }
  /** The channel of an operation is there: its body can run. */
  | { readonly kind: 'begun'; readonly operation: number; readonly segmentBytes: number }
  /** The job has failed. */
  | { readonly kind: 'failed'; readonly target: Target; readonly error: WireError }
  /** The worker has ended in order; its share of the memory is free. */
  | { readonly kind: 'ended'; readonly regions: readonly Region[] }
  /** The worker itself cannot go on. */
  | { readonly kind: 'fatal'; readonly error: WireError };

/** A message that the body of an operation has received. */
export interface Delivery {
  readonly source: number;
  readonly tag: number;
  readonly bytes: Wire;
}
