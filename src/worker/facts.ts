/** What the calling thread knows of an object of the worker without asking. */
import type { Group } from '../collective/channel.ts';
import type { CostModel } from '../collective/cost-model.ts';
import type { ExchangeOptions } from '../exchange/exchange.ts';
import type { TensorSlot } from '../gradient/layout.ts';

export interface CommunicatorFacts {
  readonly rank: number;
  readonly size: number;
  readonly transport: string;
  readonly epoch: number;
  readonly formerRanks: readonly number[];
  readonly group: Group;
  /** By which algorithms are chosen. */
  readonly model: CostModel;
  readonly segment: number;
}

export interface ExchangeFacts {
  readonly spec: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** Options of an exchange as they travel. */
export type ExchangePlan = Omit<ExchangeOptions, 'layout'> & {
  readonly layout?: { readonly tensors: readonly TensorSlot[]; readonly bucketBytes: number };
};
