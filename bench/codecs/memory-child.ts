/** One case in a process of its own; tells its parent how much memory it took. See memory.ts. */
import { makeData, type DataKind } from '../support/data.ts';
import { Bench } from './bench.ts';
import { codecCases } from './cases.ts';
import { takePeak, type MemoryRequest } from './memory.ts';

const WARM_UP_ELEMENTS = 8192;
/** Longer vectors repeat: making noise takes longer than the case, and memory is the same. */
const PERIOD = 2 ** 20;
const CALLS = 3;

const request = JSON.parse(process.argv[2] ?? '') as MemoryRequest;

function gradientOf(elements: number): Float32Array {
  const period = makeData(request.data as DataKind, Math.min(elements, PERIOD), 1);
  const gradient = new Float32Array(elements);
  for (let start = 0; start < elements; start += PERIOD)
    gradient.set(period.subarray(0, elements - start), start);
  return gradient;
}

/** The case on `elements` elements, called a few times. @returns bytes at its peak beside its buffers */
async function peakOf(elements: number): Promise<number | null> {
  const bench = new Bench(gradientOf(elements));
  const one = codecCases(bench, { specs: request.specs, backEnds: request.backEnds }).find(
    ({ name }) => name === request.name,
  );
  // Cases with threads are for long vectors only.
  if (!one) return null;
  await one.prepare?.();
  globalThis.gc?.();
  takePeak();
  const before = takePeak();
  for (let call = 0; call < CALLS; call++) one.run();
  const after = takePeak();
  await one.finish?.();
  bench.close();
  return before === null || after === null ? null : Math.max(0, after - before);
}

// Compiling takes memory too, but it is not the case's.
await peakOf(WARM_UP_ELEMENTS);
process.send?.(await peakOf(request.elements));
