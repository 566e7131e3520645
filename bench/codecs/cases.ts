/** The cases of the suite: every codec, operation and kernel back end, and what they are held against. */
import {
  decode,
  errorFeedback,
  parseCodec,
  streamsFor,
  type Codec,
  type FeedbackCodec,
} from '../../codecs/index.ts';
import { selectKernels, type Kernels } from '../../codecs/kernels/index.ts';
import { ensure, type BenchCase } from '../support/case.ts';
import {
  energy,
  ensureSameBytes,
  ensureSameValues,
  ensureWithinTraits,
  squaredDistance,
} from './checks.ts';
import { naiveDequantise, naiveQsgd } from './naive-qsgd.ts';

export type BackEnd = Kernels['name'];
export type Operation = 'encode' | 'decode' | 'decode-add';

/** Codecs measured when none are named: all stages, and what `gradwire compare` takes. */
export const DEFAULT_SPECS: readonly string[] = [
  'none',
  'bf16',
  'fp16',
  'qsgd:levels=1',
  'qsgd:levels=7',
  'qsgd:levels=7,norm=l2',
  'qsgd:levels=7,norm=l2,entropy=rans',
  'qsgd:levels=7,norm=l2,entropy=elias',
  'qsgd:levels=127',
  'terngrad',
  'terngrad:entropy=rans',
  'topk:density=0.01',
  'topk:density=0.01+ef',
  'randomk:density=0.01',
  'randomk:density=0.1',
  'topk:k=64,block=4096/quantile:bits=2',
];

const SEED = 1;
const NAIVE = { levels: 7, block: 512 } as const;
const COPY = 'Float32Array.set';
const NAIVE_LOOP = 'naive QSGD loop';

/** What all cases work on, and share: only one runs at a time. */
export class Bench {
  readonly gradient: Float32Array;
  /** Where decoded gradients go; filled, so that no page is touched for the first time later. */
  readonly out: Float32Array;
  /** Where payloads go. */
  buffer: Uint8Array = new Uint8Array(0);
  readonly #payloads: Map<string, Uint8Array> = new Map();

  constructor(gradient: Float32Array) {
    this.gradient = gradient;
    this.out = gradient.slice();
  }

  /** Makes `buffer` long enough for any payload of `codec`. */
  reserve(codec: Codec): void {
    const needed = codec.maxBytes(this.gradient.length);
    if (this.buffer.length < needed) this.buffer = new Uint8Array(needed).fill(1);
  }

  /** The gradient's payload. */
  payloadOf(codec: Codec): Uint8Array {
    const known = this.#payloads.get(codec.spec);
    if (known) return known;
    this.reserve(codec);
    const bytes = codec.encodeInto(this.gradient, this.buffer, streamsFor({ seed: SEED }));
    const payload = this.buffer.slice(0, bytes);
    this.#payloads.set(codec.spec, payload);
    return payload;
  }
}

/** All cases for `specs` on the back ends, references first. */
export function codecCases(
  bench: Bench,
  specs: readonly string[],
  backEnds: readonly BackEnd[],
): BenchCase[] {
  const codecs = specs.map((spec) => parseCodec(spec));
  return [
    copyCase(bench),
    naiveCase(bench),
    ...codecs.flatMap((codec) => backEnds.flatMap((kernels) => casesOf(bench, codec, kernels))),
  ];
}

/** Payloads of a codec with feedback are those of the codec without: decoding is measured there. */
function casesOf(bench: Bench, codec: Codec, kernels: BackEnd): BenchCase[] {
  if (codec.traits.feedback) return [feedbackCase(bench, codec, kernels)];
  return [
    encodeCase(bench, codec, kernels),
    decodeCase(bench, codec, kernels),
    decodeAddCase(bench, codec, kernels),
  ];
}

export function caseName(spec: string, operation: Operation, kernels: BackEnd): string {
  return `${parseCodec(spec).spec} ${operation} ${kernels}`;
}

/** What the cases of a codec have in common. */
function describe(
  codec: Codec,
  operation: Operation,
  kernels: BackEnd,
): Pick<BenchCase, 'name' | 'facts' | 'references'> {
  return {
    name: caseName(codec.spec, operation, kernels),
    facts: { codec: codec.spec, operation, kernels },
    references: { copy: COPY, ...(operation === 'encode' && { naive: NAIVE_LOOP }) },
  };
}

