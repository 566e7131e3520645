/** What a trace says in figures: how long each rank did what, and how much of it at the same time. */
import type { TraceEvent } from './events.ts';

/** Milliseconds. */
export interface RankSummary {
  readonly rank: number;
  /** By category: the time in which at least one such span was open. */
  readonly busy: Readonly<Record<string, number>>;
  /** Time in which messages travelled. */
  readonly communicating: number;
  /** Of that, the part in which this rank computed, encoded, decoded or updated. */
  readonly hidden: number;
}

type Interval = readonly [start: number, end: number];

const WORK = ['compute', 'update', 'encode', 'decode'];
const COMMUNICATION = ['operation'];

export function summarise(events: readonly TraceEvent[]): RankSummary[] {
  const ranks = [...new Set(events.map(({ pid }) => pid))].toSorted((a, b) => a - b);
  return ranks.map((rank) =>
    summaryOf(rank, intervalsOf(events.filter(({ pid }) => pid === rank))),
  );
}

function summaryOf(rank: number, all: ReadonlyMap<string, readonly Interval[]>): RankSummary {
  const unionOf = (categories: readonly string[]): Interval[] =>
    union(categories.flatMap((category) => all.get(category) ?? []));
  const busy = [...all].map(([category, spans]) => [category, total(union(spans))] as const);
  const communication = unionOf(COMMUNICATION);
  return {
    rank,
    busy: Object.fromEntries(busy),
    communicating: total(communication),
    hidden: total(intersection(communication, unionOf(WORK))),
  };
}

function intervalsOf(events: readonly TraceEvent[]): Map<string, Interval[]> {
  const intervals = new Map<string, Interval[]>();
  const begun = new Map<string, number>();
  const add = (category: string, start: number, end: number): void => {
    const list = intervals.get(category);
    if (list === undefined) intervals.set(category, [[start, end]]);
    else list.push([start, end]);
  };
  for (const { ph, cat = '', ts = 0, dur = 0, id, tid } of events) {
    const key = `${tid} ${cat} ${id}`;
    if (ph === 'X') add(cat, ts / 1000, (ts + dur) / 1000);
    else if (ph === 'b') begun.set(key, ts);
    else if (ph === 'e') add(cat, (begun.get(key) ?? ts) / 1000, ts / 1000);
  }
  return intervals;
}

function union(intervals: readonly Interval[]): Interval[] {
  const result: [number, number][] = [];
  for (const [start, end] of intervals.toSorted(([a], [b]) => a - b)) {
    const last = result.at(-1);
    if (last === undefined || start > last[1]) result.push([start, end]);
    else last[1] = Math.max(last[1], end);
  }
  return result;
}

/** Of two unions. */
function intersection(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const result: Interval[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [[startA, endA], [startB, endB]] = [a[i]!, b[j]!];
    const [start, end] = [Math.max(startA, startB), Math.min(endA, endB)];
    if (start < end) result.push([start, end]);
    if (endA < endB) i++;
    else j++;
  }
  return result;
}

function total(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, [start, end]) => sum + end - start, 0);
}
