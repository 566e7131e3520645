/**
 * The same codecs on data of several kinds, timed side by side: what a kind costs is told by a ratio
 * within one run. Everything is in place.
 */
import { parseCodec } from '../../codecs/index.ts';
import type { BenchCase } from '../support/case.ts';
import type { AdversarialKind, DataKind } from '../support/data.ts';
import type { Bench } from './bench.ts';
import { codecCase } from './cases.ts';
import { caseName, MEMORY_COPY, type CaseKind } from './names.ts';
import { memoryCopyCase } from './references.ts';

export type InputKind = DataKind | AdversarialKind;

/** What the other kinds are held against. */
export const USUAL = 'gaussian';

const DENSE: readonly InputKind[] = [USUAL, 'denormal'];

/** Codec → kinds of data it is timed on. */
export const INPUTS: Readonly<Record<string, readonly InputKind[]>> = {
  bf16: DENSE,
  fp16: DENSE,
  'qsgd:levels=7': DENSE,
  'qsgd:levels=7,norm=l2': DENSE,
  terngrad: DENSE,
  'topk:density=0.01': [...DENSE, 'equal', 'mostly-zero', 'hot-layer'],
};

/** All cases. @param benchOf gradient of a kind, the same object for the same kind */
export function inputCases(benchOf: (kind: InputKind) => Bench): BenchCase[] {
  return [
    memoryCopyCase(benchOf(USUAL)),
    ...Object.entries(INPUTS).flatMap(([spec, kinds]) =>
      kinds.map((data) => inputCase(benchOf(data), inputKind(spec, data))),
    ),
  ];
}

/** Encoding with `spec` of such data. */
export function inputKind(spec: string, data: InputKind): CaseKind {
  return { spec: parseCodec(spec).spec, operation: 'encode', place: 'in place', data };
}

function inputCase(bench: Bench, kind: CaseKind): BenchCase {
  const usual = { ...kind, data: USUAL };
  const one = codecCase(bench, kind);
  return {
    ...one,
    facts: { ...one.facts, data: kind.data ?? null },
    references: {
      copy: MEMORY_COPY,
      ...(kind.data !== USUAL && { [USUAL]: caseName(usual) }),
    },
  };
}
