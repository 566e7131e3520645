/**
 * The same state on all ranks: what a newcomer needs to go on as one of them, and a check that nobody has
 * drifted. Compared by hash first, so that where all agree only 32 bytes a rank travel.
 */
import { createHash } from 'node:crypto';
import { StateMismatchError } from '../../proto/comm-errors.ts';
import type { Communicator } from './communicator.ts';
import { bytesOf, type NumericArray } from './numeric-array.ts';
import type { OperationOptions, RootOptions } from './options.ts';

/**
 * Replaces `arrays` by those of rank `root` (default 0) on every rank that holds others, which is all or
 * nothing: where any hash differs, `root` sends its arrays, and hashes are compared again. All ranks call it,
 * with as many arrays of the same types and lengths.
 * @returns whether this rank's arrays were others before
 * @throws StateMismatchError when ranks hold different bytes afterwards
 * @throws what collectives throw
 */
export async function shareState(
  communicator: Communicator,
  arrays: readonly NumericArray[],
  options: RootOptions = {},
): Promise<boolean> {
  const { root = 0, ...each } = options;
  const before = await hashesOf(communicator, arrays, each);
  if (before.every((hash) => hash === before[root])) return false;
  for (const array of arrays) await communicator.broadcast(array, options);
  const after = await hashesOf(communicator, arrays, each);
  const others = [...after.keys()].filter((rank) => after[rank] !== before[root]);
  if (others.length > 0) throw new StateMismatchError(root, others);
  return before[communicator.rank] !== before[root];
}

/** SHA-256 of all arrays' bytes, by rank. */
async function hashesOf(
  communicator: Communicator,
  arrays: readonly NumericArray[],
  options: OperationOptions,
): Promise<string[]> {
  const hash = createHash('sha256');
  for (const array of arrays) hash.update(bytesOf(array));
  const all = await communicator.allGather(new Uint8Array(hash.digest()), options);
  const { length } = all;
  const size = length / communicator.size;
  return Array.from({ length: communicator.size }, (_rank, rank) =>
    Buffer.from(all.subarray(rank * size, (rank + 1) * size)).toString('hex'),
  );
}
