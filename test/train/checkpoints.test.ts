/** A run that goes on from a checkpoint is the run that was never interrupted. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seal } from '../../proto/seal.ts';
import type { Communicator } from '../../src/collective/communicator.ts';
import { createExchange } from '../../src/exchange/create.ts';
import { SynchronousStrategy } from '../../src/strategy/sync.ts';
import { CheckpointFolder, modelPart, rankPart } from '../../src/train/checkpoint/folder.ts';
import { readModel, readRank, writeModel, writeRank } from '../../src/train/checkpoint/messages.ts';
import {
  inspectCheckpoint,
  loadProblem,
  selectBackend,
  train,
  type CheckpointOptions,
  type Problem,
  type TrainOptions,
  type TrainResult,
} from '../../src/train/index.ts';
import { onRanks } from '../exchange/ranks.ts';

const STEPS = 12;
const CODECS = [
  'none',
  'qsgd:levels=7',
  'topk:density=0.05+ef',
  'qsgd:levels=3+ef', // two-shot: residuals at workers and owners
  'randomk:density=0.1',
  'randomk:density=0.1+ef',
  'topk:density=0.1/qsgd:levels=3+ef',
];

let cancer: Problem;
let folder: string;
beforeAll(async () => {
  await selectBackend('wasm');
  cancer = await loadProblem({ task: 'breast-cancer', model: 'mlp', seed: 1 });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradwire-checkpoints-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Setup extends Partial<Omit<TrainOptions, 'checkpoints'>> {
  readonly codec: string;
  readonly ranks: number;
  readonly checkpoints?: Omit<CheckpointOptions, 'folder'>;
}

/** One rank's result, and what its exchange counted. */
interface Outcome {
  readonly result: TrainResult;
  readonly exchange: object;
}

async function trainRank(
  communicator: Communicator,
  { codec, ranks: _ranks, checkpoints, ...options }: Setup,
): Promise<Outcome> {
  const { seed = 1, problem = cancer } = options;
  const exchange = await createExchange(communicator, { codec, seed, layout: problem.layout });
  const result = await train({
    problem,
    seed,
    steps: STEPS,
    batch: 8,
    evaluateEvery: 3,
    exchange: new SynchronousStrategy(exchange),
    ...options,
    ...(checkpoints && { checkpoints: { ...checkpoints, folder } }),
  });
  const { total, residualNorm } = exchange.stats;
  const { stageMilliseconds: _stages, ...counts } = total;
  return { result, exchange: { counts, residualNorm } };
}

function trainAll(setup: Setup): Promise<Outcome[]> {
  return onRanks(setup.ranks, (communicator) => trainRank(communicator, setup));
}

/** Everything but times, and whether there was a checkpoint. */
function timeless({ result, exchange }: Outcome): object {
  const { seconds: _s, secondsToTarget: _t, stageMilliseconds: _m, ...rest } = result;
  const history = result.history.map(({ seconds: _seconds, ...entry }) => entry);
  return { ...rest, resumedFrom: null, history, exchange };
}

/** All files, by name. */
function files(): Record<string, string> {
  const names = readdirSync(folder).toSorted();
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  );
}

class Crash extends Error {}

/** Trains with a checkpoint at `step`, and crashes one step later. */
async function crashAfter(step: number, setup: Setup): Promise<void> {
  const crashing = trainAll({
    ...setup,
    checkpoints: { every: step },
    onStep: (done) => {
      if (done === step + 1) throw new Crash();
    },
  });
  if (step < STEPS) await expect(crashing).rejects.toBeInstanceOf(Crash);
  else await crashing;
}

describe.each([1, 4])('goes on bit for bit, on %i ranks', (ranks) => {
  it.each(CODECS)('%s', async (codec) => {
    const setup = { codec, ranks, momentum: 0.9, target: 0.8 };
    const whole = (await trainAll(setup)).map(timeless);
    for (const step of [1, 7, STEPS]) {
      await crashAfter(step, setup);
      const resumed = await trainAll({ ...setup, checkpoints: { resume: true } });
      expect(resumed.map(({ result }) => result.resumedFrom)).toEqual(whole.map(() => step));
      expect(resumed.map(timeless)).toEqual(whole);
      expect(Object.keys(files())).toHaveLength(ranks + 2);
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
    }
  });
});

