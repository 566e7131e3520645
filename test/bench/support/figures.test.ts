import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { drawBars } from '../../../bench/support/chart.ts';
import { describeEnvironment, machineLabel } from '../../../bench/support/environment.ts';
import { speedRatio, spreadOf } from '../../../bench/support/ratio.ts';
import { keepRecord, type CaseRecord } from '../../../bench/support/record.ts';
import { figure, formatTable } from '../../../bench/support/table.ts';
import { judge } from '../../../bench/support/target.ts';

it('ratios are taken within a round, then their median: not the ratio of medians', () => {
  // The machine is three times as slow in the second round.
  expect(speedRatio([1, 3, 1], [2, 6, 2])).toEqual({ median: 2, min: 2, max: 2 });
  expect(speedRatio([1, 3, 10], [2, 3, 5])).toEqual({ median: 1, min: 0.5, max: 2 });
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(() => speedRatio([1], [1, 2])).toThrow('rounds differ');
  expect(() => spreadOf([])).toThrow(RangeError);
});

it('targets are judged by the median, those of cases that were not measured not at all', () => {
  const one: CaseRecord = {
    name: 'encode',
    facts: {},
    seconds: [1],
    median: 1,
    ratios: { copy: { median: 0.5, min: 0.1, max: 0.9 } },
  };
  const target = (name: string, atLeast: number) => ({ name, reference: 'copy', atLeast });
  expect(judge([target('encode', 0.5), target('encode', 0.6), target('decode', 1)], [one])).toEqual(
    [
      { ...target('encode', 0.5), measured: 0.5, isMet: true },
      { ...target('encode', 0.6), measured: 0.5, isMet: false },
    ],
  );
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
        formatVersion: 1,
        suite: 'some-1m',
        environment,
        settings: { share: 0.123456789 },
        rounds: 1,
        cases: [],
        targets: [],
        peers: null,
      },
      '<svg/>',
      folder,
    );
    const date = environment.startedAt.slice(0, 10);
    expect(path).toBe(join(folder, `${date}-${machineLabel()}-some-1m`));
    const written = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as { settings: object };
    expect(written.settings).toEqual({ share: 0.1235 });
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
