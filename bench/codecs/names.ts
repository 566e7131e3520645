/** What cases are called. */
import { parseCodec } from '../../codecs/index.ts';
import type { Place } from './bench.ts';

export type BackEnd = 'simd' | 'reference';
export type Operation = 'encode' | 'decode' | 'decode-add';

/** What a case does, how and where. */
export interface CaseKind {
  readonly spec: string;
  readonly operation: Operation;
  readonly place: Place;
  /** Default simd. */
  readonly kernels?: BackEnd;
  /** Default 1. */
  readonly threads?: number;
  /** Kind of data, in suites that have several. */
  readonly data?: string;
}

/** The instruction, between vectors in the kernels' memory. */
export const MEMORY_COPY = 'memory.copy';
/** The method, between ordinary arrays. */
export const ARRAY_COPY = 'Float32Array.set';
export const NAIVE_LOOP = 'naive QSGD loop';

/** `qsgd encode, in place`, and what is out of the ordinary behind it. */
export function caseName({ spec, operation, place, kernels, threads = 1, data }: CaseKind): string {
  return [
    `${parseCodec(spec).spec} ${operation}`,
    place,
    ...(kernels === 'reference' ? ['reference kernels'] : []),
    ...(threads > 1 ? [`${threads} threads`] : []),
    ...(data === undefined ? [] : [data]),
  ].join(', ');
}
