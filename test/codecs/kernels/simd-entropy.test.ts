/** SIMD entropy coders: the reference's bytes, codes and errors, within their windows for any bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PayloadError } from '../../../codecs/index.ts';
import { normaliseFrequencies } from '../../../codecs/entropy/frequencies.ts';
import type { Kernels, LevelsPlan } from '../../../codecs/kernels/index.ts';
import { codesBytes, levelsBodyBytes, scalesBytes } from '../../../codecs/kernels/levels-layout.ts';
import { referenceKernels } from '../../../codecs/kernels/reference/index.ts';
import { CODES_WINDOW } from '../../../codecs/kernels/simd/codes.ts';
import { createElias } from '../../../codecs/kernels/simd/elias.ts';
import { createSimdKernels } from '../../../codecs/kernels/simd/index.ts';
import { createMemory, WINDOW } from '../../../codecs/kernels/simd/memory.ts';
import { decodeRans, encodeRans, reciprocalOf } from '../../../codecs/kernels/simd/rans.ts';
import { uniforms } from '../theory/samples.ts';
import { codesOf, packedBodyOf, planOf, sameBytes, skewedCodes } from '../entropy/bodies.ts';

const simd = createSimdKernels();
const backEnds = [referenceKernels, simd];

/** Ways to fill a vector of codes. */
const FILLS: Readonly<
  Record<string, (length: number, levels: number, seed: number) => Uint8Array>
> = {
  'zero levels': (length, levels) => new Uint8Array(length).fill(levels),
  'the lowest code': (length) => new Uint8Array(length),
  'the highest code': (length, levels) => new Uint8Array(length).fill(2 * levels),
  'all codes in turn': (length, levels) =>
    Uint8Array.from({ length }, (_, i) => i % (2 * levels + 1)),
  'any codes': (length, levels, seed) => {
    const next = uniforms(seed);
    return Uint8Array.from({ length }, () => Math.floor(next() * (2 * levels + 1)));
  },
  'mostly zero levels': (length, levels, seed) => skewedCodes(length, levels, 4, seed),
  'small levels': (length, levels, seed) => skewedCodes(length, levels, 1, seed),
  'wide levels': (length, levels, seed) => skewedCodes(length, levels, 3 / levels, seed),
  'one that is not zero': (length, levels) => {
    const codes = new Uint8Array(length).fill(levels);
    if (length > 0) codes[length - 1] = 0;
    return codes;
  },
};

const packings = (levels: number): LevelsPlan['packing'][] =>
  levels === 1 ? ['planes', 'trits'] : ['planes'];

function countsOf(kernels: Kernels, body: Uint8Array, plan: LevelsPlan): Uint32Array {
  // Counts are added.
  const counts = new Uint32Array(256).fill(3);
  kernels.countCodes(body, plan, counts);
  return counts.map((count) => count - 3);
}

function frequenciesOf(body: Uint8Array, plan: LevelsPlan): Uint16Array {
  const frequencies = new Uint16Array(256);
  const counts = countsOf(referenceKernels, body, plan);
  if (plan.length > 0) normaliseFrequencies(counts, 2 * plan.levels + 1, frequencies);
  return frequencies;
}

const GUARD = 40;

/** What `write` leaves in room of `bytes`, and its result; nothing around it may change. */
function guarded(
  bytes: number,
  write: (room: Uint8Array) => number,
): { result: number; room: Uint8Array } {
  const all = new Uint8Array(bytes + 2 * GUARD).fill(0xee);
  const result = write(all.subarray(GUARD, GUARD + bytes));
  const around = [...all.subarray(0, GUARD), ...all.subarray(GUARD + bytes)];
  if (around.some((byte) => byte !== 0xee)) throw new Error('wrote beyond its room');
  return { result, room: all.subarray(GUARD, GUARD + bytes) };
}

type Encoder = (kernels: Kernels, room: Uint8Array) => number;

/** Sections from both back ends, in rooms of any size: equal bytes where they fit, else −1. */
function sectionOf(encode: Encoder, side: 'front' | 'back', mostBytes: number): Uint8Array {
  const sections = backEnds.map((kernels) => {
    const { result, room } = guarded(mostBytes, (whole) => encode(kernels, whole));
    const section =
      side === 'front' ? room.slice(0, result) : room.slice(room.length - result, room.length);
    const exact = guarded(result, (tight) => encode(kernels, tight));
    expect(exact.result).toBe(result);
    expect(sameBytes(exact.room, section)).toBe(true);
    for (const less of [1, 2, 3, Math.ceil(result / 2), result])
      if (less <= result && result > 0)
        expect(guarded(result - less, (tight) => encode(kernels, tight)).result).toBe(-1);
    return section;
  });
  expect(sameBytes(sections[0]!, sections[1]!)).toBe(true);
  return sections[0]!;
}

