/**
 * Lane checksum (proto/checksum.ts): sixteen multiply-xorshift lanes in four registers.
 */

const LANE_PRIME: u32 = 0x85ebca77;

// @ts-ignore: decorator
@inline
function absorbed(lane: v128, bytes: usize, prime: v128): v128 {
  const product = i32x4.mul(v128.xor(lane, v128.load(bytes)), prime);
  return v128.xor(product, i32x4.shr_u(product, 15));
}

/** Absorbs `stripes` of 64 bytes into the sixteen words at `lanes`. */
export function absorb(lanes: usize, bytes: usize, stripes: u32): void {
  const prime = i32x4.splat(LANE_PRIME);
  let a = v128.load(lanes);
  let b = v128.load(lanes, 16);
  let c = v128.load(lanes, 32);
  let d = v128.load(lanes, 48);
  const end = bytes + ((stripes as usize) << 6);
  for (; bytes < end; bytes += 64) {
    a = absorbed(a, bytes, prime);
    b = absorbed(b, bytes + 16, prime);
    c = absorbed(c, bytes + 32, prime);
    d = absorbed(d, bytes + 48, prime);
  }
  v128.store(lanes, a);
  v128.store(lanes, b, 16);
  v128.store(lanes, c, 32);
  v128.store(lanes, d, 48);
}
