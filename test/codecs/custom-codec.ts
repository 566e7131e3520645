/** A user's codec as the tests need one: sound by itself, and with any part replaced. */
import { defineCodec, type Codec, type CodecDefinition } from '../../codecs/index.ts';
import type { RandomStream } from '../../codecs/index.ts';
import { Noise } from '../../src/testing/noise.ts';

const STEPS = 8;
const LARGEST_STEP = 2 ** 124;

/** Uniform numbers of a stream. */
export function noiseOf(stream: RandomStream): Noise {
  return new Noise(stream.low + (stream.high & 0xfffff) * 2 ** 32);
}

/** Step of the grid of a gradient: an eighth of its largest magnitude. */
export function stepOf(x: Float32Array): number {
  const largest = x.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return Math.fround(largest / STEPS);
}

/** Body: the step, then one byte q + 8 an element, q drawn by `round`. */
export function writeSteps(
  x: Float32Array,
  body: Uint8Array,
  round: (quotient: number) => number,
): number {
  const step = stepOf(x);
  new DataView(body.buffer, body.byteOffset).setFloat32(0, step, true);
  x.forEach((value, i) => {
    const q = step === 0 ? 0 : round(value / step);
    body[4 + i] = STEPS + Math.max(-STEPS, Math.min(STEPS, q));
  });
  return 4 + x.length;
}

/** Inverts `writeSteps`; checks everything. */
export function readSteps(body: Uint8Array, out: Float32Array): void {
  if (body.length !== 4 + out.length) throw new RangeError(`${body.length} bytes`);
  const step = new DataView(body.buffer, body.byteOffset).getFloat32(0, true);
  if (!(step >= 0 && step <= LARGEST_STEP * 2)) throw new RangeError(`step ${step}`);
  out.forEach((_, i) => {
    const code = body[4 + i]!;
    if (code > 2 * STEPS) throw new RangeError(`code ${code}`);
    out[i] = (code - STEPS) * step;
  });
}

/** Variance factor of stochastic rounding by 8 levels of the largest magnitude. */
export function stepsOmega(length: number): number {
  return (Math.sqrt(1 + Math.max(0, length - 1) / STEPS ** 2) - 1) / 2;
}

const sound: CodecDefinition = {
  name: 'steps',
  id: 0x8001,
  traits: { unbiased: true, omega: stepsOmega },
  maxBodyBytes: (length) => 4 + length,
  encode(x, body, random) {
    const noise = noiseOf(random.own);
    return writeSteps(x, body, (quotient) => Math.floor(quotient + noise.uniform()));
  },
  decode: readSteps,
};

/** An unbiased 8-level codec, all its claims true; parts can be replaced. */
export function stepsCodec(parts: Partial<CodecDefinition> = {}): Codec {
  return defineCodec({ ...sound, ...parts });
}
