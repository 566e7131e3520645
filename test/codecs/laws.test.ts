import { describe, expect, it } from 'vitest';
import { parseCodec, streamsFor, type Codec, type CodecDefinition } from '../../codecs/index.ts';
import { energy, forEachDraw } from '../../src/testing/encoding.ts';
import {
  CodecLawError,
  codecLaws,
  lawNames,
  type CodecLawsOptions,
  type LawName,
} from '../../src/testing/index.ts';
import { describeCodecCompliance } from '../compliance/codec.ts';
import { noiseOf, readSteps, stepOf, stepsCodec, stepsOmega, writeSteps } from './custom-codec.ts';

describeCodecCompliance();

function nearest(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}

/** The law that a codec breaks. */
function brokenBy(codec: Codec, options: CodecLawsOptions = {}): LawName | undefined {
  try {
    codecLaws(codec, options);
    return undefined;
  } catch (error) {
    if (error instanceof CodecLawError) return error.law;
    throw error;
  }
}

/** A codec that behaves like `spec` but for the parts given. */
function variant(spec: string, parts: Partial<Codec>): Codec {
  const codec = parseCodec(spec);
  return {
    spec: codec.spec,
    traits: codec.traits,
    maxBytes: (length) => codec.maxBytes(length),
    encodeInto: (x, out, random) => codec.encodeInto(x, out, random),
    decodeInto: (payload, out) => codec.decodeInto(payload, out),
    decodeAdd: (payload, sum, weight) => codec.decodeAdd(payload, sum, weight),
    ...(codec.values && { values: codec.values }),
    ...parts,
  };
}

describe('codecLaws accepts', () => {
  it("a user's codec whose claims are true", () => {
    codecLaws(stepsCodec());
  });

  it('a codec on a fixed grid, once the law it does not claim is named', () => {
    const grid = stepsCodec({
      traits: {},
      encode(x, body) {
        new DataView(body.buffer, body.byteOffset).setFloat32(0, 0.25, true);
        x.forEach((value, i) => {
          body[4 + i] = 8 + Math.max(-8, Math.min(8, Math.trunc(value / 0.25)));
        });
        return 4 + x.length;
      },
    });
    codecLaws(grid, { except: ['scale'] });
    expect(brokenBy(grid)).toBe('scale');
  });

  it('a variant without changes', () => {
    codecLaws(variant('qsgd:levels=3', {}));
    codecLaws(variant('randomk:density=0.2', {}));
  });
});

