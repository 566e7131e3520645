/**
 * How wide text will be, without a browser to ask. Labels are codec specs in a monospaced font, whose
 * characters are 0.6 em wide in every common one; a little is added to be safe.
 */

/** Pixels. */
export const LABEL_SIZE = 11;
export const LABEL_LINE = 13;
const MONO_ADVANCE = 0.615;
/** An average sans-serif character is narrower than this. */
const SANS_ADVANCE = 0.62;

/** Width of monospaced label text in pixels. */
export function labelWidth(text: string): number {
  return [...text].length * LABEL_SIZE * MONO_ADVANCE;
}

/** An upper estimate of the width of a few sans-serif words in pixels. */
export function proseWidth(text: string, size: number): number {
  return [...text].length * size * SANS_ADVANCE;
}
