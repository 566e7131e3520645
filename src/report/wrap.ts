/** Cutting names into lines where a reader would. */

/**
 * Cuts a codec spec, or any text, into lines of at most `width` characters, preferably after `:`, `,`, `/`
 * or a blank and before `+`. With `maxLines` the last line ends in an ellipsis if text is left over.
 */
export function wrapSpec(text: string, width: number, maxLines: number = Infinity): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of text.split(/(?<=[:,/ ])|(?=\+)/).flatMap((part) => chop(part, width))) {
    if ([...line].length + [...piece.trimEnd()].length > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += piece;
  }
  lines.push(line.trimEnd());
  return lines.length > maxLines ? shorten(lines, width, maxLines) : lines;
}

function chop(piece: string, width: number): string[] {
  const characters = [...piece];
  const parts: string[] = [];
  for (let i = 0; i < characters.length; i += width)
    parts.push(characters.slice(i, i + width).join(''));
  return parts;
}

function shorten(lines: readonly string[], width: number, maxLines: number): string[] {
  const kept = lines.slice(0, maxLines);
  const last = [...(kept.pop() ?? '')].slice(0, width - 1).join('');
  return [...kept, `${last}…`];
}
