import { describe, expect, it } from 'vitest';
import {
  decode,
  encode,
  errorFeedback,
  inspect,
  parseCodec,
  streamsFor,
  type CodecDefinition,
} from '../../codecs/index.ts';
import { makeGradient } from '../../src/testing/index.ts';
import { stepsCodec } from './custom-codec.ts';
import { thrownBy, withHeader } from './forge.ts';

const gradient = makeGradient('gaussian', 50, 1);

describe('defineCodec', () => {
  const codec = stepsCodec();
  const payload = encode(codec, gradient, { seed: 1, rank: 2 });

  it('puts name, id and parameters into the header', () => {
    const sized = stepsCodec({ name: 'grid', id: 0xffff, parameters: { bits: 4, mode: 'fast' } });
    expect(sized.spec).toBe('grid:bits=4,mode=fast');
    const info = inspect(encode(sized, gradient), { codecs: [sized] });
    expect(info).toMatchObject({ spec: sized.spec, codecIds: [0xffff], length: 50 });
    expect(info.sections.map(({ name }) => name)).toEqual(['header', 'body']);
    expect(info.totalBytes).toBe(info.sections[0]!.bytes + 54);
  });

  it('takes the streams it is given', () => {
    const out = new Uint8Array(codec.maxBytes(50));
    const bytes = codec.encodeInto(gradient, out, streamsFor({ seed: 1, rank: 2 }));
    expect(out.slice(0, bytes)).toEqual(payload);
    expect(encode(codec, gradient, { seed: 1, rank: 3 })).not.toEqual(payload);
  });

  it('has cautious traits where none are given', () => {
    expect(stepsCodec({ traits: {} }).traits).toEqual({
      unbiased: false,
      support: 'dense',
      feedback: false,
    });
  });

  it('decodes among others, with feedback too', () => {
    const other = stepsCodec({ name: 'other', id: 0x8002, traits: {} });
    const codecs = [parseCodec('qsgd'), codec, other];
    expect(decode(payload, { codecs })).toHaveLength(50);
    const fed = errorFeedback(other, 50).encode(gradient, { seed: 1 });
    expect(inspect(fed, { codecs }).spec).toBe('other+ef');
    expect(decode(fed, { codecs })).toHaveLength(50);
    expect(decode(encode('qsgd', gradient), { codecs })).toHaveLength(50);
  });

  it('is found by the parser when passed to it', () => {
    const other = stepsCodec({ name: 'other', traits: {}, parameters: { bits: 4 } });
    expect(parseCodec('other:bits=4', { codecs: [other] })).toBe(other);
    expect(parseCodec('other:bits=4+ef', { codecs: [other] }).spec).toBe('other:bits=4+ef');
    expect(() => parseCodec('other', { codecs: [other] })).toThrow('unknown codec "other"');
    expect(parseCodec('qsgd', { codecs: [other] }).spec).toBe('qsgd');
  });

  it('takes gradients of length 0', () => {
    expect(decode(encode(codec, new Float32Array(0)), { codecs: [codec] })).toHaveLength(0);
  });
});