/** `work` on the plain back end, which defines what is right. */
function onReference<T>(work: () => T): T {
  selectKernels('reference');
  return work();
}

function encodeCase(bench: Bench, codec: Codec, kernels: BackEnd): BenchCase {
  const { gradient } = bench;
  const streams = streamsFor({ seed: SEED });
  const run = (): number => codec.encodeInto(gradient, bench.buffer, streams);
  return {
    ...describe(codec, 'encode', kernels),
    prepare() {
      selectKernels(kernels);
      bench.reserve(codec);
    },
    check() {
      const payload = bench.buffer.slice(0, run());
      const expected = onReference(() => bench.payloadOf(codec));
      ensureSameBytes(payload, expected, 'payload and that of the reference kernels');
      const squaredError = ensureWithinTraits(codec, gradient, decode(payload));
      return { bitsPerElement: (8 * payload.length) / gradient.length, squaredError };
    },
    run,
  };
}

function feedbackCase(bench: Bench, codec: Codec, kernels: BackEnd): BenchCase {
  const { gradient } = bench;
  const streams = streamsFor({ seed: SEED });
  let feedback: FeedbackCodec;
  const run = (): number => feedback.encodeInto(gradient, bench.buffer, streams);
  return {
    ...describe(codec, 'encode', kernels),
    prepare() {
      selectKernels(kernels);
      bench.reserve(codec);
      feedback ??= errorFeedback(codec, gradient.length);
      // Writes to all of the residual, so that no page is touched for the first time later.
      feedback.reset();
    },
    check() {
      const sent = decode(bench.buffer.slice(0, run()));
      const sum = sent.map((value, i) => value + feedback.residual[i]!);
      const loss = squaredDistance(sum, gradient);
      const limit = 1e-12 * energy(gradient);
      ensure(loss <= limit, `sent + residual is off the gradient by ${loss}, squared`);
      return { bitsPerElement: (8 * run()) / gradient.length };
    },
    run,
  };
}

function decodeCase(bench: Bench, codec: Codec, kernels: BackEnd): BenchCase {
  const { out } = bench;
  let payload: Uint8Array;
  const run = (): void => codec.decodeInto(payload, out);
  return {
    ...describe(codec, 'decode', kernels),
    prepare() {
      selectKernels(kernels);
      payload = bench.payloadOf(codec);
    },
    check() {
      out.fill(Number.NaN);
      run();
      const expected = onReference(() => decode(payload));
      ensureSameValues(out, expected, 'decoded values and those of the reference kernels');
      return {};
    },
    run,
  };
}

function decodeAddCase(bench: Bench, codec: Codec, kernels: BackEnd): BenchCase {
  const { gradient, out } = bench;
  let payload: Uint8Array;
  const run = (): void => codec.decodeAdd(payload, out);
  return {
    ...describe(codec, 'decode-add', kernels),
    prepare() {
      selectKernels(kernels);
      payload = bench.payloadOf(codec);
      // Sums grow over calls, so every round starts from the same.
      out.set(gradient);
    },
    check() {
      run();
      const decoded = onReference(() => decode(payload));
      const expected = decoded.map((value, i) => Math.fround(gradient[i]! + value));
      ensureSameValues(out, expected, 'sum and gradient + decoded');
      return {};
    },
    run,
  };
}

/** One copy in memory: what a codec that cost nothing would take. */
function copyCase({ gradient, out }: Bench): BenchCase {
  return {
    name: COPY,
    facts: { operation: 'copy' },
    references: {},
    check() {
      out.fill(Number.NaN);
      out.set(gradient);
      ensureSameValues(out, gradient, 'copy and gradient');
      return {};
    },
    run: () => out.set(gradient),
  };
}

function naiveCase({ gradient }: Bench): BenchCase {
  const { levels, block } = NAIVE;
  const norms = new Float32Array(Math.ceil(gradient.length / block)).fill(1);
  const quantised = new Int8Array(gradient.length).fill(1);
  const run = (): void => naiveQsgd(gradient, levels, block, norms, quantised);
  return {
    name: NAIVE_LOOP,
    facts: { operation: 'encode', levels, block },
    references: { copy: COPY },
    check() {
      run();
      const decoded = naiveDequantise(norms, quantised, levels, block);
      const codec = parseCodec(`qsgd:levels=${levels},block=${block}`);
      return { squaredError: ensureWithinTraits(codec, gradient, decoded) };
    },
    run,
  };
}
