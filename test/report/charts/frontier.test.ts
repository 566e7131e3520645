import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frontierOf, type FrontierPoint } from '../../../src/report/charts/frontier.ts';
import { toSeries } from '../../../src/report/series.ts';
import { sampleResults } from '../sample.ts';

const [series] = toSeries(sampleResults());
const point = (x: number, y: number): FrontierPoint => ({ series: series!, x, y, low: y, high: y });
const coordinates = (points: readonly FrontierPoint[]): number[][] =>
  points.map(({ x, y }) => [x, y]);

describe('frontierOf', () => {
  const points = [point(32, 0.97), point(4, 0.97), point(1, 0.9), point(2, 0.8), point(8, 0.95)];

  it('keeps what no other point beats, from few bits to many', () => {
    const front = frontierOf({ points, better: 'high' });
    expect(coordinates(front)).toEqual([
      [1, 0.9],
      [4, 0.97],
    ]);
  });

  it('turns round where small values are good', () => {
    const front = frontierOf({ points, better: 'low' });
    expect(coordinates(front)).toEqual([
      [1, 0.9],
      [2, 0.8],
    ]);
  });

  it('falls and rises strictly, and every other point is beaten by one of it', () => {
    const coordinate = fc.integer({ min: 0, max: 20 });
    const some = fc.array(fc.tuple(coordinate, coordinate), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(some, (pairs) => {
        const distinct = new Map(pairs.map(([x, y]) => [`${x} ${y}`, point(x, y)]));
        const front = frontierOf({ points: [...distinct.values()], better: 'high' });
        front.slice(1).forEach((one, i) => {
          expect(one.x).toBeGreaterThan(front[i]!.x);
          expect(one.y).toBeGreaterThan(front[i]!.y);
        });
        for (const one of distinct.values())
          expect(front.some(({ x, y }) => x <= one.x && y >= one.y)).toBe(true);
      }),
      { seed: 42, numRuns: 300 },
    );
  });
});
