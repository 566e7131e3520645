/** Seeds of the dither's generator (codecs/random.ts). */

/** Bijective mixing of a 32-bit integer. */
function triple32(value: u32): u32 {
  let x = value;
  x ^= x >> 17;
  x *= 0xed5ad4bb;
  x ^= x >> 11;
  x *= 0xac4c1b51;
  x ^= x >> 15;
  x *= 0x31848bab;
  x ^= x >> 14;
  return x;
}

/** Sixteen words for chunk `chunk` of the stream with this key: s0 of four lanes, then s1, s2, s3. */
export function seedLanes(state: usize, low: u32, high: u32, chunk: u32): void {
  const base = triple32(triple32(low) ^ chunk);
  for (let i: u32 = 0; i < 16; i++)
    store<u32>(state + (i << 2), triple32(triple32(base ^ triple32(i + 1)) ^ high));
  for (let lane: usize = state; lane < state + 16; lane += 4)
    if (!(load<u32>(lane) | load<u32>(lane, 16) | load<u32>(lane, 32) | load<u32>(lane, 48)))
      store<u32>(lane, 1);
}
