import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { decode, encode, PayloadError } from '../../codecs/index.ts';
import { readHeader } from '../../proto/payload.ts';
import { sameBytes } from '../../src/testing/encoding.ts';
import {
  assertProperty,
  awkwardLengths,
  gradientKinds,
  gradients,
  makeGradient,
  mutations,
  propertySeed,
} from '../../src/testing/index.ts';
import { randomMutation } from '../../src/testing/mutations.ts';
import { Noise } from '../../src/testing/noise.ts';

describe('makeGradient', () => {
  it.each(gradientKinds)('%s: finite, the same for the same seed', (kind) => {
    for (const length of awkwardLengths) {
      const x = makeGradient(kind, length, 3);
      expect(x).toHaveLength(length);
      expect(x.every(Number.isFinite)).toBe(true);
      expect(sameBytes(x, makeGradient(kind, length, 3))).toBe(true);
    }
  });

  it('gives what the names say', () => {
    const magnitudes = (kind: (typeof gradientKinds)[number]): number[] =>
      Array.from(makeGradient(kind, 1000, 1), Math.abs);
    expect(magnitudes('zeros').every((value) => value === 0)).toBe(true);
    expect(makeGradient('negative zeros', 3, 1).every((value) => Object.is(value, -0))).toBe(true);
    expect(Math.max(...magnitudes('denormals'))).toBeLessThan(2 ** -126);
    expect(Math.max(...magnitudes('denormals'))).toBeGreaterThan(0);
    expect(Math.min(...magnitudes('huge'))).toBeGreaterThan(3.4e38);
    expect(magnitudes('two-sparse').filter((value) => value > 0)).toHaveLength(2);
    expect(new Set(magnitudes('equal magnitudes')).size).toBe(1);
    expect(makeGradient('integers', 1000, 1).every(Number.isInteger)).toBe(true);
    const [largest, ...rest] = magnitudes('spike').toSorted((a, b) => b - a);
    expect(largest! / rest[0]!).toBeGreaterThan(1000);
  });
});

describe('gradients', () => {
  const drawn = fc.sample(gradients(), { numRuns: 2000, seed: 1 });

  it('draws every family, every length, and arbitrary numbers', () => {
    for (const length of awkwardLengths)
      expect(drawn.filter((x) => x.length === length).length, `${length}`).toBeGreaterThan(10);
    const printed = drawn.map((x) => fc.stringify(x));
    for (const kind of gradientKinds)
      expect(printed.filter((text) => text.includes(`'${kind}'`)).length).toBeGreaterThan(10);
    expect(printed.filter((text) => text.startsWith('Float32Array')).length).toBeGreaterThan(100);
  });

  it('prints the call that yields the same again, and no more than eight elements', () => {
    for (const x of drawn.slice(0, 300)) {
      const call = /^makeGradient\('(.*)', (\d+), (\d+)\) \[([^\]]*)\]$/.exec(fc.stringify(x));
      if (!call) continue;
      const kind = gradientKinds.find((name) => name === call[1])!;
      expect(sameBytes(x, makeGradient(kind, Number(call[2]), Number(call[3])))).toBe(true);
      expect(call[4]!.split(',').length).toBeLessThanOrEqual(9);
    }
  });

  it('keeps to the kinds and lengths asked for', () => {
    const some = fc.sample(gradients({ kinds: ['constant'], lengths: [5] }), {
      numRuns: 50,
      seed: 1,
    });
    expect(some.every((x) => x.length === 5 && x.every((value) => value === x[0]))).toBe(true);
  });
});

describe('mutations', () => {
  const payload = encode('topk:density=0.2', makeGradient('gaussian', 100, 1), { seed: 1 });

  function reachesBody(bytes: Uint8Array): boolean {
    try {
      decode(bytes, { maxLength: 2 ** 16 });
      return true;
    } catch (error) {
      return error instanceof PayloadError && error.code === 'GRADWIRE_PAYLOAD_BODY';
    }
  }

  it.each([
    ['the arbitrary', () => fc.sample(mutations(payload), { numRuns: 2000, seed: 1 })],
    [
      'the generator for loops',
      () => {
        const noise = new Noise(1);
        return Array.from({ length: 2000 }, () => randomMutation(payload, noise));
      },
    ],
  ])('%s: changes the payload, and mostly gets past the container', (_, draw) => {
    const copy = payload.slice();
    const drawn = draw();
    expect(payload).toEqual(copy);
    expect(drawn.filter((bytes) => sameBytes(bytes, payload)).length).toBeLessThan(200);
    expect(drawn.filter(reachesBody).length).toBeGreaterThan(1000);
    expect(new Set(drawn.map((bytes) => bytes.length)).size).toBeGreaterThan(50);
    const lengths = drawn.filter(reachesBody).map((bytes) => readHeader(bytes, 2 ** 32).length);
    expect(new Set(lengths).size).toBeGreaterThan(10);
    const parts = drawn.filter((bytes) => !reachesBody(bytes));
    expect(parts.length).toBeGreaterThan(100);
  });
});

describe('properties', () => {
  const given = process.env['GRADWIRE_SEED'];
  afterEach(() => {
    process.env['GRADWIRE_SEED'] = given ?? '';
  });

  it('run with a fixed seed, or that of GRADWIRE_SEED', () => {
    process.env['GRADWIRE_SEED'] = '';
    const fixed = propertySeed();
    expect(fixed).toBe(propertySeed());
    process.env['GRADWIRE_SEED'] = '-12';
    expect(propertySeed()).toBe(-12);
    for (const wrong of ['one', '1.5', '9999999999']) {
      process.env['GRADWIRE_SEED'] = wrong;
      expect(() => propertySeed()).toThrow(`must be a 32-bit integer, got "${wrong}"`);
    }
  });

  it('try the same values each time, as often as asked', () => {
    const record = (): number[] => {
      const seen: number[] = [];
      assertProperty(
        fc.property(fc.nat(), (value) => {
          seen.push(value);
        }),
        { numRuns: 30 },
      );
      return seen;
    };
    expect(record()).toHaveLength(30);
    expect(record()).toEqual(record());
  });

  it('that fail say what, with which seed and path, and can be replayed', () => {
    const property = fc.property(fc.nat(), (value) => {
      if (value > 10) throw new Error(`${value} is too much`);
    });
    const attempt = (options: { path?: string }): string => {
      try {
        assertProperty(property, { seed: 4, ...options });
        return 'held';
      } catch (error) {
        return (error as Error).message;
      }
    };
    const message = attempt({});
    expect(message).toMatch(/^11 is too much\n.*seed: 4, path: "[\d:]+"/s);
    expect(message).toContain('Counterexample: [11]');
    expect(message).not.toContain('Hint');
    const path = /path: "([\d:]+)"/.exec(message)![1]!;
    expect(attempt({ path })).toContain('Property failed after 1 tests');
  });
});