describe('what a checkpoint holds is needed', () => {
  const setup = { codec: 'topk:density=0.05+ef', ranks: 2, momentum: 0.9 };

  /** Puts other bytes in the place of a part, as a checkpoint that never had it would. */
  async function forge(name: string, change: (bytes: Uint8Array) => Uint8Array): Promise<void> {
    const checkpoint = new CheckpointFolder(folder);
    const manifest = (await checkpoint.manifest())!;
    const part = await checkpoint.writePart(
      name,
      change(await checkpoint.readPart(manifest, name)),
    );
    const parts = manifest.parts.map((entry) => (entry.name === name ? part : entry));
    await checkpoint.commit({ ...manifest, parts });
  }

  const changes: [string, string, (bytes: Uint8Array) => Uint8Array, boolean][] = [
    ['nothing left out', modelPart(7), (bytes) => writeModel(readModel(bytes, '')), true],
    [
      'velocity',
      modelPart(7),
      (bytes) => {
        const model = readModel(bytes, '');
        return writeModel({ ...model, velocity: model.velocity.map(() => 0) });
      },
      false,
    ],
    [
      'residuals and step of rank 1',
      rankPart(7, 1),
      (bytes) => writeRank({ ...readRank(bytes, ''), exchange: new Uint8Array(0) }),
      false,
    ],
  ];
  it.each(changes)('%s', async (_what, name, change, isSame) => {
    const whole = await trainAll(setup);
    await crashAfter(7, setup);
    await forge(name, change);
    const resumed = await trainAll({ ...setup, checkpoints: { resume: true } });
    const curve = ({ result }: Outcome): unknown => result.history.map(({ loss }) => loss);
    if (isSame) expect(resumed.map(curve)).toEqual(whole.map(curve));
    else expect(curve(resumed[0]!)).not.toEqual(curve(whole[0]!));
    if (!isSame) expect(resumed[0]!.result.modelHash).not.toBe(whole[0]!.result.modelHash);
  });
});

describe('an interrupt', () => {
  it.each([0, 3])('of rank %i ends all after the same step, and is gone on from', async (rank) => {
    const setup = { codec: 'qsgd:levels=3+ef', ranks: 4, steps: 400, evaluateEvery: 50 };
    const whole = (await trainAll(setup)).map(timeless);
    const stopped = await onRanks(4, (communicator) => {
      const controller = new AbortController();
      return trainRank(communicator, {
        ...setup,
        checkpoints: {},
        signal: controller.signal,
        onStep: (step) => {
          if (step === 5 && communicator.rank === rank) controller.abort();
        },
      });
    });
    const steps = new Set(stopped.map(({ result }) => result.steps));
    expect(steps.size).toBe(1);
    const [step] = steps;
    expect(step).toBeGreaterThanOrEqual(5);
    expect(step).toBeLessThan(400);
    expect(stopped.map(({ result }) => result.status)).toEqual(stopped.map(() => 'interrupted'));
    expect(await inspectCheckpoint(folder)).toMatchObject({ step });
    const resumed = await trainAll({ ...setup, checkpoints: { resume: true } });
    expect(resumed.map(timeless)).toEqual(whole);
  });

  it('before the first step leaves a checkpoint as well', async () => {
    const setup = { codec: 'none', ranks: 1 };
    const signal = AbortSignal.abort();
    const [stopped] = await trainAll({ ...setup, checkpoints: {}, signal });
    expect(stopped!.result).toMatchObject({ status: 'interrupted', steps: 0, resumedFrom: null });
    const resumed = await trainAll({ ...setup, checkpoints: { resume: true } });
    expect(resumed[0]!.result.resumedFrom).toBe(0);
    expect(resumed.map(timeless)).toEqual((await trainAll(setup)).map(timeless));
  });
});

