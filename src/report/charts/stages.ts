/** Stage times: for each codec a bar of what a step is made of. */
import { barX, frame } from '@observablehq/plot';
import { formatMilliseconds } from '../format.ts';
import type { Series } from '../series.ts';
import { wrapSpec } from '../wrap.ts';
import type { Size } from './labels.ts';
import { horizontalAxis, verticalGrid } from './parts.ts';
import { toPixels, type Axis } from './scale.ts';
import { drawing, renderSvg, type ChartIdentity, type Pen } from './svg.ts';
import { LABEL_LINE, LABEL_SIZE, proseWidth } from './text.ts';

/** One codec's bar: the stages' milliseconds in the order of `StageChart.stages`. */
export interface StageBar {
  readonly series: Series;
  readonly milliseconds: readonly number[];
}

/** What to draw. */
export interface StageChart {
  readonly stages: readonly string[];
  readonly bars: readonly StageBar[];
  readonly x: Axis;
}

/** Fills and the text on them; page.css defines `--stage-0` … and `--stage-ink-0` …, eight each. */
const FILLS = 8;

/** Fill of the n-th stage. */
export function stageColor(index: number): string {
  return `var(--stage-${index % FILLS})`;
}

/** Pixels; text lengths in characters. */
const SIZES = { wide: { width: 600, text: 60 }, narrow: { width: 360, text: 36 } } as const;
const MARGIN = { top: 4, left: 2, bottom: 40, right: 56 } as const;
const BAR = 20;
const NAME = 17;
const ROW_GAP = 9;
const ROW = NAME + BAR + ROW_GAP;

/** Draws the chart as SVG text: the codec's name above its bar, the total behind it. */
export function drawStages(chart: StageChart, size: Size, identity: ChartIdentity): string {
  const { width } = SIZES[size];
  const height = MARGIN.top + chart.bars.length * ROW + MARGIN.bottom;
  const xRange = [MARGIN.left, width - MARGIN.right] as const;
  const toX = toPixels(chart.x, xRange);
  return renderSvg(
    identity,
    {},
    {
      ...{ width, height, marginLeft: MARGIN.left, marginRight: MARGIN.right },
      ...{ marginTop: MARGIN.top, marginBottom: MARGIN.bottom },
      x: { type: 'linear', domain: [...chart.x.domain], range: [...xRange] },
      y: {
        type: 'band',
        domain: chart.bars.map((_, i) => i),
        axis: null,
        padding: 0,
        round: false,
      },
      style: { fontSize: '12px' },
      marks: [
        verticalGrid(chart.x, xRange),
        horizontalAxis(chart.x, xRange),
        ...chart.stages.map((stage, i) =>
          barX(segments(chart, i), {
            ...{ y: 'row', x1: 'from', x2: 'to', insetTop: NAME, insetBottom: ROW_GAP },
            ...{
              fill: stageColor(i),
              stroke: 'var(--surface)',
              strokeWidth: 1,
              ariaLabel: () => stage,
            },
          }),
        ),
        frame({ anchor: 'left', stroke: 'var(--axis)' }),
        drawing((pen) =>
          chart.bars.forEach((bar, row) => drawTexts(pen, chart, bar, row, toX, SIZES[size].text)),
        ),
      ],
    },
  );
}

interface Segment {
  readonly row: number;
  readonly from: number;
  readonly to: number;
}

function segments({ bars }: StageChart, stage: number): Segment[] {
  return bars.flatMap(({ milliseconds }, row) => {
    const length = milliseconds[stage] ?? 0;
    const from = sum(milliseconds.slice(0, stage));
    return length > 0 ? [{ row, from, to: from + length }] : [];
  });
}

function drawTexts(
  pen: Pen,
  { stages }: StageChart,
  { series, milliseconds }: StageBar,
  row: number,
  toX: (value: number) => number,
  text: number,
): void {
  const top = MARGIN.top + row * ROW;
  const middle = top + NAME + BAR / 2;
  const name = wrapSpec(series.title, text, 1)[0] ?? '';
  const total = sum(milliseconds);
  pen(
    'text',
    {
      ...{ x: MARGIN.left, y: top + NAME - LABEL_LINE / 2, dy: '0.32em', 'text-anchor': 'start' },
      ...{ 'font-size': LABEL_SIZE, class: 'series-label', fill: 'var(--ink)' },
    },
    name,
  );
  pen(
    'text',
    {
      ...{
        x: toX(total) + 6,
        y: middle,
        dy: '0.32em',
        'text-anchor': 'start',
        fill: 'var(--muted)',
      },
    },
    `${formatMilliseconds(total)} ms`,
  );
  stages.forEach((stage, i) => {
    const from = toX(sum(milliseconds.slice(0, i)));
    const to = toX(sum(milliseconds.slice(0, i + 1)));
    if (to - from < proseWidth(stage, LABEL_SIZE) + 6) return;
    pen(
      'text',
      {
        ...{ x: (from + to) / 2, y: middle, dy: '0.32em', 'text-anchor': 'middle' },
        ...{ 'font-size': LABEL_SIZE, fill: `var(--stage-ink-${i % FILLS})` },
      },
      stage,
    );
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
