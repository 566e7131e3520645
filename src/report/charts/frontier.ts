/** The frontier: what each codec sends per element against what the model came to. */
import { dot, frame, line, ruleX, ruleY } from '@observablehq/plot';
import type { Series } from '../series.ts';
import { wrapSpec } from '../wrap.ts';
import { scatter, type Box } from './arrange.ts';
import type { PlacedLabel, Size } from './curve-layout.ts';
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
  wide: { width: 600, height: 330, left: 46, text: 24 },
  narrow: { width: 360, height: 330, left: 42, text: 16 },
} as const;
const MARGIN = { top: 28, right: 14, bottom: 40 } as const;
const SYMBOL_RADIUS = 5;

/** Draws the chart as SVG text. */
export function drawFrontier(chart: FrontierChart, size: Size, identity: ChartIdentity): string {
  const { width, height, left } = SIZES[size];
  const xRange = [left, width - MARGIN.right] as const;
  const yRange = [height - MARGIN.bottom, MARGIN.top] as const;
  const labels = placeLabels(chart, size, xRange, yRange);
  const baseline = chart.points.filter(({ series }) => series.isBaseline);
  return renderSvg(identity, scaleData(chart, xRange, yRange), {
    ...{ width, height, marginLeft: left, marginRight: MARGIN.right },
    ...{ marginTop: MARGIN.top, marginBottom: MARGIN.bottom },
    x: { type: chart.x.type, domain: [...chart.x.domain], range: [...xRange] },
    y: { type: chart.y.type, domain: [...chart.y.domain], range: [...yRange] },
    style: { fontSize: '12px' },
    marks: [
      horizontalGrid(chart.y),
      verticalGrid(chart.x),
      frame({ anchor: 'bottom', stroke: 'var(--axis)' }),
      horizontalAxis(chart.x),
      verticalAxis(chart.y),
      ruleY(baseline, {
        y: 'y',
        stroke: 'var(--series-0)',
        strokeOpacity: 0.35,
        strokeDasharray: '2 4',
      }),
      line(frontierOf(chart), {
        x: 'x',
        y: 'y',
        stroke: 'var(--axis)',
        strokeWidth: 6,
        strokeOpacity: 0.35,
      }),
      ...chart.points.map(({ series, ...point }) =>
        ruleX([point], { x: 'x', y1: 'low', y2: 'high', stroke: series.color, strokeWidth: 1.5 }),
      ),
      drawing((pen) => labels.forEach((label) => drawLabel(pen, label))),
      ...chart.points.map(({ series, ...point }) =>
        dot([point], {
          ...{ x: 'x', y: 'y', symbol: series.symbol, r: SYMBOL_RADIUS, fill: series.color },
          ...{ stroke: 'var(--surface)', strokeWidth: 1, ariaLabel: () => series.title },
        }),
      ),
    ],
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

function placeLabels(
  { points, x, y }: FrontierChart,
  size: Size,
  xRange: readonly [number, number],
  yRange: readonly [number, number],
): PlacedLabel[] {
  const toX = toPixels(x, xRange);
  const toY = toPixels(y, yRange);
  const labels = points.map((point) => {
    const lines = wrapSpec(point.series.title, SIZES[size].text, 3);
    const width = Math.max(...lines.map(labelWidth));
    return { x: toX(point.x), y: toY(point.y), width, height: lines.length * LABEL_LINE, lines };
  });
  const obstacles = points.flatMap((point) =>
    marksOf(toX(point.x), toY(point.y), toY(point.low), toY(point.high)),
  );
  const bounds = { left: xRange[0] + 2, right: xRange[1], top: yRange[1], bottom: yRange[0] - 2 };
  const boxes = scatter(labels, obstacles, bounds);
  return points.map(({ series }, i) => {
    const { lines, x: pointX, y: pointY } = labels[i]!;
    const box = boxes[i]!;
    return {
      ...{ series, lines, anchor: 'start', x: box.left },
      y: (box.top + box.bottom) / 2,
      leader: leaderTo(box, pointX, pointY),
    };
  });
}

/** What a label must not cover: the symbol and the bar of the spread, with a little air. */
function marksOf(x: number, y: number, low: number, high: number): Box[] {
  const air = SYMBOL_RADIUS + 2;
  return [
    { left: x - air, right: x + air, top: y - air, bottom: y + air },
    { left: x - 3, right: x + 3, top: Math.min(low, high), bottom: Math.max(low, high) },
  ];
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
