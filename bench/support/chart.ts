/** A bar chart of a suite as a standalone SVG file, readable on light and dark pages. */
import { axisFy, axisX, barX, plot, ruleX, text } from '@observablehq/plot';
import { DOMParser } from 'linkedom';
import { figure } from './table.ts';

/** One bar. */
export interface Bar {
  /** Bars of a group stand together. */
  readonly group: string;
  readonly name: string;
  /** Above 0. */
  readonly value: number;
}

export interface BarChart {
  readonly title: string;
  readonly subtitle: string;
  /** What the values are. */
  readonly label: string;
  /** In the order they are to appear. */
  readonly bars: readonly Bar[];
}

interface SvgNode {
  readonly outerHTML: string;
}

/** From Okabe and Ito's colours, which colour-blind readers can tell apart. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9'];
const WIDTH = 760;
const GROUP_HEIGHT = 52;
const MARGINS = { top: 26, right: 60, bottom: 44, left: 230 };

/** Draws values on a logarithmic axis, with a line at 1. @param chart at least one bar */
export function drawBars({ title, subtitle, label, bars }: BarChart): string {
  const names = [...new Set(bars.map(({ name }) => name))];
  const groups = [...new Set(bars.map(({ group }) => group))];
  const values = bars.map(({ value }) => value);
  const lowest = Math.min(0.1, ...values) / 1.5;
  const document = new DOMParser().parseFromString('<svg/>', 'image/svg+xml');
  const svg = plot({
    document,
    width: WIDTH,
    height: MARGINS.top + MARGINS.bottom + GROUP_HEIGHT * groups.length,
    marginTop: MARGINS.top,
    marginRight: MARGINS.right,
    marginBottom: MARGINS.bottom,
    marginLeft: MARGINS.left,
    style: { background: 'white', color: 'black', fontFamily: 'sans-serif', fontSize: '12px' },
    x: { type: 'log', domain: [lowest, Math.max(1, ...values) * 3], grid: true },
    y: { domain: names, axis: null },
    fy: { domain: groups, label: null, padding: 0.2 },
    color: { domain: names, range: COLOURS },
    marks: [
      axisFy({ anchor: 'left', label: null, fontSize: 12 }),
      axisX({ label, tickFormat: String, ticks: 5 }),
      barX(bars, { x1: lowest, x2: 'value', y: 'name', fy: 'group', fill: 'name' }),
      text(bars, {
        x: 'value',
        y: 'name',
        fy: 'group',
        text: ({ name, value }: Bar) => `${figure(value)} ${name}`,
        textAnchor: 'start',
        dx: 4,
        fontSize: 10,
        stroke: 'white',
        strokeWidth: 3,
        fill: 'black',
      }),
      ruleX([1], { strokeDasharray: '3 3' }),
    ],
  }) as unknown as SvgNode;
  // Its style is made for pages; in a file of its own it would stretch the chart.
  const chart = svg.outerHTML.replace(/<style>.*?<\/style>/s, '');
  return withTitle(chart, title, subtitle);
}

/** Title and conditions above the chart, and the title for those who cannot see. */
function withTitle(svg: string, title: string, subtitle: string): string {
  const height = 44;
  const [, chartHeight = '0'] = /height="(\d+)"/.exec(svg) ?? [];
  const total = Number(chartHeight) + height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${total}" viewBox="0 0 ${WIDTH} ${total}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="8" y="20" font-family="sans-serif" font-size="15" font-weight="bold">${escaped(title)}</text>`,
    `<text x="8" y="37" font-family="sans-serif" font-size="11" fill="#555">${escaped(subtitle)}</text>`,
    `<g transform="translate(0 ${height})">${svg}</g>`,
    '</svg>',
    '',
  ].join('\n');
}

function escaped(raw: string): string {
  return raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
