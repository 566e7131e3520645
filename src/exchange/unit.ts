/** What is encoded as one: a run of tensors of one bucket that share a codec. */
import type { Codec } from '../../codecs/index.ts';
import type { Communicator, OperationOptions } from '../collective/communicator.ts';
import type { ExchangeCounts } from './meter.ts';
import type { BufferSpace } from './space.ts';
import type { Turns } from './turns.ts';

/** How a unit's mean is computed. */
export type Algorithm = 'additive' | 'two-shot' | 'hop-wise' | 'all-gather' | 'densify';

/** A run of the flat gradient with its codec. `offset` and `length` count elements. */
export interface Unit {
  readonly index: number;
  readonly offset: number;
  readonly length: number;
  readonly codec: Codec;
}

/** What an algorithm is set up with. */
export interface UnitContext {
  readonly communicator: Communicator;
  readonly unit: Unit;
  readonly seed: number;
  /** Where its buffers are. */
  readonly space: BufferSpace;
  /** Long work of all units goes through here. */
  readonly turns: Turns;
}

/** What a rank holds back, by element of the gradient. */
export interface Residual {
  /** Of this rank's gradient. */
  readonly own: Float32Array;
  /** Of the mean over ranks, where this rank encodes a part of it. */
  readonly mean: Float32Array;
}

/** An algorithm set up for one unit: buffers and residuals are its own. */
export interface UnitExchange {
  /**
   * Replaces `gradient` (the unit's elements, finite) by the mean over ranks. Takes exactly one
   * operation number, synchronously, so that units in flight are numbered alike on all ranks.
   */
  run(
    gradient: Float32Array,
    step: number,
    counts: ExchangeCounts,
    options: OperationOptions,
  ): Promise<void>;
  /** For a change of the learning rate: previous / next. */
  rescale(factor: number): void;
  /** Copies what is held back, with feedback, to the unit's elements of a residual, which are zero. */
  copyResidual(into: Residual): void;
  /** Holds back `residual`, the unit's elements, as a part of this rank's gradient. */
  holdBack(residual: Float32Array): void;
  /** All residuals held on this rank. */
  residuals(): readonly Float32Array[];
}
