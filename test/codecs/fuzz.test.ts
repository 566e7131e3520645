/**
 * Hostile bytes: for every codec many mutated payloads, of which at least half get past the
 * container. `GRADWIRE_FUZZ_CASES` sets the number per codec (default 100000), `GRADWIRE_SEED` the
 * seed.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decode,
  encode,
  inspect,
  parseCodec,
  PayloadError,
  type Codec,
} from '../../codecs/index.ts';
import { codecIds } from '../../proto/ids.ts';
import { resealPayload } from '../../proto/payload.ts';
import {
  assertProperty,
  makeGradient,
  propertySeed,
  specs,
  type GradientKind,
} from '../../src/testing/index.ts';
import { randomMutation } from '../../src/testing/mutations.ts';
import { Noise } from '../../src/testing/noise.ts';
import { wordSpecs } from '../compliance/codec.ts';
import { forgePayload, thrownBy, withHeader } from './forge.ts';

const CASES = Number(process.env['GRADWIRE_FUZZ_CASES'] ?? 100_000);
const MAX_LENGTH = 2 ** 16;

/** One spec for every decoder and packing there is. */
const listed = [
  'none',
  'bf16',
  'fp16',
  'qsgd:levels=1,block=16',
  'qsgd:levels=7,block=32',
  'qsgd:levels=15,block=64,norm=l2+ef',
  'qsgd:levels=31,block=33',
  'qsgd:levels=127,block=1',
  'terngrad',
  'terngrad:pack=bits',
  'terngrad:clip=2.5+ef',
  'qsgd:levels=127,block=300,norm=l2,entropy=elias',
  'qsgd:levels=1,block=64,norm=l2,entropy=elias+ef',
  'qsgd:norm=l2,entropy=rans',
  'qsgd:levels=1,block=64,norm=l2,entropy=rans+ef',
  'terngrad:entropy=elias',
  'terngrad:pack=bits,entropy=rans',
  'topk:density=0.1',
  'topk:k=4,block=32+ef',
  'topk:density=1',
  'randomk:density=0.2',
  'randomk:k=9,select=uniform',
  'quantile',
  'quantile:bits=1,block=16',
  'topk:density=0.2/qsgd:levels=3',
  'topk:k=3,block=16/quantile:bits=2+ef',
  'topk:density=0.3/terngrad',
  'topk:density=0.2/fp16',
  'randomk:density=0.3/bf16',
  'randomk:density=0.3/qsgd:levels=3,block=16',
  'randomk:density=0.1,scale=none',
];

/** And for every word a parameter takes that is not among them. */
const fuzzed = [
  ...new Set([
    ...listed,
    ...wordSpecs.filter((spec) => {
      const word = /[a-z]+=[a-z0-9-]*[a-z]$/.exec(spec)?.[0];
      return word !== undefined && !listed.some((other) => other.includes(word));
    }),
  ]),
];

const kinds: GradientKind[] = [
  'gaussian',
  'lognormal',
  'huge',
  'denormals',
  'mostly zero',
  'zero blocks',
  'tiny and huge',
];

function samplePayloads(codec: Codec): Uint8Array[] {
  return [1, 10, 33, 130, 300].flatMap((length, i) =>
    kinds
      .filter((_, j) => (i + j) % 3 === 0)
      .map((kind) => encode(codec, makeGradient(kind, length, length), { seed: length })),
  );
}

type Outcome = PayloadError['code'] | 'decoded';

/** Decodes hostile bytes. Anything but finite numbers or a PayloadError fails the test. */
function outcomeOf(payload: Uint8Array): Outcome {
  try {
    const decoded = decode(payload, { maxLength: MAX_LENGTH });
    for (let i = 0; i < decoded.length; i++)
      if (!Number.isFinite(decoded[i]!)) throw new Error(`element ${i} decodes to ${decoded[i]}`);
    return 'decoded';
  } catch (error) {
    if (error instanceof PayloadError) return error.code;
    throw new Error(`payload ${Buffer.from(payload).toString('hex')}: ${String(error)}`, {
      cause: error,
    });
  }
}