describe("codecLaws rejects a user's codec that", () => {
  const rejected: [string, LawName, Partial<CodecDefinition>, CodecLawsOptions?][] = [
    [
      'is unbiased by name only: it rounds to nearest',
      'unbiased',
      { encode: (x, body) => writeSteps(x, body, nearest) },
    ],
    [
      'decodes to 2 % less',
      'unbiased',
      {
        decode(body, out) {
          readSteps(body, out);
          for (let i = 0; i < out.length; i++) out[i] = out[i]! * 0.98;
        },
      },
      { except: ['variance'] },
    ],
    [
      'moves all elements by a sixteenth of a step',
      'unbiased',
      {
        decode(body, out) {
          readSteps(body, out);
          const offset = stepOf(out) / 16;
          for (let i = 0; i < out.length; i++) out[i] = out[i]! - offset;
        },
      },
      { except: ['variance', 'sign', 'bounds', 'round trip', 'decode-add', 'views', 'damage'] },
    ],
    [
      'draws from Math.random',
      'same bytes',
      { encode: (x, body) => writeSteps(x, body, (q) => Math.floor(q + Math.random())) },
    ],
    [
      'changes the gradient',
      'same bytes',
      {
        encode(x, body, random) {
          const noise = noiseOf(random.own);
          const bytes = writeSteps(x, body, (q) => Math.floor(q + noise.uniform()));
          x.fill(0);
          return bytes;
        },
      },
    ],
    [
      'remembers what it sent last',
      'round trip',
      (() => {
        let step = 0;
        return {
          encode(x, body, random) {
            step = stepOf(x);
            const noise = noiseOf(random.own);
            return writeSteps(x, body, (q) => Math.floor(q + noise.uniform()));
          },
          decode(body, out) {
            readSteps(body, out);
            for (let i = 0; i < out.length; i++) out[i] = (body[4 + i]! - 8) * step;
          },
        } satisfies Partial<CodecDefinition>;
      })(),
    ],
    [
      'writes behind its body',
      'bounds',
      {
        encode(x, body, random) {
          const noise = noiseOf(random.own);
          const bytes = writeSteps(x, body, (q) => Math.floor(q + noise.uniform()));
          const behind = body.byteOffset + body.length;
          if (behind < body.buffer.byteLength) new Uint8Array(body.buffer)[behind] = 1;
          return bytes;
        },
      },
    ],
    [
      'claims three quarters of its variance',
      'variance',
      { traits: { unbiased: true, omega: (length) => stepsOmega(length) * 0.75 } },
    ],
    [
      'claims to contract where it does not',
      'contraction',
      {
        traits: { delta: () => 0.9 },
        encode(x, body, random) {
          const noise = noiseOf(random.own);
          return writeSteps(x, body, (q) => (noise.uniform() < 0.5 ? 0 : nearest(q)));
        },
      },
    ],
    [
      'claims a contraction factor above its own, drawing nothing',
      'contraction',
      {
        traits: { delta: (length) => Math.min(1, 2 / length) },
        encode: (x, body) => writeSteps(x, body, (q) => (Math.abs(q) === 8 ? q : 0)),
      },
    ],
    [
      'dithers with the stream that all ranks share',
      'independent ranks',
      {
        encode(x, body, random) {
          const noise = noiseOf(random.shared);
          return writeSteps(x, body, (q) => Math.floor(q + noise.uniform()));
        },
      },
    ],
    [
      'rounds towards −∞',
      'sign',
      { traits: {}, encode: (x, body) => writeSteps(x, body, Math.floor) },
    ],
    [
      'rounds up more often than down, at random',
      'sign',
      {
        traits: {},
        encode(x, body, random) {
          const noise = noiseOf(random.own);
          return writeSteps(x, body, (q) => Math.floor(q + noise.uniform() ** 0.5));
        },
      },
    ],
    [
      'decodes zeros to something',
      'zero',
      {
        traits: {},
        decode(body, out) {
          readSteps(body, out);
          out.forEach((value, i) => {
            if (value === 0) out[i] = 1e-3;
          });
        },
      },
      { except: ['sign'] },
    ],
    [
      'says it is sparse and is not',
      'density',
      { traits: { support: 'sparse', density: () => 0.3 } },
    ],
    ['says it is sparse and not how', 'density', { traits: { support: 'sparse' } }],
    [
      'needs a larger body than it said',
      'bounds',
      { maxBodyBytes: (length) => (length > 500 ? length : length + 4) },
    ],
    [
      'throws for some gradients',
      'bounds',
      {
        encode(x, body) {
          if (x.length > 100) throw new Error('too long for me');
          return writeSteps(x, body, nearest);
        },
      },
    ],
  ];
  it.each(rejected)('%s (%s)', (_, law, parts, options) => {
    expect(brokenBy(stepsCodec(parts), options)).toBe(law);
  });
});