type Decoder = (kernels: Kernels, section: Uint8Array, body: Uint8Array) => void;

/** Codes that a back end reads, or the message of its error. */
function outcome(
  kernels: Kernels,
  decode: Decoder,
  section: Uint8Array,
  plan: LevelsPlan,
): Uint8Array | string {
  const bytes = levelsBodyBytes(plan);
  const body = new Uint8Array(bytes + 2 * GUARD).fill(0xa5);
  let message = '';
  try {
    decode(kernels, section, body.subarray(GUARD, GUARD + bytes));
  } catch (error) {
    if (!(error instanceof PayloadError) || error.code !== 'GRADWIRE_PAYLOAD_BODY') throw error;
    message = error.message;
  }
  const kept = [...body.subarray(0, GUARD + scalesBytes(plan)), ...body.subarray(GUARD + bytes)];
  if (kept.some((byte) => byte !== 0xa5)) throw new Error('wrote beyond the codes');
  // Packed bytes, so that padding is compared too.
  return message || body.slice(GUARD + scalesBytes(plan), GUARD + bytes);
}

/** Both back ends must read the same; returns it. */
function sameOutcome(decode: Decoder, section: Uint8Array, plan: LevelsPlan): Uint8Array | string {
  const [expected, found] = backEnds.map((kernels) => outcome(kernels, decode, section, plan));
  if (typeof expected === 'string' || typeof found === 'string') expect(found).toBe(expected);
  else expect(sameBytes(found!, expected!)).toBe(true);
  return expected!;
}

interface Case {
  readonly plan: LevelsPlan;
  readonly body: Uint8Array;
  readonly frequencies: Uint16Array;
}

function caseOf(codes: Uint8Array, levels: number, packing: LevelsPlan['packing']): Case {
  const plan = planOf(codes.length, levels, packing);
  const body = packedBodyOf(codes, plan);
  return { plan, body, frequencies: frequenciesOf(body, plan) };
}

interface Coding {
  encode(one: Case): Encoder;
  decode(one: Case): Decoder;
  readonly side: 'front' | 'back';
}

const codings: Readonly<Record<'Elias' | 'rANS', Coding>> = {
  Elias: {
    encode:
      ({ plan, body }) =>
      (kernels, room) =>
        kernels.encodeElias(body, plan, room),
    decode:
      ({ plan }) =>
      (kernels, section, body) =>
        kernels.decodeElias(section, plan, body),
    side: 'front',
  },
  rANS: {
    encode:
      ({ plan, body, frequencies }) =>
      (kernels, room) =>
        kernels.encodeRans(body, plan, frequencies, room),
    decode:
      ({ plan, frequencies }) =>
      (kernels, section, body) =>
        kernels.decodeRans(section, plan, frequencies, body),
    side: 'back',
  },
};

/** Everything that must hold of one vector of codes; returns its sections. */
function checkCodes(codes: Uint8Array, levels: number): { one: Case; sections: Uint8Array[] }[] {
  return packings(levels).map((packing) => {
    const one = caseOf(codes, levels, packing);
    const counts = new Uint32Array(256);
    for (const code of codes) counts[code]!++;
    for (const kernels of backEnds) expect(countsOf(kernels, one.body, one.plan)).toEqual(counts);
    const sections = Object.values(codings).map(({ encode, decode, side }) => {
      const section = sectionOf(encode(one), side, 2 * codes.length + 64);
      const packed = sameOutcome(decode(one), section, one.plan);
      expect(sameBytes(packed as Uint8Array, one.body.subarray(scalesBytes(one.plan)))).toBe(true);
      return section;
    });
    return { one, sections };
  });
}

const LENGTHS = [
  0, 1, 2, 3, 4, 5, 7, 23, 24, 25, 79, 80, 81, 127, 129, 1000, 1003, 7679, 7680, 7681, 15_362,
  20_479, 20_480, 20_483, 65_537,
];

describe.each(Object.keys(FILLS))('SIMD entropy coders equal the reference: %s', (kind) => {
  it.each(LENGTHS)('%i codes', (length) => {
    // Every width of planes; longer vectors take some.
    const all = [1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127];
    const stride = length > 5000 ? 4 : 1;
    for (let i = length % stride; i < all.length; i += stride)
      checkCodes(FILLS[kind]!(length, all[i]!, length), all[i]!);
  });

  it('any levels', () => {
    for (let levels = 1; levels <= 127; levels++) checkCodes(FILLS[kind]!(301, levels, 5), levels);
  });
});

