import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Results } from '../../src/result/index.ts';
import { renderReport, writeReport } from '../../src/report/index.ts';
import { escapeHtml, html } from '../../src/report/html.ts';
import { run } from '../result/arbitraries.ts';
import { sampleResults } from './sample.ts';

const CURVES = ['steps', 'bytes', 'seconds'].flatMap((x) => [`loss-${x}`, `accuracy-${x}`]);
const FIGURES = ['frontier', 'stages', ...CURVES];

/** The HTML of one figure. */
function figure(page: string, id: string): string {
  return page.match(new RegExp(`<figure id="${id}">[\\s\\S]*?</figure>`))?.[0] ?? '';
}

const page = renderReport(sampleResults());

describe('renderReport', () => {
  it.each(FIGURES)('draws %s twice, described, with every codec in its table', (id) => {
    const part = figure(page, id);
    for (const size of ['wide', 'narrow']) {
      expect(part).toContain(`id="${id}-${size}"`);
      expect(part).toContain(`aria-labelledby="${id}-title"`);
      expect(part).toMatch(new RegExp(`<desc id="${id}-${size}-desc">[^<]+</desc>`));
    }
    expect(part).toContain(`<h3 id="${id}-title">`);
    const rows = part.match(/<tr[^>]*><th scope="row"[^>]*>/g) ?? [];
    const codecs = new Set(sampleResults().runs.map(({ codec }) => codec));
    expect(rows.length).toBeGreaterThanOrEqual(codecs.size);
    const table = part.slice(part.indexOf('<table>')).replaceAll(/<wbr[^>]*>/g, '');
    for (const codec of codecs) expect(table).toContain(`>${codec}</th>`);
  });

  it('draws a line for each codec from the averages in its table', () => {
    const part = figure(page, 'loss-steps');
    const none = sampleResults().runs.filter(({ codec }) => codec === 'none');
    const mean = none.reduce((sum, one) => sum + one.history[0]!.loss! / none.length, 0);
    expect(part).toContain(`data-x="40" data-y="${Number(mean.toPrecision(6))}"`);
  });

  it('leaves accuracy out for regression', () => {
    const regression = renderReport(sampleResults({ isRegression: true }));
    for (const id of CURVES) expect(figure(regression, id) !== '').toBe(id.startsWith('loss'));
    expect(figure(regression, 'frontier')).toContain('final loss');
  });

  it('shows command, configuration, environment and every run', () => {
    const text = page.replaceAll(/<wbr[^>]*>/g, '');
    const { environment, runs } = sampleResults();
    expect(text).toContain(escapeHtml(environment.command));
    for (const shown of ['learningRate', 'Example CPU @ 2.40GHz', 'v20.20.2', 'GRADWIRE_PEER_LOST'])
      expect(text).toContain(shown);
    for (const { modelHash } of runs) if (modelHash !== null) expect(text).toContain(modelHash);
  });

  it('refers to nothing outside itself', () => {
    expect(page.match(/\b(?:src|href|srcset|action|data)\s*=\s*["']?[^"'#\s>]+/gi)).toBeNull();
    expect(page).not.toMatch(/@import|url\((?!#)/);
    expect(page).not.toMatch(/<(?:link|img|iframe|object|embed|base)\b/i);
    const addresses = page.match(/\w+:\/\/[^\s"'<)]*/g) ?? [];
    expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/2000/svg']));
  });

  it('is equal for equal results, and small', () => {
    expect(renderReport(sampleResults())).toBe(page);
    expect(page.length).toBeLessThan(700_000);
    const long = renderReport(sampleResults({ every: 1, seeds: [1, 2, 3, 4, 5] }));
    expect(Buffer.byteLength(long)).toBeLessThan(2_000_000);
  });

  it('has unique ids, and every reference to one has its target', () => {
    const ids = [...page.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).toBe(ids.length);
    const references = [
      ...page.matchAll(/(?:aria-labelledby|aria-describedby)="([^"]+)"|url\(#([^)]+)\)/g),
    ];
    for (const [, label, clip] of references) expect(ids).toContain(label ?? clip);
  });

  it('says what is missing instead of drawing nothing', () => {
    const results = sampleResults();
    expect(renderReport({ ...results, runs: [] })).toContain('No run was completed');
    const silent = results.runs.map((one) => ({
      ...one,
      history: one.history.map((evaluation) => ({ ...evaluation, wireBytes: 0 })),
      stageMilliseconds: {},
    }));
    const part = renderReport({ ...results, runs: silent });
    expect(figure(part, 'loss-bytes')).toContain('No run sent a byte');
    expect(figure(part, 'stages')).toContain('No run recorded the times');
  });

  it('renders whatever the format allows', () => {
    fc.assert(
      fc.property(fc.array(run, { maxLength: 5 }), (runs) => {
        const text = renderReport({ ...sampleResults(), runs });
        expect(text).not.toMatch(/NaN|Infinity|undefined/);
      }),
      { seed: 42, numRuns: 60 },
    );
  });
});

describe('escaping', () => {
  const attack = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;{{`;

  /** Every text that a user controls is the attack. */
  function hostile(results: Results): Results {
    const runs = results.runs.map((one, i) => ({
      ...one,
      ...{ codec: `${attack}${i % 7}`, algorithm: attack, backend: attack, modelHash: attack },
      strategy: i % 2 === 0 ? attack : 'sync',
      error: { code: attack, message: attack },
      status: i % 5 === 0 ? ('failed' as const) : ('complete' as const),
      stageMilliseconds: { [attack]: 1, compute: 2 },
    }));
    const environment = {
      ...{ command: attack, startedAt: attack, [attack]: attack },
      configuration: { [attack]: [attack] },
    };
    return {
      ...results,
      ...{ task: attack, model: attack, transport: attack, link: attack },
      environment,
      runs,
    };
  }

  it('leaves no markup of others on the page', () => {
    const text = renderReport(hostile(sampleResults()));
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).not.toContain('<img');
    expect(text).toContain('&lt;script&gt;');
  });

  it('escapes every value in a template but Html', () => {
    expect(html`<b title="${'"'}">${['<', html`<i></i>`, 1, null]}</b>`.toString()).toBe(
      '<b title="&quot;">&lt;<i></i>1</b>',
    );
    expect(escapeHtml('a\u0000b\tc')).toBe('a\ufffdb\tc');
  });
});

describe('writeReport', () => {
  it('writes the page and nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gradwire-report-'));
    await writeReport(join(folder, 'out/report.html'), sampleResults());
    expect(await readFile(join(folder, 'out/report.html'), 'utf8')).toBe(page);
    expect(await readdir(join(folder, 'out'))).toEqual(['report.html']);
    await rm(folder, { recursive: true });
  });
});
