/** The report in headless Chromium, opened from disk as a user would. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Results } from '../../src/result/index.ts';
import { writeReport } from '../../src/report/index.ts';
import { requirement } from '../support/requirements.ts';
import { sampleResults } from './sample.ts';

const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const isPresent = existsSync(executablePath);
beforeEach(requirement('Chromium (CHROMIUM_PATH, or apt-get install chromium)', () => isPresent));

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradwire-browser-'));
  if (!isPresent) return;
  browser = await chromium.launch({
    executablePath,
    args: [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
});
afterAll(async () => {
  if (isPresent) await browser.close();
  await rm(folder, { recursive: true });
});

/** A page with what went wrong on it. */
interface Visit {
  readonly page: Page;
  /** Console messages of any kind, and exceptions. */
  readonly messages: string[];
  /** Addresses that were asked for. */
  readonly requests: string[];
  readonly address: string;
}

interface Look {
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
}

async function visit(results: Results, { width, colorScheme }: Look): Promise<Visit> {
  const path = join(folder, 'report.html');
  await writeReport(path, results);
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const messages: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => messages.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  const address = pathToFileURL(path).href;
  await page.goto(address);
  return { page, messages, requests, address };
}

/** A rectangle on the page, with the text in it. */
interface Rectangle {
  readonly text: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The visible elements that match, as rectangles. The browser runs this code as text: it has no types. */
async function rectangles(page: Page, selector: string): Promise<Rectangle[]> {
  return await page.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})]
    .map((element) => [element.textContent, element.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0)
    .map(([text, { left, top, right, bottom }]) => ({ text, left, top, right, bottom }))`);
}

/** Pairs of rectangles that share more than half a pixel in both directions. */
function collisions(boxes: readonly Rectangle[]): string[] {
  return boxes.flatMap((a, i) =>
    boxes
      .slice(i + 1)
      .filter(
        (b) =>
          Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5 &&
          Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5,
      )
      .map((b) => `${a.text} × ${b.text}`),
  );
}

const CHARTS = [
  ...['frontier', 'stages', 'loss-steps', 'loss-bytes', 'loss-seconds'],
  ...['accuracy-steps', 'accuracy-bytes', 'accuracy-seconds'],
];

/** Twice as many codecs as hues, with long names and names that try to break out. */
function manyCodecs(): Results {
  const sample = sampleResults();
  const extra = [
    'topk:k=64,block=4096/quantile:bits=2+ef',
    'topk:density=0.001/qsgd:levels=3+ef',
    'qsgd:levels=16,block=1024,norm=l2,entropy=rans',
    '</text></svg><script>document.title = "run"</script>',
    '" onpointermove="document.title = 1" x="',
    'w'.repeat(150),
  ];
  const more = extra.flatMap((codec, i) =>
    sample.runs.slice(6, 9).map((one) => ({
      ...one,
      ...{ codec, bitsPerElement: 3 + i / 2 },
      history: one.history.map((evaluation) => ({
        ...evaluation,
        wireBytes: evaluation.wireBytes * (1 + i / 3),
        seconds: evaluation.seconds * (1 + i / 20),
      })),
    })),
  );
  return { ...sample, runs: [...sample.runs, ...more] };
}

const LOOKS = [1280, 400].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);

describe.each([
  ['seven codecs', sampleResults()],
  ['thirteen codecs with long and hostile names', manyCodecs()],
])('the report on %s', (_, results) => {
  const codecs = new Set(results.runs.map(({ codec }) => codec));

  it.each(LOOKS)('is whole at $width px, $colorScheme', async (look) => {
    const { page, messages, requests, address } = await visit(results, look);
    const size = look.width > 620 ? 'wide' : 'narrow';

    for (const id of CHARTS) {
      const [chart] = await rectangles(page, `#${id}-${size}`);
      expect(chart, id).toBeDefined();
      expect(chart!.bottom - chart!.top, id).toBeGreaterThan(150);
      expect(chart!.left, id).toBeGreaterThanOrEqual(0);
      expect(chart!.right, id).toBeLessThanOrEqual(look.width);

      const texts = await rectangles(page, `#${id}-${size} text`);
      const labels = await rectangles(page, `#${id}-${size} text.series-label`);
      expect(collisions(texts), id).toEqual([]);
      expect(await namedSeries(page, `#${id}-${size}`), id).toBeGreaterThanOrEqual(
        id === 'stages' ? 0 : codecs.size,
      );
      expect(labels.length, id).toBeGreaterThanOrEqual(codecs.size);
      for (const { left, right, text } of texts) {
        expect(left, text).toBeGreaterThanOrEqual(0);
        expect(right, text).toBeLessThanOrEqual(look.width);
      }
    }

    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(look.width);
    expect(await page.evaluate('document.scripts.length')).toBe(1);
    expect(await page.title()).toBe('gradwire: digits');
    expect(messages).toEqual([]);
    expect(requests).toEqual([address]);
    await page.close();
  });
});

/** How many different series the labels of a chart name. */
async function namedSeries(page: Page, chart: string): Promise<number> {
  return await page.evaluate(
    `new Set([...document.querySelectorAll('${chart} text.series-label[aria-label]')]
      .map((label) => label.getAttribute('aria-label'))).size`,
  );
}

