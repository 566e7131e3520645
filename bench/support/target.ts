/** Figures that are promised: measured and shown, never asserted in a test. */
import type { CaseRecord } from './record.ts';

/** A figure of a case: its speed beside a reference's, or a fact. */
export type Figure = { readonly speedBeside: string } | { readonly fact: string };

/** Bounds of a figure; those that are absent are not asked for. */
export interface Bounds {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A figure of a case that must be within bounds. */
export interface Target extends Bounds {
  /** The case. */
  readonly name: string;
  readonly figure: Figure;
}

export interface TargetResult extends Target {
  /** Null when there is no such figure, such as beside a system that was not found. */
  readonly measured: number | null;
  /** False, too, where nothing was measured. */
  readonly isMet: boolean;
}

/** Targets whose case was measured, with what was found. */
export function judge(targets: readonly Target[], cases: readonly CaseRecord[]): TargetResult[] {
  return targets.flatMap((target) => {
    const found = cases.find(({ name }) => name === target.name);
    if (!found) return [];
    const measured = figureOf(found, target.figure);
    return [{ ...target, measured, isMet: measured !== null && isWithin(measured, target) }];
  });
}

/** How a target is written: `≥ 0.6`. */
export function boundsText({ atLeast, atMost }: Bounds): string {
  const parts = [
    ...(atLeast === undefined ? [] : [`≥ ${atLeast}`]),
    ...(atMost === undefined ? [] : [`≤ ${atMost}`]),
  ];
  return parts.join(', ');
}

/** Ratios count by their median. */
function figureOf({ ratios, facts }: CaseRecord, figure: Figure): number | null {
  if ('speedBeside' in figure) return ratios[figure.speedBeside]?.median ?? null;
  const fact = facts[figure.fact];
  return typeof fact === 'number' ? fact : null;
}

export function isWithin(
  value: number,
  { atLeast = -Infinity, atMost = Infinity }: Bounds,
): boolean {
  return value >= atLeast && value <= atMost;
}
