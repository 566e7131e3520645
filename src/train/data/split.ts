/** Seeded, stratified splits into training and held-out rows. */
import { ArgumentRangeError } from '../../../proto/errors.ts';
import { SeededRandom } from '../random.ts';

/** Row numbers, ascending; together every row once. */
export interface Split {
  readonly train: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * Holds out round(`fraction` · rows) rows, chosen at random within each group so that every group is
 * represented in proportion: group g gives ⌊fraction · n_g⌋ rows, and the groups with the largest
 * remainders give one more until the total is right. A group never gives its last row.
 *
 * @param groups the group (class) of each row; one group for all rows where there are no classes
 * @throws ArgumentRangeError when a side would be empty
 */
export function stratifiedSplit(groups: ArrayLike<number>, fraction: number, seed: number): Split {
  if (!(fraction > 0 && fraction < 1))
    throw new ArgumentRangeError(`"testFraction" must be between 0 and 1, got ${fraction}`);
  const members = collectGroups(groups);
  const quotas = assignQuotas(
    members.map((rows) => rows.length),
    fraction,
  );
  const random = new SeededRandom(seed, 'split');
  const test: number[] = [];
  const train: number[] = [];
  members.forEach((rows, group) => {
    random.shuffle(rows);
    for (const row of rows.slice(0, quotas[group])) test.push(row);
    for (const row of rows.slice(quotas[group])) train.push(row);
  });
  if (test.length === 0 || train.length === 0)
    throw new ArgumentRangeError(
      `${groups.length} rows are too few to hold out a fraction of ${fraction}`,
    );
  return { train: Uint32Array.from(train).sort(), test: Uint32Array.from(test).sort() };
}

/** Rows by group, groups in ascending order, so that the outcome does not depend on row order of groups. */
function collectGroups(groups: ArrayLike<number>): number[][] {
  const members = new Map<number, number[]>();
  for (let row = 0; row < groups.length; row++) {
    const group = groups[row]!;
    const rows = members.get(group);
    if (rows) rows.push(row);
    else members.set(group, [row]);
  }
  return [...members].sort(([a], [b]) => a - b).map(([, rows]) => rows);
}

function assignQuotas(sizes: readonly number[], fraction: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const quotas = sizes.map((size) => Math.floor(size * fraction));
  const byRemainder = sizes
    .map((size, group) => ({ group, remainder: size * fraction - quotas[group]! }))
    .sort((a, b) => b.remainder - a.remainder || a.group - b.group);
  let missing = Math.round(total * fraction) - quotas.reduce((sum, quota) => sum + quota, 0);
  for (const { group } of byRemainder) {
    if (missing <= 0) break;
    if (quotas[group]! + 1 >= sizes[group]!) continue;
    quotas[group]!++;
    missing--;
  }
  return quotas;
}
