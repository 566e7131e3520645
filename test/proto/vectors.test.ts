/**
 * Golden vectors: the bytes of this format version on every platform and back end. A failure here
 * means that payloads of other releases and machines are no longer read or written alike; see
 * scripts/vectors.mjs for what changing one takes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode, encode, errorFeedback, registry, streamsFor } from '../../codecs/index.ts';
import { selectKernels } from '../../codecs/kernels/index.ts';
import { DitherSource } from '../../codecs/kernels/reference/dither.ts';
import { UniformSource, type RandomStream, type StreamCoordinates } from '../../codecs/random.ts';
import { FORMAT_VERSION } from '../../proto/ids.ts';
import { ROOT } from '../house/structure.ts';

interface VectorFile<Vector> {
  readonly formatVersion: number;
  readonly inputs: Readonly<Record<string, string>>;
  readonly vectors: readonly Vector[];
}

interface CodecVector {
  readonly spec: string;
  readonly input: string;
  readonly seed: number;
  readonly rank: number;
  readonly step: number;
  readonly bucket: number;
  readonly payload: string;
  readonly decoded: string;
}

interface StreamVector {
  readonly at: StreamCoordinates;
  readonly shared: RandomStream;
  readonly own: RandomStream;
  readonly uniformOfShared: readonly number[];
  readonly ditherOfOwn: readonly number[];
}

interface FeedbackVector {
  readonly spec: string;
  readonly input: string;
  /** First elements of the gradients, one after the other. */
  readonly windows: readonly number[];
  readonly length: number;
  readonly seed: number;
  readonly rank: number;
  readonly payloads: readonly string[];
  readonly snapshot: string;
}

function load<Vector>(name: string): VectorFile<Vector> {
  return JSON.parse(readFileSync(join(ROOT, 'proto/vectors', name), 'utf8')) as VectorFile<Vector>;
}

const codecs = load<CodecVector>('codecs.json');
const streams = load<StreamVector>('streams.json');
const feedback = load<FeedbackVector>('feedback.json');

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

function floatsOf(hex: string): Float32Array {
  return new Float32Array(bytesOf(hex).buffer);
}

function hexOf(array: ArrayBufferView): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex');
}

describe('the vectors', () => {
  it('are of this format version', () => {
    for (const file of [codecs, streams, feedback]) expect(file.formatVersion).toBe(FORMAT_VERSION);
  });

  it.each(Object.keys(registry))('cover %s, at lengths 1, 100 and more', (name) => {
    const own = codecs.vectors.filter(({ spec }) => new RegExp(`(^|/)${name}\\b`).test(spec));
    expect(own.length).toBeGreaterThan(2);
    expect(own.some(({ input }) => input === 'bell100')).toBe(true);
  });

  it('cover awkward inputs', () => {
    for (const input of ['empty', 'one', 'signs', 'zeros', 'wide100', 'huge17', 'sparse100'])
      expect(codecs.vectors.filter((vector) => vector.input === input).length).toBeGreaterThan(2);
  });
});

describe.each(['reference', 'simd'] as const)('with %s kernels', (backEnd) => {
  beforeAll(() => {
    expect(selectKernels(backEnd)).toBe(backEnd);
  });
  afterAll(() => {
    selectKernels('auto');
  });

  it.each(codecs.vectors)('$spec of $input, seed $seed', (vector) => {
    const gradient = floatsOf(codecs.inputs[vector.input]!);
    expect(hexOf(encode(vector.spec, gradient, vector))).toBe(vector.payload);
    expect(hexOf(decode(bytesOf(vector.payload)))).toBe(vector.decoded);
  });

  it.each(feedback.vectors)('$spec over three steps', (vector) => {
    const whole = floatsOf(feedback.inputs[vector.input]!);
    const codec = errorFeedback(vector.spec, vector.length);
    const payloads = vector.windows.map((start) =>
      hexOf(codec.encode(whole.subarray(start, start + vector.length), vector)),
    );
    expect(payloads).toEqual(vector.payloads);
    expect(hexOf(codec.snapshot())).toBe(vector.snapshot);
    const restored = errorFeedback(vector.spec, vector.length);
    restored.restore(bytesOf(vector.snapshot));
    expect(restored.residual).toEqual(codec.residual);
    expect(restored.step).toBe(3);
  });
});

describe('streams', () => {
  it.each(streams.vectors)('$at', (vector) => {
    const { shared, own } = streamsFor(vector.at);
    expect({ shared, own }).toEqual({ shared: vector.shared, own: vector.own });
    const uniform = new UniformSource();
    uniform.reset(shared);
    expect(vector.uniformOfShared.map(() => uniform.next())).toEqual(vector.uniformOfShared);
    const dither = new DitherSource();
    const first = new Uint16Array(64);
    dither.reset(own);
    dither.fill(first, 64);
    expect([...first.subarray(0, vector.ditherOfOwn.length)]).toEqual(vector.ditherOfOwn);
  });
});
