/** Speeds that are promised, as ratios: measured and shown, never asserted in a test. */
import type { CaseRecord } from './record.ts';

/** A case must be at least so many times as fast as one of its references. */
export interface Target {
  readonly name: string;
  readonly reference: string;
  readonly atLeast: number;
}

export interface TargetResult extends Target {
  readonly measured: number;
  readonly isMet: boolean;
}

/** Targets whose case and reference were measured. */
export function judge(targets: readonly Target[], cases: readonly CaseRecord[]): TargetResult[] {
  return targets.flatMap((target) => {
    const measured = cases.find(({ name }) => name === target.name)?.ratios[target.reference]
      ?.median;
    return measured === undefined
      ? []
      : [{ ...target, measured, isMet: measured >= target.atLeast }];
  });
}
