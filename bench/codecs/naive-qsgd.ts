/**
 * QSGD as one writes it down after reading the paper (Alistarh et al. 2017, arXiv 1610.02132, §3.1), with the
 * largest magnitude of the block as its norm. The reference that codecs are compared with.
 *
 * It is spared what the codec does besides: levels stay one byte each instead of being packed into
 * four bits, there is no header, no checksum and no look for NaN; buffers are given.
 */
export function naiveQsgd(
  gradient: Float32Array,
  levels: number,
  block: number,
  norms: Float32Array,
  quantised: Int8Array,
): void {
  for (let start = 0; start < gradient.length; start += block) {
    const end = Math.min(start + block, gradient.length);
    let norm = 0;
    for (let i = start; i < end; i++) norm = Math.max(norm, Math.abs(gradient[i]!));
    norms[start / block] = norm;
    for (let i = start; i < end; i++) {
      const scaled = norm === 0 ? 0 : (Math.abs(gradient[i]!) / norm) * levels;
      const lower = Math.floor(scaled);
      const level = Math.random() < scaled - lower ? lower + 1 : lower;
      quantised[i] = Math.sign(gradient[i]!) * level;
    }
  }
}

/** What `quantised` stands for. */
export function naiveDequantise(
  norms: Float32Array,
  quantised: Int8Array,
  levels: number,
  block: number,
): Float32Array {
  const decoded = new Float32Array(quantised.length);
  for (let i = 0; i < decoded.length; i++)
    decoded[i] = (norms[Math.floor(i / block)]! / levels) * quantised[i]!;
  return decoded;
}
