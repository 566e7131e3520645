import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGradwireError } from '../../proto/errors.ts';
import { parseResults, ResultsError, serializeResults } from '../../src/result/index.ts';
import { sampleResults } from '../report/sample.ts';
import { results } from './arbitraries.ts';

const PROPERTY = { seed: 42, numRuns: 200 };

/** A valid file as plain JSON, changed at a path such as `runs.0.seed`; undefined removes. */
function changed(path: string, value: unknown): unknown {
  const root = JSON.parse(serializeResults(sampleResults())) as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop()!;
  const parent = names.reduce<Record<string, unknown>>(
    (node, name) => node[name] as Record<string, unknown>,
    root,
  );
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return root;
}

function refusal(value: unknown): ResultsError {
  try {
    parseResults(value);
  } catch (error) {
    expect(error).toBeInstanceOf(ResultsError);
    expect(isGradwireError(error)).toBe(true);
    return error as ResultsError;
  }
  throw new Error('was accepted');
}

describe('parseResults', () => {
  it('returns what serializeResults wrote', () => {
    fc.assert(
      fc.property(results, (given) => {
        expect(parseResults(JSON.parse(serializeResults(given)))).toEqual(given);
      }),
      PROPERTY,
    );
  });

  it('returns or throws a ResultsError, whatever JSON it is given', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(refusal(value).code).toBe('GRADWIRE_RESULTS');
      }),
      PROPERTY,
    );
  });

  it.each<[string, unknown, string, string]>([
    ['formatVersion', 2, 'formatVersion', 'expected 1, got 2'],
    ['runs', {}, 'runs', 'expected an array, got an object'],
    ['ranks', 0, 'ranks', 'expected an integer of at least 1, got 0'],
    ['parameters', 1.5, 'parameters', 'expected an integer of at least 0, got 1.5'],
    ['environment.command', undefined, 'environment.command', 'is missing'],
    ['runs.1.status', 'done', 'runs[1].status', 'got "done"'],
    ['runs.0.finalAccuracy', 97.6, 'runs[0].finalAccuracy', 'in [0, 1], got 97.6'],
    ['runs.0.finalLoss', undefined, 'runs[0].finalLoss', 'is missing'],
    ['runs.0.finalLos', 1, 'runs[0].finalLos', 'unknown field; allowed: codec, '],
    ['runs.0.stageMilliseconds.wait for', '1', 'runs[0].stageMilliseconds["wait for"]', '"1"'],
    ['runs.2.history.3.wireBytes', -1, 'runs[2].history[3].wireBytes', 'got -1'],
    ['runs.2.history.1.step', 40, 'runs[2].history[1].step', 'expected more than 40'],
    ['runs.0.error', 'lost', 'runs[0].error', 'expected an object, got "lost"'],
  ])('refuses %s = %j, naming the path and the value', (path, value, place, problem) => {
    const error = refusal(changed(path, value));
    expect(error.path).toBe(place);
    expect(error.message).toContain(place);
    expect(error.message).toContain(problem);
  });

  it('refuses numbers that JSON cannot hold', () => {
    const [first] = sampleResults().runs;
    for (const finalLoss of [NaN, Infinity]) {
      const results = { ...sampleResults(), runs: [{ ...first!, finalLoss }] };
      expect(refusal(results).path).toBe('runs[0].finalLoss');
      expect(() => serializeResults(results)).toThrow(ResultsError);
    }
  });

  it('keeps a field named __proto__ a field', () => {
    const text = serializeResults(sampleResults()).replace('"node":', '"__proto__":');
    const { environment } = parseResults(JSON.parse(text));
    expect(Object.hasOwn(environment, '__proto__')).toBe(true);
    expect(Object.getPrototypeOf(environment)).toBe(Object.prototype);
  });

  it('shortens long values in its message', () => {
    expect(refusal(changed('ranks', 'x'.repeat(10_000))).message.length).toBeLessThan(200);
  });
});
