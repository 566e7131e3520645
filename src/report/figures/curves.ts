/** Loss and accuracy against steps, wire bytes and seconds: six figures. */
import { averageHistory, type AverageEvaluation, type Statistic } from '../../result/index.ts';
import { drawCurves } from '../charts/curves.ts';
import type { Curve, CurveChart, CurvePoint } from '../charts/curve-layout.ts';
import { formatBytes, formatMeasured, formatNumber, formatSeconds } from '../format.ts';
import type { Series } from '../series.ts';
import { axisName, courseExtent, endgameExtent, valueExtent, type Extent } from './axes.ts';
import { drawnFigure, missingFigure, type Figure, type FigureRow } from './figure.ts';

/** What training cost so far: the horizontal axis. */
export interface Quantity {
  readonly id: 'steps' | 'bytes' | 'seconds';
  readonly name: string;
  readonly label: string;
  readonly of: (evaluation: AverageEvaluation) => number;
  readonly format: (value: number) => string;
  /** Why there may be nothing to show. */
  readonly missing: string;
}

export const QUANTITIES: readonly Quantity[] = [
  {
    id: 'steps',
    name: 'steps',
    label: 'Steps',
    of: ({ step }) => step,
    format: (step) => String(step),
    missing: 'No run was evaluated after its start.',
  },
  {
    id: 'bytes',
    name: 'wire bytes',
    label: 'Bytes sent by one rank',
    of: ({ wireBytes }) => wireBytes,
    format: formatBytes,
    missing: 'No run sent a byte over the wire.',
  },
  {
    id: 'seconds',
    name: 'seconds',
    label: 'Seconds',
    of: ({ seconds }) => seconds,
    format: formatNumber,
    missing: 'No run recorded its time.',
  },
];

/** What came of it: the vertical axis. */
export interface Value {
  readonly id: 'loss' | 'accuracy';
  readonly name: string;
  readonly of: (evaluation: AverageEvaluation) => Statistic | null;
  readonly format: (value: number) => string;
  /** For tables: with its spread. */
  readonly formatStatistic: (value: Statistic) => string;
  readonly extent: (finals: readonly number[], values: readonly number[]) => Extent;
  readonly labelSide: CurveChart['labelSide'];
}

export const LOSS: Value = {
  id: 'loss',
  name: 'Loss',
  of: ({ loss }) => loss,
  format: formatNumber,
  formatStatistic: formatMeasured,
  extent: (_, values) => valueExtent(values),
  labelSide: 'bottom',
};

export const ACCURACY: Value = {
  id: 'accuracy',
  name: 'Accuracy',
  of: ({ accuracy }) => accuracy,
  format: (value) => `${Number((value * 100).toFixed(3))} %`,
  formatStatistic: (value) => formatMeasured(value),
  extent: endgameExtent,
  labelSide: 'top',
};

/** Points a curve is drawn with at most; more could not be told apart, and the page would grow. */
const MAX_POINTS = 120;

interface Course {
  readonly series: Series;
  readonly evaluations: readonly AverageEvaluation[];
}

/** The figure of a value against a quantity. */
export function curveFigure(series: readonly Series[], quantity: Quantity, value: Value): Figure {
  const id = `${value.id}-${quantity.id}`;
  const title = `${value.name} against ${quantity.name}`;
  const courses = series.map((one) => toCourse(one, quantity, value));
  const curves = courses.flatMap((course) => toCurve(course, quantity, value));
  if (curves.length === 0) return missingFigure(id, title, quantity.missing);
  const extents = extentsOf(curves, value);
  const chart = chartOf(curves, extents, quantity, value);
  const text = {
    id,
    title,
    caption: captionOf(curves, extents),
    description: describe(curves, title, value),
  };
  return drawnFigure(text, (size, identity) => drawCurves(chart, size, identity), {
    heads: [
      ...new Set(['codec', 'step', quantity.name === 'steps' ? 'step' : quantity.name]),
      value.id,
      'runs',
    ],
    rows: courses.flatMap((course) => rowsOf(course, quantity, value)),
  });
}

