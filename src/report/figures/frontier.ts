/** Bits per element against the final accuracy, or the final loss where there is no accuracy. */
import { average } from '../../result/index.ts';
import {
  drawFrontier,
  frontierOf,
  type FrontierChart,
  type FrontierPoint,
} from '../charts/frontier.ts';
import { formatMeasured, formatNumber } from '../format.ts';
import type { Series } from '../series.ts';
import { axisName, logExtent, valueExtent, widen, type Extent } from './axes.ts';
import { ACCURACY, LOSS } from './curves.ts';
import { drawnFigure, missingFigure, type Figure, type FigureRow } from './figure.ts';

const ID = 'frontier';

/** The figure. */
export function frontierFigure(series: readonly Series[], hasAccuracy: boolean): Figure {
  const value = hasAccuracy ? ACCURACY : LOSS;
  const metric = hasAccuracy ? 'finalAccuracy' : 'finalLoss';
  const title = `Bits per element against final ${value.id}`;
  const points: FrontierPoint[] = [];
  const rows: FigureRow[] = [];
  for (const one of series) {
    const bits = average(one.group, 'bitsPerElement');
    const result = average(one.group, metric);
    if (bits === null || bits.mean <= 0 || result === null) continue;
    const [x, y, spread] = [bits.mean, result.mean, result.spread ?? 0];
    points.push({ series: one, x, y, low: y - spread, high: y + spread });
    rows.push({
      cells: [one.title, formatNumber(x), formatMeasured(result), String(result.n)],
      point: { x, y, series: one.title },
    });
  }
  if (points.length === 0) return missingFigure(ID, title, 'No run came to an end.');
  const better = hasAccuracy ? 'high' : 'low';
  const front = frontierOf({ points, better }).map((point) => point.series.title);
  const x = logExtent(points.map((point) => point.x));
  const y = frontierExtent(points, hasAccuracy);
  const chart: FrontierChart = {
    points,
    better,
    x: { ...x, label: axisName('Bits per element', x), format: formatNumber },
    y: { ...y, label: axisName(`Final ${value.id}`, y), format: value.format },
  };
  return drawnFigure(
    {
      id: ID,
      title,
      caption:
        `Left is fewer bits, ${better === 'high' ? 'up' : 'down'} is a better model.` +
        (front.length > 1
          ? ' The broad grey line joins the codecs that no other beats in both.'
          : '') +
        (points.some(({ low, high }) => high > low)
          ? ' Bars are ± one sample standard deviation over the seeds.'
          : ''),
      description: `Scatter plot: ${title.toLowerCase()}. On the frontier: ${front.join(', ')}. The table below has the numbers.`,
    },
    (size, identity) => drawFrontier(chart, size, identity),
    { heads: ['codec', 'bits per element', `final ${value.id}`, 'runs'], rows },
  );
}

/** All values with their spread; fractions get at least two points, so that noise does not look like ruin. */
function frontierExtent(points: readonly FrontierPoint[], isFraction: boolean): Extent {
  const values = points.flatMap(({ low, high, y }) => [Math.max(low, y / 2), high]);
  if (!isFraction) return valueExtent(values);
  const [bottom, top] = widen(Math.min(...values), Math.max(...values), 0.02);
  return { type: 'linear', domain: [Math.max(0, bottom), Math.min(1, top)] };
}
