import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hang, overlap, scatter, stack, type Box } from '../../../src/report/charts/arrange.ts';

const PROPERTY = { seed: 42, numRuns: 500 };
const pixels = (max: number): fc.Arbitrary<number> => fc.double({ min: 0, max, noNaN: true });

describe('stack', () => {
  const boxes = fc.array(
    fc.record({ center: pixels(300), height: fc.integer({ min: 10, max: 40 }) }),
    {
      maxLength: 7,
    },
  );

  it('keeps boxes apart, in order and within the bounds', () => {
    fc.assert(
      fc.property(boxes, (given) => {
        const centers = stack(given, 0, 300);
        const sorted = given
          .map((box, i) => ({ ...box, at: centers[i]! }))
          .sort((a, b) => a.at - b.at);
        sorted.forEach(({ at, height, center }, i) => {
          expect(at - height / 2).toBeGreaterThanOrEqual(-1e-9);
          expect(at + height / 2).toBeLessThanOrEqual(300 + 1e-9);
          const next = sorted[i + 1];
          if (next === undefined) return;
          expect(at + height / 2).toBeLessThanOrEqual(next.at - next.height / 2 + 1e-9);
          expect(center).toBeLessThanOrEqual(next.center);
        });
      }),
      PROPERTY,
    );
  });

  it('moves nothing that has room', () => {
    const boxes = [50, 100, 20].map((center) => ({ center, height: 14 }));
    expect(stack(boxes, 0, 300)).toEqual([50, 100, 20]);
  });
});

describe('hang', () => {
  const labels = fc.array(
    fc.record({ x: pixels(500), distance: pixels(1), width: fc.integer({ min: 20, max: 200 }) }),
    { maxLength: 16 },
  );

  it('lets no text overlap another', () => {
    fc.assert(
      fc.property(labels, (given) => {
        const texts = hang(given, 0).map(({ right, row }, i) => ({
          left: right - given[i]!.width,
          right,
          row,
        }));
        texts.forEach((a, i) => {
          expect(a.left).toBeGreaterThanOrEqual(-1e-9);
          for (const b of texts.slice(i + 1))
            expect(a.row === b.row && a.left < b.right && b.left < a.right).toBe(false);
        });
      }),
      PROPERTY,
    );
  });

  it('lets no leader pass through the text of another label that hangs at its end', () => {
    fc.assert(
      fc.property(labels, (given) => {
        const hung = hang(given, -1e6); // all texts fit left of their leaders
        hung.forEach((text, i) => {
          const start = text.right - given[i]!.width;
          for (const other of hung)
            expect(other.leader > start && other.leader < text.right && other.row > text.row).toBe(
              false,
            );
        });
      }),
      PROPERTY,
    );
  });

  it('uses one row where all have room', () => {
    const labels = [100, 200, 300].map((x) => ({ x, distance: 0, width: 60 }));
    expect(hang(labels, 0).map(({ row }) => row)).toEqual([0, 0, 0]);
  });
});

describe('scatter', () => {
  const bounds: Box = { left: 0, top: 0, right: 560, bottom: 260 };
  const point = fc.record({
    x: fc.double({ min: 10, max: 550, noNaN: true }),
    y: fc.double({ min: 10, max: 250, noNaN: true }),
    width: fc.integer({ min: 20, max: 150 }),
    height: fc.constantFrom(13, 26),
  });
  const obstacle = ({ x, y }: { x: number; y: number }): Box => ({
    left: x - 6,
    right: x + 6,
    top: y - 6,
    bottom: y + 6,
  });

  it('covers no obstacle and no other label, or gives up', () => {
    let placed = 0;
    fc.assert(
      fc.property(fc.array(point, { maxLength: 8 }), (points) => {
        const obstacles = points.map(obstacle);
        const boxes = scatter(points, obstacles, bounds);
        if (boxes === undefined) return;
        placed++;
        boxes.forEach((box, i) => {
          expect(Math.min(box.left, box.top)).toBeGreaterThanOrEqual(0);
          expect(box.right).toBeLessThanOrEqual(bounds.right);
          for (const other of [...obstacles, ...boxes.slice(i + 1)])
            expect(overlap(box, other)).toBe(false);
        });
      }),
      PROPERTY,
    );
    expect(placed).toBeGreaterThan(PROPERTY.numRuns / 2);
  });

  it('gives up where there is no room', () => {
    const points = Array.from({ length: 40 }, () => ({ x: 50, y: 50, width: 100, height: 13 }));
    expect(scatter(points, [], { ...bounds, right: 120, bottom: 100 })).toBeUndefined();
  });
});
