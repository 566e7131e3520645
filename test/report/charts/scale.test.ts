import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  horizontalTicks,
  toPixels,
  verticalTicks,
  type Axis,
} from '../../../src/report/charts/scale.ts';
import { formatBytes, formatNumber } from '../../../src/report/format.ts';

const axis = (type: Axis['type'], domain: readonly [number, number]): Axis => ({
  ...{ type, domain, label: 'x', format: formatNumber },
});

describe('toPixels', () => {
  it('maps the domain onto the range', () => {
    const linear = toPixels(axis('linear', [0, 10]), [100, 200]);
    expect([0, 5, 10].map(linear)).toEqual([100, 150, 200]);
    const log = toPixels(axis('log', [1, 100]), [0, 1]);
    expect([1, 10, 100].map(log)).toEqual([0, 0.5, 1]);
  });
});

describe('ticks', () => {
  it('are round', () => {
    expect(verticalTicks(axis('linear', [0.86, 0.985]))).toEqual([
      0.86, 0.88, 0.9, 0.92, 0.94, 0.96, 0.98,
    ]);
    expect(verticalTicks(axis('log', [0.07, 1.7]))).toEqual([0.1, 0.2, 0.5, 1]);
    expect(verticalTicks(axis('log', [1e-9, 1e9]))).toEqual([1e-9, 1e-6, 1e-3, 1, 1e3, 1e6, 1e9]);
  });

  it('have room for their texts, however narrow the plot', () => {
    const domains = fc
      .tuple(
        fc.double({ min: 1e-3, max: 1e9, noNaN: true }),
        fc.double({ min: 1.01, max: 1e6, noNaN: true }),
      )
      .map(([low, factor]) => [low, low * factor] as const);
    fc.assert(
      fc.property(
        domains,
        fc.constantFrom('linear', 'log'),
        fc.integer({ min: 60, max: 600 }),
        (domain, type, width) => {
          const bytes = { ...axis(type, domain), format: formatBytes };
          const ticks = horizontalTicks(bytes, [0, width]);
          const toX = toPixels(bytes, [0, width]);
          ticks.slice(1).forEach((tick, i) => {
            const texts = (formatBytes(tick).length + formatBytes(ticks[i]!).length) / 2;
            expect(toX(tick) - toX(ticks[i]!)).toBeGreaterThan(texts * 7);
          });
          for (const tick of ticks) {
            expect(tick).toBeGreaterThanOrEqual(domain[0] * 0.999);
            expect(tick).toBeLessThanOrEqual(domain[1] * 1.001);
          }
        },
      ),
      { seed: 42, numRuns: 300 },
    );
  });
});
