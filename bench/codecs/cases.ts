/** The cases of the suite: every codec, operation and place, on the kernel back ends. */
import { errorFeedback, parseCodec, streamsFor, type Codec } from '../../codecs/index.ts';
import type { FeedbackCodec } from '../../codecs/index.ts';
import { selectKernels } from '../../codecs/kernels/index.ts';
import { LEAST_FOR_THREADS } from '../../codecs/kernels/simd/crew.ts';
import { startThreads, type CodecThreads } from '../../src/threads/index.ts';
import { ensure, type BenchCase, type Facts } from '../support/case.ts';
import { places, SEED, type Arrays, type Bench } from './bench.ts';
import { energy, ensureSameBytes, ensureSameValues, ensureSum, lossOfSum } from './checks.ts';
import {
  ARRAY_COPY,
  caseName,
  MEMORY_COPY,
  NAIVE_LOOP,
  type BackEnd,
  type CaseKind,
} from './names.ts';
import { referenceCases } from './references.ts';

/** Codecs measured when none are named. */
export const DEFAULT_SPECS: readonly string[] = [
  'none',
  'bf16',
  'fp16',
  'qsgd:levels=1',
  'qsgd:levels=7',
  'qsgd:levels=127',
  'qsgd:levels=7,norm=l2',
  'qsgd:levels=7,norm=l2,entropy=rans',
  'qsgd:levels=7,norm=l2,entropy=elias',
  'qsgd:levels=7+ef',
  'terngrad',
  'terngrad:pack=bits',
  'terngrad:entropy=rans',
  'topk:density=0.001',
  'topk:density=0.01',
  'topk:density=0.1',
  'topk:density=0.01+ef',
  'randomk:density=0.01',
  'randomk:density=0.1',
  'topk:density=0.01/qsgd:levels=7',
  'topk:k=64,block=4096/quantile:bits=2',
];

const THREADED_SPECS: readonly string[] = ['qsgd:levels=7', 'terngrad'];
const THREADS = 2;

/** The same work in another system: what to compare a case with, by spec and operation. */
export type PeerNames = (spec: string, operation: string) => string | undefined;

/** What to make cases of. */
export interface CaseChoice {
  readonly specs: readonly string[];
  readonly backEnds: readonly BackEnd[];
  readonly peers?: PeerNames;
}

/** All cases, what they are compared with first. */
export function codecCases(bench: Bench, { specs, backEnds, peers }: CaseChoice): BenchCase[] {
  const codecs = specs.map((spec) => parseCodec(spec));
  const hasKernelMemory = backEnds.includes('simd');
  if (hasKernelMemory) selectKernels('simd');
  const make = (kind: CaseKind): BenchCase => codecCase(bench, kind, peers);
  return [
    ...referenceCases(bench, hasKernelMemory),
    ...codecs.flatMap((codec) => kindsOf(codec, backEnds).map(make)),
    ...(hasKernelMemory ? threadKinds(bench, codecs).map(make) : []),
  ];
}

/** Payloads of a codec with feedback are those of the codec without: decoding is measured there. */
function kindsOf({ spec, traits }: Codec, backEnds: readonly BackEnd[]): CaseKind[] {
  const operations = traits.feedback
    ? (['encode'] as const)
    : (['encode', 'decode', 'decode-add'] as const);
  return backEnds.flatMap((kernels) =>
    places
      // The plain kernels have no memory of their own.
      .filter((place) => kernels === 'simd' || place === 'plain arrays')
      .flatMap((place) => operations.map((operation) => ({ spec, operation, place, kernels }))),
  );
}

/** Long vectors only: others are not worth waking a thread for. */
function threadKinds({ length }: Bench, codecs: readonly Codec[]): CaseKind[] {
  if (length < LEAST_FOR_THREADS) return [];
  const threaded = THREADED_SPECS.map((spec) => parseCodec(spec).spec);
  return codecs
    .filter(({ spec }) => threaded.includes(spec))
    .flatMap(({ spec }) =>
      (['encode', 'decode'] as const).map((operation): CaseKind => ({
        spec,
        operation,
        place: 'in place',
        threads: THREADS,
      })),
    );
}

/** What is timed, and how it is looked at. */
interface Work {
  /** Called after `prepare` of the case. */
  begin(): void;
  check(): Facts;
  run(): unknown;
}

