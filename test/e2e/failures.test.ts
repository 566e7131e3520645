/**
 * What becomes of a job when something happens to one of its processes. The moments are steps, not times;
 * limits on time are deadlines of the job plus generous margins, and only ever upper bounds.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  hasReport,
  isListening,
  resultsOf,
  runJob,
  runOf,
  scratchFolder,
  survivors,
  type EndedJob,
} from './program.ts';

const small = ['compare', '--task', 'breast-cancer'];

/** Ranks of a failed job need not have left a trace, but those that did must be gone. */
async function expectNothingLeft(job: EndedJob): Promise<void> {
  expect(job.ranks.length).toBeGreaterThan(0);
  expect(await survivors(job.ranks.map(({ pid }) => pid))).toEqual([]);
  expect(await isListening(job.ranks[0]!.port)).toBe(false);
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)!;
}

describe.concurrent('a rank that is killed', () => {
  // Steps of the first run, of the second (each has 30), and the very first one.
  it.for([
    [0, 12, 0],
    [1, 47, 1],
    [2, 1, 0],
  ] as const)(
    'rank %i at step %i: the others end, and it is named',
    { timeout: 120_000 },
    async ([rank, step, completeRuns], { expect: check }) => {
      const job = await runJob(
        [...small, '--ranks', '3', '--steps', '30', '--codec', 'none', '--codec', 'qsgd'],
        { rank, step, harm: 'SIGKILL' },
      );
      check(lastLine(job.stderr)).toBe(
        `gradwire: rank ${rank} was ended by SIGKILL (GRADWIRE_RANK_PROCESS)`,
      );
      check(job).toMatchObject({ code: 1, signal: null });
      check(job.sinceHarm).toBeLessThan(30_000);
      const { runs } = resultsOf(job);
      check(runs.map(({ codec, status }) => [codec, status])).toEqual(
        [
          ['none', 'complete'],
          ['qsgd', 'failed'],
        ]
          .slice(1 - completeRuns)
          .map(([, status], i) => [['none', 'qsgd'][i], status]),
      );
      const failed = runs.at(-1)!;
      check(failed).toMatchObject({
        error: { code: 'GRADWIRE_RANK_PROCESS', message: `rank ${rank} was ended by SIGKILL` },
        modelHash: null,
      });
      check(failed.steps).toBeLessThan(30);
      check(hasReport(job)).toBe(true);
      await expectNothingLeft(job);
    },
  );
});

describe.concurrent('a rank that is stopped', () => {
  const stoppable = [...small, '--ranks', '3', '--steps', '30', '--codec', 'none'];

  it.for([
    [0, 7],
    [2, 20],
  ])(
    'rank %i at step %i: the deadline ends the job',
    { timeout: 120_000 },
    async ([rank, step], { expect: check }) => {
      const job = await runJob([...stoppable, '--deadline', '5'], {
        rank: rank!,
        step: step!,
        harm: 'SIGSTOP',
      });
      check(lastLine(job.stderr)).toMatch(
        new RegExp(
          `^gradwire: rank \\d: .*(did not end within 5000 ms|timed out on rank \\d); ` +
            `waiting for rank ${rank} \\(GRADWIRE_COLLECTIVE_TIMEOUT\\)$`,
        ),
      );
      check(job.code).toBe(1);
      // Deadline 5 s, inquiry ½ s, 3 s to settle, 2 s from SIGTERM to SIGKILL; and a busy machine.
      check(job.sinceHarm).toBeGreaterThan(5000);
      check(job.sinceHarm).toBeLessThan(30_000);
      check(resultsOf(job).runs).toMatchObject([
        { status: 'failed', error: { code: 'GRADWIRE_COLLECTIVE_TIMEOUT' } },
      ]);
      await expectNothingLeft(job);
    },
  );

  it('before it has met the others', { timeout: 120_000 }, async ({ expect: check }) => {
    const job = await runJob(stoppable, { rank: 1, harm: 'SIGSTOP at start' });
    check(lastLine(job.stderr)).toMatch(
      /^gradwire: rank 0: rank 1 of 3 did not arrive at 127.0.0.1:\d+ within 30000 ms \(GRADWIRE_RENDEZVOUS_TIMEOUT\)$/,
    );
    check(job.code).toBe(1);
    await expectNothingLeft(job);
  });

  it(
    'when all is done but its own end: it is ended, and named',
    { timeout: 120_000 },
    async ({ expect: check }) => {
      const harm = { rank: 1, harm: 'SIGSTOP at the end' };
      const job = await runJob([...stoppable, '--deadline', '5'], harm);
      check(lastLine(job.stderr)).toBe(
        'gradwire: rank 1 did not end within 5000 ms after the others had (GRADWIRE_RANK_STUCK)',
      );
      check(job.code).toBe(1);
      check(resultsOf(job).runs).toMatchObject([{ status: 'complete', steps: 30 }]);
      await expectNothingLeft(job);
    },
  );
});

