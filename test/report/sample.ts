/**
 * Made-up but life-like results for tests: seven codecs × three seeds × 800 steps, evaluated every 40. The
 * numbers follow the usual shapes (exponential decay to a floor that depends on the codec, noise from a
 * seeded generator), so that every chart has something to show.
 */
import {
  RESULTS_FORMAT_VERSION,
  type Evaluation,
  type Results,
  type Run,
} from '../../src/result/index.ts';

const PARAMETERS = 9610;
const STEPS = 800;
const EVERY = 40;
const TARGET = 0.95;

interface Profile {
  readonly codec: string;
  readonly algorithm: string;
  readonly bitsPerElement: number;
  /** Wire bytes ÷ payload bytes of one rank in one step of four ranks. */
  readonly wireFactor: number;
  /** What the curves tend to. */
  readonly loss: number;
  readonly accuracy: number;
  /** Steps in which the distance to that shrinks by e. */
  readonly pace: number;
  readonly encode: number;
}

const PROFILES: readonly Profile[] = [
  {
    codec: 'none',
    algorithm: 'ring',
    bitsPerElement: 32.03,
    wireFactor: 1.5,
    loss: 0.079,
    accuracy: 0.9765,
    pace: 62,
    encode: 0.01,
  },
  {
    codec: 'bf16',
    algorithm: 'two-shot',
    bitsPerElement: 16.09,
    wireFactor: 1.52,
    loss: 0.08,
    accuracy: 0.9762,
    pace: 62,
    encode: 0.03,
  },
  {
    codec: 'qsgd:levels=7',
    algorithm: 'two-shot',
    bitsPerElement: 4.13,
    wireFactor: 1.56,
    loss: 0.081,
    accuracy: 0.977,
    pace: 64,
    encode: 0.06,
  },
  {
    codec: 'terngrad',
    algorithm: 'two-shot',
    bitsPerElement: 1.68,
    wireFactor: 1.63,
    loss: 0.077,
    accuracy: 0.978,
    pace: 70,
    encode: 0.05,
  },
  {
    codec: 'topk:density=0.01+ef',
    algorithm: 'all-gather',
    bitsPerElement: 0.46,
    wireFactor: 3.3,
    loss: 0.075,
    accuracy: 0.9786,
    pace: 78,
    encode: 0.11,
  },
  {
    codec: 'topk:density=0.01',
    algorithm: 'all-gather',
    bitsPerElement: 0.46,
    wireFactor: 3.3,
    loss: 0.128,
    accuracy: 0.963,
    pace: 105,
    encode: 0.1,
  },
  {
    codec: 'randomk:density=0.1',
    algorithm: 'ring',
    bitsPerElement: 3.24,
    wireFactor: 1.55,
    loss: 0.171,
    accuracy: 0.949,
    pace: 90,
    encode: 0.04,
  },
];

/** What to vary. */
export interface SampleOptions {
  readonly seeds?: readonly number[];
  /** Regression: no accuracy, the target is a loss. */
  readonly isRegression?: boolean;
  /** Evaluate every so many steps. */
  readonly every?: number;
  /** Leave the failed and the interrupted run out. */
  readonly allComplete?: boolean;
}

/** The results; equal options give equal results. */
export function sampleResults(options: SampleOptions = {}): Results {
  const { seeds = [1, 2, 3], isRegression = false, allComplete = false } = options;
  const runs = PROFILES.flatMap((profile, p) =>
    seeds.map((seed) => sampleRun(profile, seed, generator(1000 * p + seed), options)),
  );
  const shown = allComplete ? runs : runs.map(withTrouble);
  return {
    formatVersion: RESULTS_FORMAT_VERSION,
    task: isRegression ? 'diabetes' : 'digits',
    model: isRegression ? 'linear 10-1' : 'MLP 64-128-10',
    parameters: PARAMETERS,
    ranks: 4,
    transport: 'tcp',
    link: null,
    environment: {
      command: `gradwire compare --task ${isRegression ? 'diabetes' : 'digits'} --codec none --codec 'topk:density=0.01+ef' --seed 1 --seed 2 --seed 3`,
      startedAt: '2026-11-20T09:30:00.000Z',
      configuration: {
        batch: 16,
        steps: STEPS,
        learningRate: 0.1,
        schedule: 'linear',
        momentum: 0.9,
        testFraction: 0.2,
      },
      gradwire: '0.1.0',
      node: 'v20.20.2',
      platform: 'linux x64',
      cpu: 'Example CPU @ 2.40GHz',
      cores: 2,
    },
    runs: shown,
  };
}

