/** Speeds the codecs must reach, on Gaussian data and one thread. */
import type { Target } from '../support/target.ts';
import { caseName, type Operation } from './cases.ts';

/** Codec, operation, reference, least ratio of speeds. */
type Row = readonly [spec: string, operation: Operation, reference: string, atLeast: number];

/** At a million elements, whatever the kernels. */
const ANY_KERNELS: readonly Row[] = [
  ['qsgd:levels=7', 'encode', 'naive', 4],
  ['qsgd:levels=7', 'decode-add', 'copy', 0.12],
];

/** At 25 million elements, which no cache holds, on SIMD. */
const SIMD_LARGE: readonly Row[] = [
  ['qsgd:levels=7', 'encode', 'copy', 0.6],
  ['qsgd:levels=7', 'encode', 'naive', 20],
  ['qsgd:levels=1', 'encode', 'copy', 0.6],
  ['qsgd:levels=127', 'encode', 'copy', 0.6],
  ['qsgd:levels=7', 'decode', 'copy', 0.85],
  ['qsgd:levels=7', 'decode-add', 'copy', 0.95],
  ['terngrad', 'encode', 'copy', 0.4],
  ['topk:density=0.01', 'encode', 'copy', 0.7],
  ['topk:k=64,block=4096/quantile:bits=2', 'encode', 'copy', 0.35],
];

export function targetsFor(isLarge: boolean): Target[] {
  const small = ANY_KERNELS.flatMap((row) => [toTarget(row, 'simd'), toTarget(row, 'reference')]);
  return isLarge ? SIMD_LARGE.map((row) => toTarget(row, 'simd')) : small;
}

function toTarget(
  [spec, operation, reference, atLeast]: Row,
  kernels: 'simd' | 'reference',
): Target {
  return { name: caseName(spec, operation, kernels), reference, atLeast };
}
