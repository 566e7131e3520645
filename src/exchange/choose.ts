/** Which algorithm carries a codec: decided by its traits and sizes, never by its name. */
import { ArgumentRangeError } from '../../proto/errors.ts';
import { Additive } from './additive.ts';
import { AllGatherExchange } from './all-gather.ts';
import { Densify } from './densify.ts';
import { TwoShot } from './two-shot.ts';
import type { Algorithm, Unit, UnitContext, UnitExchange } from './unit.ts';

/** What may be asked for. */
export const algorithms: readonly (Algorithm | 'auto')[] = [
  'auto',
  'additive',
  'two-shot',
  'all-gather',
  'densify',
];

/** Bytes a rank sends when all payloads go to everybody, and when float32 vectors go round a ring. */
function gatherBytes(unit: Unit, size: number): number {
  return (size - 1) * unit.codec.maxBytes(unit.length);
}

function ringBytes(unit: Unit, size: number): number {
  return (2 * (size - 1) * 4 * unit.length) / size;
}

/** The algorithm for a unit on `size` ranks. @throws ArgumentRangeError for one that cannot be right */
export function chooseAlgorithm(unit: Unit, size: number, asked: Algorithm | 'auto'): Algorithm {
  if (!algorithms.includes(asked))
    throw new ArgumentRangeError(
      `"algorithm" must be one of ${algorithms.join(', ')}, got ${String(asked)}`,
    );
  const { codec } = unit;
  if (asked === 'additive' && !codec.values)
    throw new ArgumentRangeError(
      `algorithm additive cannot carry ${codec.spec}: its payloads cannot be summed without decoding`,
    );
  if (asked !== 'auto') return asked;
  if (codec.values) return 'additive';
  if (codec.traits.support === 'dense') return 'two-shot';
  return size > 1 && gatherBytes(unit, size) > ringBytes(unit, size) ? 'densify' : 'all-gather';
}

/** Sets the algorithm up for a unit. */
export function setUp(algorithm: Algorithm, context: UnitContext): UnitExchange {
  if (algorithm === 'additive') return new Additive(context, context.unit.codec.values!);
  if (algorithm === 'two-shot') return new TwoShot(context);
  return algorithm === 'all-gather' ? new AllGatherExchange(context) : new Densify(context);
}