describe('codecLaws rejects an implementation that', () => {
  const base = parseCodec('qsgd:levels=3');
  const sparse = parseCodec('randomk:density=0.2');
  const rejected: [string, LawName, string, Partial<Codec>][] = [
    [
      'takes NaN',
      'non-finite',
      'qsgd:levels=3',
      {
        encodeInto: (x, out, random) =>
          base.encodeInto(
            x.map((value) => (Number.isFinite(value) ? value : 0)),
            out,
            random,
          ),
      },
    ],
    [
      'writes before it refuses',
      'non-finite',
      'qsgd:levels=3',
      {
        encodeInto(x, out, random) {
          const needed = base.maxBytes(x.length);
          if (out.length >= needed) out[0] = 0;
          return base.encodeInto(x, out, random);
        },
      },
    ],
    [
      'ignores the byteOffset of its input',
      'views',
      'qsgd:levels=3',
      {
        encodeInto: (x, out, random) =>
          base.encodeInto(new Float32Array(x.buffer, 0, x.length), out, random),
      },
    ],
    [
      'ignores weights',
      'decode-add',
      'qsgd:levels=3',
      { decodeAdd: (payload, sum) => base.decodeAdd(payload, sum) },
    ],
    [
      'changes its output before it refuses a payload',
      'damage',
      'qsgd:levels=3',
      {
        decodeInto(payload, out) {
          out.fill(0);
          base.decodeInto(payload, out);
        },
      },
    ],
    [
      'throws a plain error for damaged bytes',
      'damage',
      'qsgd:levels=3',
      {
        decodeAdd(payload, sum, weight) {
          try {
            base.decodeAdd(payload, sum, weight);
          } catch (cause) {
            throw new Error('damaged', { cause });
          }
        },
      },
    ],
    [
      'promises fewer bytes than it needs',
      'bounds',
      'qsgd:levels=3',
      { maxBytes: (length) => Math.max(0, base.maxBytes(length) - 1) },
    ],
    [
      'projects values without their scale',
      'values',
      'randomk:density=0.2',
      {
        values: {
          ...sparse.values!,
          project: (gradient, values, shared) =>
            parseCodec('randomk:density=0.2,scale=none').values!.project(gradient, values, shared),
        },
      },
    ],
    [
      'expands from its own stream',
      'values',
      'randomk:density=0.2',
      {
        values: {
          ...sparse.values!,
          expand: (values, out) =>
            sparse.values!.expand(values, out, streamsFor({ seed: 99 }).shared),
        },
      },
    ],
    [
      'claims to be denser than it is',
      'density',
      'topk:density=0.2',
      { traits: { ...parseCodec('topk:density=0.2').traits, density: () => 0.1 } },
    ],
    [
      'claims a top-k contraction of twice its density',
      'contraction',
      'topk:density=0.2',
      { traits: { ...parseCodec('topk:density=0.2').traits, delta: () => 0.4 } },
    ],
  ];
  it.each(rejected)('%s (%s)', (_, law, spec, parts) => {
    expect(brokenBy(variant(spec, parts))).toBe(law);
  });
});

describe('a violation', () => {
  it('says which law, which codec, and how to see it again', () => {
    const biased = stepsCodec({ encode: (x, body) => writeSteps(x, body, nearest) });
    expect(() => codecLaws(biased, { seed: 5 })).toThrow(
      expect.objectContaining({
        name: 'CodecLawError',
        code: 'GRADWIRE_CODEC_LAW',
        law: 'unbiased',
        spec: 'steps',
        message: expect.stringMatching(
          /codec steps breaks the law "unbiased": .*is off by.*seed: 5, path: "[^"]*".*makeGradient\('[a-z ]+', \d+, \d+\)/s,
        ),
      }),
    );
  });

  it('is not reported for a law that is excepted', () => {
    const biased = stepsCodec({ encode: (x, body) => writeSteps(x, body, nearest) });
    expect(brokenBy(biased, { except: ['unbiased'] })).toBeUndefined();
    expect(brokenBy(biased, { except: lawNames.filter((name) => name !== 'unbiased') })).toBe(
      'unbiased',
    );
  });
});

describe('contraction of top-k then TernGrad', () => {
  it('holds where zeros leave fewer values than k, just before TernGrad is scaled down', () => {
    const codec = parseCodec('topk:k=4,block=16/terngrad+ef');
    const x = Float32Array.from({ length: 48 }, (_, i) => (i < 16 ? 0 : i === 16 ? 3 : 1));
    let error = 0;
    const draws = 4000;
    forEachDraw(codec, x, draws, 1, (decoded) => (error += energy(x, decoded)));
    expect(error / draws / energy(x)).toBeGreaterThan(0.93);
    expect(error / draws / energy(x)).toBeLessThan(1 - codec.traits.delta!(x.length));
  });
});
