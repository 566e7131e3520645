/** Parsers of option values; what they throw becomes a usage error that names the option. */
import { InvalidArgumentError } from 'commander';

/** An integer in [min, max]. */
export function integerOption(
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`Give an integer from ${min} to ${max}.`);
    return value;
  };
}
