/** Ranks compare their settings before the first gradient moves. */
import { AgreementError } from '../../proto/exchange-errors.ts';
import type { Communicator, OperationOptions } from '../collective/communicator.ts';

/** What must be equal on all ranks, as text. */
export type Settings = Readonly<Record<string, string>>;

/**
 * Compares settings over all ranks; they are shown in the order of their keys.
 * @throws AgreementError, the same on all ranks, with the values of the first setting that differs
 */
export async function assertAgreement(
  communicator: Communicator,
  settings: Settings,
  options: OperationOptions = {},
): Promise<void> {
  const own = new TextEncoder().encode(JSON.stringify(settings));
  const gathered = await communicator.allGatherV(own, options);
  const all = gathered.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)) as Settings);
  const keys = new Set(all.flatMap((entry) => Object.keys(entry)));
  for (const key of keys) {
    const values = all.map((entry) => entry[key] ?? '(nothing)');
    if (values.some((value) => value !== values[0])) throw new AgreementError(key, values);
  }
}