function withTrouble(run: Run): Run {
  if (run.codec === 'bf16' && run.seed === 3) return cut(run, 320, 'failed');
  if (run.codec === 'randomk:density=0.1' && run.seed === 3) return cut(run, 560, 'interrupted');
  return run;
}

/** The same run, ended early. */
export function cut(run: Run, steps: number, status: 'failed' | 'interrupted'): Run {
  const history = run.history.filter(({ step }) => step <= steps);
  const message = 'rank 2 is lost: its connection was closed in the middle of step 321';
  return {
    ...run,
    ...{ status, steps, history },
    error: status === 'failed' ? { code: 'GRADWIRE_PEER_LOST', message } : null,
    ...{ finalLoss: null, finalAccuracy: null, modelHash: null, residualNorm: null },
  };
}

function sampleRun(
  profile: Profile,
  seed: number,
  random: () => number,
  options: SampleOptions,
): Run {
  const payload = (profile.bitsPerElement * PARAMETERS) / 8;
  const wire = payload * profile.wireFactor;
  const milliseconds = stages(profile, wire, random);
  const stepSeconds = Object.values(milliseconds).reduce((sum, value) => sum + value, 0) / 1000;
  const history = evaluations(profile, { wire, stepSeconds }, random, options);
  const isRegression = options.isRegression === true;
  const target = isRegression ? 0.25 : TARGET;
  const reached = history.find(({ loss, accuracy }) =>
    isRegression ? loss! <= target : accuracy! >= target,
  );
  const last = history.at(-1)!;
  return {
    codec: profile.codec,
    strategy: 'sync',
    algorithm: profile.algorithm,
    backend: 'wasm',
    seed,
    status: 'complete',
    error: null,
    steps: STEPS,
    bitsPerElement: profile.bitsPerElement,
    payloadBytesPerStep: payload,
    wireBytesPerStep: wire,
    compressionRatio: 32 / profile.bitsPerElement,
    wireReduction: (32.03 * PARAMETERS * 1.5) / 8 / wire,
    finalLoss: last.loss,
    finalAccuracy: last.accuracy,
    target,
    stepsToTarget: reached?.step ?? null,
    wireBytesToTarget: reached?.wireBytes ?? null,
    secondsToTarget: reached?.seconds ?? null,
    wallSeconds: STEPS * stepSeconds,
    stageMilliseconds: milliseconds,
    residualNorm: profile.codec.endsWith('+ef') ? 0.4 + 0.1 * random() : null,
    modelHash: Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
    history,
  };
}

function stages(profile: Profile, wire: number, random: () => number): Record<string, number> {
  const jitter = (): number => 0.95 + 0.1 * random();
  return {
    compute: 3.1 * jitter(),
    encode: profile.encode * 8 * jitter(),
    wait: 0.7 * jitter(),
    transfer: (0.6 + wire / 40_000) * jitter(),
    decode: profile.encode * 4 * jitter(),
  };
}

function evaluations(
  profile: Profile,
  perStep: { wire: number; stepSeconds: number },
  random: () => number,
  { every = EVERY, isRegression = false }: SampleOptions,
): Evaluation[] {
  const noise = (): number => random() + random() + random() - 1.5;
  const floor = {
    loss: profile.loss + 0.006 * noise(),
    accuracy: profile.accuracy + 0.004 * noise(),
  };
  return Array.from({ length: Math.floor(STEPS / every) }, (_, i) => {
    const step = (i + 1) * every;
    const left = Math.exp(-step / profile.pace);
    const settle = Math.sqrt(1 - step / (STEPS + 1));
    return {
      step,
      epoch: (step * 64) / 1438,
      seconds: step * perStep.stepSeconds,
      wireBytes: step * perStep.wire,
      loss: Math.max(0.01, floor.loss + 2.2 * left + 0.012 * settle * noise()),
      accuracy: isRegression
        ? null
        : Math.min(1, Math.max(0, floor.accuracy - 0.85 * left + 0.008 * settle * noise())),
    };
  });
}

/** Uniform numbers in [0, 1): mulberry32. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
