import { describe, expect, it } from 'vitest';
import { noCounts } from '../../src/exchange/meter.ts';
import { newRecord, toRun, withReductions } from '../../src/experiment/collect.ts';
import { meanOf } from '../../src/experiment/mean.ts';
import type { RankError, RunOutcome } from '../../src/experiment/messages.ts';
import { parseResults, RESULTS_FORMAT_VERSION, type Run } from '../../src/result/index.ts';

const shared = { backend: 'wasm', strategy: 'sync' };
const plan = { codec: 'qsgd', seed: 7 };

/** An outcome after 10 steps that sent `bytes` payload bytes, and a tenth more at the socket. */
function outcomeOf(bytes: number, changes: Partial<RunOutcome> = {}): RunOutcome {
  return {
    status: 'complete',
    error: null,
    steps: 10,
    seconds: 2,
    finalLoss: 0.5,
    finalAccuracy: 0.9,
    target: 0.8,
    stepsToTarget: 5,
    secondsToTarget: 1,
    modelHash: 'same',
    stages: { compute: 100, exchange: 60, update: 20, evaluate: 7 },
    counts: {
      ...noCounts(),
      steps: 10,
      encodedBytes: 500,
      encodedElements: 1000,
      payloadBytes: bytes,
      framingBytes: bytes / 10,
      socketBytes: 1.1 * bytes,
      stageMilliseconds: { encode: 10, wait: 20, transfer: 30, decode: 40 },
    },
    residualNorm: 3,
    algorithm: 'two-shot',
    ...changes,
  };
}

function recordOf(...outcomes: (RunOutcome | undefined)[]): ReturnType<typeof newRecord> {
  const record = newRecord(plan);
  record.history.push(
    { step: 0, epoch: 0, seconds: 0, wireBytes: 0, loss: 2, accuracy: 0.1 },
    { step: 5, epoch: 1, seconds: 1, wireBytes: 550, loss: 1, accuracy: 0.85 },
  );
  for (const [rank, outcome] of outcomes.entries()) record.outcomes[rank] = outcome;
  return record;
}

/** What `results.json` would refuse is no run. */
function valid(run: Run): Run {
  parseResults({
    formatVersion: RESULTS_FORMAT_VERSION,
    task: 'digits',
    model: 'mlp',
    parameters: 100,
    ranks: 2,
    transport: 'tcp',
    link: null,
    environment: { command: 'x', startedAt: '2026-01-01T00:00:00.000Z', configuration: {} },
    runs: [run],
  });
  return run;
}

const BOTH = [0, 1];

