/**
 * Where labels go so that none covers another. Everything is in pixels, y downwards.
 *
 * Lines that end near the right edge are labelled in the gutter beside it (`stack`). Lines that end
 * elsewhere are labelled in a strip above or below the curves, each hanging from a leader (`hang`). Points of
 * a scatter plot are labelled next to themselves (`scatter`).
 */

/**
 * Centres of boxes in a column, near their wanted centres: in the wanted order, apart, within the bounds if
 * they are large enough.
 *
 * Boxes that touch form a pile, which settles where the mean shift of its members is zero (the pool adjacent
 * violators algorithm), so each label stays as near as the others allow.
 */
export function stack(
  boxes: readonly { readonly center: number; readonly height: number }[],
  top: number,
  bottom: number,
): number[] {
  const order = boxes.map((_, i) => i).sort((a, b) => boxes[a]!.center - boxes[b]!.center);
  const piles: { members: number[]; height: number; top: number }[] = [];
  for (const i of order) {
    const { center, height } = boxes[i]!;
    piles.push({ members: [i], height, top: center - height / 2 });
    mergeOverlapping();
  }

  function mergeOverlapping(): void {
    for (;;) {
      const [upper, lower] = piles.slice(-2);
      const last = piles.at(-1)!;
      last.top = Math.max(top, Math.min(last.top, bottom - last.height));
      if (upper === undefined || lower === undefined || upper.top + upper.height <= lower.top)
        return;
      const members = [...upper.members, ...lower.members];
      piles.splice(-2, 2, { members, height: upper.height + lower.height, top: settle(members) });
    }
  }

  /** The top of a pile whose members are on average where they want to be. */
  function settle(members: readonly number[]): number {
    let offset = 0;
    let shift = 0;
    for (const i of members) {
      const { center, height } = boxes[i]!;
      shift += center - (offset + height / 2);
      offset += height;
    }
    return shift / members.length;
  }

  const centers = boxes.map(() => 0);
  for (const pile of piles) {
    let next = pile.top;
    for (const i of pile.members) {
      centers[i] = next + boxes[i]!.height / 2;
      next += boxes[i]!.height;
    }
  }
  return centers;
}

/** A label that hangs from the end of a line. */
export interface Hanging {
  /** Where the line ends. */
  readonly x: number;
  /** Distance of the end from the strip; of ends one above the other the nearest is served first. */
  readonly distance: number;
  /** Width of the text. */
  readonly width: number;
}

/** Where it hangs: the text ends left of the leader, `right` being its right edge. */
export interface Hung {
  readonly leader: number;
  readonly right: number;
  /** 0 is the row next to the curves. */
  readonly row: number;
}

/** Leaders are at least so far apart, and texts so far from leaders. */
const LEADER_GAP = 9;
const TEXT_GAP = 5;

/**
 * Rows for labels in a strip. Text extends to the left of its leader, so going from left to right a label must
 * lie below (beyond) exactly those whose leaders come down through its text. A text that would start left of
 * `left` is moved to the right and gets a row of its own beyond all others.
 */
export function hang(labels: readonly Hanging[], left: number): Hung[] {
  const order = labels
    .map((_, i) => i)
    .sort((a, b) => labels[a]!.x - labels[b]!.x || labels[a]!.distance - labels[b]!.distance);
  const hung: Hung[] = [];
  const done: Hung[] = [];
  let leader = -Infinity;
  for (const i of order) {
    const { x, width } = labels[i]!;
    leader = Math.max(x, leader + LEADER_GAP);
    const right = Math.max(leader - TEXT_GAP, left + width);
    const isMoved = right > leader - TEXT_GAP;
    const start = right - width - TEXT_GAP;
    const inTheWay = done.filter((other) => isMoved || other.leader > start || other.right > start);
    const row = inTheWay.reduce((deepest, other) => Math.max(deepest, other.row + 1), 0);
    hung[i] = { leader, right, row };
    done.push(hung[i]);
  }
  return hung;
}

/** A rectangle: left, top, right, bottom. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Centres from which to try a label of this size at a point: beside it, then in ever wider rings. */
function* candidates(
  x: number,
  y: number,
  width: number,
  height: number,
): Generator<[number, number]> {
  for (let ring = 0; ring < 6; ring++) {
    const dx = width / 2 + 9 + ring * 4;
    const dy = height / 2 + 8 + ring * 9;
    yield* [
      [x + dx, y],
      [x - dx, y],
      [x, y - dy],
      [x, y + dy],
    ] as [number, number][];
    yield* [
      [x + dx, y - dy],
      [x + dx, y + dy],
      [x - dx, y - dy],
      [x - dx, y + dy],
    ] as [number, number][];
  }
}

/**
 * Boxes for labels of points, each at the first place near its point where it covers no obstacle, no label
 * before it and stays within the bounds; undefined where it is too crowded for that.
 */
export function scatter(
  labels: readonly { x: number; y: number; width: number; height: number }[],
  obstacles: readonly Box[],
  bounds: Box,
): Box[] | undefined {
  const placed: Box[] = [];
  for (const { x, y, width, height } of labels) {
    const fitting = [...candidates(x, y, width, height)]
      .map(([cx, cy]) => around(cx, cy, width, height))
      .find(
        (box) =>
          isInside(box, bounds) && ![...obstacles, ...placed].some((other) => overlap(box, other)),
      );
    if (fitting === undefined) return undefined;
    placed.push(fitting);
  }
  return placed;
}

function around(x: number, y: number, width: number, height: number): Box {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

function isInside(box: Box, bounds: Box): boolean {
  return (
    box.left >= bounds.left &&
    box.right <= bounds.right &&
    box.top >= bounds.top &&
    box.bottom <= bounds.bottom
  );
}

/** Whether two boxes share more than an edge. */
export function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
