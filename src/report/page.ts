/** Results as one HTML page that needs nothing but itself: no network, no fonts, no images. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFileAtomically } from '../files/write.ts';
import type { Results } from '../result/index.ts';
import { hasAccuracy } from './columns.ts';
import { ACCURACY, curveFigure, LOSS, QUANTITIES } from './figures/curves.ts';
import type { Figure } from './figures/figure.ts';
import { frontierFigure } from './figures/frontier.ts';
import { stagesFigure } from './figures/stages.ts';
import { figuresSection } from './figure-html.ts';
import { html, Html } from './html.ts';
import { header, runsTable, setup, summary, glossary } from './sections.ts';
import { toSeries, type Series } from './series.ts';

const STYLE = asset('page.css');
const SCRIPT = asset('page-script.mjs');
/** One piece, since the policy below allows exactly these characters. */
const SCRIPT_ELEMENT = new Html(`<script>${SCRIPT}</script>`);

/**
 * Nothing may be loaded from anywhere, and no script but ours may run: should a codec spec or an error message
 * get past the escaping, the browser still refuses to execute it.
 */
const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The page as text; equal results give equal text. */
export function renderReport(results: Results): string {
  const series = toSeries(results);
  const title = `gradwire: ${results.task}`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <main>
          ${header(results, series)} ${summary(results, series)}
          ${figuresSection('trade', 'What each saved bit costs', [
            frontierFigure(series, hasAccuracy(results)),
            stagesFigure(series),
          ])}
          ${figuresSection('courses', 'How training went', courses(results, series))}
          ${setup(results)} ${runsTable(results)} ${glossary(results)}
          <footer>
            Made by gradwire from <code>results.json</code>, format ${results.formatVersion}, which
            holds every number of this page.
          </footer>
        </main>
        ${SCRIPT_ELEMENT}
      </body>
    </html>`;
  return `${page.toString()}\n`;
}

/** Writes the page. Readers see the old file or the new one, never a part. */
export async function writeReport(path: string, results: Results): Promise<void> {
  await writeFileAtomically(path, [renderReport(results)], { makeFolder: true });
}

function asset(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

function courses(results: Results, series: readonly Series[]): Figure[] {
  const values = hasAccuracy(results) ? [LOSS, ACCURACY] : [LOSS];
  return QUANTITIES.flatMap((quantity) =>
    values.map((value) => curveFigure(series, quantity, value)),
  );
}