describe('a definition that is incomplete or wrong', () => {
  it.each([
    ['no name', { name: undefined }, 'GRADWIRE_CODEC_SPEC', 'a codec name is a lower-case word'],
    ['a name in capitals', { name: 'Steps' }, 'GRADWIRE_CODEC_SPEC', 'a lower-case word'],
    ['a name with a slash', { name: 'a/b' }, 'GRADWIRE_CODEC_SPEC', 'a lower-case word'],
    ['a built-in name', { name: 'qsgd' }, 'GRADWIRE_CODEC_SPEC', 'a built-in codec has this name'],
    ['an id of ours', { id: 4 }, 'GRADWIRE_ARGUMENT_RANGE', '"id" must be an integer in [32768,'],
    ['an id beyond', { id: 0x10000 }, 'GRADWIRE_ARGUMENT_RANGE', '65535], got 65536'],
    ['a fractional id', { id: 0x8000 + 0.5 }, 'GRADWIRE_ARGUMENT_RANGE', 'got 32768.5'],
    ['no id', { id: undefined }, 'GRADWIRE_ARGUMENT_TYPE', '"id" must be an integer'],
    ['no encoder', { encode: undefined }, 'GRADWIRE_ARGUMENT_TYPE', 'definition.encode'],
    ['no decoder', { decode: 3 }, 'GRADWIRE_ARGUMENT_TYPE', 'definition.decode'],
    ['no size', { maxBodyBytes: null }, 'GRADWIRE_ARGUMENT_TYPE', 'definition.maxBodyBytes'],
    [
      'a parameter with a space',
      { parameters: { bits: '4 5' } },
      'GRADWIRE_CODEC_SPEC',
      'parameter bits=4 5',
    ],
    ['a key in capitals', { parameters: { Bits: 4 } }, 'GRADWIRE_CODEC_SPEC', 'parameter Bits=4'],
  ])('has %s', (_, parts, code, message) => {
    expect(thrownBy(() => stepsCodec(parts as Partial<CodecDefinition>))).toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});

describe('a user’s encoder', () => {
  it.each([-1, 55, 1.5, NaN, undefined, '9'])('that reports %s bytes is caught', (bytes) => {
    const codec = stepsCodec({ encode: () => bytes as number });
    const error = thrownBy(() => encode(codec, gradient));
    expect(error).toHaveProperty('message', expect.stringContaining('"steps: bytes written" must'));
  });

  it('never sees a gradient that is not finite', () => {
    let calls = 0;
    const codec = stepsCodec({
      encode: () => {
        calls++;
        return 0;
      },
    });
    expect(() => encode(codec, Float32Array.of(1, NaN))).toThrow('gradient[1] is NaN');
    expect(calls).toBe(0);
  });
});

describe('a user’s decoder', () => {
  const good = encode(stepsCodec(), gradient, { seed: 1 });

  it('may throw anything: it becomes a PayloadError with the cause, and the output stays', () => {
    const cause = new Error('not today');
    const codec = stepsCodec({
      decode(_, out) {
        out.fill(1, 0, 5);
        throw cause;
      },
    });
    const out = new Float32Array(50).fill(9);
    for (const run of [
      () => decode(good, { codecs: [codec] }),
      () => codec.decodeInto(good, out),
      () => codec.decodeAdd(good, out),
    ])
      expect(thrownBy(run)).toMatchObject({
        code: 'GRADWIRE_PAYLOAD_BODY',
        message: 'codec steps refused the body',
        cause,
      });
    expect(out.every((value) => value === 9)).toBe(true);
  });

  it('that yields NaN or ±Infinity is caught', () => {
    const codec = stepsCodec({ decode: (_, out) => out.fill(Infinity, 3, 4) && undefined });
    const out = new Float32Array(50).fill(9);
    expect(thrownBy(() => codec.decodeInto(good, out))).toMatchObject({
      code: 'GRADWIRE_PAYLOAD_BODY',
      message: expect.stringContaining('element 3 decodes to Infinity'),
    });
    expect(out.every((value) => value === 9)).toBe(true);
  });

  it('gets bodies of any length behind a sound container', () => {
    const codec = stepsCodec();
    for (const length of [0, 49, 51])
      expect(
        thrownBy(() => decode(withHeader(good, { length }), { codecs: [codec] })),
      ).toMatchObject({ code: 'GRADWIRE_PAYLOAD_BODY' });
  });

  it('adds with a weight as built-in codecs do', () => {
    const codec = stepsCodec();
    const decoded = decode(good, { codecs: [codec] });
    const sum = new Float32Array(50).fill(1);
    codec.decodeAdd(good, sum, 0.3);
    const weight = Math.fround(0.3);
    expect(sum).toEqual(decoded.map((value) => 1 + Math.fround(value * weight)));
  });
});

describe('ids', () => {
  it('that are not the codec’s are refused', () => {
    const codec = stepsCodec();
    const payload = encode(codec, gradient, { seed: 1 });
    expect(
      thrownBy(() => decode(withHeader(payload, { ids: [0x8002] }), { codecs: [codec] })),
    ).toMatchObject({
      code: 'GRADWIRE_PAYLOAD_CODEC',
      message: 'codec ids 32770 in the header do not belong to steps',
    });
  });

  it('tell two codecs of one name apart', () => {
    const one = stepsCodec({ id: 0x8001 });
    const two = stepsCodec({ id: 0x8002 });
    const payload = encode(one, gradient, { seed: 1 });
    expect(() => decode(payload, { codecs: [two] })).toThrow('do not belong to steps');
  });
});
