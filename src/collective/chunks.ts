/** How a vector is cut: one chunk a rank, several segments a chunk. Offsets are in elements. */

/** A run of elements [start, end). */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Chunk `index` of `length` elements cut for `size` ranks: lengths differ by at most one, longer ones
 * first. Chunks are empty where there are fewer elements than ranks.
 */
export function chunkRange(length: number, size: number, index: number): Range {
  const base = Math.floor(length / size);
  const longer = length % size;
  const start = index * base + Math.min(index, longer);
  return { start, end: start + base + (index < longer ? 1 : 0) };
}

/** Says which elements belong to each rank. */
export type Chunks = (index: number) => Range;

/** Chunks of `length` elements as even as possible. */
export function evenChunks(length: number, size: number): Chunks {
  return (index) => chunkRange(length, size, index);
}

/** Consecutive chunks of so many elements each. */
export function chunksOf(counts: readonly number[]): Chunks {
  const ends: number[] = [];
  let end = 0;
  for (const count of counts) ends.push((end += count));
  return (index) => ({ start: ends[index]! - counts[index]!, end: ends[index]! });
}

/** Cuts a chunk into segments of at most `elements`; an empty chunk has none. */
export function segmentsOf({ start, end }: Range, elements: number): Range[] {
  const segments: Range[] = [];
  for (let from = start; from < end; from += elements)
    segments.push({ start: from, end: Math.min(end, from + elements) });
  return segments;
}
