/**
 * The operations as calls to the worker: what is checked before they are sent, which arrays belong to them,
 * and what they return. One plan serves the asynchronous and the synchronous form.
 */
import {
  assertChunks,
  assertCounts,
  intoForAll,
  intoForAllToAll,
  lengthForAll,
} from '../collective/arguments.ts';
import type { Operand } from '../collective/buffers-in-use.ts';
import { chunkRange, chunksOf } from '../collective/chunks.ts';
import {
  assertLike,
  assertNumericArray,
  assertSameType,
  copyInto,
  partOf,
  type NumericArray,
} from '../collective/numeric-array.ts';
import type {
  AllGatherOptions,
  AllToAllOptions,
  GatherOptions,
  OperationOptions,
  Received,
  ReduceOptions,
  ReduceScatterOptions,
  ReductionOptions,
  RootOptions,
  ScatterOptions,
  ScatterVOptions,
  SendOptions,
  VectorsOptions,
} from '../collective/options.ts';
import { reducerOf } from '../collective/reducer.ts';

/** Which rank of how many plans. */
export interface Seat {
  readonly rank: number;
  readonly size: number;
}

/** A call to the worker that returns T here. */
export interface Plan<T> {
  readonly method: string;
  /** The last one are the options. */
  readonly args: readonly unknown[];
  readonly options: OperationOptions;
  readonly operands: readonly Operand[];
  /** What the caller gets, from what the worker has returned. */
  readonly result: (returned: unknown) => T;
}

const reads = (array: NumericArray, title: string): Operand => ({ array, title, writes: false });
const writes = (array: NumericArray, title: string): Operand => ({ array, title, writes: true });
const nothing = (): void => {};

function plan<T>(
  method: string,
  args: readonly unknown[],
  options: object,
  operands: readonly Operand[],
  result: (returned: unknown) => T,
): Plan<T> {
  return { method, args: [...args, options], options, operands, result };
}

export function send(destination: number, data: NumericArray, options: SendOptions): Plan<void> {
  assertNumericArray(data, 'data');
  return plan('send', [destination, data], options, [reads(data, 'data')], nothing);
}

/** @param into an array: functions are asked by the calling thread */
export function receive<T extends NumericArray>(
  source: number | 'any',
  into: T,
  options: OperationOptions,
): Plan<Received<T>> {
  assertNumericArray(into, 'into');
  return plan('receive', [source, into], options, [writes(into, 'into')], receivedIn(into));
}

export function sendReceive<T extends NumericArray>(
  [destination, data, source, into]: readonly [number, NumericArray, number | 'any', T],
  options: OperationOptions,
): Plan<Received<T>> {
  assertNumericArray(data, 'data');
  assertNumericArray(into, 'into');
  const args = [destination, data, source, into];
  const operands = [reads(data, 'data'), writes(into, 'into')];
  return plan('sendReceive', args, options, operands, receivedIn(into));
}

function receivedIn<T extends NumericArray>(into: T): (returned: unknown) => Received<T> {
  return (returned) => {
    const { source, tag, length } = returned as Received<T>;
    return { source, tag, length, data: partOf(into, 0, length) };
  };
}

export function barrier(options: OperationOptions): Plan<void> {
  return plan('barrier', [], options, [], nothing);
}

export function broadcast(seat: Seat, vector: NumericArray, options: RootOptions): Plan<void> {
  const isRoot = seat.rank === (options.root ?? 0);
  assertNumericArray(vector, 'vector');
  const operand = isRoot ? reads(vector, 'vector') : writes(vector, 'vector');
  return plan('broadcast', [vector], options, [operand], nothing);
}

export function reduce(seat: Seat, vector: NumericArray, options: ReduceOptions): Plan<void> {
  const isRoot = seat.rank === (options.root ?? 0);
  assertReduction(vector, options);
  const operand = isRoot ? writes(vector, 'vector') : reads(vector, 'vector');
  return plan('reduce', [vector], options, [operand], nothing);
}

export function allReduce(vector: NumericArray, options: ReductionOptions): Plan<void> {
  assertReduction(vector, options);
  return plan('allReduce', [vector], options, [writes(vector, 'vector')], nothing);
}

export function reduceScatter<T extends NumericArray>(
  { rank, size }: Seat,
  vector: T,
  options: ReduceScatterOptions,
): Plan<T> {
  assertReduction(vector, options);
  const { start, end } = chunkRange(vector.length, size, rank);
  const operands = [writes(vector, 'vector')];
  return plan('reduceScatter', [vector], options, operands, () => partOf(vector, start, end));
}

