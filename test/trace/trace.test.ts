import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf } from '../../src/trace/events.ts';
import { readTrace } from '../../src/trace/files.ts';
import {
  isRecording,
  MAX_SPANS,
  record,
  startRecording,
  takeRecording,
  type Span,
} from '../../src/trace/recorder.ts';
import { summarise } from '../../src/trace/summary.ts';
import { RankProgram } from '../support/rank-processes.ts';

const thread = { rank: 3, name: 'worker', tid: 7, timeOrigin: 1000 };

describe('a recorder', () => {
  afterEach(() => void takeRecording());

  it('is off until it is started, and after it was taken', () => {
    record('encode', 'lost', 0);
    expect(isRecording()).toBe(false);
    startRecording();
    record('encode', 'kept', 1, 3);
    expect(takeRecording()).toEqual({
      spans: [{ category: 'encode', name: 'kept', start: 1, end: 3 }],
      dropped: 0,
    });
    record('encode', 'lost', 0);
    expect(takeRecording()).toEqual({ spans: [], dropped: 0 });
  });

  it('counts what is too much', () => {
    startRecording();
    for (let i = 0; i < MAX_SPANS + 5; i++) record('decode', '', 0, 1);
    const { spans, dropped } = takeRecording();
    expect(spans).toHaveLength(MAX_SPANS);
    expect(dropped).toBe(5);
  });
});

describe('events', () => {
  it('are spans of a thread, or pairs where they may overlap, in microseconds', () => {
    const spans: Span[] = [
      { category: 'encode', name: 'a', start: 1, end: 2.5 },
      { category: 'operation', name: 'b', start: 1, end: 4 },
    ];
    const events = eventsOf(spans, thread).filter(({ ph }) => ph !== 'M');
    const common = { pid: 3, tid: 7 };
    expect(events).toEqual([
      { ...common, name: 'a', cat: 'encode', ph: 'X', ts: 1_001_000, dur: 1500 },
      { ...common, name: 'b', cat: 'operation', ph: 'b', ts: 1_001_000, id: 1 },
      { ...common, name: 'b', cat: 'operation', ph: 'e', ts: 1_004_000, id: 1 },
    ]);
  });

  it('are summed without counting a time twice, and what overlaps is found', () => {
    const spans: Span[] = [
      { category: 'operation', name: '', start: 0, end: 10 },
      { category: 'operation', name: '', start: 5, end: 20 },
      { category: 'compute', name: '', start: 15, end: 30 },
      { category: 'encode', name: '', start: 2, end: 4 },
    ];
    const [summary] = summarise(eventsOf(spans, thread));
    expect(summary).toEqual({
      rank: 3,
      busy: { operation: 20, compute: 15, encode: 2 },
      communicating: 20,
      hidden: 7,
    });
  });
});

describe('a job with GRADWIRE_TRACE', () => {
  let program: RankProgram;
  let folder: string;
  beforeAll(async () => {
    program = await RankProgram.build('test/rendezvous/rank.ts');
    folder = mkdtempSync(join(tmpdir(), 'gradwire-trace-'));
  });
  afterAll(() => {
    program.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('leaves a part for each thread, which make one trace of every operation on all ranks', async () => {
    const traces = join(folder, 'traces');
    const ranks = await program.launch({
      size: 3,
      args: ['sums'],
      env: { GRADWIRE_TRACE: traces },
    });
    for (const { exit } of ranks) expect(await exit).toBe(0);
    expect(readdirSync(traces)).toHaveLength(6);
    const { events, dropped } = await readTrace(traces);
    expect(dropped).toBe(0);
    for (const rank of [0, 1, 2]) {
      const names = events
        .filter(({ pid, ph, cat }) => pid === rank && ph === 'b' && cat === 'operation')
        .map(({ name }) => name);
      expect(names.toSorted()).toEqual(['allGatherV #2', 'allReduce #1', 'barrier #3']);
    }
    const times = events.flatMap(({ ts }) => ts ?? []);
    expect(Math.min(...times)).toBe(0);
    // All on one clock: a minute is far more than the job takes.
    expect(Math.max(...times)).toBeLessThan(60e6);
  });

  it('is refused where there is none, or a damaged one', async () => {
    const error = expect.objectContaining({ code: 'GRADWIRE_TRACE' }) as Error;
    await expect(readTrace(join(folder, 'nowhere'))).rejects.toEqual(error);
    await expect(readTrace(folder)).rejects.toEqual(error);
    for (const text of ['{', '[]', '{"events":1}']) {
      writeFileSync(join(folder, 'rank-0-1-0.trace.json'), text);
      await expect(readTrace(folder)).rejects.toEqual(error);
    }
  });
});
