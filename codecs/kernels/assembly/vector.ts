/** Sums of vectors; windows are padded to whole groups of four. */

/** out[i] += weight · x[i], each a float32 operation. */
export function addFloats(x: usize, count: u32, out: usize, weightValue: f32): void {
  const weight = f32x4.splat(weightValue);
  const end = x + ((count as usize) << 2);
  for (; x < end; x += 16, out += 16)
    v128.store(out, f32x4.add(v128.load(out), f32x4.mul(v128.load(x), weight)));
}

/** x[i] /= divisor, to the end of the last group of four. */
export function divide(x: usize, count: u32, divisorValue: f32): void {
  const divisor = f32x4.splat(divisorValue);
  const end = x + ((count as usize) << 2);
  for (; x < end; x += 16) v128.store(x, f32x4.div(v128.load(x), divisor));
}

/** Zeroes `bytes` bytes. */
export function clear(at: usize, bytes: usize): void {
  memory.fill(at, 0, bytes);
}

/** out[i] = x[i] + y[i], to the end of the last group of eight; out may be x or y. */
export function addVectors(x: usize, y: usize, count: u32, out: usize): void {
  const end = x + ((count as usize) << 2);
  for (; x < end; x += 32, y += 32, out += 32) {
    const low = f32x4.add(v128.load(x), v128.load(y));
    const high = f32x4.add(v128.load(x, 16), v128.load(y, 16));
    v128.store(out, low);
    v128.store(out, high, 16);
  }
}