/** A section changed in one of the ways that bytes get lost, or forged. */
function mutated(section: Uint8Array, next: () => number): Uint8Array {
  const below = (limit: number): number => Math.floor(next() * limit);
  const copy = section.slice();
  const at = below(copy.length);
  switch (below(7)) {
    case 0:
      copy[at]! ^= 1 << below(8);
      return copy;
    case 1:
      return copy.fill(below(2) * 255, at, at + 1 + below(40));
    case 2:
      return copy.subarray(0, at);
    case 3:
      return Uint8Array.from([...copy, ...Array.from({ length: 1 + below(20) }, () => below(2))]);
    case 4:
      return Uint8Array.from([...copy.subarray(0, at), below(256), ...copy.subarray(at)]);
    case 5:
      return copy.map((byte, i) => (i >= at ? below(256) : byte));
    default:
      // States stay, all words are anything.
      return copy.map((byte, i) => (i >= 16 ? below(256) : byte));
  }
}

describe('hostile sections', () => {
  const lengths = [1, 3, 40, 301, 5000, 2 * CODES_WINDOW + 9, 41_000];

  it.each(['Elias', 'rANS'] as const)('%s: the same codes or the same error', (name) => {
    const next = uniforms(name.length);
    const messages = new Set<string>();
    let read = 0;
    for (const length of lengths)
      for (const levels of [1, 3, 20, 127])
        for (const slope of [0.05, 1]) {
          const one = caseOf(skewedCodes(length, levels, slope, length), levels, 'planes');
          const { encode, decode, side } = codings[name];
          const section = sectionOf(encode(one), side, 2 * length + 64);
          for (let trial = 0; trial < (length > 4000 ? 12 : 60); trial++) {
            const bad = mutated(section, next);
            const result = sameOutcome(decode(one), bad, one.plan);
            if (typeof result === 'string') messages.add(result.replaceAll(/\d+/g, '#'));
            else read++;
          }
        }
    // Every way to be refused was met, and not everything was refused.
    expect(messages.size).toBe(5);
    expect(read).toBeGreaterThan(0);
  });

  it('any bytes, for any length and levels', () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 300 });
    const shape = fc.record({
      levels: fc.integer({ min: 1, max: 127 }),
      length: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.constantFrom(7680, 20_481, 100_000)),
    });
    fc.assert(
      fc.property(bytes, shape, fc.nat(), (section, { levels, length }, seed) => {
        const codes = skewedCodes(100, levels, 0.3, seed);
        const { frequencies } = caseOf(codes, levels, 'planes');
        const one = { plan: planOf(length, levels), body: section, frequencies };
        sameOutcome(codings.Elias.decode(one), section, one.plan);
        sameOutcome(codings.rANS.decode(one), section, one.plan);
        // With states in range, so that words are read.
        const states = Uint8Array.from({ length: 16 }, (_, i) =>
          i % 4 === 3 ? 1 : (seed + i) & 255,
        );
        sameOutcome(codings.rANS.decode(one), Uint8Array.of(...states, ...section), one.plan);
      }),
      { seed: 3, numRuns: 400 },
    );
  });

  it('on shared memory, at any offset', () => {
    for (const { decode, encode, side } of Object.values(codings)) {
      const one = caseOf(skewedCodes(20_001, 7, 1, 2), 7, 'planes');
      const section = sectionOf(encode(one), side, 41_000);
      const shared = new Uint8Array(new SharedArrayBuffer(section.length + 3), 3);
      shared.set(section);
      const packed = sameOutcome(decode(one), shared, one.plan);
      expect(sameBytes(packed as Uint8Array, one.body.subarray(scalesBytes(one.plan)))).toBe(true);
    }
  });
});

