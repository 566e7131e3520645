/**
 * Binomial trees. Ranks are counted from the root: position = rank − root (modulo P). The parent of a
 * position is the one without its lowest set bit; its children are the ones with one lower bit set.
 * Child c of position p has the subtree of the positions from c to below min(c + (c − p), P):
 * consecutive, so that what belongs to a subtree is one run.
 */

/** One position of a tree. */
export interface TreePlace {
  /** Counted from the root, which is 0. */
  readonly position: number;
  /** Position, −1 at the root. */
  readonly parent: number;
  /** Positions, nearest first. */
  readonly children: readonly number[];
  /** Positions of the subtree, this one included. */
  readonly subtree: number;
  /** The rank at a position. */
  readonly rankAt: (position: number) => number;
}

/** The place of `rank` in the binomial tree over `size` ranks that has `root` at its top. */
export function binomialPlace(rank: number, size: number, root: number): TreePlace {
  const position = (rank - root + size) % size;
  let reach = 1;
  while (reach < size && (position & reach) === 0) reach *= 2;
  const children: number[] = [];
  for (let lower = 1; lower < reach && position + lower < size; lower *= 2)
    children.push(position + lower);
  return {
    position,
    parent: position === 0 ? -1 : position - reach,
    children,
    subtree: Math.min(reach, size - position),
    rankAt: (other) => (other + root) % size,
  };
}

/** The same for a chain: every position passes on to the next. */
export function chainPlace(rank: number, size: number, root: number): TreePlace {
  const position = (rank - root + size) % size;
  return {
    position,
    parent: position - 1,
    children: position + 1 < size ? [position + 1] : [],
    subtree: size - position,
    rankAt: (other) => (other + root) % size,
  };
}

/** Positions in the subtree of `child` of a binomial tree below `parent`. */
export function childSubtree(parent: number, child: number, size: number): number {
  return Math.min(child - parent, size - child);
}
