import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderTable } from '../../src/report/index.ts';
import { run } from '../result/arbitraries.ts';
import { sampleResults } from './sample.ts';

const sample = sampleResults();
const lines = renderTable(sample).split('\n');

/** The cells of a codec's line; cells are at least two blanks apart. */
function cellsOf(codec: string): string[] {
  return lines.find((line) => line.startsWith(`${codec} `))!.split(/ {2,}/);
}

describe('renderTable', () => {
  it('has a line for each codec, with means over the complete runs', () => {
    const runs = sample.runs.filter((one) => one.codec === 'terngrad');
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value) / 3;
    const [codec, bits, bytes, reduction, loss, accuracy, steps] = cellsOf('terngrad');
    expect([codec, bits, bytes, reduction]).toEqual(['terngrad', '1.68', '3.29 kB', '17.5×']);
    expect(Number(loss!.split('±')[0])).toBeCloseTo(mean(runs.map((one) => one.finalLoss!)), 3);
    expect(Number(accuracy!.split('±')[0])).toBeCloseTo(
      100 * mean(runs.map((one) => one.finalAccuracy!)),
      1,
    );
    expect(Number(steps)).toBeCloseTo(mean(runs.map((one) => one.stepsToTarget!)), 0);
  });

  it('names the target and marks every run that did not complete', () => {
    const text = lines.join('\n');
    expect(text).toContain('target: accuracy 95.0 %');
    expect(text).toMatch(/✗ bf16, seed 3: failed after 320 steps: rank 2 is lost/);
    expect(text).toContain('[GRADWIRE_PEER_LOST]');
    expect(text).toContain('! randomk:density=0.1, seed 3: interrupted after 560 steps');
  });

  it('has no escape sequence unless colour is asked for, and the same text with it', () => {
    expect(renderTable(sample)).not.toContain('\u001b');
    expect(stripVTControlCharacters(renderTable(sample, { color: true }))).toBe(
      renderTable(sample),
    );
    expect(renderTable(sample, { color: true })).toContain('\u001b[');
  });

  it('has no accuracy column for regression', () => {
    const text = renderTable(sampleResults({ isRegression: true }));
    expect(text).not.toContain('accuracy');
    expect(text).toContain('target: loss 0.25');
  });

  it('does not let a codec or an error act on the terminal', () => {
    const [first] = sample.runs;
    const codec = 'none\u001b[2J\u0007';
    const error = { code: 'X', message: 'lost\u001b]0;title\u0007\nsecond line' };
    const text = renderTable({ ...sample, runs: [{ ...first!, codec, status: 'failed', error }] });
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
    expect(text).toContain('second line');
  });

  it('fits 100 columns whatever the codecs are called', () => {
    const specs = fc.stringMatching(/^[a-z0-9:,=+/.]{1,80}$/);
    fc.assert(
      fc.property(fc.uniqueArray(specs, { minLength: 1, maxLength: 4 }), (codecs) => {
        const runs = sample.runs
          .slice(0, codecs.length)
          .map((one, i) => ({ ...one, codec: codecs[i]! }));
        for (const line of renderTable({ ...sample, runs }).split('\n'))
          expect([...line].length).toBeLessThanOrEqual(100);
      }),
      { seed: 42, numRuns: 50 },
    );
  });

  it('renders whatever the format allows', () => {
    fc.assert(
      fc.property(fc.array(run, { maxLength: 5 }), (runs) => {
        expect(renderTable({ ...sample, runs })).toContain('codec');
      }),
      { seed: 42, numRuns: 100 },
    );
  });
});
