/**
 * What a thread did when, for a trace. Recording is off until it is asked for, and then costs two numbers and a
 * string a span; what is beyond `MAX_SPANS` is only counted.
 */

/** Kinds of span. Those of one thread's own work never overlap; operations and transfers do. */
export type TraceCategory = 'compute' | 'update' | 'encode' | 'decode' | 'operation' | 'transfer';

export interface Span {
  readonly category: TraceCategory;
  readonly name: string;
  /** Milliseconds since the time origin of the thread. */
  readonly start: number;
  readonly end: number;
}

export const MAX_SPANS = 200_000;

let spans: Span[] | undefined;
let dropped = 0;

/** Records from here on. */
export function startRecording(): void {
  spans ??= [];
}

export function isRecording(): boolean {
  return spans !== undefined;
}

/** Something has ended. @param start, end by `performance.now()` */
export function record(
  category: TraceCategory,
  name: string,
  start: number,
  end: number = performance.now(),
): void {
  if (spans === undefined) return;
  if (spans.length < MAX_SPANS) spans.push({ category, name, start, end });
  else dropped++;
}

/** What has been recorded, and ends recording. */
export function takeRecording(): { readonly spans: readonly Span[]; readonly dropped: number } {
  const taken = { spans: spans ?? [], dropped };
  spans = undefined;
  dropped = 0;
  return taken;
}
