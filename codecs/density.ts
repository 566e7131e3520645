/** How many elements a select stage keeps: by count or by share. */
import type { Fail, Parameter, ParameterValue } from './spec.ts';
import { decimal, integer } from './spec.ts';

/** `density` and `k`, of which exactly one must be given. */
export const keepParameters: readonly Parameter[] = [
  decimal('density', 0, 1),
  integer('k', 1, 2 ** 28),
];

/** Elements kept of `length`. */
export type KeepCount = (length: number) => number;

/** k = min(n, k) or min(n, max(1, round(density · n))). @throws CodecSpecError unless one is given */
export function keepCount(
  name: string,
  values: ReadonlyMap<string, ParameterValue>,
  fail: Fail,
): KeepCount {
  const density = values.get('density') as number | undefined;
  const k = values.get('k') as number | undefined;
  if (density === undefined && k === undefined)
    fail(`${name} needs a density in (0, 1] or a count: ${name}:density=0.01 or ${name}:k=100`);
  if (density !== undefined && k !== undefined) fail(`${name} takes density or k, not both`);
  if (k !== undefined) return (length) => Math.min(length, k);
  return (length) => Math.min(length, Math.max(1, Math.round(density! * length)));
}
