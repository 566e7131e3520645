import { expect, it } from 'vitest';
import { Bench } from '../../../bench/codecs/bench.ts';
import { codecCases, DEFAULT_SPECS } from '../../../bench/codecs/cases.ts';
import { inputCases } from '../../../bench/codecs/input-cases.ts';
import { sizeFacts } from '../../../bench/codecs/sizes.ts';
import { codecTargets, inputTargets, LARGE_ELEMENTS } from '../../../bench/codecs/targets.ts';
import type { BenchCase } from '../../../bench/support/case.ts';
import { makeData } from '../../../bench/support/data.ts';
import type { Target } from '../../../bench/support/target.ts';
import { encode } from '../../../codecs/index.ts';

/** Targets without a case, or beside something that the case is not compared with. */
function orphans(targets: readonly Target[], cases: readonly BenchCase[]): string[] {
  return targets.flatMap(({ name, figure }) => {
    const found = cases.find((one) => one.name === name);
    const isKnown = found && ('fact' in figure || figure.speedBeside in found.references);
    return isKnown ? [] : [name];
  });
}

it('every target is of a case of its suite, and beside one of its references', () => {
  // Long enough for cases with threads; nothing is run.
  const bench = new Bench(new Float32Array(2 ** 20));
  const cases = codecCases(bench, {
    specs: DEFAULT_SPECS,
    backEnds: ['simd'],
    peers: () => 'torch',
  });
  expect(orphans(codecTargets(), cases)).toEqual([]);
  expect(orphans(codecTargets(), cases.slice(0, 20))).not.toEqual([]);
  expect(
    orphans(
      inputTargets(),
      inputCases(() => bench),
    ),
  ).toEqual([]);
  bench.close();
});

it('topk may take 32 bytes for every element that it keeps, others nothing that grows', () => {
  const most = (name: string) =>
    codecTargets().find((one) => one.name === name && 'fact' in one.figure && one.atMost)?.atMost;
  expect(most('qsgd encode, in place')).toBe(8);
  expect(most('terngrad encode, plain arrays')).toBe(8);
  const target = codecTargets().find(
    ({ name, figure }) =>
      name === 'topk:density=0.1 encode, in place' &&
      'fact' in figure &&
      figure.fact === 'peakMegabytes',
  );
  expect(target?.atMost).toBeCloseTo(8 + (32 * 0.1 * LARGE_ELEMENTS) / 1e6, 1);
});

it('sizes: bits of an index, and bytes beside the entropy of the codes', () => {
  const gradient = makeData('gaussian', 100_000, 1);
  const { indexBits } = sizeFacts(encode('topk:density=0.01', gradient, { seed: 1 }));
  // log₂ C(n, k) / k is 8.08 bits at 1 %.
  expect(indexBits).toBeGreaterThan(8);
  expect(indexBits).toBeLessThan(8.3);
  const spec = 'qsgd:levels=7,norm=l2';
  const coded = sizeFacts(encode(`${spec},entropy=rans`, gradient, { seed: 1 }));
  // Gaps and gamma codes take more than a third above entropy.
  const elias = sizeFacts(encode(`${spec},entropy=elias`, gradient, { seed: 1 }));
  expect(coded['aboveEntropy']).toBeGreaterThan(1);
  expect(coded['aboveEntropy']).toBeLessThan(1.03);
  expect(elias['aboveEntropy']).toBeGreaterThan(1.3);
  expect(sizeFacts(encode(spec, gradient, { seed: 1 }))).toEqual({
    bitsPerElement: expect.closeTo(4.07, 1) as number,
    reduction: expect.closeTo(7.8, 0) as number,
  });
});
