import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodecSpecError, parseCodec, registry } from '../../codecs/index.ts';
import { assertProperty, specs } from '../../src/testing/index.ts';
import { thrownBy } from './forge.ts';

describe('canonical form', () => {
  it.each([
    ['qsgd:levels=7,block=512,norm=max,entropy=none', 'qsgd'],
    ['qsgd:norm=l2,levels=3', 'qsgd:levels=3,norm=l2'],
    ['qsgd:levels=7.0', 'qsgd'],
    ['qsgd:block=1e3', 'qsgd:block=1000'],
    ['terngrad:clip=2.50,pack=trits', 'terngrad:clip=2.5'],
    ['terngrad:clip=none', 'terngrad'],
    ['terngrad:entropy=rans,clip=2.5', 'terngrad:clip=2.5,entropy=rans'],
    ['qsgd:entropy=elias,norm=l2', 'qsgd:norm=l2,entropy=elias'],
    ['terngrad:pack=bits,clip=.5', 'terngrad:clip=0.5,pack=bits'],
    ['topk:density=1e-2', 'topk:density=0.01'],
    ['topk:density=.01+ef', 'topk:density=0.01+ef'],
    ['topk:block=4096,k=64/quantile:bits=2+ef', 'topk:k=64,block=4096/quantile+ef'],
    ['topk:density=0.0000001', 'topk:density=1e-7'],
    ['topk:density=0.1/none', 'topk:density=0.1'],
    ['randomk:k=5,scale=unbiased,select=stratified', 'randomk:k=5'],
    ['randomk:k=5,scale=none', 'randomk:k=5,scale=none'],
    ['randomk:k=5,scale=none+ef', 'randomk:k=5+ef'],
    ['randomk:k=5/qsgd:levels=7', 'randomk:k=5/qsgd'],
    ['quantile:bits=2,block=64', 'quantile'],
    ['none', 'none'],
  ])('%s is %s', (given, canonical) => {
    expect(parseCodec(given).spec).toBe(canonical);
  });

  it('parses to itself, and to an equal codec', () => {
    assertProperty(
      fc.property(specs(), fc.integer({ min: 0, max: 5000 }), (spec, length) => {
        const codec = parseCodec(spec);
        expect(codec.spec).toBe(spec);
        expect(codec.maxBytes(length)).toBe(parseCodec(codec.spec).maxBytes(length));
        expect(codec.traits.feedback).toBe(spec.endsWith('+ef'));
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order of keys', () => {
    assertProperty(
      fc.property(specs(), fc.nat(), (spec, shuffle) => {
        const [chain, suffix = ''] = spec.split(/(?=\+ef$)/);
        const stages = chain!.split('/').map((stage) => {
          const [name, pairs] = stage.split(':');
          if (pairs === undefined) return stage;
          const order = pairs.split(',');
          const turn = shuffle % order.length;
          return `${name}:${[...order.slice(turn), ...order.slice(0, turn)].join(',')}`;
        });
        expect(parseCodec(stages.join('/') + suffix).spec).toBe(spec);
      }),
    );
  });

  it('never writes a plus sign in numbers', () => {
    expect(parseCodec('terngrad:clip=1e6').spec).toBe('terngrad:clip=1000000');
    assertProperty(
      fc.property(specs(), (spec) => {
        expect(spec.replace(/\+ef$/, '')).not.toContain('+');
      }),
    );
  });
});

describe('the arbitrary of specs', () => {
  const drawn = fc.sample(specs(), { numRuns: 2000, seed: 1 });

  it.each(Object.entries(registry))('draws %s with all its parameters', (name, { parameters }) => {
    expect(drawn.some((spec) => new RegExp(`(^|/)${name}`).test(spec))).toBe(true);
    for (const { key } of parameters) {
      expect(
        drawn.some((spec) => new RegExp(`${name}:[^/]*\\b${key}=`).test(spec)),
        key,
      ).toBe(true);
    }
  });

  it('draws compositions and feedback', () => {
    expect(drawn.filter((spec) => spec.includes('/')).length).toBeGreaterThan(200);
    expect(drawn.filter((spec) => spec.endsWith('+ef')).length).toBeGreaterThan(200);
  });
});

describe('a spec that is not allowed names the key, the value and what is allowed', () => {
  it.each([
    ['', '"" is not a codec name'],
    ['gzip', 'unknown codec "gzip"; known: none, bf16, fp16, qsgd'],
    ['QSGD', '"QSGD" is not a codec name'],
    ['toString', '"toString" is not a codec name'],
    ['constructor', 'unknown codec "constructor"'],
    ['__proto__', '"__proto__" is not a codec name'],
    [' qsgd', '" qsgd" is not a codec name'],
    ['none:x=1', 'none has no key "x"; it takes none'],
    ['qsgd:level=3', 'qsgd has no key "level"; allowed: levels, block, norm, entropy'],
    ['qsgd:constructor=3', 'qsgd has no key "constructor"'],
    ['qsgd:levels=0', 'qsgd:levels=0 is not allowed; give an integer from 1 to 127'],
    ['qsgd:levels=128', 'qsgd:levels=128 is not allowed; give an integer from 1 to 127'],
    ['qsgd:levels=2.5', 'qsgd:levels=2.5 is not allowed; give an integer from 1 to 127'],
    ['qsgd:levels=-1', 'qsgd:levels=-1 is not allowed'],
    ['qsgd:levels=0x10', 'qsgd:levels=0x10 is not allowed'],
    ['qsgd:levels=', '"" is not a word or a decimal'],
    ['qsgd:levels', '"levels" is not of the form key=value'],
    ['qsgd:levels=3=4', '"levels=3=4" is not of the form key=value'],
    ['qsgd:', '"" is not of the form key=value'],
    ['qsgd:levels=3,', '"" is not of the form key=value'],
    ['qsgd:levels=3,levels=3', 'key "levels" is given twice'],
    ['qsgd:norm=l1', 'qsgd:norm=l1 is not allowed; give max or l2'],
    ['qsgd:block=0', 'qsgd:block=0 is not allowed; give an integer from 1 to 268435456'],
    ['qsgd:entropy=zip', 'qsgd:entropy=zip is not allowed; give none or elias or rans'],
    ['terngrad:clip=0', 'terngrad:clip=0 is not allowed; give a number above 0'],
    ['terngrad:pack=bytes', 'terngrad:pack=bytes is not allowed; give trits or bits'],
    ['topk', 'topk needs a density in (0, 1] or a count'],
    ['topk:density=0.1,k=3', 'topk takes density or k, not both'],
    ['topk:density=0', 'topk:density=0 is not allowed; give a number above 0, at most 1'],
    ['topk:density=1.01', 'topk:density=1.01 is not allowed; give a number above 0, at most 1'],
    ['topk:density=-0.1', 'topk:density=-0.1 is not allowed'],
    ['topk:density=nan', 'topk:density=nan is not allowed'],
    ['topk:density=1e-400', 'topk:density=1e-400 is not allowed'],
    ['topk:k=0', 'topk:k=0 is not allowed; give an integer from 1'],
    ['topk:block=16', 'topk needs a density in (0, 1] or a count'],
    ['randomk', 'randomk needs a density in (0, 1] or a count'],
    ['randomk:density=2', 'randomk:density=2 is not allowed; give a number above 0, at most 1'],
    ['randomk:k=0', 'randomk:k=0 is not allowed'],
    ['randomk:k=1,select=best', 'randomk:select=best is not allowed; give stratified or uniform'],
    ['randomk:k=1,scale=unbiased+ef', 'scale=unbiased with +ef'],
    ['quantile:bits=3', 'quantile:bits=3 is not allowed; give an integer from 1 to 2'],
    ['qsgd/none', 'qsgd cannot be followed by "/"'],
    ['none/topk:k=1', 'none cannot be followed by "/"'],
    ['topk:k=1/topk:k=1', 'topk:k=1 cannot follow "/": it does not encode values'],
    ['topk:k=1/qsgd/bf16', 'at most two stages'],
    ['topk:k=1/', '"" is not a codec name'],
    ['/qsgd', '"" is not a codec name'],
    ['qsgd+ef+ef', 'the only suffix is "+ef", once and at the end'],
    ['qsgd+ef:levels=3', 'the only suffix is "+ef", once and at the end'],
    ['qsgd+EF', 'the only suffix is "+ef", once and at the end'],
    ['topk:k=1+ef/qsgd', 'the only suffix is "+ef", once and at the end'],
    [`qsgd:levels=${'0'.repeat(600)}1`, 'longer than 512 characters'],
  ])('%s', (spec, message) => {
    const error = thrownBy(() => parseCodec(spec));
    expect(error).toBeInstanceOf(CodecSpecError);
    expect(error).toMatchObject({
      code: 'GRADWIRE_CODEC_SPEC',
      spec,
      message: expect.stringContaining(message),
    });
    expect((error as Error).message).toContain(JSON.stringify(spec));
  });

  it.each([undefined, null, 7, {}, ['qsgd']])('%s is no spec at all', (spec) => {
    expect(thrownBy(() => parseCodec(spec as string))).toMatchObject({
      code: 'GRADWIRE_ARGUMENT_TYPE',
      message: expect.stringContaining('"spec" must be a string'),
    });
  });

  it('whatever it is: only a CodecSpecError is thrown', () => {
    const word = fc.constantFrom(
      ...[...Object.keys(registry), ':', ',', '=', '/', '+ef', 'k', 'density', 'levels', 'block'],
      ...['1', '0', '1e9', '1e999', '.5', '-', 'none', 'max', 'unbiased', 'scale', '\n', ' '],
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 10 }).map((words) => words.join('')),
    );
    assertProperty(
      fc.property(text, (spec) => {
        try {
          const codec = parseCodec(spec);
          expect(parseCodec(codec.spec).spec).toBe(codec.spec);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecSpecError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('k and density', () => {
  it.each([
    ['topk:density=0.01', 1000, 10],
    ['topk:density=0.01', 10, 1],
    ['topk:density=0.5', 3, 2],
    ['topk:density=1', 7, 7],
    ['topk:k=5', 3, 3],
    ['topk:k=5', 0, 0],
    ['topk:k=2,block=4', 10, 6],
    ['topk:density=0.3,block=10', 25, 8],
    ['randomk:density=0.25', 10, 3],
    ['randomk:k=100', 7, 7],
  ])('%s keeps at most, of %i elements, %i', (spec, length, kept) => {
    const { density } = parseCodec(spec).traits;
    expect(density!(length) * length).toBeCloseTo(kept, 9);
  });
});
