import { describe, expect, it } from 'vitest';
import type { Results, Run } from '../../src/result/index.ts';
import { readResults } from '../../src/report/reading.ts';
import { toSeries } from '../../src/report/series.ts';
import { sampleResults } from './sample.ts';

/** The sentences without markup, blanks made plain. */
function sentences(results: Results): string[] {
  return readResults(results, toSeries(results)).map((sentence) =>
    sentence
      .toString()
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll(/\s+/g, ' '),
  );
}

const base = sampleResults({ allComplete: true, seeds: [1] });

/** One run a codec: final accuracy, wire bytes per step. */
function resultsOf(
  codecs: Record<string, [accuracy: number, bytes: number]>,
  change: Partial<Run> = {},
): Results {
  const runs = Object.entries(codecs).map(([codec, [finalAccuracy, wireBytesPerStep]]) => ({
    ...base.runs[0]!,
    ...{ codec, finalAccuracy, wireBytesPerStep },
    ...change,
  }));
  return { ...base, runs };
}

describe('the reading', () => {
  it('leads with the largest saving among the codecs that kept up', () => {
    const [first, second] = sentences(
      resultsOf({ none: [0.976, 57_000], 'qsgd:levels=7': [0.974, 7_500], 'topk:k=1': [0.9, 100] }),
    );
    expect(first).toBe(
      'qsgd:levels=7 sent 7.6× fewer bytes than none and ended 0.2 points worse (97.4 % against 97.6 %).',
    );
    expect(second).toBe('Clearly worse than none: topk:k=1 (7.6 points worse).');
  });

  it('says so when no saver kept up', () => {
    const [first] = sentences(resultsOf({ none: [0.976, 57_000], 'topk:k=1': [0.9, 100] }));
    expect(first).toBe('No codec that saved bytes stayed within 1 point of accuracy of none.');
  });

  it('does not call a difference real that the seeds can explain', () => {
    const accuracies = { none: [0.97, 0.98], bf16: [0.972, 0.98] };
    const runs = Object.entries(accuracies).flatMap(([codec, values]) =>
      values.map((finalAccuracy, seed) => ({
        ...base.runs[0]!,
        ...{ codec, seed, finalAccuracy, wireBytesPerStep: codec === 'none' ? 100 : 50 },
      })),
    );
    expect(sentences({ ...base, runs })[0]).toBe(
      'bf16 sent 2.0× fewer bytes than none and ended 0.1 points better (97.6 % against 97.5 %), ' +
        'a difference within the spread of the seeds.',
    );
  });

  it('tells what error feedback did', () => {
    const results = resultsOf({
      none: [0.976, 57_000],
      'topk:density=0.01': [0.96, 1_800],
      'topk:density=0.01+ef': [0.977, 1_800],
    });
    expect(sentences(results)).toContain(
      'Error feedback took topk:density=0.01 from 96.0 % to 97.7 % accuracy, for the same number of bits.',
    );
  });

  it('compares losses where there is no accuracy', () => {
    const results = resultsOf({ none: [0, 100], bf16: [0, 50] }, { finalAccuracy: null });
    const runs = results.runs.map((run, i) => ({
      ...run,
      finalLoss: i === 0 ? 0.25 : 0.255,
      history: [],
    }));
    expect(sentences({ ...results, runs })[0]).toBe(
      'bf16 sent 2.0× fewer bytes than none and ended with a loss 2.0 % higher (0.255 against 0.25).',
    );
  });

  it('compares with the largest payload where none did not run', () => {
    const { runs, ...rest } = resultsOf({ bf16: [0.97, 50], fp8: [0.97, 25] });
    const [a, b] = runs as [Run, Run];
    const results = {
      ...rest,
      runs: [
        { ...b, bitsPerElement: 8 },
        { ...a, bitsPerElement: 16 },
      ],
    };
    expect(sentences(results)[0]).toBe(
      'fp8 sent 2.0× fewer bytes than bf16 and ended at the same accuracy (97.0 %).',
    );
  });

  it('reports trouble, single seeds and empty files', () => {
    expect(sentences(sampleResults()).join(' ')).toContain(
      '1 run failed and 1 run was interrupted',
    );
    expect(sentences(base).at(-1)).toMatch(/^Each codec ran once/);
    expect(sentences({ ...base, runs: [] })).toEqual([
      'No run was completed, so there is nothing to compare.',
    ]);
  });
});
