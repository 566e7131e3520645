/** Laws about bytes and buffers: what is written, where, and what comes back. */
import fc from 'fast-check';
import {
  BufferTooSmallError,
  inspect,
  NonFiniteGradientError,
  streamsFor,
  type Codec,
} from '../../../codecs/index.ts';
import { decodeBytes, encodeWith, firstDifference, sameBytes } from '../encoding.ts';
import { gradients } from '../gradients.ts';
import { demand, forAll, type Law } from '../law.ts';

const MARGIN = 32;
const CANARY = 0xa5;

const anySeed = fc.nat(0xffff);

/** Encoding keeps no state that shows, and leaves the gradient alone. */
export const sameBytesLaw: Law = {
  name: 'same bytes',
  check(subject) {
    const { codec } = subject;
    forAll(
      subject,
      fc.property(gradients(), gradients(), anySeed, (x, other, seed) => {
        const before = x.slice();
        const first = encodeWith(codec, x, streamsFor({ seed }));
        encodeWith(codec, other, streamsFor({ seed: seed + 1 }));
        const second = encodeWith(codec, x, streamsFor({ seed }));
        demand(sameBytes(first, second), () => 'the same inputs gave different bytes');
        demand(sameBytes(before, x), () => 'encoding changed the gradient');
      }),
    );
  },
};

/** Encodes into the middle of a marked buffer; returns the payload. */
function encodeBetweenCanaries(codec: Codec, x: Float32Array, seed: number): Uint8Array {
  const max = codec.maxBytes(x.length);
  const buffer = new Uint8Array(max + 2 * MARGIN).fill(CANARY);
  const out = buffer.subarray(MARGIN, MARGIN + max);
  const bytes = codec.encodeInto(x, out, streamsFor({ seed }));
  demand(bytes <= max, () => `a payload of ${bytes} bytes where maxBytes(${x.length}) says ${max}`);
  const outside = [...buffer.subarray(0, MARGIN), ...buffer.subarray(MARGIN + max)];
  demand(
    outside.every((byte) => byte === CANARY),
    () => 'encoding wrote outside the output array',
  );
  return out.slice(0, bytes);
}

function refusesSmallBuffers(codec: Codec, x: Float32Array, seed: number): void {
  const small = new Uint8Array(Math.max(0, codec.maxBytes(x.length) - 1)).fill(CANARY);
  let error: unknown;
  try {
    codec.encodeInto(x, small, streamsFor({ seed }));
  } catch (thrown) {
    error = thrown;
  }
  demand(
    error instanceof BufferTooSmallError,
    () => `an output one byte short of maxBytes gave ${String(error)}, not a BufferTooSmallError`,
  );
  demand(
    small.every((byte) => byte === CANARY),
    () => 'an output that is too small was written to',
  );
}

/** Payloads fit `maxBytes`, and nothing outside the output is touched. */
export const boundsLaw: Law = {
  name: 'bounds',
  check(subject) {
    const { codec } = subject;
    forAll(
      subject,
      fc.property(gradients(), anySeed, (x, seed) => {
        const payload = encodeBetweenCanaries(codec, x, seed);
        refusesSmallBuffers(codec, x, seed);
        const buffer = new Float32Array(x.length + 16).fill(7);
        codec.decodeInto(payload, buffer.subarray(8, 8 + x.length));
        const outside = [...buffer.subarray(0, 8), ...buffer.subarray(8 + x.length)];
        demand(
          outside.every((value) => value === 7),
          () => 'decoding wrote outside the output array',
        );
      }),
    );
  },
};

/** A payload decodes from its bytes alone, to as many finite elements as went in. */
export const roundTripLaw: Law = {
  name: 'round trip',
  check(subject) {
    const { codec } = subject;
    forAll(
      subject,
      fc.property(gradients(), gradients(), anySeed, (x, other, seed) => {
        const payload = encodeWith(codec, x, streamsFor({ seed }));
        const copy = payload.slice();
        const decoded = decodeBytes(codec, payload);
        demand(decoded.length === x.length, () => `${decoded.length} elements came back`);
        demand(decoded.every(Number.isFinite), () => 'an element came back that is not finite');
        decodeBytes(codec, encodeWith(codec, other, streamsFor({ seed: seed + 1 })));
        const again = new Float32Array(x.length).fill(NaN);
        codec.decodeInto(payload, again);
        demand(sameBytes(decoded, again), () => 'the same payload decodes to other values later');
        demand(sameBytes(copy, payload), () => 'decoding changed the payload');
        checkInspection(codec, payload);
        checkBuffer(codec, payload, decoded);
      }),
    );
  },
};

