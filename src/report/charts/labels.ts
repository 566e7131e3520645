/** Labels with leaders, and the strip beside a plot in which they can hang. */
import type { Series } from '../series.ts';
import { hang, type Hung } from './arrange.ts';
import { LABEL_LINE, labelWidth } from './text.ts';

/** Each chart is drawn twice, for wide and for narrow windows. */
export type Size = 'wide' | 'narrow';

/** A label with its leader, all in pixels. */
export interface PlacedLabel {
  readonly series: Series;
  readonly lines: readonly string[];
  readonly anchor: 'start' | 'end';
  readonly x: number;
  /** Centre of the block of lines. */
  readonly y: number;
  /** From what is named to the label. */
  readonly leader: readonly (readonly [number, number])[];
}

/** Space between labels above one another, in pixels. */
export const LEADING = 3;
/** Between the plot and the strip. */
const STRIP_GAP = 10;

/** A label of one line on its way into the strip. */
export interface StripLabel {
  readonly series: Series;
  readonly text: string;
  /** Pixels. */
  readonly x: number;
  /** How far from the strip, in any unit; of labels with the same x the nearest hangs leftmost. */
  readonly distance: number;
}

/** A strip whose labels have their rows. */
export interface Strip {
  /** Pixels; 0 without labels. */
  readonly height: number;
  /** The labels, once it is known where the plot ends and where `toY` puts the i-th one's point. */
  place(edge: number, side: 'top' | 'bottom', toY: (index: number) => number): PlacedLabel[];
}

/** Hangs labels into a strip that begins at `left`. */
export function makeStrip(labels: readonly StripLabel[], left: number): Strip {
  const hung = hang(
    labels.map(({ text, x, distance }) => ({ x, distance, width: labelWidth(text) })),
    left,
  );
  const rows = hung.reduce((most, { row }) => Math.max(most, row + 1), 0);
  return {
    height: rows === 0 ? 0 : STRIP_GAP + rows * LABEL_LINE + LEADING,
    place: (edge, side, toY) =>
      hung.map((one, i) => {
        const offset = STRIP_GAP + (one.row + 0.5) * LABEL_LINE;
        return placeInStrip(
          labels[i]!,
          one,
          side === 'top' ? edge - offset : edge + offset,
          toY(i),
        );
      }),
  };
}

function placeInStrip(
  { series, text, x }: StripLabel,
  { leader, right }: Hung,
  y: number,
  endY: number,
): PlacedLabel {
  const path = [
    [x, endY],
    [leader, endY],
    [leader, y],
  ] as const;
  return { series, lines: [text], anchor: 'end', x: right, y, leader: path };
}
