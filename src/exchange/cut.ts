/** Cuts a unit into one chunk a rank. */

/**
 * Chunks of `length` elements for `size` ranks, cut at multiples of `block`, as even as blocks allow,
 * longer ones first. Chunks may be empty.
 */
export function cutAtBlocks(
  length: number,
  size: number,
  block: number,
): { start: number; end: number }[] {
  const step = Math.max(1, Math.min(block, length));
  const blocks = Math.ceil(length / step);
  const base = Math.floor(blocks / size);
  const longer = blocks % size;
  const startOf = (index: number): number =>
    Math.min(length, (index * base + Math.min(index, longer)) * step);
  return Array.from({ length: size }, (_, index) => ({
    start: startOf(index),
    end: startOf(index + 1),
  }));
}
