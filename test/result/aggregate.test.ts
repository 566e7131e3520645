import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  average,
  averageHistory,
  averageStages,
  groupRuns,
  statistic,
  type Run,
} from '../../src/result/index.ts';
import { cut, sampleResults } from '../report/sample.ts';
import { run } from './arbitraries.ts';

const complete = sampleResults({ allComplete: true }).runs;
const none = complete.filter(({ codec }) => codec === 'none');

describe('statistic', () => {
  it('is the mean and the sample standard deviation', () => {
    expect(statistic([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({
      mean: 5,
      spread: expect.closeTo(Math.sqrt(32 / 7), 12) as number,
      n: 8,
    });
  });

  it('leaves nulls out, has no spread for one value and is null for none', () => {
    expect(statistic([null, 3, null])).toEqual({ mean: 3, spread: null, n: 1 });
    expect(statistic([null])).toBeNull();
    expect(statistic([])).toBeNull();
  });

  it('lies between the extremes and does not depend on the order', () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2 });
    fc.assert(
      fc.property(values, (given) => {
        const { mean, spread } = statistic(given)!;
        expect(mean).toBeGreaterThanOrEqual(Math.min(...given) - 1e-6);
        expect(mean).toBeLessThanOrEqual(Math.max(...given) + 1e-6);
        const reversed = statistic(given.toReversed())!;
        expect(reversed.mean).toBeCloseTo(mean, 6);
        expect(reversed.spread).toBeCloseTo(spread!, 6);
      }),
      { seed: 42 },
    );
  });
});

describe('groupRuns', () => {
  it('puts every run into the one group of its codec and strategy', () => {
    fc.assert(
      fc.property(fc.array(run, { maxLength: 20 }), (runs) => {
        const groups = groupRuns(runs);
        const names = groups.map(({ codec, strategy }) => `${strategy} ${codec}`);
        expect(new Set(names).size).toBe(groups.length);
        expect(groups.flatMap((group) => group.runs)).toHaveLength(runs.length);
        for (const { codec, strategy, runs: members } of groups)
          for (const member of members) expect(member).toMatchObject({ codec, strategy });
      }),
      { seed: 42 },
    );
  });

  it('counts complete runs only, or all where none is complete', () => {
    const [a, b] = none as [Run, Run];
    const failed = cut(b, 320, 'failed');
    expect(groupRuns([a, failed])[0]).toMatchObject({ counted: [a], isComplete: true });
    expect(groupRuns([failed])[0]).toMatchObject({ counted: [failed], isComplete: false });
  });
});

describe('averages of a group', () => {
  const [group] = groupRuns(none);

  it('are those of its runs', () => {
    const losses = none.map(({ finalLoss }) => finalLoss!);
    const mean = losses.reduce((sum, loss) => sum + loss) / 3;
    expect(average(group!, 'finalLoss')!.mean).toBeCloseTo(mean, 12);
    expect(averageStages(group!).get('compute')).toBeCloseTo(
      none.reduce((sum, one) => sum + one.stageMilliseconds['compute']! / 3, 0),
      12,
    );
  });

  it('follow the steps that all runs evaluated', () => {
    const [a, b] = none as [Run, Run];
    const sparse = { ...b, history: b.history.filter(({ step }) => step % 80 === 0) };
    const course = averageHistory(groupRuns([a, sparse])[0]!);
    expect(course.map(({ step }) => step)).toEqual(sparse.history.map(({ step }) => step));
    expect(course.every(({ loss }) => loss?.n === 2)).toBe(true);
  });

  it('follow any run where none is complete', () => {
    const partial = none.map((one, i) => cut(one, 80 * (i + 1), 'interrupted'));
    const course = averageHistory(groupRuns(partial)[0]!);
    expect(course.at(-1)).toMatchObject({ step: 240, loss: { n: 1 } });
  });
});