/** Evaluations before the first step cost nothing and tell nothing about a codec. */
function toCourse(series: Series, quantity: Quantity, value: Value): Course {
  const evaluations = averageHistory(series.group).filter(
    (evaluation) => quantity.of(evaluation) > 0 && value.of(evaluation) !== null,
  );
  return { series, evaluations: thin(evaluations) };
}

function thin<T>(items: readonly T[]): T[] {
  const stride = Math.ceil(items.length / MAX_POINTS);
  const last = items.length - 1;
  return items.filter((_, i) => (last - i) % stride === 0);
}

function toCurve({ series, evaluations }: Course, quantity: Quantity, value: Value): Curve[] {
  const points = evaluations.flatMap((evaluation): CurvePoint[] => {
    const statistic = value.of(evaluation);
    if (statistic === null) return [];
    const { mean, spread } = statistic;
    return [
      {
        x: quantity.of(evaluation),
        y: mean,
        low: mean - (spread ?? 0),
        high: mean + (spread ?? 0),
      },
    ];
  });
  const [first, ...others] = points;
  return first === undefined ? [] : [{ series, points: [first, ...others] }];
}

interface Extents {
  readonly x: Extent;
  readonly y: Extent;
}

function extentsOf(curves: readonly Curve[], value: Value): Extents {
  const points = curves.flatMap((curve) => curve.points);
  const ends = curves.flatMap((curve) => curve.points.slice(-1));
  return {
    x: courseExtent(
      points.map(({ x }) => x),
      ends.map(({ x }) => x),
    ),
    y: value.extent(
      ends.map(({ y }) => y),
      points.map(({ y }) => y),
    ),
  };
}

function chartOf(
  curves: readonly Curve[],
  { x, y }: Extents,
  quantity: Quantity,
  value: Value,
): CurveChart {
  return {
    curves: curves.map((curve) => ({ ...curve, points: withinScale(curve.points, y) })),
    x: { ...x, label: axisName(quantity.label, x), format: quantity.format },
    y: { ...y, label: axisName(value.name, y), format: value.format },
    labelSide: value.labelSide,
  };
}

/** A band may reach below zero, where a logarithmic scale ends. */
function withinScale(points: Curve['points'], { domain: [bottom, top] }: Extent): Curve['points'] {
  const [first, ...others] = points.map((point) => ({
    ...point,
    low: Math.max(bottom, Math.min(point.low, top)),
    high: Math.min(top, Math.max(point.high, bottom)),
  }));
  return [first ?? points[0], ...others];
}

function captionOf(curves: readonly Curve[], { y }: Extents): string {
  const isCut = curves.some(({ points }) => points.some((point) => point.y < y.domain[0]));
  const hasBand = curves.some(({ series }) => series.group.counted.length > 1);
  return [
    hasBand
      ? 'Lines are means over the seeds, bands ± one sample standard deviation.'
      : 'One seed per codec.',
    isCut ? 'The steep start of the curves is cut off.' : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function describe(curves: readonly Curve[], title: string, value: Value): string {
  const ends = curves.map(({ series, points }) => {
    const last = points.at(-1) ?? points[0];
    return `${series.title} goes from ${value.format(points[0].y)} to ${value.format(last.y)}`;
  });
  return `Line chart: ${title.toLowerCase()}. ${ends.join('; ')}. The table below has the numbers.`;
}

function rowsOf({ series, evaluations }: Course, quantity: Quantity, value: Value): FigureRow[] {
  return evaluations.flatMap((evaluation) => {
    const statistic = value.of(evaluation);
    if (statistic === null) return [];
    const x = quantity.of(evaluation);
    const cost =
      quantity.id === 'steps'
        ? []
        : [quantity.id === 'seconds' ? formatSeconds(x) : quantity.format(x)];
    return [
      {
        cells: [
          series.title,
          String(evaluation.step),
          ...cost,
          value.formatStatistic(statistic),
          String(statistic.n),
        ],
        point: { x, y: statistic.mean, series: series.title },
      },
    ];
  });
}
