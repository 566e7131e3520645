/** Wrong arguments and wrong bytes: class, code and message of every refusal, and what stays untouched. */
import { describe, expect, it } from 'vitest';
import {
  ArgumentRangeError,
  ArgumentTypeError,
  BufferTooSmallError,
  decode,
  encode,
  inspect,
  isGradwireError,
  NonFiniteGradientError,
  parseCodec,
  PayloadError,
  streamsFor,
} from '../../codecs/index.ts';
import { FORMAT_VERSION } from '../../proto/ids.ts';
import { resealPayload } from '../../proto/payload.ts';
import { sameBytes } from '../../src/testing/encoding.ts';
import { makeGradient } from '../../src/testing/index.ts';
import { complianceSpecs } from '../compliance/codec.ts';
import { stepsCodec } from './custom-codec.ts';
import { thrownBy, withHeader } from './forge.ts';

const gradient = makeGradient('gaussian', 50, 1);
const payload = encode('qsgd:levels=3', gradient, { seed: 1 });

describe('gradients of the wrong type', () => {
  const wrong: [string, unknown, string][] = [
    ['a Float64Array', new Float64Array(3), 'got Float64Array; convert with Float32Array.from'],
    ['an Int32Array', new Int32Array(3), 'got Int32Array; convert with Float32Array.from'],
    ['an array', [1, 2, 3], 'got Array; convert with Float32Array.from'],
    ['a Buffer', Buffer.alloc(12), 'got Buffer; convert with Float32Array.from'],
    ['an ArrayBuffer', new ArrayBuffer(12), 'got ArrayBuffer'],
    ['undefined', undefined, 'got undefined undefined'],
    ['null', null, 'got null'],
    ['a number', 3, 'got number 3'],
    ['a string', '1,2', 'got "1,2"'],
  ];

  it.each(wrong)('%s', (_, value, message) => {
    const x = value as Float32Array;
    const codec = parseCodec('qsgd');
    for (const [title, run] of [
      ['gradient', () => encode('qsgd', x)],
      ['gradient', () => codec.encodeInto(x, new Uint8Array(999), streamsFor({ seed: 1 }))],
      ['out', () => codec.decodeInto(payload, x)],
      ['sum', () => codec.decodeAdd(payload, x)],
    ] as const) {
      const error = thrownBy(run);
      expect(error).toBeInstanceOf(ArgumentTypeError);
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toMatchObject({
        code: 'GRADWIRE_ARGUMENT_TYPE',
        message: expect.stringContaining(`"${title}" must be a Float32Array, ${message}`),
      });
    }
  });
});

describe('bytes of the wrong type', () => {
  it.each([
    ['an ArrayBuffer', new ArrayBuffer(12), 'got ArrayBuffer; wrap it in a Uint8Array'],
    ['a Float32Array', new Float32Array(3), 'got Float32Array; wrap it in a Uint8Array'],
    ['an array', [71, 87], 'got Array'],
    ['a string', 'GW', 'got "GW"'],
    ['undefined', undefined, 'got undefined'],
  ])('%s', (_, value, message) => {
    const bytes = value as unknown as Uint8Array;
    const codec = parseCodec('qsgd');
    for (const [title, run] of [
      ['payload', () => decode(bytes)],
      ['payload', () => inspect(bytes)],
      ['payload', () => codec.decodeInto(bytes, new Float32Array(3))],
      ['payload', () => codec.decodeAdd(bytes, new Float32Array(3))],
      ['out', () => codec.encodeInto(gradient, bytes, streamsFor({ seed: 1 }))],
    ] as const)
      expect(thrownBy(run)).toMatchObject({
        code: 'GRADWIRE_ARGUMENT_TYPE',
        message: expect.stringContaining(`"${title}" must be a Uint8Array, ${message}`),
      });
  });
});

describe('a Buffer is a Uint8Array', () => {
  it.each(['qsgd', 'topk:density=0.2', 'randomk:k=5', 'bf16', 'terngrad'])(
    'that %s encodes to, decodes and inspects without changing it',
    (spec) => {
      const codec = parseCodec(spec);
      const buffer = Buffer.alloc(codec.maxBytes(50));
      const bytes = codec.encodeInto(gradient, buffer, streamsFor({ seed: 1 }));
      const view = buffer.subarray(0, bytes);
      const copy = Uint8Array.from(view);
      expect(encode(codec, gradient, { seed: 1 })).toEqual(copy);
      const first = decode(view);
      inspect(view);
      expect(decode(view)).toEqual(first);
      expect(Uint8Array.from(view)).toEqual(copy);
    },
  );
});

