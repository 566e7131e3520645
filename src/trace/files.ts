/** Traces on disk: each thread leaves a part when it ends, and the parts are put together afterwards. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';
import { GradwireError } from '../../proto/errors.ts';
import { eventsOf, type TraceEvent } from './events.ts';
import { isRecording, startRecording, takeRecording } from './recorder.ts';

/** A folder without a trace, or with something else in it. */
class TraceError extends GradwireError {
  constructor(message: string, options?: ErrorOptions) {
    super('GRADWIRE_TRACE', message, options);
  }
}

const PART = /^rank-\d+-\d+-\d+\.trace\.json$/;

/** Of one thread. */
interface TracePart {
  readonly dropped: number;
  readonly events: readonly TraceEvent[];
}

/**
 * Records this thread's work, and writes it to `folder` when the thread ends in order.
 * @param folder made at need; undefined: nothing is recorded
 */
export function traceTo(folder: string | undefined, rank: number): void {
  if (folder === undefined || folder === '' || isRecording()) return;
  startRecording();
  process.once('exit', () => writePart(folder, rank));
}

function writePart(folder: string, rank: number): void {
  const { spans, dropped } = takeRecording();
  const name = isMainThread ? 'calling thread' : 'communication worker';
  const { timeOrigin } = performance;
  const events = eventsOf(spans, { rank, name, tid: threadId, timeOrigin });
  mkdirSync(folder, { recursive: true });
  const file = `rank-${rank}-${process.pid}-${threadId}.trace.json`;
  writeFileSync(join(folder, file), JSON.stringify({ dropped, events } satisfies TracePart));
}

/** All parts of a folder as one trace, its first event at time 0. @throws GradwireError without any */
export async function readTrace(
  folder: string,
): Promise<{ readonly events: readonly TraceEvent[]; readonly dropped: number }> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new TraceError(`${folder} cannot be read: ${(cause as Error).message}`, { cause });
  });
  const parts = names.filter((name) => PART.test(name)).toSorted();
  if (parts.length === 0)
    throw new TraceError(
      `${folder} holds no trace; run something with GRADWIRE_TRACE=${folder} first`,
    );
  const events: TraceEvent[] = [];
  let dropped = 0;
  for (const name of parts) {
    const part = await readPart(join(folder, name));
    // One by one: a call takes only so many arguments.
    for (const event of part.events) events.push(event);
    dropped += part.dropped;
  }
  return { events: fromZero(events), dropped };
}

async function readPart(path: string): Promise<TracePart> {
  try {
    const part = JSON.parse(await readFile(path, 'utf8')) as TracePart;
    if (Array.isArray(part.events) && Number.isInteger(part.dropped)) return part;
  } catch (cause) {
    throw new TraceError(`${path} is damaged: ${(cause as Error).message}`, { cause });
  }
  throw new TraceError(`${path} is no part of a trace`);
}

function fromZero(events: readonly TraceEvent[]): TraceEvent[] {
  let first = Infinity;
  for (const { ts = Infinity } of events) first = Math.min(first, ts);
  return events.map((event) =>
    event.ts === undefined ? event : { ...event, ts: Math.max(0, event.ts - first) },
  );
}