describe('a run all ranks have reported on', () => {
  it('has means over ranks, per step', () => {
    const run = valid(toRun(recordOf(outcomeOf(1000), outcomeOf(2000)), BOTH, shared));
    expect(run).toMatchObject({
      codec: 'qsgd',
      seed: 7,
      status: 'complete',
      error: null,
      steps: 10,
      algorithm: 'two-shot',
      bitsPerElement: 4,
      compressionRatio: 8,
      payloadBytesPerStep: 150,
      residualNorm: 3,
      finalLoss: 0.5,
      target: 0.8,
      stepsToTarget: 5,
      wireBytesToTarget: 550,
      secondsToTarget: 1,
      wallSeconds: 2,
      modelHash: 'same',
    });
    expect(run.wireBytesPerStep).toBeCloseTo(165, 10);
    expect(run.stageMilliseconds).toEqual({
      compute: 10,
      encode: 1,
      wait: 2,
      transfer: 3,
      decode: 4,
      update: 2,
    });
  });

  it('has failed when the weights differ', () => {
    const other = outcomeOf(1000, { modelHash: 'other' });
    const run = valid(toRun(recordOf(outcomeOf(1000), other), BOTH, shared));
    expect(run.status).toBe('failed');
    expect(run.error).toEqual({
      code: 'GRADWIRE_REPLICA_MISMATCH',
      message: 'replicas ended with different weights: rank 0 same, rank 1 other',
    });
  });

  it('may differ in weights when it was interrupted, ranks being a step apart', () => {
    const outcomes = ['one', 'other'].map((modelHash) =>
      outcomeOf(1000, { status: 'interrupted', modelHash }),
    );
    const run = valid(toRun(recordOf(...outcomes), BOTH, shared));
    expect(run).toMatchObject({ status: 'interrupted', error: null });
  });

  it.each([0, 1])(
    'has the error of the rank it arose on, here %i, and not what others heard',
    (at) => {
      const errors: RankError[] = [0, 1].map((rank) =>
        rank === at
          ? { code: 'GRADWIRE_DIVERGED', message: 'it was me', secondHand: false }
          : { code: 'GRADWIRE_DIVERGED', message: 'I heard of it', secondHand: true },
      );
      const outcomes = errors.map((error) =>
        outcomeOf(1000, { status: 'failed', error, seconds: null, modelHash: null }),
      );
      expect(valid(toRun(recordOf(...outcomes), BOTH, shared))).toMatchObject({
        status: 'failed',
        error: { code: 'GRADWIRE_DIVERGED', message: 'it was me' },
        modelHash: null,
        // Of the last evaluation, nothing else being known.
        wallSeconds: 1,
      });
    },
  );

  it('has nulls for what is not a number, and none of what was not encoded', () => {
    const empty = { ...noCounts(), steps: 10 };
    const outcome = outcomeOf(0, {
      finalLoss: Number.NaN,
      finalAccuracy: null,
      counts: empty,
      residualNorm: null,
    });
    expect(valid(toRun(recordOf(outcome), [0], shared))).toMatchObject({
      finalLoss: null,
      finalAccuracy: null,
      bitsPerElement: null,
      compressionRatio: null,
      wireBytesPerStep: 0,
      residualNorm: null,
    });
  });
});

describe('a run that some ranks have not reported on', () => {
  const ending = { status: 'failed', error: { code: 'GRADWIRE_X', message: 'gone' } } as const;

  it('has what is known', () => {
    const record = recordOf();
    record.lastStep = 7;
    expect(valid(toRun(record, BOTH, shared, ending))).toMatchObject({
      ...ending,
      steps: 7,
      finalLoss: 1,
      finalAccuracy: 0.85,
      wallSeconds: 1,
      wireBytesPerStep: null,
      modelHash: null,
      stageMilliseconds: {},
      history: record.history,
    });
  });

  it('counts as ended the way it did, also when rank 0 was through', () => {
    const run = valid(toRun(recordOf(outcomeOf(1000)), BOTH, shared, ending));
    expect(run).toMatchObject({ ...ending, steps: 10, payloadBytesPerStep: 100 });
    const interrupted = { status: 'interrupted', error: null } as const;
    expect(toRun(recordOf(undefined, outcomeOf(1000)), BOTH, shared, interrupted)).toMatchObject(
      interrupted,
    );
  });
});

describe('reductions', () => {
  const runOf = (codec: string, wireBytesPerStep: number | null): Run => ({
    ...toRun(newRecord({ codec, seed: 1 }), [0], shared),
    wireBytesPerStep,
  });

  it('are relative to the mean of all runs without compression', () => {
    const runs = [runOf('none', 900), runOf('none', 1100), runOf('qsgd', 100), runOf('bf16', null)];
    expect(withReductions(runs).map(({ wireReduction }) => wireReduction)).toEqual([
      1000 / 900,
      1000 / 1100,
      10,
      null,
    ]);
  });

  it('are unknown where nothing uncompressed ran, or nothing was sent', () => {
    expect(withReductions([runOf('qsgd', 100)])[0]!.wireReduction).toBeNull();
    expect(withReductions([runOf('none', 0), runOf('qsgd', 0)])[1]!.wireReduction).toBeNull();
  });
});

it('means leave out what is null', () => {
  expect(meanOf([1, null, 3])).toBe(2);
  expect(meanOf([null])).toBeNull();
  expect(meanOf([])).toBeNull();
});
