/** What codecs are held against: one copy in memory, and QSGD as one writes it down. */
import { parseCodec } from '../../codecs/index.ts';
import type { BenchCase } from '../support/case.ts';
import type { Arrays, Bench } from './bench.ts';
import { ensureSameValues, ensureWithinTraits } from './checks.ts';
import { memoryCopy, type Copy } from './memory-copy.ts';
import { naiveDequantise, naiveQsgd } from './naive-qsgd.ts';
import { ARRAY_COPY, MEMORY_COPY, NAIVE_LOOP } from './names.ts';

const NAIVE = { levels: 7, block: 512 } as const;

/** The references, those in the kernels' memory only where there is one. */
export function referenceCases(bench: Bench, hasKernelMemory: boolean): BenchCase[] {
  return [
    ...(hasKernelMemory ? [memoryCopyCase(bench)] : []),
    copyCase(
      ARRAY_COPY,
      () => bench.at('plain arrays'),
      (from, to) => to.set(from),
    ),
    naiveCase(bench),
  ];
}

/** `memory.copy` of the gradient. */
export function memoryCopyCase(bench: Bench): BenchCase {
  return copyCase(MEMORY_COPY, () => bench.at('in place'), memoryCopy());
}

/** What a codec that cost nothing would take. */
function copyCase(name: string, arrays: () => Arrays, copy: Copy): BenchCase {
  let from: Float32Array;
  let to: Float32Array;
  return {
    name,
    facts: { operation: 'copy' },
    references: {},
    prepare() {
      ({ gradient: from, out: to } = arrays());
    },
    check() {
      to.fill(Number.NaN);
      copy(from, to);
      ensureSameValues(to, from, 'copy and gradient');
      return {};
    },
    run: () => copy(from, to),
  };
}

function naiveCase(bench: Bench): BenchCase {
  const { levels, block } = NAIVE;
  const { gradient } = bench.at('plain arrays');
  const norms = new Float32Array(Math.ceil(gradient.length / block)).fill(1);
  const quantised = new Int8Array(gradient.length).fill(1);
  const run = (): void => naiveQsgd(gradient, levels, block, norms, quantised);
  return {
    name: NAIVE_LOOP,
    facts: { operation: 'encode', levels, block },
    references: { copy: ARRAY_COPY },
    check() {
      run();
      const decoded = naiveDequantise(norms, quantised, levels, block);
      const codec = parseCodec(`qsgd:levels=${levels},block=${block}`);
      return { squaredError: ensureWithinTraits(codec, gradient, decoded) };
    },
    run,
  };
}