export function reduceScatterV<T extends NumericArray>(
  { rank, size }: Seat,
  vector: T,
  counts: readonly number[],
  options: ReductionOptions,
): Plan<T> {
  assertReduction(vector, options);
  assertCounts(counts, vector.length, size);
  const { start, end } = chunksOf([...counts])(rank);
  const operands = [writes(vector, 'vector')];
  const args = [vector, [...counts]];
  return plan('reduceScatterV', args, options, operands, () => partOf(vector, start, end));
}

function assertReduction(vector: NumericArray, { op = 'sum' }: ReductionOptions): void {
  assertNumericArray(vector, 'vector');
  reducerOf(op);
}

export function gather<T extends NumericArray>(
  { rank, size }: Seat,
  part: T,
  options: GatherOptions<T>,
): Plan<T | undefined> {
  assertNumericArray(part, 'part');
  const isRoot = rank === (options.root ?? 0);
  const into = isRoot ? intoForAll(part, size, options.into) : undefined;
  // The root copies its own part before anything else.
  const operands = [into ? writes(into, 'into') : reads(part, 'part')];
  return plan('gather', [part], { ...options, ...(into && { into }) }, operands, () => into);
}

export function scatter<T extends NumericArray>(
  { rank, size }: Seat,
  part: T,
  options: ScatterOptions<T>,
): Plan<T> {
  assertNumericArray(part, 'part');
  const { root = 0, from, ...rest } = options;
  const operands = [writes(part, 'part')];
  if (rank !== root) return plan('scatter', [part], { ...rest, root }, operands, () => part);
  assertLike(from, 'from', part, ...lengthForAll(part, size));
  const own = partOf(from as T, root * part.length, (root + 1) * part.length);
  const isInPlace = own.buffer === part.buffer && own.byteOffset === part.byteOffset;
  operands.unshift(reads(from as T, 'from'));
  if (isInPlace) operands.pop();
  return plan('scatter', [part], { ...rest, root, from }, operands, () => part);
}

export function scatterV<T extends NumericArray>(
  { rank, size }: Seat,
  into: T,
  options: ScatterVOptions<T>,
): Plan<T> {
  const { root = 0, chunks, ...rest } = options;
  assertNumericArray(into, 'into');
  const operands = [writes(into, 'into')];
  const result = (returned: unknown): T => partOf(into, 0, returned as number);
  if (rank !== root) return plan('scatterV', [into], { ...rest, root }, operands, result);
  assertChunks(chunks, size);
  operands.unshift(...chunks!.map((chunk) => reads(chunk, 'chunks')));
  return plan('scatterV', [into], { ...rest, root, chunks }, operands, result);
}

export function allGather<T extends NumericArray>(
  { size }: Seat,
  part: T,
  options: AllGatherOptions<T>,
): Plan<T> {
  assertNumericArray(part, 'part');
  const into = intoForAll(part, size, options.into);
  const operands = [writes(into, 'into')];
  return plan('allGather', [part], { ...options, into }, operands, () => into);
}

export function allToAll<T extends NumericArray>(
  { size }: Seat,
  vector: T,
  options: AllToAllOptions<T>,
): Plan<T> {
  assertNumericArray(vector, 'vector');
  const into = intoForAllToAll(vector, size, options.into);
  const operands = [reads(vector, 'vector'), writes(into, 'into')];
  return plan('allToAll', [vector], { ...options, into }, operands, () => into);
}

/** The synchronous forms of operations that receive arrays of unknown lengths. */
export function vectors<T extends NumericArray, R extends T[] | undefined>(
  method: 'gatherV' | 'allGatherV' | 'allToAllV',
  { rank, size }: Seat,
  given: T | readonly T[],
  options: VectorsOptions<T> & RootOptions,
): Plan<R> {
  const { buffer, onReceive, ...rest } = options;
  if (method === 'allToAllV') assertChunks(given as readonly T[], size);
  else assertNumericArray(given, 'part');
  const own = method === 'allToAllV' ? (given as readonly T[])[rank]! : (given as T);
  const read = method === 'allToAllV' ? (given as readonly T[]) : [given as T];
  const title = method === 'allToAllV' ? 'chunks' : 'part';
  const operands = read.map((array) => reads(array, title));
  return plan(method, [given], rest, operands, (returned) => {
    const arrays = returned as T[] | undefined;
    return arrays?.map((array, source) => {
      const taken = source === rank ? own : taking(array, buffer?.(source, array.length));
      onReceive?.(source, taken);
      return taken;
    }) as R;
  });
}

function taking<T extends NumericArray>(array: T, buffer: T | undefined): T {
  if (buffer === undefined) return array;
  assertSameType(buffer, 'buffer(…)', array);
  copyInto(buffer, array, 0);
  return partOf(buffer, 0, array.length);
}
