/** Where the parts of a chart of curves go: the plot, a gutter and a strip for labels, and each label. */
import type { Series } from '../series.ts';
import { wrapSpec } from '../wrap.ts';
import { stack } from './arrange.ts';
import { LEADING, makeStrip, type PlacedLabel, type Size, type Strip } from './labels.ts';
import { toPixels, type Axis } from './scale.ts';
import { LABEL_LINE, labelWidth } from './text.ts';

/** A point of a mean course; `low` to `high` is the band around it. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/** The course of one codec, with at least one point. */
export interface Curve {
  readonly series: Series;
  readonly points: readonly [CurvePoint, ...CurvePoint[]];
}

/** What to draw. */
export interface CurveChart {
  readonly curves: readonly Curve[];
  readonly x: Axis;
  readonly y: Axis;
  /** Side on which curves leave room for labels: below where they fall, above where they rise. */
  readonly labelSide: 'top' | 'bottom';
}

/** The parts, in pixels. */
export interface CurveLayout {
  readonly width: number;
  readonly height: number;
  readonly xRange: readonly [number, number];
  /** Bottom first. */
  readonly yRange: readonly [number, number];
  readonly labels: readonly PlacedLabel[];
}

/** Pixels; text lengths are in characters. */
const SIZES = {
  wide: { width: 600, plotHeight: 250, left: 46, gutterText: 22, gutterLines: 2, stripText: 40 },
  narrow: { width: 360, plotHeight: 230, left: 42, gutterText: 15, gutterLines: 3, stripText: 26 },
} as const;

/** Margins in pixels; the axis titles are in them. */
export const MARGIN_TOP = 28;
export const MARGIN_BOTTOM = 40;
const MARGIN_RIGHT = 12;
/** Lines that end this far along the x axis can be labelled in the gutter. */
const NEAR_THE_EDGE = 0.85;
/** Between the ends of the lines and the labels in the gutter. */
const GUTTER_GAP = 18;

/** A label that has been cut into lines but not been placed. */
interface Label {
  readonly curve: Curve;
  readonly lines: readonly string[];
}

/**
 * The layout of a chart. Labels decide the margins and margins move the ends of the lines, so the order is:
 * which labels go where (a matter of proportion), the gutter's width, the strip's rows, then the places.
 */
export function layoutCurves(chart: CurveChart, size: Size): CurveLayout {
  const { width, plotHeight, left } = SIZES[size];
  const { gutter, strip } = shareOut(chart, size);
  const gutterWidth = Math.max(0, ...gutter.flatMap(({ lines }) => lines).map(labelWidth));
  const right = width - MARGIN_RIGHT - (gutter.length > 0 ? GUTTER_GAP + gutterWidth : 0);
  const toX = toPixels(chart.x, [left, right]);

  const hanging = stripFor(chart, strip, toX, left);
  const gutterHeight = gutter.reduce((sum, label) => sum + blockHeight(label), 0);
  const plotted = Math.max(plotHeight, gutterHeight);
  const top = MARGIN_TOP + (chart.labelSide === 'top' ? hanging.height : 0);
  const yRange = [top + plotted, top] as const;
  const toY = toPixels(chart.y, yRange);
  const edge = chart.labelSide === 'top' ? yRange[1] : yRange[0];
  return {
    width,
    height: MARGIN_TOP + plotted + hanging.height + MARGIN_BOTTOM,
    xRange: [left, right],
    yRange,
    labels: [
      ...gutterLabels(gutter, toX, toY, right, yRange),
      ...hanging.place(edge, chart.labelSide, (i) => toY(endOf(strip[i]!.curve).y)),
    ],
  };
}

/** The gutter serves if at least half of the lines end near it; the others' labels hang in the strip. */
function shareOut({ curves, x }: CurveChart, size: Size): { gutter: Label[]; strip: Label[] } {
  const { gutterText, gutterLines, stripText } = SIZES[size];
  const along = toPixels(x, [0, 1]);
  const isNear = (curve: Curve): boolean => along(endOf(curve).x) >= NEAR_THE_EDGE;
  const near = curves.filter(isNear);
  const beside = near.length * 2 >= curves.length ? near : [];
  const cut = (curve: Curve, text: number, lines: number): Label => ({
    curve,
    lines: wrapSpec(curve.series.title, text, lines),
  });
  return {
    gutter: beside.map((curve) => cut(curve, gutterText, gutterLines)),
    strip: curves
      .filter((curve) => !beside.includes(curve))
      .map((curve) => cut(curve, stripText, 1)),
  };
}

function stripFor(
  { y, labelSide }: CurveChart,
  labels: readonly Label[],
  toX: (value: number) => number,
  left: number,
): Strip {
  const height = toPixels(y, [0, 1]);
  return makeStrip(
    labels.map(({ curve, lines }) => ({
      series: curve.series,
      text: lines[0] ?? '',
      x: toX(endOf(curve).x),
      distance: labelSide === 'bottom' ? height(endOf(curve).y) : 1 - height(endOf(curve).y),
    })),
    left,
  );
}

function gutterLabels(
  labels: readonly Label[],
  toX: (value: number) => number,
  toY: (value: number) => number,
  right: number,
  [bottom, top]: readonly [number, number],
): PlacedLabel[] {
  const wanted = labels.map((label) => ({
    center: toY(endOf(label.curve).y),
    height: blockHeight(label),
  }));
  const centers = stack(wanted, top - MARGIN_TOP / 2, bottom + MARGIN_BOTTOM / 4);
  return labels.map(({ curve, lines }, i) => {
    const [endX, endY] = [toX(endOf(curve).x), toY(endOf(curve).y)];
    const x = right + GUTTER_GAP;
    const y = centers[i] ?? endY;
    const leader = [
      [endX, endY],
      [right + 5, endY],
      [x - 4, y],
    ] as const;
    return { series: curve.series, lines, anchor: 'start', x, y, leader };
  });
}

function blockHeight({ lines }: Label): number {
  return lines.length * LABEL_LINE + LEADING;
}

/** The last point of a curve. */
export function endOf({ points }: Curve): CurvePoint {
  return points.at(-1) ?? points[0];
}