describe.concurrent('with --on-peer-loss continue', () => {
  const tolerant = [
    ...small,
    '--ranks',
    '3',
    '--steps',
    '60',
    '--on-peer-loss',
    'continue',
    '--verify',
  ];

  it.for([
    ['SIGKILL', 0, 12, 'qsgd:levels=7+ef'],
    ['SIGKILL', 1, 1, 'none'],
    ['SIGKILL', 2, 59, 'topk:density=0.1+ef'],
    ['SIGSTOP', 1, 20, 'bf16'],
  ] as const)(
    '%s of rank %i at step %i: the others reach the target without it',
    { timeout: 120_000 },
    async ([harm, rank, step, codec], { expect: check }) => {
      const job = await runJob(
        [...tolerant, '--codec', codec, '--codec', 'none', '--deadline', '5'],
        { rank, step, harm },
      );
      check(job).toMatchObject({ code: 0, signal: null });
      check(job.stderr).toContain(`warning: rank ${rank} lost, the others go on: `);
      const { runs, environment } = resultsOf(job);
      check(environment['lostRanks']).toEqual([rank]);
      check(environment.configuration['onPeerLoss']).toBe('continue');
      for (const run of runs) {
        check(run).toMatchObject({ status: 'complete', error: null, steps: 60 });
        check(run.finalAccuracy).toBeGreaterThan(0.93);
        check(run.modelHash).toMatch(/^[0-9a-f]{64}$/);
      }
      check(runs.map((run) => run.codec)).toHaveLength(codec === 'none' ? 1 : 2);
      check(hasReport(job)).toBe(true);
      await expectNothingLeft(job);
    },
  );

  it(
    'a gradient that is not finite ends its run, and all go on with the next',
    { timeout: 120_000 },
    async ({ expect: check }) => {
      const codecs = ['--codec', 'none', '--codec', 'bf16'];
      const job = await runJob([...tolerant, ...codecs], { rank: 1, step: 9, harm: 'nan' });
      check(job.code).toBe(1);
      check(job.stderr).not.toContain('lost');
      check(resultsOf(job).runs).toMatchObject([
        { status: 'failed', error: { code: 'GRADWIRE_NON_FINITE_GRADIENT' } },
        { status: 'complete', steps: 60 },
      ]);
      await expectNothingLeft(job);
    },
  );
});

