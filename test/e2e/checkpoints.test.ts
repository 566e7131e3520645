/** Checkpoints of real processes that are killed, interrupted and taken up again. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseResults, type Run } from '../../src/result/index.ts';
import { inspectCheckpoint } from '../../src/train/index.ts';
import { gradwire, gradwireHarmed, scratchFolder, type Ended, type Harm } from './program.ts';

const RANKS = 3;
const STEPS = 30;
const CODECS = ['qsgd:levels=3+ef', 'topk:density=0.1/qsgd:levels=3+ef'];
const JOB = [
  ...['compare', '--task', 'breast-cancer', '--backend', 'wasm'],
  ...['--ranks', String(RANKS), '--steps', String(STEPS)],
  ...CODECS.flatMap((codec) => ['--codec', codec]),
];

const outOf = (folder: string): string[] => ['--out', join(folder, 'out')];

function runsIn(folder: string): readonly Run[] {
  const text = readFileSync(join(folder, 'out/results.json'), 'utf8');
  return parseResults(JSON.parse(text)).runs;
}

/** All of a run but its times. The model is so small that no control frame depends on timing. */
function timeless(run: Run): object {
  const { wallSeconds: _w, secondsToTarget: _s, stageMilliseconds: _m, history, ...rest } = run;
  return { ...rest, history: history.map(({ seconds: _seconds, ...entry }) => entry) };
}

/** Steps of the runs' checkpoints; −1 where there is none yet. @throws when one is not whole */
async function stepsIn(folder: string): Promise<number[]> {
  const found = CODECS.map((_, i) =>
    inspectCheckpoint(join(folder, 'out/checkpoints', `${i + 1}`)),
  );
  return (await Promise.all(found)).map((info) => info?.step ?? -1);
}

/** Numbers in [0, 1): Numerical Recipes' generator. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

let whole: object[];
beforeAll(async () => {
  const folder = scratchFolder();
  const ended = await gradwire([...JOB, ...outOf(folder)], {}, folder);
  expect(ended.code, ended.stderr).toBe(0);
  whole = runsIn(folder).map(timeless);
  expect(whole).toMatchObject(CODECS.map((codec) => ({ codec, status: 'complete', steps: STEPS })));
}, 60_000);

/** Takes the job up, to its end, and compares it with the one that was never interrupted. */
async function expectWhole(folder: string, more: readonly string[] = []): Promise<Ended> {
  const ended = await gradwire([...JOB, '--resume', ...more, ...outOf(folder)], {}, folder);
  expect(ended.code, ended.stderr).toBe(0);
  expect(runsIn(folder).map(timeless)).toEqual(whole);
  expect(await stepsIn(folder)).toEqual(CODECS.map(() => STEPS));
  return ended;
}

describe('kill -9 of all processes', () => {
  it.each([1, 2, 3])(
    'in the middle of writing, at random moments (seed %i)',
    { timeout: 120_000 },
    async (seed) => {
      const random = generator(seed);
      const folder = scratchFolder();
      let before = CODECS.map(() => -1);
      let kills = 0;
      for (let attempt = 0; attempt < 4; attempt++) {
        const rank = Math.floor(random() * RANKS);
        const operation = 1 + Math.floor(random() * (rank === 0 ? 80 : 30));
        const args = ['--checkpoint-every', '4', ...(attempt > 0 ? ['--resume'] : [])];
        const harm = { rank, operation, harm: 'SIGKILL group' };
        const ended = await gradwireHarmed([...JOB, ...args, ...outOf(folder)], [harm], folder);
        if (ended.signal === 'SIGKILL') kills++;
        else expect(ended.code, ended.stderr).toBe(0);
        const now = await stepsIn(folder);
        expect(
          now.every((step, i) => step >= before[i]!),
          `${before.join()} → ${now.join()}`,
        ).toBe(true);
        before = now;
      }
      expect(kills).toBeGreaterThan(1);
      await expectWhole(folder, ['--checkpoint-every', '4']);
    },
  );
});