describe('options', () => {
  it.each([
    ['seed', 1.5, ArgumentRangeError],
    ['seed', -1, ArgumentRangeError],
    ['seed', 2 ** 53, ArgumentRangeError],
    ['seed', NaN, ArgumentRangeError],
    ['seed', '1', ArgumentTypeError],
    ['rank', -1, ArgumentRangeError],
    ['step', 0.5, ArgumentRangeError],
    ['bucket', Infinity, ArgumentRangeError],
    ['bucket', null, ArgumentTypeError],
  ])('%s = %s is refused', (key, value, kind) => {
    const error = thrownBy(() => encode('qsgd', gradient, { [key]: value }));
    expect(error).toBeInstanceOf(kind);
    expect(error).toHaveProperty('message', expect.stringContaining(`"${key}" must be an integer`));
  });

  it('nonFinite knows two policies', () => {
    expect(thrownBy(() => encode('qsgd', gradient, { nonFinite: 'clip' as 'zero' }))).toMatchObject(
      {
        code: 'GRADWIRE_ARGUMENT_RANGE',
        message: `"nonFinite" must be 'throw' or 'zero', got clip`,
      },
    );
  });

  it.each([-1, 1.5, 2 ** 28 + 1, NaN])('maxLength = %s is refused', (maxLength) => {
    expect(thrownBy(() => decode(payload, { maxLength }))).toMatchObject({
      code: 'GRADWIRE_ARGUMENT_RANGE',
      message: expect.stringContaining('"maxLength" must be an integer in [0, 268435456]'),
    });
  });

  it.each([-1, 1.5, 2 ** 28 + 1])('maxBytes of %s elements is refused', (length) => {
    expect(() => parseCodec('qsgd').maxBytes(length)).toThrow('"length" must be an integer');
  });

  it.each([
    [NaN, 'GRADWIRE_ARGUMENT_RANGE'],
    [Infinity, 'GRADWIRE_ARGUMENT_RANGE'],
    [1e300, 'GRADWIRE_ARGUMENT_RANGE'],
    ['1', 'GRADWIRE_ARGUMENT_TYPE'],
  ])('a weight of %s is refused: it is no finite float32', (weight, code) => {
    const sum = new Float32Array(50).fill(1);
    const error = thrownBy(() =>
      parseCodec('qsgd:levels=3').decodeAdd(payload, sum, weight as number),
    );
    expect(error).toMatchObject({ code, message: expect.stringContaining('"weight" must be') });
    expect(sum.every((value) => value === 1)).toBe(true);
  });
});

describe('NaN and ±Infinity', () => {
  it.each(complianceSpecs)('%s refuses them, naming the first', (spec) => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const damaged = gradient.slice();
      damaged[31] = value;
      damaged[40] = NaN;
      const error = thrownBy(() => encode(spec, damaged, { seed: 1 }));
      expect(error).toBeInstanceOf(NonFiniteGradientError);
      expect(error).toMatchObject({
        code: 'GRADWIRE_NON_FINITE_GRADIENT',
        index: 31,
        value,
        message: expect.stringContaining(`gradient[31] is ${value}`),
      });
    }
  });

  it('count as 0 under the policy zero, without touching the gradient', () => {
    const damaged = gradient.slice();
    const clean = gradient.slice();
    for (const [i, value] of [NaN, Infinity, -Infinity].entries()) {
      damaged[7 * i] = value;
      clean[7 * i] = 0;
    }
    const copy = damaged.slice();
    expect(encode('qsgd', damaged, { seed: 1, nonFinite: 'zero' })).toEqual(
      encode('qsgd', clean, { seed: 1 }),
    );
    expect(sameBytes(damaged, copy)).toBe(true);
  });
});

describe('buffers that are too small', () => {
  it.each(['none', 'qsgd', 'topk:density=0.1', 'randomk:k=3', 'quantile'])('%s', (spec) => {
    const codec = parseCodec(spec);
    const needed = codec.maxBytes(50);
    const out = new Uint8Array(needed - 1).fill(5);
    const error = thrownBy(() => codec.encodeInto(gradient, out, streamsFor({ seed: 1 })));
    expect(error).toBeInstanceOf(BufferTooSmallError);
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({
      code: 'GRADWIRE_BUFFER_TOO_SMALL',
      needed,
      given: needed - 1,
      message: expect.stringMatching(`${needed - 1} bytes is too small: up to ${needed} bytes`),
    });
    expect(out.every((byte) => byte === 5)).toBe(true);
  });

  it('in elements: an array of another length than the payload', () => {
    const codec = parseCodec('qsgd:levels=3');
    for (const length of [0, 49, 51]) {
      const out = new Float32Array(length).fill(2);
      for (const run of [() => codec.decodeInto(payload, out), () => codec.decodeAdd(payload, out)])
        expect(thrownBy(run)).toMatchObject({
          code: 'GRADWIRE_PAYLOAD_LENGTH',
          message: `payload holds 50 elements, the array has ${length}`,
        });
      expect(out.every((value) => value === 2)).toBe(true);
    }
  });
});

