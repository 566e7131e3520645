import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawBars } from '../../../bench/support/chart.ts';
import { describeEnvironment, machineLabel } from '../../../bench/support/environment.ts';
import { speedRatio, spreadOf } from '../../../bench/support/ratio.ts';
import {
  keepRecord,
  newestRecords,
  RECORD_VERSION,
  type CaseRecord,
} from '../../../bench/support/record.ts';
import { figure, formatTable } from '../../../bench/support/table.ts';
import { boundsText, judge, type Figure, type Target } from '../../../bench/support/target.ts';

it('ratios are taken within a round, then their median: not the ratio of medians', () => {
  // The machine is three times as slow in the second round.
  expect(speedRatio([1, 3, 1], [2, 6, 2])).toEqual({ median: 2, min: 2, max: 2 });
  expect(speedRatio([1, 3, 10], [2, 3, 5])).toEqual({ median: 1, min: 0.5, max: 2 });
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(() => speedRatio([1], [1, 2])).toThrow('rounds differ');
  expect(() => spreadOf([])).toThrow(RangeError);
});

describe('targets', () => {
  const one: CaseRecord = {
    name: 'encode',
    facts: { codec: 'none', megabytes: 3 },
    seconds: [1],
    median: 1,
    ratios: { copy: { median: 0.5, min: 0.1, max: 0.9 } },
  };
  const verdict = (target: Omit<Target, 'name'>, name = 'encode') =>
    judge([{ name, ...target }], [one]).map(({ measured, isMet }) => [measured, isMet]);
  const copy: Figure = { speedBeside: 'copy' };
  const megabytes: Figure = { fact: 'megabytes' };

  it('are judged by the median of the ratio, not by its best', () => {
    expect(verdict({ figure: copy, atLeast: 0.5 })).toEqual([[0.5, true]]);
    expect(verdict({ figure: copy, atLeast: 0.51 })).toEqual([[0.5, false]]);
  });

  it('may bound facts, from above too', () => {
    expect(verdict({ figure: megabytes, atMost: 3 })).toEqual([[3, true]]);
    expect(verdict({ figure: megabytes, atMost: 2.9 })).toEqual([[3, false]]);
    expect(verdict({ figure: megabytes, atLeast: 2, atMost: 4 })).toEqual([[3, true]]);
    expect(verdict({ figure: megabytes, atLeast: 4, atMost: 5 })).toEqual([[3, false]]);
  });

  it('are missed where the figure was not measured, and absent with their case', () => {
    expect(verdict({ figure: { speedBeside: 'torch' }, atLeast: 1 })).toEqual([[null, false]]);
    expect(verdict({ figure: { fact: 'codec' }, atMost: 1 })).toEqual([[null, false]]);
    expect(verdict({ figure: copy, atLeast: 0.1 }, 'decode')).toEqual([]);
  });

  it('read as they are meant', () => {
    expect(boundsText({ atLeast: 0.6 })).toBe('≥ 0.6');
    expect(boundsText({ atLeast: 1, atMost: 2 })).toBe('≥ 1, ≤ 2');
  });
});

it('a table has text to the left and figures to the right', () => {
  expect(
    formatTable(
      ['case', 'ms'],
      [
        ['none', '1.5'],
        ['qsgd', '10'],
      ],
    ),
  ).toBe(['case   ms', '─────────', 'none  1.5', 'qsgd   10'].join('\n'));
  expect([0, 0.00123456, 1.23456, 123.456, 12_345.6, 1e7].map(figure)).toEqual([
    ...['0', '0.00123', '1.23', '123', '12346', '1.0e+7'],
  ]);
});

it('a record says where it was made and keeps no host name', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradwire-bench-'));
  try {
    const environment = { ...describeEnvironment(), loadAfter: 1 };
    expect(environment.node).toBe(process.versions.node);
    expect(environment.gradwire).toMatch(/^\d+\.\d+\.\d+$/);
    expect(environment.benny).toMatch(/^\d+\.\d+\.\d+$/);
    expect(environment.kernels).toContain('reference');
    const path = keepRecord(
      {
        formatVersion: RECORD_VERSION,
        suite: 'some-1m',
        environment,
        settings: { share: 0.123456789 },
        rounds: 1,
        cases: [],
        targets: [],
      },
      '<svg/>',
      folder,
    );
    const date = environment.startedAt.slice(0, 10);
    expect(path).toBe(join(folder, `${date}-${machineLabel()}-some-1m`));
    const written = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as { settings: object };
    expect(written.settings).toEqual({ share: 0.1235 });
    const [kept] = newestRecords(folder);
    expect(kept?.record).toEqual(written);
    expect(join(folder, kept!.name)).toBe(path);
    expect(readFileSync(`${path}.svg`, 'utf8')).toBe('<svg/>');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('a chart has a bar and a figure for every value', () => {
  const bars = ['none', 'a<b'].flatMap((group) =>
    ['encode', 'decode'].map((name, i) => ({ group, name, value: 0.25 + i })),
  );
  const svg = drawBars({ title: 'A & B', subtitle: 'here', label: 'speed', bars });
  expect(svg.match(/0\.250 encode|1\.25 decode/g)).toHaveLength(4);
  expect(svg).toContain('A &amp; B');
  expect(svg).toContain('a&lt;b');
  expect(svg).not.toContain('NaN');
});