/** The case of a kind. Its parts are made when it is first prepared. */
export function codecCase(bench: Bench, kind: CaseKind, peers?: PeerNames): BenchCase {
  const { spec, operation, place, kernels = 'simd', threads = 1 } = kind;
  const codec = parseCodec(spec);
  let work: Work | undefined;
  let crew: CodecThreads | undefined;
  return {
    name: caseName(kind),
    facts: { codec: codec.spec, operation, place, kernels, threads },
    references: referencesOf(kind, peers),
    async prepare() {
      selectKernels(kernels);
      if (threads > 1) crew = await startThreads({ threads });
      work ??= workOf(bench, codec, kind);
      work.begin();
    },
    check: () => work!.check(),
    run: () => work!.run(),
    finish: () => crew?.close(),
  };
}

function referencesOf(kind: CaseKind, peers?: PeerNames): Record<string, string> {
  const { spec, operation, place, kernels, threads = 1 } = kind;
  const { threads: _, ...alone } = kind;
  const peer = kernels === 'reference' || threads > 1 ? undefined : peers?.(spec, operation);
  return {
    copy: place === 'in place' ? MEMORY_COPY : ARRAY_COPY,
    ...(operation === 'encode' && { naive: NAIVE_LOOP }),
    ...(threads > 1 && { 'one thread': caseName(alone) }),
    ...(peer !== undefined && { torch: peer }),
  };
}

function workOf(bench: Bench, codec: Codec, { operation, place }: CaseKind): Work {
  const arrays = bench.at(place);
  if (operation === 'decode') return decoding(bench, arrays, codec);
  if (operation === 'decode-add') return adding(bench, arrays, codec);
  return codec.traits.feedback
    ? encodingWithResidual(bench, arrays, codec)
    : encoding(bench, arrays, codec);
}

function encoding(bench: Bench, arrays: Arrays, codec: Codec): Work {
  const { gradient } = arrays;
  const streams = streamsFor({ seed: SEED });
  let out: Uint8Array;
  const run = (): number => codec.encodeInto(gradient, out, streams);
  return {
    begin() {
      arrays.reserve(codec.maxBytes(bench.length));
      out = arrays.buffer;
    },
    check() {
      const bytes = run();
      const { payload, facts } = bench.truthOf(codec);
      ensureSameBytes(out.subarray(0, bytes), payload, 'payload and that of the reference kernels');
      return facts;
    },
    run,
  };
}

function encodingWithResidual(bench: Bench, arrays: Arrays, codec: Codec): Work {
  const { gradient, residual } = arrays;
  const streams = streamsFor({ seed: SEED });
  const feedback: FeedbackCodec = errorFeedback(codec, bench.length, { residual });
  let out: Uint8Array;
  const run = (): number => feedback.encodeInto(gradient, out, streams);
  return {
    begin() {
      arrays.reserve(codec.maxBytes(bench.length));
      out = arrays.buffer;
      feedback.reset();
    },
    check() {
      const bytes = run();
      const { payload, decoded, facts } = bench.truthOf(codec);
      ensureSameBytes(out.subarray(0, bytes), payload, 'payload and that of the reference kernels');
      const loss = lossOfSum(decoded, residual, gradient);
      const limit = 1e-12 * energy(gradient);
      ensure(loss <= limit, `sent + residual is off the gradient by ${loss}, squared`);
      return facts;
    },
    run,
  };
}

/** The payload, where it is read from in this place. */
function payloadIn(bench: Bench, arrays: Arrays, codec: Codec): Uint8Array {
  const payload = bench.payloadOf(codec);
  arrays.reserve(codec.maxBytes(bench.length));
  arrays.buffer.set(payload);
  return arrays.buffer.subarray(0, payload.length);
}

function decoding(bench: Bench, arrays: Arrays, codec: Codec): Work {
  const { out } = arrays;
  let payload: Uint8Array;
  const run = (): void => codec.decodeInto(payload, out);
  return {
    begin() {
      payload = payloadIn(bench, arrays, codec);
    },
    check() {
      out.fill(Number.NaN);
      run();
      const { decoded } = bench.truthOf(codec);
      ensureSameValues(out, decoded, 'decoded values and those of the reference kernels');
      return {};
    },
    run,
  };
}

function adding(bench: Bench, arrays: Arrays, codec: Codec): Work {
  const { gradient, out } = arrays;
  let payload: Uint8Array;
  const run = (): void => codec.decodeAdd(payload, out);
  return {
    begin() {
      payload = payloadIn(bench, arrays, codec);
      // Sums grow over calls, so every round starts from the same.
      out.set(gradient);
    },
    check() {
      run();
      const { decoded } = bench.truthOf(codec);
      ensureSum(out, gradient, decoded, 'sum and gradient + decoded');
      return {};
    },
    run,
  };
}
