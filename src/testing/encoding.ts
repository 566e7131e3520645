/** Encoding and decoding as the laws need them. */
import { decode, streamsFor, type Codec, type EncodeRandom } from '../../codecs/index.ts';

/** Payload of one encoding, its own array. */
export function encodeWith(codec: Codec, x: Float32Array, random: EncodeRandom): Uint8Array {
  const out = new Uint8Array(codec.maxBytes(x.length));
  return out.slice(0, codec.encodeInto(x, out, random));
}

/** Decodes from the bytes alone, the codec being known only as one that may occur. */
export function decodeBytes(codec: Codec, payload: Uint8Array): Float32Array {
  return decode(payload, { codecs: [codec] });
}

/** What a gradient becomes. */
export function throughCodec(codec: Codec, x: Float32Array, random: EncodeRandom): Float32Array {
  return decodeBytes(codec, encodeWith(codec, x, random));
}

/**
 * Calls `use` with what `x` becomes in each of `draws` encodings with independent streams. The
 * array is used again for the next draw.
 */
export function forEachDraw(
  codec: Codec,
  x: Float32Array,
  draws: number,
  seed: number,
  use: (decoded: Float32Array, draw: number) => void,
): void {
  const out = new Uint8Array(codec.maxBytes(x.length));
  const decoded = new Float32Array(x.length);
  for (let draw = 0; draw < draws; draw++) {
    const bytes = codec.encodeInto(x, out, streamsFor({ seed, rank: draw, step: draw }));
    codec.decodeInto(out.subarray(0, bytes), decoded);
    use(decoded, draw);
  }
}

/** True when the streams never matter: several draws of dense and skewed gradients agree. */
export function isDeterministic(codec: Codec, gradients: readonly Float32Array[]): boolean {
  return gradients.every((x) => {
    const first = encodeWith(codec, x, streamsFor({ seed: 0 }));
    return Array.from({ length: 16 }, (_, i) => i + 1).every((seed) =>
      sameBytes(first, encodeWith(codec, x, streamsFor({ seed, rank: seed, step: seed }))),
    );
  });
}

/** Bit for bit, NaN and −0 included. */
export function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const left = new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  const right = new Uint8Array(b.buffer, b.byteOffset, b.byteLength);
  return left.every((byte, i) => byte === right[i]);
}

/** Index of the first element where `a` and `b` differ as numbers (−0 equals 0), or −1. */
export function firstDifference(a: Float32Array, b: Float32Array): number {
  return a.findIndex((value, i) => value !== b[i]);
}

/** ‖x‖², or ‖x − y‖². */
export function energy(x: Float32Array, y?: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! - (y ? y[i]! : 0)) ** 2;
  return sum;
}

/** Largest magnitude. */
export function largest(x: Float32Array): number {
  let max = 0;
  for (const value of x) max = Math.max(max, Math.abs(value));
  return max;
}
