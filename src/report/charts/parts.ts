/** Pieces that several charts are made of. */
import { axisX, axisY, gridX, gridY, type Markish } from '@observablehq/plot';
import type { PlacedLabel } from './labels.ts';
import { horizontalTicks, verticalTicks, type Axis } from './scale.ts';
import type { Pen } from './svg.ts';
import { LABEL_LINE, LABEL_SIZE } from './text.ts';

/** Ticks below the plot with the axis' name under their middle. */
export function horizontalAxis(axis: Axis, range: readonly [number, number]): Markish {
  return axisX(horizontalTicks(axis, range), {
    ...{ label: axis.label, labelAnchor: 'center', labelArrow: 'none', color: 'var(--muted)' },
    ...{ text: (tick: number) => axis.format(tick), tickSize: 4 },
  });
}

/** Tick labels left of the plot, which has grid lines for them; the name stands on top. */
export function verticalAxis(axis: Axis): Markish {
  return axisY(verticalTicks(axis), {
    ...{ label: axis.label, labelArrow: 'up', color: 'var(--muted)' },
    ...{ text: (tick: number) => axis.format(tick), tickSize: 0 },
  });
}

/** Grid lines across. */
export function horizontalGrid(axis: Axis): Markish {
  return gridY(verticalTicks(axis), { stroke: 'var(--grid)', strokeOpacity: 1 });
}

/** Grid lines from top to bottom. */
export function verticalGrid(axis: Axis, range: readonly [number, number]): Markish {
  return gridX(horizontalTicks(axis, range), { stroke: 'var(--grid)', strokeOpacity: 1 });
}

/** A label in the colour of its series, with the leader to what it names. */
export function drawLabel(pen: Pen, { series, lines, anchor, x, y, leader }: PlacedLabel): void {
  pen('path', {
    d: `M${leader.map((point) => point.join(',')).join('L')}`,
    ...{ fill: 'none', stroke: series.color, 'stroke-opacity': 0.6, 'aria-label': series.title },
  });
  const first = y - ((lines.length - 1) / 2) * LABEL_LINE;
  lines.forEach((line, i) => {
    pen(
      'text',
      {
        x,
        y: first + i * LABEL_LINE,
        ...{ dy: '0.32em', 'text-anchor': anchor, fill: series.color, class: 'series-label' },
        ...{ 'font-size': LABEL_SIZE, 'aria-label': series.title },
      },
      line,
    );
  });
}

/** What the page's script needs to turn a pixel into values and back. */
export function scaleData(
  { x, y }: { readonly x: Axis; readonly y: Axis },
  xRange: readonly [number, number],
  yRange: readonly [number, number],
): { readonly [name: string]: string } {
  return {
    x: [x.type, ...x.domain, ...xRange].join(' '),
    y: [y.type, ...y.domain, ...yRange].join(' '),
  };
}