describe('resume', () => {
  const setup = { codec: 'topk:density=0.05+ef', ranks: 1 };

  it('of a finished run does nothing', async () => {
    const [finished] = await trainAll({ ...setup, checkpoints: { every: 5 } });
    const before = { files: files(), written: statSync(join(folder, 'manifest')).mtimeMs };
    const told: unknown[] = [];
    const [again] = await trainAll({
      ...setup,
      checkpoints: { every: 5, resume: true },
      onStep: () => told.push('a step'),
      onEvaluation: () => told.push('an evaluation'),
      onStart: (step, history) => told.push({ step, history }),
    });
    expect(told).toEqual([{ step: STEPS, history: finished!.result.history }]);
    expect(again!.result).toEqual({
      ...finished!.result,
      resumedFrom: STEPS,
    });
    expect({
      files: files(),
      written: statSync(join(folder, 'manifest')).mtimeMs,
    }).toEqual(before);
  });

  it('starts where there is nothing', async () => {
    const [fresh] = await trainAll({ ...setup, checkpoints: { resume: true } });
    expect(fresh!.result).toMatchObject({ resumedFrom: null, steps: STEPS });
    expect(await inspectCheckpoint(folder)).toMatchObject({
      step: STEPS,
      settings: {
        strategy: 'sync',
        codec: setup.codec,
        seed: '1',
        ranks: '1',
        task: 'breast-cancer',
        model: 'mlp',
        backend: 'wasm',
      },
    });
  });
});

/** Expects that training is refused, by every rank, and that no file is touched. */
async function expectRefusal(setup: Setup, code: string, message: RegExp): Promise<void> {
  const before = files();
  const settled = await onRanks(setup.ranks, (communicator) =>
    trainRank(communicator, { checkpoints: { every: 1, resume: true }, ...setup }).catch(
      (error: unknown) => error,
    ),
  );
  for (const error of settled) {
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toMatch(message);
  }
  expect(files()).toEqual(before);
}