/** Decoders with the caller's memory: they succeed, or throw a PayloadError and change nothing. */
function checkUntouched(codec: Codec, payload: Uint8Array, length: number): void {
  for (const name of ['decodeInto', 'decodeAdd'] as const) {
    const out = new Float32Array(length).fill(3);
    try {
      codec[name](payload, out);
    } catch (error) {
      expect(error).toBeInstanceOf(PayloadError);
      expect(out.every((value) => value === 3)).toBe(true);
    }
  }
  try {
    const info = inspect(payload, { maxLength: MAX_LENGTH });
    expect(info.sections.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(payload.length);
  } catch (error) {
    expect(error).toBeInstanceOf(PayloadError);
  }
}

describe(`${CASES} mutated payloads`, () => {
  // A stack trace for each of millions of expected errors would be most of the work.
  const { stackTraceLimit } = Error;
  beforeAll(() => {
    Error.stackTraceLimit = 0;
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it.each(fuzzed)('%s: only PayloadErrors or finite numbers', (spec) => {
    const codec = parseCodec(spec);
    const payloads = samplePayloads(codec);
    const lengths = payloads.map((payload) => decode(payload).length);
    const noise = new Noise(propertySeed());
    const counts = new Map<Outcome, number>();
    for (let i = 0; i < CASES; i++) {
      const which = noise.below(payloads.length);
      const mutated = randomMutation(payloads[which]!, noise);
      const outcome = outcomeOf(mutated);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      if (i % 32 === 0) checkUntouched(codec, mutated, lengths[which]!);
    }
    const reached = (counts.get('decoded') ?? 0) + (counts.get('GRADWIRE_PAYLOAD_BODY') ?? 0);
    expect(reached).toBeGreaterThanOrEqual(CASES / 2);
    for (const code of ['decoded', 'GRADWIRE_PAYLOAD_BODY', 'GRADWIRE_PAYLOAD_CHECKSUM'] as const)
      expect(counts.get(code), code).toBeGreaterThan(0);
  });

  it('random bodies behind sound headers: only PayloadErrors or finite numbers', () => {
    const noise = new Noise(propertySeed() ^ 1);
    const outcomes = new Set<Outcome>();
    for (let i = 0; i < CASES; i++) {
      const length = noise.below(100);
      const payload = encode(fuzzed[i % fuzzed.length]!, makeGradient('gaussian', length, i), {
        seed: i,
      });
      for (let at = 16 * payload[3]!; at < payload.length; at++) payload[at] = noise.word();
      outcomes.add(outcomeOf(resealPayload(payload)));
    }
    expect(outcomes).toEqual(new Set(['decoded', 'GRADWIRE_PAYLOAD_BODY']));
  });
});

describe('hostile headers', () => {
  const payload = encode('qsgd:levels=7', makeGradient('gaussian', 40, 1), { seed: 1 });
  const allIds = Object.values(codecIds);

  it('specs that are no specs, or not these bytes', () => {
    const word = fc.constantFrom(
      ...['qsgd', 'topk', 'none', ':', '/', '+ef', '=', ',', 'k', 'density', 'levels', 'block'],
      ...['1', '0', '-1', '1e9', '1e308', '.', 'NaN', 'Infinity', '\0', 'ÿ', '__proto__', 'clip'],
    );
    const hostile = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 12 }).map((words) => words.join('')),
      specs(),
    );
    assertProperty(
      fc.property(hostile, fc.subarray(allIds), fc.boolean(), (spec, ids, keyed) => {
        const key = keyed ? { key: { low: 1, high: 2 } } : {};
        const body = payload.subarray(16 * payload[3]!);
        outcomeOf(forgePayload({ ids, spec, length: 40, ...key }, body));
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['the prototype', '__proto__'],
    ['a property of all objects', 'constructor'],
    ['nothing', ''],
    ['a spec that is not canonical', 'qsgd:levels=7'],
    ['another order of keys', 'qsgd:block=64,levels=3'],
    ['a spec of 4000 characters', 'q'.repeat(4000)],
    ['a fraction where a count is due', 'topk:k=0.5'],
    ['feedback that cannot be', 'randomk:density=0.1,scale=unbiased+ef'],
  ])('%s is refused by name', (_, spec) => {
    const error = thrownBy(() => decode(withHeader(payload, { spec })));
    expect(error).toBeInstanceOf(PayloadError);
    expect(error).toHaveProperty('code', 'GRADWIRE_PAYLOAD_CODEC');
  });

  it.each([
    ['no ids', []],
    ['ids of another codec', [codecIds.topk]],
    ['an id too many', [codecIds.qsgd, codecIds.none]],
  ])('%s', (_, ids) => {
    expect(() => decode(withHeader(payload, { ids }))).toThrow(
      expect.objectContaining({ code: 'GRADWIRE_PAYLOAD_CODEC' }),
    );
  });

  it('a key where none is due, and none where one is', () => {
    const keyed = withHeader(payload, { key: { low: 1, high: 2 } });
    expect(() => decode(keyed)).toThrow('qsgd has no stream key');
    const random = encode('randomk:k=4', makeGradient('gaussian', 40, 1), { seed: 1 });
    const body = random.subarray(16 * random[3]!);
    const keyless = forgePayload(
      { ids: [codecIds.randomk], spec: 'randomk:k=4', length: 40 },
      body,
    );
    expect(() => decode(keyless)).toThrow('randomk:k=4 needs a stream key');
  });
});

describe('declared lengths', () => {
  /** Bytes of typed arrays that `run` left behind or threw away, at most. */
  function allocatedBy(run: () => void): number {
    const before = process.memoryUsage().arrayBuffers;
    run();
    return process.memoryUsage().arrayBuffers - before;
  }

  const small = 2 ** 20;

  it.each(fuzzed)('%s: nothing is allocated for elements that are not there', (spec) => {
    const payload = encode(spec, makeGradient('gaussian', 40, 1), { seed: 1 });
    for (const length of [2 ** 28 - 1, 2 ** 28]) {
      const forged = withHeader(payload, { length });
      const used = allocatedBy(() => {
        const error = thrownBy(() => decode(forged, { maxLength: MAX_LENGTH }));
        expect(error).toHaveProperty('code', 'GRADWIRE_PAYLOAD_LIMIT');
      });
      expect(used).toBeLessThan(small);
    }
  });

  const dense = fuzzed.filter((spec) => parseCodec(spec).traits.support === 'dense');

  it.each(dense)('%s: not even within the limit, when the body cannot hold them', (spec) => {
    const payload = encode(spec, makeGradient('gaussian', 40, 1), { seed: 1 });
    const forged = withHeader(payload, { length: 2 ** 28 });
    const used = allocatedBy(() => {
      expect(thrownBy(() => decode(forged))).toHaveProperty('code', 'GRADWIRE_PAYLOAD_BODY');
    });
    expect(used).toBeLessThan(small);
  });

  it.each(['rans', 'elias'])('entropy=%s: nor when coded codes cannot be so many', (coding) => {
    const gradient = makeGradient('lognormal', 5000, 1);
    for (const spec of [
      `qsgd:block=268435456,norm=l2,entropy=${coding}`,
      `terngrad:entropy=${coding}`,
    ]) {
      const payload = encode(spec, gradient, { seed: 1 });
      expect(payload.at(-1)).toBe(1);
      const forged = withHeader(payload, { length: 2 ** 28 });
      const used = allocatedBy(() => {
        expect(thrownBy(() => decode(forged))).toHaveProperty('code', 'GRADWIRE_PAYLOAD_BODY');
      });
      expect(used).toBeLessThan(small);
    }
  });

  it('a count of kept values that the body cannot hold allocates nothing', () => {
    const payload = encode('topk:density=1', makeGradient('gaussian', 40, 1));
    const body = payload.slice(16 * payload[3]!);
    new DataView(body.buffer).setUint32(0, 2 ** 28, true);
    const forged = forgePayload(
      { ids: [codecIds.topk], spec: 'topk:density=1', length: 2 ** 28 },
      body,
    );
    const used = allocatedBy(() => {
      expect(thrownBy(() => decode(forged))).toHaveProperty('code', 'GRADWIRE_PAYLOAD_BODY');
    });
    expect(used).toBeLessThan(small);
  });

  it('sparse payloads of few values may be long, as far as the caller allows', () => {
    const payload = encode('topk:k=4', makeGradient('gaussian', 40, 1));
    const forged = withHeader(payload, { length: MAX_LENGTH });
    expect(decode(forged, { maxLength: MAX_LENGTH })).toHaveLength(MAX_LENGTH);
    expect(() => decode(forged, { maxLength: MAX_LENGTH - 1 })).toThrow('the limit is 65535');
  });
});
