/** One case in a process of its own; tells its parent how much memory it took. See memory.ts. */
import { makeData, type DataKind } from '../support/data.ts';
import { Bench, codecCases } from './cases.ts';
import { takePeak, type MemoryRequest } from './memory.ts';

const WARM_UP_ELEMENTS = 8192;
const CALLS = 3;

const request = JSON.parse(process.argv[2] ?? '') as MemoryRequest;

/** The case on `elements` elements, called a few times. @returns bytes at its peak beside its buffers */
function peakOf(elements: number): number | null {
  const bench = new Bench(makeData(request.data as DataKind, elements, 1));
  const one = codecCases(bench, request.specs, ['simd', 'reference']).find(
    ({ name }) => name === request.name,
  );
  if (!one) throw new Error(`no case ${request.name}`);
  one.prepare?.();
  globalThis.gc?.();
  takePeak();
  const before = takePeak();
  for (let call = 0; call < CALLS; call++) one.run();
  const after = takePeak();
  return before === null || after === null ? null : Math.max(0, after - before);
}

// Compiling takes memory too, but it is not the case's.
peakOf(WARM_UP_ELEMENTS);
process.send?.(peakOf(request.elements));