describe('the module', () => {
  const memory = createMemory();
  const { at, bytes } = memory;
  const elias = createElias(memory);

  /** What coders may write; a register's width behind a window is its own. */
  const windows: readonly [start: number, length: number][] = [
    [at.codes, WINDOW + 512],
    [at.packed, WINDOW + 512],
    [at.y, 4 * WINDOW + 512],
    [at.histograms, 4096],
    [at.states, 16],
    [at.symbols, 4096],
    [at.slots, 16_384],
    [at.codewords, 1024],
    [at.prefixes, 16_384],
  ];

  /** Bytes outside the windows that `run` changed. */
  function strayWrites(run: () => void): number {
    bytes.fill(0xc3);
    run();
    for (const [start, length] of windows) bytes.fill(0xc3, start, start + length);
    return bytes.reduce((count, byte) => count + Number(byte !== 0xc3), 0);
  }

  it('has room for all of it', () => {
    expect(at.prefixes + 16_384).toBeLessThanOrEqual(bytes.length);
  });

  it('writes to its windows only, whatever a section holds', () => {
    const next = uniforms(9);
    for (let trial = 0; trial < 40; trial++) {
      const levels = [1, 7, 127][trial % 3]!;
      const length = [50, 7680, 30_000][trial % 3]!;
      const one = caseOf(skewedCodes(length, levels, 0.2, trial), levels, 'planes');
      const section = new Uint8Array(2 * length + 64);
      const stray = strayWrites(() => {
        // Tables are kept between calls, and these were wiped.
        const fresh = createElias(memory);
        const eliasBytes = fresh.encodeElias(one.body, one.plan, section);
        const bad = mutated(section.subarray(0, eliasBytes), next);
        const packed = new Uint8Array(levelsBodyBytes(one.plan));
        expect(() => {
          fresh.decodeElias(bad, one.plan, packed);
          throw new PayloadError('GRADWIRE_PAYLOAD_BODY', 'read all the same');
        }).toThrow(PayloadError);
        const ransBytes = encodeRans(memory, one.body, one.plan, one.frequencies, section);
        const words = mutated(section.subarray(section.length - ransBytes), next);
        expect(() => {
          decodeRans(memory, words, one.plan, one.frequencies, packed);
          throw new PayloadError('GRADWIRE_PAYLOAD_BODY', 'read all the same');
        }).toThrow(PayloadError);
      });
      expect(stray).toBe(0);
    }
  });

  it('is caught where it writes elsewhere', () => {
    expect(strayWrites(() => (bytes[at.x] = 1))).toBe(1);
  });

  it('reads zeros behind a section, not what a longer one left there', () => {
    const long = caseOf(new Uint8Array(9000).fill(13), 7, 'planes');
    const section = new Uint8Array(20_000);
    const longBytes = elias.encodeElias(long.body, long.plan, section);
    bytes.fill(0);
    const fresh = createElias(memory);
    const body = new Uint8Array(levelsBodyBytes(long.plan));
    fresh.decodeElias(section.subarray(0, longBytes), long.plan, body);
    const short = planOf(20, 7);
    const packed = new Uint8Array(levelsBodyBytes(short));
    expect(() => fresh.decodeElias(Uint8Array.of(0), short, packed)).toThrow(/cut off/);
    fresh.decodeElias(Uint8Array.of(0, 0, 0), short, packed);
    expect([...codesOf(packed, short)]).toEqual(Array.from({ length: 20 }, () => 7));
  });
});

describe('division by frequencies', () => {
  /** States of which some multiple of f is just reached, or just not, and the largest. */
  function critical(f: number): number[] {
    const states = [0, 1, f - 1, f, 2 ** 31 - 1];
    for (let k = 16; k <= 31; k++) {
      const multiple = Math.floor(2 ** k / f) * f;
      states.push(multiple - 1, multiple);
    }
    return states.filter((x) => x < 2 ** 31);
  }

  const wrong = (f: number, { factor, shift }: { factor: number; shift: number }): number =>
    critical(f).filter(
      (x) => Number((BigInt(x) * BigInt(factor)) >> BigInt(shift)) !== Math.floor(x / f),
    ).length;

  it('is exact for every frequency', () => {
    for (let f = 1; f <= 4096; f++) {
      const reciprocal = reciprocalOf(f);
      expect(reciprocal.factor).toBeLessThan(2 ** 32);
      expect(wrong(f, reciprocal), `frequency ${f}`).toBe(0);
    }
  });

  it('would not be with a bit less', () => {
    const short = (f: number): { factor: number; shift: number } => {
      const shift = reciprocalOf(f).shift - 1;
      return { factor: Math.ceil(2 ** shift / f), shift };
    };
    const all = Array.from({ length: 4096 }, (_, i) => i + 1);
    expect(all.filter((f) => wrong(f, short(f)) > 0).length).toBeGreaterThan(100);
  });
});

describe('the comparison finds', () => {
  const one = caseOf(skewedCodes(500, 7, 1, 4), 7, 'planes');

  it('another code, and another error', () => {
    const section = sectionOf(codings.rANS.encode(one), 'back', 2000);
    const wrong: Decoder = (kernels, bytes, body) => {
      codings.rANS.decode(one)(kernels, bytes, body);
      if (kernels === simd) body[scalesBytes(one.plan)]! ^= 1;
    };
    expect(() => sameOutcome(wrong, section, one.plan)).toThrow(/expected false to be true/);
    const late: Decoder = (kernels, bytes, body) =>
      codings.rANS.decode(one)(kernels, kernels === simd ? bytes.subarray(1) : bytes, body);
    expect(() => sameOutcome(late, section, one.plan)).toThrow(/expected/);
  });

  it('a coder that writes beyond its room', () => {
    const wide = new Uint8Array(codesBytes(one.plan));
    expect(() =>
      guarded(10, (room) => {
        new Uint8Array(room.buffer).set(wide.fill(1).subarray(0, 60));
        return 10;
      }),
    ).toThrow('wrote beyond its room');
  });
});