describe.concurrent('a rank that crashes', () => {
  it('at a step: its last lines are shown', { timeout: 120_000 }, async ({ expect: check }) => {
    const harm = { rank: 1, step: 9, harm: 'crash' };
    const job = await runJob([...small, '--ranks', '2', '--codec', 'none'], harm);
    check(lastLine(job.stderr)).toBe(
      'gradwire: rank 1 exited with code 7; its last lines: ' +
        'the first thing it said the last thing it said (GRADWIRE_RANK_PROCESS)',
    );
    check(job.code).toBe(1);
    check(resultsOf(job).runs).toMatchObject([{ status: 'failed' }]);
    await expectNothingLeft(job);
  });

  it('before it has begun', { timeout: 120_000 }, async ({ expect: check }) => {
    const job = await runJob([...small, '--ranks', '2'], { rank: 0, harm: 'crash at start' });
    check(job.stderr).toMatch(/gradwire: rank 0 exited with code 1; its last lines:/);
    check(job.stderr).toContain('Error: broken from the start');
    check(job.code).toBe(1);
    await expectNothingLeft(job);
  });

  it('because of a backend', { timeout: 120_000 }, async ({ expect: check }) => {
    const args = ['--backend', 'node', '--ranks', '2', '--steps', '5', '--codec', 'none'];
    const job = await runJob([...small, ...args]);
    const isHere = await import(['@tensorflow', 'tfjs-node'].join('/')).then(
      () => true,
      () => false,
    );
    if (isHere) check(job.code).toBe(0);
    else {
      check(lastLine(job.stderr)).toMatch(
        /^gradwire: rank \d: backend node is not available: .*\(GRADWIRE_BACKEND_UNAVAILABLE\)$/,
      );
      check(job.code).toBe(1);
    }
    await expectNothingLeft(job);
  });
});

describe.concurrent('data that cannot be used', () => {
  it.for([
    ['a,b,label\n1,2,x\n1,oops,y\n', ', line 3, column 2: '],
    [undefined, ': '],
  ] as const)('%j', { timeout: 120_000 }, async ([content, place], { expect: check }) => {
    const path = join(scratchFolder(), 'data.csv');
    if (content !== undefined) writeFileSync(path, content);
    const job = await runJob(['train', '--data', path, '--ranks', '2']);
    check(lastLine(job.stderr)).toContain(`${path}${place}`);
    check(lastLine(job.stderr)).toMatch(/^gradwire: .*\(GRADWIRE_DATA\)$/);
    check(job).toMatchObject({ code: 1, signal: null, stdout: '' });
    check(await survivors(job.ranks.map(({ pid }) => pid))).toEqual([]);
  });
});

describe.concurrent('the parent', () => {
  const two = [...small, '--ranks', '2', '--steps', '60', '--codec', 'none', '--codec', 'qsgd'];

  it('is killed: its ranks end by themselves', { timeout: 120_000 }, async ({ expect: check }) => {
    const job = await runJob([...two, '--steps', '1000000'], {
      rank: 1,
      step: 20,
      harm: 'SIGKILL parent',
    });
    check(job.signal).toBe('SIGKILL');
    check(job.ranks).toHaveLength(2);
    await expectNothingLeft(job);
  });

  it('gets SIGINT before the ranks have met', { timeout: 120_000 }, async ({ expect: check }) => {
    const job = await runJob(two, { rank: 1, harm: 'SIGINT parent at start' });
    check(lastLine(job.stderr)).toBe('gradwire: interrupted by SIGINT (GRADWIRE_INTERRUPTED)');
    check(job).toMatchObject({ code: 130, signal: null, stdout: '' });
    await expectNothingLeft(job);
  });

  it.for([
    ['SIGINT parent', 130, 'SIGINT'],
    ['SIGINT group', 130, 'SIGINT'],
    ['SIGTERM parent', 143, 'SIGTERM'],
  ] as const)(
    'gets %s: what was done is kept and marked',
    { timeout: 120_000 },
    async ([harm, code, signal], { expect: check }) => {
      // In the middle of the second run.
      const job = await runJob([...two, '--steps', '500'], { rank: 1, step: 540, harm });
      check(lastLine(job.stderr)).toBe(`gradwire: interrupted by ${signal} (GRADWIRE_INTERRUPTED)`);
      check(job).toMatchObject({ code, signal: null });
      const results = resultsOf(job);
      check(runOf(results, 'none')).toMatchObject({ status: 'complete', steps: 500 });
      const run = runOf(results, 'qsgd');
      check(run).toMatchObject({ status: 'interrupted', error: null });
      check(run.steps).toBeLessThan(500);
      check(run.history.length).toBeGreaterThan(0);
      check(job.stdout).toMatch(/! qsgd, seed 1: interrupted after \d+ steps/);
      check(hasReport(job)).toBe(true);
      await expectNothingLeft(job);
    },
  );
});

