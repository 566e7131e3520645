/**
 * Trits: codes 0, 1, 2 at five a byte, 80 codes in 16 bytes.
 *
 * Byte j of a group holds codes j, j + 16, …, j + 64 as the base-3 fraction
 * b = ⌈256 · v / 243⌉ with v = Σ c[j + 16 i] · 3^(4 − i). A decoder multiplies by three and takes
 * the carry out of eight bits, five times; no division, no table. Every byte decodes to trits; 13
 * byte values are never written.
 */

/** Codes in one 16-byte group. */
export const TRIT_GROUP = 80;

/** Bytes of `length` packed trits. */
export function tritBytes(length: number): number {
  return 16 * Math.ceil(length / TRIT_GROUP);
}

/** Packs codes[0..count) to out[offset..). Codes behind `count` up to the group's end are zero. */
export function packTrits(codes: Uint8Array, count: number, out: Uint8Array, offset: number): void {
  let o = offset;
  for (let group = 0; group < count; group += TRIT_GROUP) {
    for (let i = group; i < group + 16; i++) {
      const v =
        codes[i]! * 81 +
        codes[i + 16]! * 27 +
        codes[i + 32]! * 9 +
        codes[i + 48]! * 3 +
        codes[i + 64]!;
      // ⌈256 v / 243⌉ = ⌊(256 v + 242) / 243⌋; the multiplication is exact for all 243 values.
      out[o++] = ((v * 256 + 242) * 69043) >>> 24;
    }
  }
}

/** Unpacks into codes[0..count); writes up to the end of the last group. */
export function unpackTrits(
  bytes: Uint8Array,
  offset: number,
  codes: Uint8Array,
  count: number,
): void {
  let o = offset;
  for (let group = 0; group < count; group += TRIT_GROUP) {
    for (let i = group; i < group + 16; i++) {
      let t = bytes[o++]! * 3;
      codes[i] = t >>> 8;
      t = (t & 255) * 3;
      codes[i + 16] = t >>> 8;
      t = (t & 255) * 3;
      codes[i + 32] = t >>> 8;
      t = (t & 255) * 3;
      codes[i + 48] = t >>> 8;
      t = (t & 255) * 3;
      codes[i + 64] = t >>> 8;
    }
  }
}