/** Node's Buffer is a Uint8Array whose `slice` is a view: decoders may not write to their copies. */
function checkBuffer(codec: Codec, payload: Uint8Array, expected: Float32Array): void {
  if (!globalThis.Buffer) return;
  const buffer = globalThis.Buffer.from(payload);
  const decoded = decodeBytes(codec, buffer);
  checkInspection(codec, buffer);
  demand(
    sameBytes(decoded, expected) && sameBytes(buffer, payload),
    () => 'a payload in a Buffer decodes to other values, or is changed',
  );
}

function checkInspection(codec: Codec, payload: Uint8Array): void {
  const info = inspect(payload, { codecs: [codec] });
  demand(info.spec === codec.spec, () => `the payload names ${info.spec}`);
  const total = info.sections.reduce((sum, section) => sum + section.bytes, 0);
  demand(
    total === payload.length,
    () => `sections of ${total} bytes in a payload of ${payload.length}`,
  );
}

/** Input and output may lie anywhere in memory. */
export const viewsLaw: Law = {
  name: 'views',
  check(subject) {
    const { codec } = subject;
    forAll(
      subject,
      fc.property(gradients(), anySeed, fc.nat(17), fc.nat(5), (x, seed, byteShift, floatShift) => {
        const { length } = x;
        const expected = encodeWith(codec, x, streamsFor({ seed }));
        const shifted = new Float32Array(length + floatShift).subarray(floatShift);
        shifted.set(x);
        const out = new Uint8Array(codec.maxBytes(length) + byteShift).subarray(byteShift);
        const bytes = codec.encodeInto(shifted, out, streamsFor({ seed }));
        const payload = out.subarray(0, bytes);
        demand(
          sameBytes(expected, payload),
          () => `other bytes at byteOffset ${shifted.byteOffset} / ${out.byteOffset}`,
        );
        const back = new Float32Array(length + floatShift).subarray(floatShift);
        codec.decodeInto(payload, back);
        demand(
          sameBytes(decodeBytes(codec, expected), back),
          () => `decodes otherwise at byteOffset ${payload.byteOffset} / ${back.byteOffset}`,
        );
      }),
    );
  },
};

/** decodeAdd is decoding and then adding, both in float32 (the sign of a zero sum is left open). */
export const decodeAddLaw: Law = {
  name: 'decode-add',
  check(subject) {
    const { codec } = subject;
    const weights = fc.constantFrom(undefined, 1, -1, 0.5, 3, 1 / 3, -0.1, 0);
    forAll(
      subject,
      fc.property(gradients(), anySeed, weights, (x, seed, weight) => {
        const payload = encodeWith(codec, x, streamsFor({ seed }));
        const decoded = decodeBytes(codec, payload);
        const sum = Float32Array.from(x, (_, i) => Math.sin(i + seed));
        const w = Math.fround(weight ?? 1);
        const expected = sum.map((value, i) => value + Math.fround(decoded[i]! * w));
        codec.decodeAdd(payload, sum, weight);
        const at = firstDifference(expected, sum);
        demand(
          at < 0,
          () => `decodeAdd with weight ${weight} gives ${sum[at]} for ${expected[at]} at [${at}]`,
        );
      }),
    );
  },
};

/** NaN and ±Infinity are refused by index before anything is written. */
export const nonFiniteLaw: Law = {
  name: 'non-finite',
  check(subject) {
    const { codec } = subject;
    const bad = fc.constantFrom(NaN, Infinity, -Infinity);
    const nonEmpty = gradients().filter((x) => x.length > 0);
    forAll(
      subject,
      fc.property(nonEmpty, fc.nat(), bad, (x, position, value) => {
        const index = position % x.length;
        const damaged = x.slice();
        damaged[index] = value;
        const out = new Uint8Array(codec.maxBytes(x.length)).fill(CANARY);
        let error: unknown;
        try {
          codec.encodeInto(damaged, out, streamsFor({ seed: 1 }));
        } catch (thrown) {
          error = thrown;
        }
        demand(
          error instanceof NonFiniteGradientError && error.index === index,
          () => `${value} at [${index}] gave ${String(error)}`,
        );
        demand(
          out.every((byte) => byte === CANARY),
          () => 'bytes were written although the gradient was refused',
        );
      }),
    );
  },
};
