/** Statistics over rounds. */

/** A figure over rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('"values" must not be empty');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/**
 * How many times as fast as its reference a case is: reference's time ÷ its own, round by round.
 * @param own seconds, a value a round
 * @param reference seconds of the same rounds
 */
export function speedRatio(own: readonly number[], reference: readonly number[]): Spread {
  if (own.length !== reference.length)
    throw new RangeError(`rounds differ: ${own.length} and ${reference.length}`);
  return spreadOf(own.map((seconds, round) => reference[round]! / seconds));
}
