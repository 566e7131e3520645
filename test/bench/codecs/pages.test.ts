import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from 'prettier';
import { describe, expect, it } from 'vitest';
import { benchPage, frontPage } from '../../../bench/codecs/pages.ts';
import { describeEnvironment } from '../../../bench/support/environment.ts';
import { withSection } from '../../../bench/support/markdown.ts';
import {
  newestRecords,
  RECORD_VERSION,
  type CaseRecord,
  type KeptRecord,
} from '../../../bench/support/record.ts';
import { ROOT } from '../../house/structure.ts';

const PAGE = withSection(
  '# Page\n\n<!-- recorded figures: begin (npm run bench:pages) -->\n<!-- recorded figures: end -->\n',
  'Nothing yet.',
);

function caseOf(
  name: string,
  facts: CaseRecord['facts'],
  ratios: Readonly<Record<string, number>> = {},
): CaseRecord {
  const spreads = Object.entries(ratios).map(([title, median]) => [
    title,
    { median, min: median, max: median },
  ]);
  return {
    name,
    facts,
    seconds: [0.02],
    median: 0.02,
    ratios: Object.fromEntries(spreads) as CaseRecord['ratios'],
  };
}

const encode = { codec: 'qsgd', operation: 'encode', kernels: 'simd', threads: 1 };

const RECORD: KeptRecord = {
  name: '2026-01-01-some-codecs-25m-gaussian',
  record: {
    formatVersion: RECORD_VERSION,
    suite: 'codecs-25m-gaussian',
    environment: { ...describeEnvironment(), loadAfter: 1 },
    settings: { elements: 24_985_600, data: 'gaussian', seed: 1, torch: '9.9' },
    rounds: 5,
    cases: [
      caseOf('memory.copy', { operation: 'copy' }),
      caseOf('torch quantises', { operation: 'encode', does: 'qsgd' }),
      caseOf(
        'qsgd encode, in place',
        { ...encode, place: 'in place', bitsPerElement: 4.0625, peakMegabytes: 0.5 },
        { copy: 0.625, naive: 31, torch: 17.5 },
      ),
      caseOf('qsgd encode, plain arrays', { ...encode, place: 'plain arrays' }, { copy: 0.5 }),
    ],
    targets: [
      { name: 'qsgd encode, in place', ...{ figure: { speedBeside: 'copy' }, atLeast: 0.6 } },
      { name: 'qsgd encode, in place', ...{ figure: { speedBeside: 'naive' }, atLeast: 40 } },
    ].map((target, i) => ({ ...target, measured: [0.625, 31][i]!, isMet: i === 0 })),
  },
};

describe.each([
  ['README.md', frontPage],
  ['bench/README.md', benchPage],
])('%s', (path, update) => {
  const page = readFileSync(join(ROOT, path), 'utf8');

  it('says what the records say', () => {
    expect(update(page, newestRecords())).toBe(page);
  });

  it('has a place for figures, and they are laid out as the rest of the page', async () => {
    const { name, record } = RECORD;
    for (const targets of [record.targets, []]) {
      const records = [{ name, record: { ...record, targets } }];
      const filled = update(page, records);
      expect(filled).not.toBe(page);
      expect(update(filled, records)).toBe(filled);
      const layout = { parser: 'markdown', printWidth: 100, singleQuote: true };
      expect(await check(filled, layout)).toBe(true);
    }
  });

  it('shows figures, the chart and how many targets are met', () => {
    const filled = update(PAGE, [RECORD]);
    for (const text of ['0.625', '31.0', '17.5', `${RECORD.name}.svg`, 'Of 2 targets 1 are met.'])
      expect(filled).toContain(text);
  });
});

it('a missed target is shown, with its figure, before those that are met', () => {
  const filled = benchPage(PAGE, [RECORD]);
  const missed = filled.indexOf('**missed**');
  expect(missed).toBeGreaterThan(0);
  expect(filled.indexOf('| met')).toBeGreaterThan(missed);
  expect(filled).toMatch(
    /missed\*\* +\| `qsgd encode, in place` +\| speed ÷ naive +\| ≥ 40 +\| 31.0/,
  );
});

it('a page without its marks is refused', () => {
  expect(() => benchPage('# Page\n', [RECORD])).toThrow('the page has no');
});