describe('what does not fit is refused, and nothing is touched', () => {
  const setup = { codec: 'topk:density=0.05+ef', ranks: 2 };
  beforeEach(() => crashAfter(7, setup));

  const MISMATCH = 'GRADWIRE_CHECKPOINT_MISMATCH';
  const others: [string, Partial<Setup>, RegExp][] = [
    ['codec', { codec: 'none' }, /codec is "topk:density=0.05\+ef" .* and "none" in this run/],
    ['seed', { seed: 2 }, /seed is "1" in the checkpoint and "2" in this run/],
    ['ranks', { ranks: 3 }, /ranks is "2" in the checkpoint and "3" in this run/],
    ['steps', { steps: 13 }, /steps is "12" in the checkpoint and "13" in this run/],
    ['learning rate', { learningRate: 0.5 }, /learning rate is "0.1" .* and "0.5"/],
    ['momentum', { momentum: 0 }, /momentum is "0.9" .* and "0"/],
    ['schedule', { schedule: 'constant' }, /schedule is "linear" .* and "constant"/],
    ['batch', { batch: 9 }, /batch is "8" .* and "9"/],
    ['target', { target: 0.5 }, /target is "0.95" .* and "0.5"/],
  ];
  it.each(others)('another %s', async (_what, change, message) => {
    await expectRefusal({ ...setup, ...change }, MISMATCH, message);
  });

  it('another model, layout or data set', async () => {
    const logistic = await loadProblem({ task: 'breast-cancer', model: 'logistic', seed: 1 });
    await expectRefusal(
      { ...setup, problem: logistic },
      MISMATCH,
      /layout is .* in the checkpoint/,
    );
    const cut = await loadProblem({
      task: 'breast-cancer',
      model: 'mlp',
      seed: 1,
      bucketBytes: 64,
    });
    await expectRefusal({ ...setup, problem: cut }, MISMATCH, /layout is .* in the checkpoint/);
    const data = await loadProblem({ task: 'breast-cancer', model: 'mlp', seed: 5 });
    await expectRefusal({ ...setup, problem: data }, MISMATCH, /data is .* in the checkpoint/);
  });

  it('a run that did not ask for it', async () => {
    const started = { ...setup, checkpoints: { every: 1 } };
    await expectRefusal(started, 'GRADWIRE_CHECKPOINT_EXISTS', /holds step 7 of a run/);
  });

  const parts = ['manifest', modelPart(7), rankPart(7, 0), rankPart(7, 1)];
  it.each(parts)('%s, damaged', async (name) => {
    const path = join(folder, name);
    const bytes = readFileSync(path);
    const DAMAGED = 'GRADWIRE_CHECKPOINT_DAMAGED';
    for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
      const other = Buffer.from(bytes);
      other[at]! ^= 0x10;
      writeFileSync(path, other);
      await expectRefusal(setup, DAMAGED, new RegExp(`${name}: damaged: .*(SHA-256|checksum)`));
    }
    for (const length of [0, 3, bytes.length - 1]) {
      writeFileSync(path, bytes.subarray(0, length));
      await expectRefusal(setup, DAMAGED, new RegExp(`${name}: damaged: `));
    }
    if (name === 'manifest') return;
    rmSync(path);
    await expectRefusal(setup, DAMAGED, new RegExp(`${name}: damaged: the file is missing`));
    await expect(inspectCheckpoint(folder)).rejects.toMatchObject({ code: DAMAGED });
  });

  it('the part of another rank or step', async () => {
    const [zero, one] = [0, 1].map((rank) => join(folder, rankPart(7, rank)));
    copyFileSync(zero!, one!);
    await expectRefusal(
      setup,
      'GRADWIRE_CHECKPOINT_DAMAGED',
      /rank-1: damaged: \d+ bytes, the manifest has \d+/,
    );
    const checkpoint = new CheckpointFolder(folder);
    const manifest = (await checkpoint.manifest())!;
    const own = readRank(await checkpoint.readPart(manifest, rankPart(7, 0)), '');
    const part = await checkpoint.writePart(
      rankPart(7, 1),
      writeRank({ ...own, rank: 1, step: 6 }),
    );
    const named = manifest.parts.map((entry) => (entry.name === part.name ? part : entry));
    await checkpoint.commit({ ...manifest, parts: named });
    await expectRefusal(
      setup,
      'GRADWIRE_CHECKPOINT_DAMAGED',
      /rank 1 at step 6, with a model of step 7, where the manifest has step 7/,
    );
    const right = await checkpoint.writePart(rankPart(7, 1), writeRank({ ...own, rank: 1 }));
    await checkpoint.commit({
      ...manifest,
      parts: manifest.parts.map((entry) => (entry.name === right.name ? right : entry)),
    });
    // The snapshot inside is still that of rank 0.
    await expectRefusal(setup, 'GRADWIRE_SNAPSHOT', /exchange snapshot is of rank 0, not 1/);
  });

  it('another format version', async () => {
    const path = join(folder, 'manifest');
    const bytes = readFileSync(path);
    expect([...bytes.subarray(0, 2)]).toEqual([8, 1]);
    bytes[1] = 2;
    writeFileSync(path, seal(bytes.subarray(0, -5)));
    const message = /manifest: format version 2; this library reads 1/;
    await expectRefusal(setup, 'GRADWIRE_CHECKPOINT_VERSION', message);
  });

  it('a part that cannot be written ends the run on all ranks, and the last checkpoint stays', async () => {
    mkdirSync(join(folder, rankPart(9, 1)));
    const errors = await onRanks(2, (communicator) =>
      trainRank(communicator, { ...setup, checkpoints: { every: 3, resume: true } }).catch(
        (error: unknown) => error,
      ),
    );
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'GRADWIRE_FILE_WRITE' });
      expect((error as Error).message).toMatch(/step-9.rank-1: cannot write: illegal operation/);
    }
    expect(await inspectCheckpoint(folder)).toMatchObject({ step: 7 });
    rmSync(join(folder, rankPart(9, 1)), { recursive: true });
    const resumed = await trainAll({ ...setup, checkpoints: { every: 3, resume: true } });
    expect(resumed.map(timeless)).toEqual((await trainAll(setup)).map(timeless));
  });
});
