/**
 * What an operation costs by the α–β–γ model, and the algorithm that costs least. A message of m bytes
 * takes α + m β; combining m bytes takes m γ; copying them from one buffer to another is taken for the
 * same. P ranks, n bytes a rank (m where n is the part of one rank), L = ⌈log₂ P⌉, G the largest power
 * of two ≤ P, k = log₂ G; where G < P, folding adds 2 (α + n β) + n γ.
 *
 * | operation      | algorithm          | seconds                                                |
 * | -------------- | ------------------ | ------------------------------------------------------ |
 * | all-reduce     | ring               | 2 (P−1) α + 2 (P−1)/P n β + (P−1) min(n/P, segment) γ  |
 * |                | recursive-doubling | k (α + n β + n γ) + folding                            |
 * |                | halving-doubling   | 2 k α + 2 (G−1)/G n β + (G−1)/G n γ + folding          |
 * | reduce-scatter | ring               | (P−1) α + (P−1)/P n β + (P−1) min(n/P, segment) γ      |
 * |                | recursive-doubling | k (α + n β + n γ) + folding                            |
 * | reduce         | binomial           | L (α + n β + n γ)                                      |
 * |                | ring               | 2 (P−1) α + 2 (P−1)/P n β + (P−1) min(n/P, segment) γ  |
 * | broadcast      | binomial           | L (α + n β)                                            |
 * |                | pipeline           | (P−2+S) (α + n/S β), S segments                        |
 * | all-gather     | ring               | (P−1) (α + m β)                                        |
 * |                | bruck              | L α + (P−1) m β + P m γ                                |
 * | gather,        | linear             | (P−1) (α + m β)                                        |
 * | scatter        | binomial           | L α + (P−1) m β + P/2 m γ                              |
 * | all-to-all     | pairwise           | (P−1) (α + m β), m = n/P                               |
 * |                | bruck              | L α + H m β + 2 P m γ, H = bits set in 0 … P − 1       |
 *
 * The formulas are those of Thakur, Rabenseifner and Gropp 2005 (section 4) with two departures:
 * the ring combines a segment while the next one travels, so that only the first of each step is waited
 * for; and copies into scratch are charged, which is what long vectors lose by in the trees.
 */
import { ArgumentRangeError, ArgumentTypeError } from '../../proto/errors.ts';

/** What a message and its bytes are taken to cost. Equal on all ranks. */
export interface CostModel {
  /** α: seconds for a message, however short. Default 60 µs, two processes of one machine or a fast LAN. */
  readonly secondsPerMessage: number;
  /** β: seconds for each byte of a message. Default 8 ns, a link of 1 Gbit/s. */
  readonly secondsPerByte: number;
  /** γ: seconds to combine or copy a byte. Default 0.2 ns. */
  readonly secondsPerReducedByte: number;
}

const DEFAULT_MODEL: CostModel = {
  secondsPerMessage: 60e-6,
  secondsPerByte: 8e-9,
  secondsPerReducedByte: 0.2e-9,
};

/** How an all-reduce is done; `auto` takes what costs least by the cost model. */
export type AllReduceAlgorithm = 'auto' | 'ring' | 'recursive-doubling' | 'halving-doubling';
export type ReduceScatterAlgorithm = 'auto' | 'ring' | 'recursive-doubling';
export type ReduceAlgorithm = 'auto' | 'binomial' | 'ring';
export type BroadcastAlgorithm = 'auto' | 'binomial' | 'pipeline';
export type AllGatherAlgorithm = 'auto' | 'ring' | 'bruck';
/** Of gather and scatter. */
export type GatherAlgorithm = 'auto' | 'binomial' | 'linear';
export type AllToAllAlgorithm = 'auto' | 'pairwise' | 'bruck';

/** What a cost depends on. */
interface Work {
  /** P. */
  readonly size: number;
  /** n: bytes of the vector, or of one rank's part in all-gather, gather and scatter. */
  readonly bytes: number;
  /** Longest segment, bytes. */
  readonly segment: number;
  readonly model: CostModel;
}

type Cost = (work: Work) => number;

const powerBelow = (size: number): number => 2 ** Math.floor(Math.log2(size));
const log2Ceil = (size: number): number => Math.ceil(Math.log2(size));

/** Bits set in all numbers below `size`. */
function bitsBelow(size: number): number {
  let bits = 0;
  for (let number = 1; number < size; number++)
    for (let rest = number; rest > 0; rest &= rest - 1) bits++;
  return bits;
}

/** One message of so many bytes. */
function message({ model }: Work, bytes: number): number {
  return model.secondsPerMessage + bytes * model.secondsPerByte;
}

function reducing({ model }: Work, bytes: number): number {
  return model.secondsPerReducedByte * bytes;
}

function folding(work: Work): number {
  if (powerBelow(work.size) === work.size) return 0;
  return 2 * message(work, work.bytes) + reducing(work, work.bytes);
}

const ringPass: Cost = (work) => (work.size - 1) * message(work, work.bytes / work.size);

const ringReduceScatter: Cost = (work) =>
  ringPass(work) + (work.size - 1) * reducing(work, Math.min(work.bytes / work.size, work.segment));

const recursiveDoubling: Cost = (work) =>
  Math.log2(powerBelow(work.size)) * (message(work, work.bytes) + reducing(work, work.bytes)) +
  folding(work);

const halvingDoubling: Cost = (work) => {
  const power = powerBelow(work.size);
  const bytes = ((power - 1) / power) * work.bytes;
  return (
    2 * Math.log2(power) * message(work, 0) +
    2 * bytes * work.model.secondsPerByte +
    reducing(work, bytes) +
    folding(work)
  );
};

