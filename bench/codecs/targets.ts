/**
 * What codecs must reach: 25 million Gaussian elements, SIMD kernels, one thread unless said, medians of
 * ratios within one run, everything in place unless said.
 */
import { parseCodec } from '../../codecs/index.ts';
import type { Bounds, Target } from '../support/target.ts';
import { places } from './bench.ts';
import { DEFAULT_SPECS } from './cases.ts';
import { inputKind, USUAL, type InputKind } from './input-cases.ts';
import { caseName, type CaseKind, type Operation } from './names.ts';

/** A hundred megabytes, which no cache holds: where targets apply. */
export const LARGE_ELEMENTS = 24_985_600;

/** Codec, operation, reference, least ratio of speeds. */
type Speed = readonly [spec: string, operation: Operation, beside: string, atLeast: number];

const SPEEDS: readonly Speed[] = [
  ['qsgd:levels=7', 'encode', 'copy', 0.6],
  ['qsgd:levels=7', 'encode', 'naive', 20],
  // Where the norm is torch's too.
  ['qsgd:levels=7,norm=l2', 'encode', 'torch', 15],
  ['qsgd:levels=1', 'encode', 'copy', 0.6],
  ['qsgd:levels=127', 'encode', 'copy', 0.6],
  ['qsgd:levels=7', 'decode', 'copy', 0.85],
  ['qsgd:levels=7', 'decode-add', 'copy', 0.95],
  ['terngrad', 'encode', 'copy', 0.4],
  ['topk:density=0.001', 'encode', 'torch', 20],
  ['topk:density=0.01', 'encode', 'torch', 20],
  ['topk:density=0.1', 'encode', 'torch', 5],
  ['topk:density=0.01', 'encode', 'copy', 0.7],
  ['topk:density=0.01+ef', 'encode', 'torch', 20],
  ['topk:k=64,block=4096/quantile:bits=2', 'encode', 'copy', 0.35],
];

/** Codec, operation, least ratio of the speed on two threads to that on one. */
type Threads = readonly [spec: string, operation: Operation, atLeast: number];

const TWO_THREADS: readonly Threads[] = [
  ['qsgd:levels=7', 'encode', 1.6],
  ['qsgd:levels=7', 'decode', 1.6],
  ['terngrad', 'encode', 1.6],
  ['terngrad', 'decode', 1.6],
];

/** Codec, fact of its payload, bounds. */
type Size = readonly [spec: string, fact: string, bounds: Bounds];

const SIZES: readonly Size[] = [
  ['topk:density=0.01', 'indexBits', { atMost: 8.3 }],
  ['topk:density=0.001', 'indexBits', { atMost: 11.8 }],
  ['qsgd:levels=7,norm=l2,entropy=rans', 'aboveEntropy', { atMost: 1.03 }],
  ['terngrad:entropy=rans', 'aboveEntropy', { atMost: 1.03 }],
  ['topk:k=64,block=4096/quantile:bits=2', 'reduction', { atLeast: 205 }],
];

/** Megabytes that encoding takes beside input, output and residual. */
const MOST_MEGABYTES = 8;
/** And for each element that is kept, bytes. */
const BYTES_PER_KEPT = 32;

/** Codec, data, least ratio of the speed to that on Gaussian data. */
type Input = readonly [spec: string, data: InputKind, atLeast: number];

const INPUT_SPEEDS: readonly Input[] = [
  ['qsgd:levels=7', 'denormal', 0.65],
  ['qsgd:levels=7,norm=l2', 'denormal', 0.65],
  ['terngrad', 'denormal', 0.65],
  ['topk:density=0.01', 'denormal', 0.65],
  ['topk:density=0.01', 'equal', 1 / 8],
  ['topk:density=0.01', 'mostly-zero', 1 / 8],
  ['topk:density=0.01', 'hot-layer', 1 / 8],
];

function inPlace(spec: string, operation: Operation): CaseKind {
  return { spec, operation, place: 'in place' };
}

/** Targets of the suite on 25 million Gaussian elements. */
export function codecTargets(): Target[] {
  return [
    ...SPEEDS.map(([spec, operation, speedBeside, atLeast]) => ({
      name: caseName(inPlace(spec, operation)),
      figure: { speedBeside },
      atLeast,
    })),
    ...TWO_THREADS.map(([spec, operation, atLeast]) => ({
      name: caseName({ ...inPlace(spec, operation), threads: 2 }),
      figure: { speedBeside: 'one thread' },
      atLeast,
    })),
    ...SIZES.map(([spec, fact, bounds]) => ({
      name: caseName(inPlace(spec, 'encode')),
      figure: { fact },
      ...bounds,
    })),
    ...DEFAULT_SPECS.flatMap(memoryTargets),
  ];
}

function memoryTargets(spec: string): Target[] {
  return places.map((place) => ({
    name: caseName({ spec, operation: 'encode', place }),
    figure: { fact: 'peakMegabytes' },
    atMost: megabytesFor(spec),
  }));
}

function megabytesFor(spec: string): number {
  if (!spec.startsWith('topk')) return MOST_MEGABYTES;
  const kept = parseCodec(spec).traits.density!(LARGE_ELEMENTS) * LARGE_ELEMENTS;
  return Number((MOST_MEGABYTES + (BYTES_PER_KEPT * kept) / 1e6).toFixed(2));
}

/** Targets of the suite that times kinds of data side by side. */
export function inputTargets(): Target[] {
  return INPUT_SPEEDS.map(([spec, data, atLeast]) => ({
    name: caseName(inputKind(spec, data)),
    figure: { speedBeside: USUAL },
    atLeast,
  }));
}