describe.concurrent('numbers', () => {
  it(
    'that diverge end their run, and the others go on',
    { timeout: 120_000 },
    async ({ expect: check }) => {
      const codecs = ['none', 'topk:density=0.1+ef', 'randomk:density=0.1'];
      const job = await runJob([
        ...['compare', '--task', 'diabetes', '--ranks', '2', '--steps', '150', '--lr', '1'],
        ...codecs.flatMap((codec) => ['--codec', codec]),
      ]);
      const results = resultsOf(job);
      check(runOf(results, codecs[0]!)).toMatchObject({
        status: 'failed',
        error: { code: 'GRADWIRE_DIVERGED' },
        modelHash: null,
        finalLoss: null,
      });
      check(runOf(results, codecs[1]!)).toMatchObject({ status: 'complete', steps: 150 });
      check(job.stdout).toMatch(/✗ none, seed 1: failed after \d+ steps: training diverged/);
      check(lastLine(job.stderr)).toMatch(
        /^gradwire: \d of 3 runs failed: none \(seed 1\).*_RUNS_FAILED\)$/,
      );
      check(job.code).toBe(1);
      await expectNothingLeft(job);
    },
  );

  it(
    'that are none in one rank’s gradient end the run on all, naming it; the ranks meet again',
    { timeout: 120_000 },
    async ({ expect: check }) => {
      const args = ['--ranks', '3', '--steps', '20', '--codec', 'none', '--codec', 'qsgd'];
      const job = await runJob([...small, ...args], { rank: 2, step: 7, harm: 'nan' });
      const results = resultsOf(job);
      check(runOf(results, 'none')).toMatchObject({
        status: 'failed',
        steps: 6,
        error: {
          code: 'GRADWIRE_NON_FINITE_GRADIENT',
          message: check.stringMatching(/^rank 2: gradient\[3\] is NaN/) as string,
        },
      });
      const undisturbed = await runJob([...small, ...args.slice(0, 4), '--codec', 'qsgd']);
      const { modelHash } = runOf(resultsOf(undisturbed), 'qsgd');
      check(runOf(results, 'qsgd')).toMatchObject({ status: 'complete', modelHash });
      check(lastLine(job.stderr)).toMatch(/1 of 2 runs failed: none \(seed 1\)/);
      check(job.code).toBe(1);
      await expectNothingLeft(job);
    },
  );

  it(
    'that differ on one rank are found out by the hashes at the end',
    { timeout: 120_000 },
    async ({ expect: check }) => {
      const args = [...small, '--ranks', '2', '--steps', '10', '--codec', 'none'];
      // After its last exchange, so that nothing but the weights can tell.
      const job = await runJob(args, { rank: 1, step: 10, harm: 'drift' });
      check(job.code).toBe(1);
      check(resultsOf(job).runs).toMatchObject([
        {
          status: 'failed',
          error: {
            code: 'GRADWIRE_REPLICA_MISMATCH',
            message: check.stringMatching(/rank 0 [0-9a-f]{64}, rank 1 [0-9a-f]{64}/) as string,
          },
        },
      ]);
    },
  );
});

it('a port that is taken between its choice and its use is exchanged for another', async () => {
  const args = [...small, '--ranks', '2', '--steps', '10', '--codec', 'none'];
  const job = await runJob(args, { rank: 0, harm: 'port taken' });
  expect(job.stderr).not.toContain('GRADWIRE_PORT_IN_USE');
  expect(job.code).toBe(0);
  // Both attempts left traces, on different ports.
  expect(new Set(job.ranks.map(({ port }) => port)).size).toBe(2);
  expect(resultsOf(job).runs).toMatchObject([{ status: 'complete' }]);
  await expectNothingLeft(job);
}, 120_000);