const ringThenPass: Cost = (work) => ringReduceScatter(work) + ringPass(work);

/** A message from or to every other rank, of a part each. */
const direct: Cost = (work) => (work.size - 1) * message(work, work.bytes);

const tree =
  (copied: (size: number) => number): Cost =>
  (work) =>
    log2Ceil(work.size) * message(work, 0) +
    (work.size - 1) * work.bytes * work.model.secondsPerByte +
    reducing(work, copied(work.size) * work.bytes);

type CostsOf<A extends string> = Readonly<Record<Exclude<A, 'auto'>, Cost>>;

/** Operations that have a choice of algorithms. */
interface Costs {
  readonly allReduce: CostsOf<AllReduceAlgorithm>;
  readonly reduceScatter: CostsOf<ReduceScatterAlgorithm>;
  readonly reduce: CostsOf<ReduceAlgorithm>;
  readonly broadcast: CostsOf<BroadcastAlgorithm>;
  readonly allGather: CostsOf<AllGatherAlgorithm>;
  readonly gather: CostsOf<GatherAlgorithm>;
  readonly scatter: CostsOf<GatherAlgorithm>;
  readonly allToAll: CostsOf<AllToAllAlgorithm>;
}

const COSTS: Costs = {
  allReduce: {
    ring: ringThenPass,
    'recursive-doubling': recursiveDoubling,
    'halving-doubling': halvingDoubling,
  },
  reduceScatter: { ring: ringReduceScatter, 'recursive-doubling': recursiveDoubling },
  reduce: {
    binomial: (work) =>
      log2Ceil(work.size) * (message(work, work.bytes) + reducing(work, work.bytes)),
    ring: ringThenPass,
  },
  broadcast: {
    binomial: (work) => log2Ceil(work.size) * message(work, work.bytes),
    pipeline: (work) => {
      const segments = Math.max(1, Math.ceil(work.bytes / pipelineSegment(work)));
      return (work.size - 2 + segments) * message(work, work.bytes / segments);
    },
  },
  allGather: { ring: direct, bruck: tree((size) => size) },
  gather: { linear: direct, binomial: tree((size) => size / 2) },
  scatter: { linear: direct, binomial: tree((size) => size / 2) },
  allToAll: {
    pairwise: ringPass,
    bruck: (work) =>
      log2Ceil(work.size) * message(work, 0) +
      bitsBelow(work.size) * (work.bytes / work.size) * work.model.secondsPerByte +
      reducing(work, 2 * work.bytes),
  },
};

type Operation = keyof Costs;
type AlgorithmOf<O extends Operation> = keyof Costs[O] & string;

/** The cost model of `options`, and what it decides. */
export class AlgorithmChoice {
  readonly model: CostModel;
  /** Longest segment, bytes. */
  readonly segment: number;

  /**
   * @param segment longest segment, bytes
   * @throws ArgumentTypeError, ArgumentRangeError on a parameter that is no finite number ≥ 0
   */
  constructor(segment: number, model: Partial<CostModel> = {}) {
    this.segment = segment;
    this.model = { ...DEFAULT_MODEL, ...model };
    for (const [name, seconds] of Object.entries(this.model)) {
      if (typeof seconds !== 'number')
        throw new ArgumentTypeError(`"costModel.${name}" must be a number, got ${typeof seconds}`);
      if (!(seconds >= 0 && seconds < Infinity))
        throw new ArgumentRangeError(
          `"costModel.${name}" must be a finite number of seconds, 0 or more, got ${seconds}`,
        );
    }
  }

  /**
   * The algorithm asked for; for `auto` the cheapest, the first one of `COSTS` if several are.
   * @throws ArgumentRangeError on an unknown name
   */
  choose<O extends Operation>(
    operation: O,
    asked: AlgorithmOf<O> | 'auto',
    size: number,
    bytes: number,
  ): AlgorithmOf<O> {
    const costs: Readonly<Record<string, Cost>> = COSTS[operation];
    if (Object.hasOwn(costs, asked)) return asked as AlgorithmOf<O>;
    if (asked !== 'auto')
      throw new ArgumentRangeError(
        `"algorithm" must be one of auto, ${Object.keys(costs).join(', ')}, got ${JSON.stringify(asked)}`,
      );
    const work = this.#work(size, bytes);
    const [[cheapest]] = Object.entries(costs)
      .map(([name, cost]) => [name, cost(work)] as const)
      .toSorted(([, a], [, b]) => a - b) as [[string, number]];
    return cheapest as AlgorithmOf<O>;
  }

  /** Predicted seconds. */
  seconds<O extends Operation>(
    operation: O,
    algorithm: AlgorithmOf<O>,
    size: number,
    bytes: number,
  ): number {
    const costs: Readonly<Record<string, Cost>> = COSTS[operation];
    return costs[algorithm]!(this.#work(size, bytes));
  }

  /** Bytes of a segment of a pipelined broadcast. */
  pipelineSegment(size: number, bytes: number): number {
    return pipelineSegment(this.#work(size, bytes));
  }

  #work(size: number, bytes: number): Work {
    return { size, bytes, segment: this.segment, model: this.model };
  }
}

/**
 * With S segments the last rank has everything after P − 2 + S messages of n / S bytes: least for S² =
 * (P − 2) n β / α. Not below 4 KiB, since a frame has a prefix, nor above the longest segment.
 */
function pipelineSegment({ size, bytes, segment, model }: Work): number {
  const { secondsPerMessage, secondsPerByte } = model;
  if (secondsPerByte === 0) return segment;
  const best = Math.sqrt((bytes * secondsPerMessage) / (Math.max(1, size - 2) * secondsPerByte));
  return Math.min(segment, Math.max(4096, Math.ceil(best)));
}
