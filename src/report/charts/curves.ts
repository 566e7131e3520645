/** Charts of loss or accuracy against steps, bytes or seconds: a line with a band for each codec. */
import { areaY, dot, frame, line, type Markish } from '@observablehq/plot';
import { endOf, layoutCurves, MARGIN_BOTTOM, MARGIN_TOP } from './curve-layout.ts';
import type { Curve, CurveChart } from './curve-layout.ts';
import type { Size } from './labels.ts';
import { drawLabel, horizontalAxis, horizontalGrid, scaleData, verticalAxis } from './parts.ts';
import { drawing, renderSvg, type ChartIdentity } from './svg.ts';

/** Draws the chart as SVG text. */
export function drawCurves(chart: CurveChart, size: Size, identity: ChartIdentity): string {
  const { width, height, xRange, yRange, labels } = layoutCurves(chart, size);
  return renderSvg(identity, scaleData(chart, xRange, yRange), {
    width,
    height,
    marginLeft: xRange[0],
    marginRight: width - xRange[1],
    marginTop: MARGIN_TOP,
    marginBottom: MARGIN_BOTTOM,
    x: { type: chart.x.type, domain: [...chart.x.domain], range: [...xRange] },
    y: { type: chart.y.type, domain: [...chart.y.domain], range: [...yRange] },
    style: { fontSize: '12px' },
    marks: [
      horizontalGrid(chart.y),
      frame({ anchor: 'bottom', stroke: 'var(--axis)' }),
      horizontalAxis(chart.x, xRange),
      verticalAxis(chart.y),
      ...chart.curves.map(band),
      ...chart.curves.map(course),
      drawing((pen) => labels.forEach((label) => drawLabel(pen, label))),
      ...chart.curves.map(endMark),
    ],
  });
}

function band({ series, points }: Curve): Markish {
  return areaY([...points], {
    x: 'x',
    y1: 'low',
    y2: 'high',
    fill: series.color,
    fillOpacity: 0.13,
    clip: true,
    ariaLabel: () => series.title,
  });
}

function course({ series, points }: Curve): Markish {
  return line([...points], {
    x: 'x',
    y: 'y',
    stroke: series.color,
    strokeWidth: series.isBaseline ? 2.25 : 1.75,
    strokeDasharray: series.dash,
    clip: true,
    ariaLabel: () => series.title,
  });
}

function endMark(curve: Curve): Markish {
  return dot([endOf(curve)], {
    x: 'x',
    y: 'y',
    symbol: curve.series.symbol,
    r: 4.5,
    fill: curve.series.color,
    stroke: 'var(--surface)',
    strokeWidth: 1,
    ariaLabel: () => curve.series.title,
  });
}
