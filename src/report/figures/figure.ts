/** What a figure on the page consists of. */
import type { Size } from '../charts/labels.ts';
import type { ChartIdentity } from '../charts/svg.ts';

/** A chart with its name, its explanation and its numbers. */
export interface Figure {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  /** What stands instead of a chart that cannot be drawn; then there are no drawings. */
  readonly missing: string | null;
  /** SVG text for wide and narrow windows. */
  readonly drawings: { readonly [S in Size]: string } | null;
  /** Names and fills, where the drawing does not name everything itself. */
  readonly key: readonly { readonly name: string; readonly color: string }[];
  readonly table: FigureTable;
}

/** The numbers behind a chart. */
export interface FigureTable {
  readonly heads: readonly string[];
  readonly rows: readonly FigureRow[];
}

/** One row; those with a `point` can be found by pointing at the chart. */
export interface FigureRow {
  readonly cells: readonly string[];
  readonly point?: { readonly x: number; readonly y: number; readonly series: string };
}

/** What it takes to draw, besides the size. */
export interface FigureText {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  /** Read out instead of the drawing. */
  readonly description: string;
}

/** A figure with both drawings. */
export function drawnFigure(
  { id, title, caption, description }: FigureText,
  draw: (size: Size, identity: ChartIdentity) => string,
  table: FigureTable,
  key: Figure['key'] = [],
): Figure {
  const identity = (size: Size): ChartIdentity => ({
    id: `${id}-${size}`,
    labelledBy: `${id}-title`,
    description,
  });
  const drawings = {
    wide: draw('wide', identity('wide')),
    narrow: draw('narrow', identity('narrow')),
  };
  return { id, title, caption, missing: null, drawings, key, table };
}

/** A figure that says why there is no chart. */
export function missingFigure(id: string, title: string, missing: string): Figure {
  const table = { heads: [], rows: [] };
  return { id, title, caption: '', missing, drawings: null, key: [], table };
}