describe('a job that ended early goes on', () => {
  it.each<[string, Harm, number[]]>([
    ['a rank is killed', { rank: 1, step: 18, harm: 'SIGKILL' }, [15, -1]],
    ['a rank is killed in the second run', { rank: 0, step: 52, harm: 'SIGKILL' }, [30, 20]],
    ['all are killed between two steps', { rank: 2, step: 7, harm: 'SIGKILL group' }, [5, -1]],
  ])('%s', { timeout: 60_000 }, async (_what, harm, steps) => {
    const folder = scratchFolder();
    const args = [...JOB, '--checkpoint-every', '5', ...outOf(folder)];
    await gradwireHarmed(args, [harm], folder);
    expect(await stepsIn(folder)).toEqual(steps);
    const { stderr } = await expectWhole(folder);
    if (steps[0]! < STEPS)
      expect(stderr).toContain(`going on from its checkpoint after step ${steps[0]}`);
  });

  it.each(['SIGINT parent', 'SIGINT group', 'SIGTERM parent'])(
    '%s: the step at which it stops is kept',
    { timeout: 60_000 },
    async (harm) => {
      const folder = scratchFolder();
      // Long enough for the signal to arrive, whatever the machine.
      const long = JOB.map((argument) => (argument === String(STEPS) ? '20000' : argument));
      const args = [...long, '--checkpoint-every', '100000', ...outOf(folder)];
      const ended = await gradwireHarmed(args, [{ rank: 1, step: 12, harm }], folder);
      expect(ended.code).toBe(harm.startsWith('SIGINT') ? 130 : 143);
      const [step, none] = await stepsIn(folder);
      expect(step).toBeGreaterThanOrEqual(11);
      expect(step).toBeLessThan(20_000);
      expect(none).toBe(-1);
      expect(runsIn(folder)).toMatchObject([{ status: 'interrupted', steps: step }]);
      expect(ended.stderr).toContain(`run 1 of 2, step ${step} of 20000; the same command with`);
    },
  );
});

describe('a finished job', () => {
  let folder: string;
  beforeAll(async () => {
    folder = scratchFolder();
    const args = [...JOB, '--checkpoint-every', '10', ...outOf(folder)];
    expect((await gradwire(args, {}, folder)).code).toBe(0);
  }, 60_000);

  it('is not done again, and says so', { timeout: 60_000 }, async () => {
    const before = runsIn(folder);
    const { stderr } = await expectWhole(folder);
    // Times as well.
    expect(runsIn(folder)).toEqual(before);
    for (const i of [1, 2]) {
      const line = `[${i}/2] ${CODECS[i - 1]}: 30 steps, all of them done in its checkpoint: nothing to do`;
      expect(stderr).toContain(line);
    }
  });

  it.each([
    [[], 'GRADWIRE_CHECKPOINT_EXISTS', /--resume/],
    [['--resume', '--seed', '2'], 'GRADWIRE_CHECKPOINT_MISMATCH', /seed is "1" .* "2"/],
    [['--resume', '--ranks', '2'], 'GRADWIRE_CHECKPOINT_MISMATCH', /ranks is "3" .* "2"/],
    [['--resume', '--codec', 'none'], 'GRADWIRE_CHECKPOINT_MISMATCH', /codec is "qsgd/],
    [['--resume', '--lr', '0.3'], 'GRADWIRE_CHECKPOINT_MISMATCH', /learning rate is "0.1"/],
    [['--resume', '--momentum', '0'], 'GRADWIRE_CHECKPOINT_MISMATCH', /momentum is "0.9" .* "0"/],
  ] as const)('is not lost to %j', { timeout: 60_000 }, async (change, code, message) => {
    const results = readFileSync(join(folder, 'out/results.json'));
    const job = change[1] === '--codec' ? JOB.slice(0, -4) : JOB;
    const args = [...job, '--checkpoint-every', '10', ...change, ...outOf(folder)];
    const ended = await gradwire(args, {}, folder);
    expect(ended.code).toBe(1);
    expect(ended.stderr.trimEnd().split('\n').at(-1)).toMatch(message);
    expect(ended.stderr).toContain(`(${code})`);
    expect(readFileSync(join(folder, 'out/results.json'))).toEqual(results);
    expect(await stepsIn(folder)).toEqual([STEPS, STEPS]);
  });

  it('is refused when a rank’s part is damaged or missing', { timeout: 60_000 }, async () => {
    const results = readFileSync(join(folder, 'out/results.json'));
    const part = join(folder, 'out/checkpoints/2', `step-${STEPS}.rank-2`);
    const bytes = readFileSync(part);
    bytes[bytes.length >> 1]! ^= 1;
    for (const harm of [() => writeFileSync(part, bytes), () => rmSync(part)]) {
      harm();
      const ended = await gradwire([...JOB, '--resume', ...outOf(folder)], {}, folder);
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(/step-30\.rank-2: damaged: .* \(GRADWIRE_CHECKPOINT_DAMAGED\)/);
      expect(readFileSync(join(folder, 'out/results.json'))).toEqual(results);
    }
  });
});

it('there must be something to resume', { timeout: 60_000 }, async () => {
  const folder = scratchFolder();
  const ended = await gradwire([...JOB, '--resume', ...outOf(folder)], {}, folder);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/there is none to resume.*\(GRADWIRE_CHECKPOINT_MISSING\)/);
});