describe('the report', () => {
  const light: Look = { width: 1280, colorScheme: 'light' };

  it('has text that stands out from its ground, light and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await visit(sampleResults(), { width: 1280, colorScheme });
      const ratios = await contrasts(page);
      expect(Object.keys(ratios).length).toBeGreaterThanOrEqual(8 + 8 + 3);
      for (const [what, ratio] of Object.entries(ratios))
        expect(ratio, `${what}, ${colorScheme}`).toBeGreaterThanOrEqual(4.5);
      await page.close();
    }
  });

  it('shows the numbers under the pointer', async () => {
    const { page, messages } = await visit(sampleResults(), light);
    const chart = page.locator('#loss-bytes-wide');
    await chart.scrollIntoViewIfNeeded();
    const row = page.locator('#loss-bytes tr[data-series="terngrad"]').nth(4);
    const expected = await row.locator('td').allTextContents();
    const box = (await chart.boundingBox())!;
    const { x, y } = await pixelOf(page, '#loss-bytes-wide', row);
    await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
    const tip = page.locator('#loss-bytes .tip');
    expect(await tip.locator('b').textContent()).toBe('terngrad');
    for (const cell of expected) expect(await tip.textContent()).toContain(cell);
    await page.mouse.move(2, 2);
    expect(await tip.count()).toBe(0);
    expect(messages).toEqual([]);
    await page.close();
  });

  it('is checked by eyes that see: a label moved onto its neighbour is found', async () => {
    const { page } = await visit(sampleResults(), light);
    const selector = '#loss-steps-wide text.series-label';
    expect(collisions(await rectangles(page, selector))).toEqual([]);
    await page.evaluate(`(() => {
      const [a, b] = document.querySelectorAll('${selector}');
      a.setAttribute('y', Number(b.getAttribute('y')) + 4);
    })()`);
    // How many it hides depends on the font that is installed.
    expect(collisions(await rectangles(page, selector))).toContain('none × bf16');
    await page.close();
  });

  it('opens the numbers of a chart within its own width', async () => {
    const { page } = await visit(sampleResults(), { width: 400, colorScheme: 'light' });
    for (const summary of await page.locator('summary').all()) await summary.click();
    expect(await page.locator('details[open]').count()).toBe(CHARTS.length);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400);
    await page.close();
  });

  it('names every chart and describes it to assistive technology', async () => {
    const { page } = await visit(sampleResults(), light);
    const titles = await page.locator('figure h3').allTextContents();
    expect(titles).toHaveLength(CHARTS.length);
    for (const name of titles)
      expect(await page.getByRole('img', { name, exact: true }).count(), name).toBe(1);
    await page.close();
  });

  it('draws no accuracy for regression', async () => {
    const { page, messages } = await visit(sampleResults({ isRegression: true }), light);
    expect(await page.locator('figure').count()).toBe(5);
    expect(messages).toEqual([]);
    await page.close();
  });

  it('runs no script that found its way into the page', async () => {
    const { page, messages } = await visit(sampleResults(), light);
    await page.evaluate(`document.body.append(Object.assign(document.createElement('script'),
      { textContent: 'document.title = "run"' }))`);
    expect(await page.title()).toBe('gradwire: digits');
    expect(messages.join()).toContain('Content Security Policy');
    await page.close();
  });
});

/** Where a row's point is in a chart, as shares of its width and height. */
async function pixelOf(
  page: Page,
  chart: string,
  row: ReturnType<Page['locator']>,
): Promise<{ x: number; y: number }> {
  const [x, y] = await Promise.all(['data-x', 'data-y'].map((name) => row.getAttribute(name)));
  return await page.evaluate(`(() => {
    const svg = document.querySelector('${chart}');
    const place = (text, value) => {
      const [low, high, from, to] = text.split(' ').slice(1).map(Number);
      const map = text.startsWith('log') ? Math.log : Number;
      return from + (to - from) * (map(value) - map(low)) / (map(high) - map(low));
    };
    const { width, height } = svg.viewBox.baseVal;
    return {
      x: place(svg.dataset.x, ${x}) / width,
      y: place(svg.dataset.y, ${y}) / height,
    };
  })()`);
}

/** Contrast ratios (WCAG 2.1, section 1.4.3) of the page's text colours on what they stand on. */
async function contrasts(page: Page): Promise<Record<string, number>> {
  return await page.evaluate(`(() => {
    const probe = document.body.appendChild(document.createElement('i'));
    const luminance = (name) => {
      probe.style.color = 'var(' + name + ')';
      const channels = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map((value) => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2];
    };
    const ratio = (a, b) => {
      const [dark, light] = [luminance(a), luminance(b)].sort((one, other) => one - other);
      return (light + 0.05) / (dark + 0.05);
    };
    const eight = [0, 1, 2, 3, 4, 5, 6, 7];
    const onSurface = ['--ink', '--muted', '--accent', '--warning', ...eight.map((i) => '--series-' + i)];
    return Object.fromEntries([
      ...onSurface.map((name) => [name, ratio(name, '--surface')]),
      ...eight.map((i) => ['--stage-ink-' + i, ratio('--stage-ink-' + i, '--stage-' + i)]),
    ]);
  })()`);
}
