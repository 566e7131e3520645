/** The frontier: what each codec sends per element against what the model came to. */
import { dot, frame, line, ruleX, ruleY, type Markish } from '@observablehq/plot';
import type { Series } from '../series.ts';
import { wrapSpec } from '../wrap.ts';
import { scatter, type Box } from './arrange.ts';
import { makeStrip, type PlacedLabel, type Size } from './labels.ts';
import {
  drawLabel,
  horizontalAxis,
  horizontalGrid,
  scaleData,
  verticalAxis,
  verticalGrid,
} from './parts.ts';
import { toPixels, type Axis } from './scale.ts';
import { drawing, renderSvg, type ChartIdentity } from './svg.ts';
import { LABEL_LINE, labelWidth } from './text.ts';

/** One codec; `low` to `high` is the spread of `y` over seeds. */
export interface FrontierPoint {
  readonly series: Series;
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/** What to draw. */
export interface FrontierChart {
  readonly points: readonly FrontierPoint[];
  readonly x: Axis;
  readonly y: Axis;
  /** Whether large or small values of `y` are good. */
  readonly better: 'high' | 'low';
}

/** Pixels; text lengths in characters. */
const SIZES = {
  wide: { width: 600, height: 330, left: 46, text: 24, stripText: 40 },
  narrow: { width: 360, height: 330, left: 42, text: 16, stripText: 26 },
} as const;
const MARGIN = { top: 28, right: 14, bottom: 40 } as const;
const SYMBOL_RADIUS = 5;

/** Draws the chart as SVG text. */
export function drawFrontier(chart: FrontierChart, size: Size, identity: ChartIdentity): string {
  const { width, height, left } = SIZES[size];
  const xRange = [left, width - MARGIN.right] as const;
  const yRange = [height - MARGIN.bottom, MARGIN.top] as const;
  const { labels, strip } = placeLabels(chart, size, xRange, yRange);
  const baseline = chart.points.filter(({ series }) => series.isBaseline);
  return renderSvg(identity, scaleData(chart, xRange, yRange), {
    ...{ width, height: height + strip, marginLeft: left, marginRight: MARGIN.right },
    ...{ marginTop: MARGIN.top, marginBottom: MARGIN.bottom },
    x: { type: chart.x.type, domain: [...chart.x.domain], range: [...xRange] },
    y: { type: chart.y.type, domain: [...chart.y.domain], range: [...yRange] },
    style: { fontSize: '12px' },
    marks: [
      horizontalGrid(chart.y),
      verticalGrid(chart.x, xRange),
      frame({ anchor: 'bottom', stroke: 'var(--axis)' }),
      horizontalAxis(chart.x, xRange),
      verticalAxis(chart.y),
      ruleY(baseline, {
        ...{ y: 'y', stroke: 'var(--series-0)', strokeOpacity: 0.35, strokeDasharray: '2 4' },
      }),
      line(frontierOf(chart), {
        ...{ x: 'x', y: 'y', stroke: 'var(--axis)', strokeWidth: 6, strokeOpacity: 0.35 },
      }),
      ...chart.points.map(spreadBar),
      drawing((pen) => labels.forEach((label) => drawLabel(pen, label))),
      ...chart.points.map(symbol),
    ],
  });
}

function spreadBar({ series, x, low, high }: FrontierPoint): Markish {
  return ruleX([x], {
    ...{ y1: low, y2: high, stroke: series.color, strokeWidth: 1.5 },
    ariaLabel: () => series.title,
  });
}

function symbol({ series, x, y }: FrontierPoint): Markish {
  return dot([[x, y]], {
    ...{ symbol: series.symbol, r: SYMBOL_RADIUS, fill: series.color },
    ...{ stroke: 'var(--surface)', strokeWidth: 1, ariaLabel: () => series.title },
  });
}

/** The codecs that no other beats in both bits and result, from few bits to many. */
export function frontierOf({
  points,
  better,
}: Pick<FrontierChart, 'points' | 'better'>): FrontierPoint[] {
  const sign = better === 'high' ? 1 : -1;
  const isBeaten = (point: FrontierPoint): boolean =>
    points.some(
      (other) =>
        other !== point &&
        other.x <= point.x &&
        sign * other.y >= sign * point.y &&
        (other.x < point.x || other.y !== point.y),
    );
  return points.filter((point) => !isBeaten(point)).sort((a, b) => a.x - b.x);
}

interface Placement {
  readonly labels: readonly PlacedLabel[];
  /** Height of the strip that they need below the plot, in pixels. */
  readonly strip: number;
}

/** Labels next to their points; hanging below the plot if the points are too crowded for that. */
function placeLabels(
  chart: FrontierChart,
  size: Size,
  xRange: readonly [number, number],
  yRange: readonly [number, number],
): Placement {
  const { points } = chart;
  const toX = toPixels(chart.x, xRange);
  const toY = toPixels(chart.y, yRange);
  const wanted = points.map(({ series, x, y }) => {
    const lines = wrapSpec(series.title, SIZES[size].text, 3);
    const width = Math.max(...lines.map(labelWidth));
    return { series, x: toX(x), y: toY(y), width, height: lines.length * LABEL_LINE, lines };
  });
  const bounds = { left: xRange[0] + 2, right: xRange[1], top: yRange[1], bottom: yRange[0] - 2 };
  const boxes = scatter(wanted, obstaclesIn(chart, toX, toY, xRange), bounds);
  if (boxes !== undefined)
    return { labels: wanted.map((label, i) => besidePoint(label, boxes[i]!)), strip: 0 };
  const strip = makeStrip(
    wanted.map(({ series, x, y }) => ({
      ...{ series, x, distance: -y },
      text: wrapSpec(series.title, SIZES[size].stripText, 1)[0] ?? '',
    })),
    xRange[0],
  );
  return { labels: strip.place(yRange[0], 'bottom', (i) => wanted[i]!.y), strip: strip.height };
}

function besidePoint(
  { series, lines, x, y }: Pick<PlacedLabel, 'series' | 'lines' | 'x' | 'y'>,
  box: Box,
): PlacedLabel {
  const middle = (box.top + box.bottom) / 2;
  return { series, lines, anchor: 'start', x: box.left, y: middle, leader: leaderTo(box, x, y) };
}

function obstaclesIn(
  chart: FrontierChart,
  toX: (value: number) => number,
  toY: (value: number) => number,
  xRange: readonly [number, number],
): Box[] {
  const front = frontierOf(chart).map((point) => [toX(point.x), toY(point.y)] as const);
  const baseline = chart.points.filter(({ series }) => series.isBaseline);
  return [
    ...chart.points.flatMap((p) => marksOf(toX(p.x), toY(p.y), toY(p.low), toY(p.high))),
    ...front.flatMap((point, i) => along(front[i - 1] ?? point, point)),
    ...baseline.map((point) => rule(toY(point.y), xRange)),
  ];
}

/** What a label must not cover: the symbol and the bar of the spread, with a little air. */
function marksOf(x: number, y: number, low: number, high: number): Box[] {
  const air = SYMBOL_RADIUS + 2;
  return [
    { left: x - air, right: x + air, top: y - air, bottom: y + air },
    { left: x - 3, right: x + 3, top: Math.min(low, high), bottom: Math.max(low, high) },
  ];
}

/** The line between two points, as a row of small boxes. */
function along([x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number]): Box[] {
  const pieces = Math.ceil(Math.hypot(x2 - x1, y2 - y1) / 4);
  return Array.from({ length: pieces }, (_, i) => {
    const share = i / pieces;
    const [x, y] = [x1 + share * (x2 - x1), y1 + share * (y2 - y1)];
    return { left: x - 3, right: x + 3, top: y - 3, bottom: y + 3 };
  });
}

/** The dotted line across at the height of the baseline. */
function rule(y: number, [left, right]: readonly [number, number]): Box {
  return { left, right, top: y - 1, bottom: y + 1 };
}

/** From the point to the nearest point of the box; none where they are next to each other. */
function leaderTo(box: Box, x: number, y: number): PlacedLabel['leader'] {
  const nearX = Math.max(box.left, Math.min(x, box.right));
  const nearY = Math.max(box.top, Math.min(y, box.bottom));
  return Math.hypot(nearX - x, nearY - y) < 14
    ? [[x, y]]
    : [
        [x, y],
        [nearX, nearY],
      ];
}