describe('k = n and k > n keep everything', () => {
  const exact = Float32Array.of(1, -0, 0, 2 ** -149, -3.4e38, 0.1, -1e-40);

  it.each([
    'topk:k=7',
    'topk:k=100',
    'topk:density=1',
    'topk:k=3,block=3',
    'randomk:k=7',
    'randomk:k=8,scale=none',
    'randomk:density=1,select=uniform',
    'none',
  ])('%s: bit for bit, −0 included', (spec) => {
    for (const codec of [spec, `${spec.replace(',scale=none', '')}+ef`])
      expect(sameBytes(decode(encode(codec, exact, { seed: 1 })), exact)).toBe(true);
  });
});

describe('payloads that are not sound', () => {
  /** Expects a refusal by `decode`, `inspect`, `decodeInto` and `decodeAdd`, outputs untouched. */
  function expectRefused(bytes: Uint8Array, code: string, message: string | RegExp): void {
    const codec = parseCodec('qsgd:levels=3');
    const out = new Float32Array(50).fill(8);
    for (const run of [
      () => decode(bytes),
      () => inspect(bytes),
      () => codec.decodeInto(bytes, out),
      () => codec.decodeAdd(bytes, out, 2),
    ]) {
      const error = thrownBy(run);
      expect(error).toBeInstanceOf(PayloadError);
      expect(isGradwireError(error)).toBe(true);
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    }
    expect(out.every((value) => value === 8)).toBe(true);
  }

  it('truncated anywhere', () => {
    for (let end = 0; end < payload.length; end++)
      expect(
        thrownBy(() => decode(payload.subarray(0, end))),
        `${end} bytes`,
      ).toMatchObject({
        code: 'GRADWIRE_PAYLOAD_TRUNCATED',
      });
    expectRefused(
      payload.subarray(0, payload.length - 1),
      'GRADWIRE_PAYLOAD_TRUNCATED',
      `header and body needs ${payload.length} bytes, got ${payload.length - 1}`,
    );
    expectRefused(new Uint8Array(0), 'GRADWIRE_PAYLOAD_TRUNCATED', 'the prelude needs 8 bytes');
  });

  it('with bytes behind the end', () => {
    const longer = new Uint8Array(payload.length + 3);
    longer.set(payload);
    expectRefused(
      longer,
      'GRADWIRE_PAYLOAD_OVERSIZED',
      `3 bytes behind its declared end at ${payload.length}`,
    );
  });

  it('of something else', () => {
    for (const text of ['\x89PNG\r\n\x1a\n................', 'PK\x03\x04', 'gw......', 'Gx'])
      expectRefused(Buffer.from(text, 'latin1'), 'GRADWIRE_PAYLOAD_FOREIGN', 'does not start with');
  });

  it('of a newer format version', () => {
    const newer = payload.slice();
    newer[2] = FORMAT_VERSION + 1;
    expectRefused(
      resealPayload(newer),
      'GRADWIRE_PAYLOAD_VERSION',
      `format version ${FORMAT_VERSION + 1}, this library reads up to ${FORMAT_VERSION}: update gradwire`,
    );
    newer[2] = 0;
    expectRefused(newer, 'GRADWIRE_PAYLOAD_VERSION', 'unknown format version 0');
  });

  it('with any single bit flipped', () => {
    const out = new Float32Array(50).fill(8);
    const codec = parseCodec('qsgd:levels=3');
    for (let bit = 0; bit < 8 * payload.length; bit++) {
      const damaged = payload.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      expect(
        thrownBy(() => decode(damaged)),
        `bit ${bit}`,
      ).toBeInstanceOf(PayloadError);
      expect(thrownBy(() => codec.decodeInto(damaged, out))).toBeInstanceOf(PayloadError);
    }
    const damaged = payload.slice();
    damaged[payload.length - 3]! ^= 4;
    expectRefused(damaged, 'GRADWIRE_PAYLOAD_CHECKSUM', /checksum [0-9a-f]+ in the header, /);
  });

  it('with more elements than the caller allows', () => {
    expect(thrownBy(() => decode(payload, { maxLength: 49 }))).toMatchObject({
      code: 'GRADWIRE_PAYLOAD_LIMIT',
      message: 'payload declares 50 elements, the limit is 49 (option maxLength)',
    });
    expect(decode(payload, { maxLength: 50 })).toHaveLength(50);
    const forged = withHeader(payload, { length: 2 ** 28 + 1 });
    expectRefused(forged, 'GRADWIRE_PAYLOAD_LIMIT', `declares ${2 ** 28 + 1} elements`);
  });

  it('whose length contradicts the body', () => {
    for (const length of [0, 65, 81, 5000])
      expect(thrownBy(() => decode(withHeader(payload, { length })))).toMatchObject({
        code: 'GRADWIRE_PAYLOAD_BODY',
        message: expect.stringContaining('bytes where the header asks for'),
      });
  });

  it('of another codec than the one asked', () => {
    for (const run of [
      () => parseCodec('qsgd').decodeInto(payload, new Float32Array(50)),
      () => parseCodec('qsgd:levels=3+ef').decodeAdd(payload, new Float32Array(50)),
    ])
      expect(thrownBy(run)).toMatchObject({
        code: 'GRADWIRE_PAYLOAD_CODEC',
        message: expect.stringMatching(/payload is of codec "qsgd:levels=3", not "qsgd/),
      });
  });

  it('of a user’s codec that the decoder was not told of', () => {
    const codec = stepsCodec();
    const bytes = encode(codec, gradient, { seed: 1 });
    expect(thrownBy(() => decode(bytes))).toMatchObject({
      code: 'GRADWIRE_PAYLOAD_CODEC',
      message: expect.stringContaining('unknown codec "steps"'),
    });
    expect(thrownBy(() => decode(bytes, { codecs: [parseCodec('qsgd')] }))).toBeInstanceOf(
      PayloadError,
    );
    expect(decode(bytes, { codecs: [codec] })).toHaveLength(50);
  });

  it.each([
    ['a body word that is NaN', 'none', 8, 0x7fc00000, 'element 2 is NaN'],
    ['an infinite value', 'none', 0, 0xff800000, 'element 0 is -Infinity'],
    ['an infinite half', 'bf16', 4, 0x7f80, 'element 2 is not finite'],
    ['a NaN half', 'fp16', 0, 0x7e00, 'element 0 is not finite'],
    ['a negative scale', 'qsgd', 0, 0xbf800000, 'scale of block 0 is -1'],
    ['a NaN scale', 'terngrad', 0, 0x7fc00000, 'scale of block 0 is NaN'],
    ['a scale of −0', 'qsgd', 0, 0x80000000, 'scale of block 0 is 0'],
    ['a scale that overflows', 'qsgd', 0, 0x7f000000, 'scale of block 0 is'],
    ['an impossible ratio', 'quantile', 0, 65, 'ratio 65 is outside 1..64'],
    ['a ratio of zero', 'quantile', 0, 0, 'ratio 0 is outside 1..64'],
    ['an infinite scale', 'quantile', 16, 0xff00, 'scale of block 0 is not finite'],
    ['too many kept', 'topk:k=5', 0, 6, '6 values kept where at most 5 can be'],
    ['fewer kept than values', 'topk:k=5', 0, 4, '20 bytes where the header asks for 16'],
    ['value bytes beyond the end', 'topk:k=5', 4, 0xffffffff, 'bytes where the header asks for'],
    ['index bytes beyond the end', 'topk:k=5', 8, 0x7fffffff, 'bytes where the header asks for'],
    ['a large Rice parameter', 'topk:k=5', 12, 25, 'Rice parameter 25 is too large'],
    ['another Rice parameter', 'topk:k=5', 12, 0, 'index'],
  ])('with %s (%s)', (_, spec, at, word, message) => {
    const bytes = encode(spec, gradient, { seed: 1 });
    const start = 16 * bytes[3]! + at;
    const width = spec === 'bf16' || spec === 'fp16' || spec === 'quantile' ? 2 : 4;
    for (let i = 0; i < width; i++) bytes[start + i] = word >>> (8 * i);
    expect(thrownBy(() => decode(resealPayload(bytes)))).toMatchObject({
      code: 'GRADWIRE_PAYLOAD_BODY',
      message: expect.stringContaining(message),
    });
  });
});

describe('finite values beyond a narrow format', () => {
  it('are saturated and counted', () => {
    const wide = Float32Array.of(1e6, -7e4, 65504, 65519, 1, 3.4e38);
    const half = encode('fp16', wide);
    expect([...decode(half)]).toEqual([65504, -65504, 65504, 65504, 1, 65504]);
    expect(inspect(half).saturated).toBe(3);
    const brain = encode('bf16', Float32Array.of(3.4028234663852886e38, 1));
    expect(decode(brain)[0]).toBe((2 - 2 ** -7) * 2 ** 127);
    expect(inspect(brain).saturated).toBe(1);
  });

  it('are so too when scaling for unbiasedness carries them there', () => {
    const bytes = encode('randomk:k=1', Float32Array.of(3e38, 3e38, 3e38), { seed: 1 });
    expect(inspect(bytes).saturated).toBe(1);
    expect(Math.max(...decode(bytes))).toBe(3.4028234663852886e38);
  });
});
