/**
 * Arguments and results between the threads. Arrays in the kernels' memory, which both threads share, go
 * as an address; other shared arrays as a view of the same bytes; all else is copied.
 */
import { vectorMemory } from '../../codecs/memory.ts';
import type { NumericArray } from '../collective/numeric-array.ts';
import type { ErrorExchange, WireError } from './errors.ts';

/** A value that can be posted. Marked objects stand for what cannot. */
export type Wire = unknown;

const MARK = '$gradwire';
/** Property of what stands for a signal: whether it has been aborted. */
export const SIGNAL = '$aborted';

interface Marked {
  readonly [MARK]: 'address' | 'function' | 'error' | 'communicator' | 'exchange';
}

interface AddressWire extends Marked {
  readonly type: keyof typeof TYPES;
  readonly address: number;
  readonly length: number;
}

interface ErrorOnWire extends Marked {
  readonly error: WireError;
}

const TYPES = {
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
} as const;

type SharedView = new (buffer: ArrayBufferLike, offset: number, length: number) => NumericArray;

/** An object of the worker that stays there. */
export interface Handle {
  readonly [MARK]: 'communicator' | 'exchange';
  readonly id: number;
  readonly facts: unknown;
}

export function handle(kind: Handle[typeof MARK], id: number, facts: unknown): Handle {
  return { [MARK]: kind, id, facts };
}

export function isHandle(value: unknown, kind: Handle[typeof MARK]): value is Handle {
  return isMarked(value) && value[MARK] === kind;
}

function isMarked(value: unknown): value is Marked {
  return typeof value === 'object' && value !== null && MARK in value;
}

/** Whether both threads see the bytes of this array. */
export function isShared(array: ArrayBufferView): boolean {
  return array.buffer instanceof SharedArrayBuffer;
}

function typeName(array: ArrayBufferView): keyof typeof TYPES | undefined {
  const { name } = array.constructor;
  return Object.hasOwn(TYPES, name) ? (name as keyof typeof TYPES) : undefined;
}

/** @throws DataCloneError later, where `value` holds what no thread can be sent */
export function toWire(value: unknown, errors: ErrorExchange): Wire {
  if (ArrayBuffer.isView(value)) return arrayToWire(value);
  if (value instanceof Error)
    return { [MARK]: 'error', error: errors.write(value) } satisfies ErrorOnWire;
  if (typeof value === 'function') return { [MARK]: 'function' } satisfies Marked;
  if (Array.isArray(value)) return value.map((item) => toWire(item, errors));
  if (isPlain(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, toWire(item, errors)]),
    );
  return value;
}

function arrayToWire(array: ArrayBufferView): Wire {
  const address = vectorMemory()?.addressOf(array) ?? -1;
  const type = typeName(array);
  if (address < 0 || type === undefined) return ownBytes(array);
  const { length } = array as NumericArray;
  return { [MARK]: 'address', type, address, length } satisfies AddressWire;
}

/** A view is cloned with all of its buffer, so a part is copied out first. */
function ownBytes(array: ArrayBufferView): Wire {
  const isPart = array.byteLength < array.buffer.byteLength;
  return isPart && !isShared(array) && 'slice' in array ? (array as Uint8Array).slice() : array;
}

export function fromWire(wire: Wire, errors: ErrorExchange): unknown {
  if (ArrayBuffer.isView(wire)) return wire;
  if (isMarked(wire)) return markedFromWire(wire, errors);
  if (Array.isArray(wire)) return wire.map((item) => fromWire(item, errors));
  if (isPlain(wire))
    return Object.fromEntries(
      Object.entries(wire).map(([name, item]) => [name, fromWire(item, errors)]),
    );
  return wire;
}

function markedFromWire(wire: Marked, errors: ErrorExchange): unknown {
  switch (wire[MARK]) {
    case 'address':
      return arrayAt(wire as AddressWire);
    case 'error':
      return errors.read((wire as ErrorOnWire).error);
    case 'function':
      // Only so that a check of arguments finds what it was given.
      return () => {
        throw new Error('a function of the calling thread cannot be called by the worker');
      };
    default:
      return wire;
  }
}

function arrayAt({ type, address, length }: AddressWire): NumericArray {
  const Type = TYPES[type];
  const end = address + length * Type.BYTES_PER_ELEMENT;
  return new (Type as SharedView)(vectorMemory()!.bufferUpTo(end), address, length);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
