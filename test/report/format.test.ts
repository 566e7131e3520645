import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatMeasured,
  formatMilliseconds,
  formatNumber,
  formatRatio,
  formatSeconds,
} from '../../src/report/format.ts';
import { wrapSpec } from '../../src/report/wrap.ts';

describe('formats', () => {
  it.each([
    [formatNumber, 0, '0'],
    [formatNumber, 0.07854, '0.0785'],
    [formatNumber, 123.4, '123'],
    [formatNumber, -2.5, '-2.5'],
    [formatNumber, 1.5e7, '1.50e7'],
    [formatBytes, 0, '0 B'],
    [formatBytes, 999, '999 B'],
    [formatBytes, 999.6, '1 kB'],
    [formatBytes, 57_660, '57.7 kB'],
    [formatBytes, 999_600, '1 MB'],
    [formatBytes, 13.9e6, '13.9 MB'],
    [formatSeconds, 0.0856, '85.6 ms'],
    [formatSeconds, 4.308, '4.31 s'],
    [formatSeconds, 125.4, '2 min 5 s'],
    [formatSeconds, 119.6, '2 min 0 s'],
    [formatRatio, 7.456, '7.46×'],
    [formatRatio, 31.66, '31.7×'],
    [formatRatio, 412.3, '412×'],
    [formatMilliseconds, 0, '0.000'],
    [formatMilliseconds, 0.08123, '0.081'],
    [formatMilliseconds, 5.1, '5.10'],
    [formatMilliseconds, 1234.5, '1235'],
  ])('%o of %d is %s', (format: (value: number) => string, value, text) => {
    expect(format(value)).toBe(text);
  });

  it.each([
    [{ mean: 0.07853, spread: 0.00141, n: 3 }, '0.0785 ± 0.0014'],
    [{ mean: 0.07853, spread: 0, n: 3 }, '0.079 ± 0.000'],
    [{ mean: 152.31, spread: 12.3, n: 3 }, '152 ± 12'],
    [{ mean: 0.07853, spread: null, n: 1 }, '0.0785'],
    [null, '–'],
  ])('shows a mean with the decimals its spread deserves: %o', (value, text) => {
    expect(formatMeasured(value)).toBe(text);
  });
});

describe('wrapSpec', () => {
  it('cuts where a reader would', () => {
    expect(wrapSpec('topk:density=0.01+ef', 15)).toEqual(['topk:', 'density=0.01+ef']);
    expect(wrapSpec('topk:k=64,block=4096/quantile:bits=2+ef', 22)).toEqual([
      'topk:k=64,block=4096/',
      'quantile:bits=2+ef',
    ]);
    expect(wrapSpec('none', 15)).toEqual(['none']);
  });

  it('loses nothing but blanks at line ends, and no line is too long', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 2, max: 30 }), (text, width) => {
        const lines = wrapSpec(text, width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        for (const line of lines) expect([...line].length).toBeLessThanOrEqual(width);
      }),
      { seed: 42 },
    );
  });

  it('says with an ellipsis that there is more', () => {
    expect(wrapSpec('qsgd:levels=16,block=1024,norm=l2', 15, 2)).toEqual([
      'qsgd:levels=16,',
      'block=1024,…',
    ]);
  });
});
