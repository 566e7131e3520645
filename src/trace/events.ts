/**
 * Spans as events of the Trace Event Format, which chrome://tracing and ui.perfetto.dev show: a process is a rank, a
 * thread a thread. Times are microseconds since 1970.
 */
import type { Span, TraceCategory } from './recorder.ts';

export interface TraceEvent {
  readonly name: string;
  readonly cat?: string;
  /** `X` a span, `b` and `e` begin and end of one that may overlap others, `M` a name. */
  readonly ph: 'X' | 'b' | 'e' | 'M';
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly id?: number;
  readonly args?: Readonly<Record<string, string | number>>;
}

/** Of which thread the spans are. */
export interface TracedThread {
  readonly rank: number;
  readonly name: string;
  readonly tid: number;
  /** Milliseconds since 1970 at the thread's time 0. */
  readonly timeOrigin: number;
}

const OVERLAPPING: ReadonlySet<TraceCategory> = new Set(['operation', 'transfer']);

export function eventsOf(spans: readonly Span[], thread: TracedThread): TraceEvent[] {
  const { rank: pid, tid, name, timeOrigin } = thread;
  const names: TraceEvent[] = [
    { name: 'process_name', ph: 'M', pid, tid, args: { name: `rank ${pid}` } },
    { name: 'process_sort_index', ph: 'M', pid, tid, args: { sort_index: pid } },
    { name: 'thread_name', ph: 'M', pid, tid, args: { name } },
  ];
  const micros = (milliseconds: number): number => (timeOrigin + milliseconds) * 1000;
  const events = spans.flatMap(({ category, name: what, start, end }, id): TraceEvent[] => {
    const common = { name: what, cat: category, pid, tid };
    if (!OVERLAPPING.has(category))
      return [{ ...common, ph: 'X', ts: micros(start), dur: (end - start) * 1000 }];
    return [
      { ...common, ph: 'b', ts: micros(start), id },
      { ...common, ph: 'e', ts: micros(end), id },
    ];
  });
  return [...names, ...events];
}
