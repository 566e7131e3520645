/**
 * What messages and bytes cost between the ranks of a communicator, by the model that algorithms are chosen by
 * (src/collective/cost-model.ts), and what all-reduces really take.
 *
 * Both are taken from collectives, since what counts is a step inside one, not a call: with c for the call, a barrier
 * takes c + L α (L = ⌈log₂ P⌉) and a ring all-reduce of next to nothing c + 2 (P − 1) α, which gives α; one of 16 MiB
 * takes 2 (P − 1)/P n β more, which gives β. All are medians of many calls on the slowest rank. γ is the time this rank's
 * kernels take to add a byte of float32 to another.
 */
import { allocateVector } from '../../codecs/memory.ts';
import type { Communicator } from '../collective/communicator.ts';
import {
  AlgorithmChoice,
  type AllReduceAlgorithm,
  type CostModel,
} from '../collective/cost-model.ts';
import { bytesOf } from '../collective/numeric-array.ts';
import { reducerOf } from '../collective/reducer.ts';
import { equipEngines } from '../worker/engine-memory.ts';

/** An all-reduce of one length. */
export interface AllReduceTimes {
  readonly bytes: number;
  /** Taken by `auto` under the measured model. */
  readonly chosen: AllReduceAlgorithm;
  /** By algorithm: median seconds of the slowest rank, and what the model expects. */
  readonly seconds: Readonly<Record<string, number>>;
  readonly predicted: Readonly<Record<string, number>>;
}

/** Which algorithm an operation takes, by bytes. */
export interface Choices {
  readonly operation: string;
  readonly algorithms: readonly string[];
}

export interface NetworkMeasurement {
  readonly ranks: number;
  readonly transport: string;
  readonly model: CostModel;
  readonly allReduce: readonly AllReduceTimes[];
  /** Lengths of `choices`, bytes. */
  readonly lengths: readonly number[];
  readonly choices: readonly Choices[];
}

export interface MeasureOptions {
  /** Lengths of all-reduces to time, bytes, multiples of 4. */
  readonly lengths?: readonly number[];
  /** Longest time spent on one algorithm and length, seconds. Default 1. */
  readonly budget?: number;
  /** Called on every rank: steps done, of how many. */
  readonly onProgress?: (done: number, all: number) => void;
}

export const DEFAULT_LENGTHS: readonly number[] = [
  4, 1024, 16_384, 131_072, 1_048_576, 8_388_608, 67_108_864,
];
const ALGORITHMS = ['ring', 'recursive-doubling', 'halving-doubling'] as const;
const LONG_BYTES = 16 * 2 ** 20;
const SEGMENT_BYTES = 2 ** 20;
const MOST_STEPS = 500;
const FEWEST_STEPS = 5;
const WARM_UPS = 10;

/** Measures, on all ranks. @throws what the communicator throws */
export async function measureNetwork(
  communicator: Communicator,
  options: MeasureOptions = {},
): Promise<NetworkMeasurement> {
  const { lengths = DEFAULT_LENGTHS, budget = 1, onProgress = () => {} } = options;
  const all = 4 + lengths.length * ALGORITHMS.length;
  let done = 0;
  const tick = <T>(result: T): T => {
    onProgress(++done, all);
    return result;
  };
  for (let i = 0; i < 10 * WARM_UPS; i++) await communicator.barrier();
  const { size, transport } = communicator;
  const barrier = tick(await medianSeconds(communicator, () => communicator.barrier(), budget));
  const short = tick(await allReduceSeconds(communicator, 4 * size, 'ring', budget));
  const long = tick(await allReduceSeconds(communicator, LONG_BYTES, 'ring', budget));
  const steps = 2 * (size - 1) - Math.ceil(Math.log2(size));
  const moved = ((2 * (size - 1)) / size) * LONG_BYTES;
  const model: CostModel = {
    // The resolution of what is measured; nothing is faster.
    secondsPerMessage: Math.max(1e-6, (short - barrier) / steps),
    secondsPerByte: Math.max(0, long - short) / moved,
    secondsPerReducedByte: tick(await reducingSeconds(communicator)),
  };
  const choice = new AlgorithmChoice(SEGMENT_BYTES, model);
  const allReduce: AllReduceTimes[] = [];
  for (const bytes of lengths) {
    const seconds: Record<string, number> = {};
    for (const algorithm of ALGORITHMS)
      seconds[algorithm] = tick(await allReduceSeconds(communicator, bytes, algorithm, budget));
    const predicted = ALGORITHMS.map((name) => [
      name,
      choice.seconds('allReduce', name, size, bytes),
    ]);
    allReduce.push({
      bytes,
      chosen: choice.choose('allReduce', 'auto', size, bytes),
      seconds,
      predicted: Object.fromEntries(predicted) as Record<string, number>,
    });
  }
  const choices = choicesOf(choice, size, lengths);
  return { ranks: size, transport, model, allReduce, lengths, choices };
}

const OPERATIONS = [
  'allReduce',
  'reduceScatter',
  'reduce',
  'broadcast',
  'allGather',
  'gather',
  'scatter',
  'allToAll',
] as const;

/** What `auto` stands for. `lengths` are bytes of the whole vector. */
export function choicesOf(
  choice: AlgorithmChoice,
  size: number,
  lengths: readonly number[],
): Choices[] {
  return OPERATIONS.map((operation) => ({
    operation,
    algorithms: lengths.map((bytes) => choice.choose(operation, 'auto', size, bytes)),
  }));
}

/** Median over many of the slowest rank's time of `work`, which all ranks do; their number is agreed on. */
async function medianSeconds(
  communicator: Communicator,
  work: () => Promise<unknown>,
  budget: number,
): Promise<number> {
  for (let i = 0; i < WARM_UPS; i++) await work();
  const first = performance.now();
  await work();
  const estimate = Float64Array.of((performance.now() - first) / 1000);
  await communicator.allReduce(estimate, { op: 'max' });
  const steps = Math.min(MOST_STEPS, Math.max(FEWEST_STEPS, Math.floor(budget / estimate[0]!)));
  const times = new Float64Array(steps);
  for (let i = 0; i < steps; i++) {
    await communicator.barrier();
    const start = performance.now();
    await work();
    times[i] = (performance.now() - start) / 1000;
  }
  await communicator.allReduce(times, { op: 'max' });
  return times.sort()[steps >> 1]!;
}

async function reducingSeconds(communicator: Communicator): Promise<number> {
  const [target, other] = [allocateVector(SEGMENT_BYTES / 4), allocateVector(SEGMENT_BYTES / 4)];
  equipEngines();
  const reducer = reducerOf('sum');
  const add = async (): Promise<void> => {
    reducer.combine(target, target, other);
    await Promise.resolve();
  };
  const seconds = await medianSeconds(communicator, add, 0.05);
  return seconds / bytesOf(target).length;
}

function allReduceSeconds(
  communicator: Communicator,
  bytes: number,
  algorithm: (typeof ALGORITHMS)[number],
  budget: number,
): Promise<number> {
  const vector = allocateVector(bytes / 4);
  return medianSeconds(communicator, () => communicator.allReduce(vector, { algorithm }), budget);
}
