/** Histograms of bytes, from which those of packed codes follow. */

const TABLE: usize = 1024;

// @ts-ignore: decorator
@inline
function bump(histogram: usize, byte: usize): void {
  const counter = histogram + (byte << 2);
  store<u32>(counter, load<u32>(counter) + 1);
}

/**
 * Counts bytes[0..count) in four histograms of 256 counters, which take turns, so that equal bytes
 * do not wait for each other.
 */
export function countBytes(bytes: usize, count: u32, histograms: usize): void {
  const end = bytes + count;
  for (; bytes + 8 <= end; bytes += 8) {
    const a = load<u32>(bytes) as usize;
    const b = load<u32>(bytes, 4) as usize;
    bump(histograms, a & 255);
    bump(histograms + TABLE, (a >>> 8) & 255);
    bump(histograms + 2 * TABLE, (a >>> 16) & 255);
    bump(histograms + 3 * TABLE, a >>> 24);
    bump(histograms, b & 255);
    bump(histograms + TABLE, (b >>> 8) & 255);
    bump(histograms + 2 * TABLE, (b >>> 16) & 255);
    bump(histograms + 3 * TABLE, b >>> 24);
  }
  for (; bytes < end; bytes++) bump(histograms, load<u8>(bytes));
}
