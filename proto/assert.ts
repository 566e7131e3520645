/**
 * Argument checks for public entry points. The success path returns at once; the message is built
 * only on failure. Not for use inside loops.
 */
import { ArgumentRangeError, ArgumentTypeError } from './errors.ts';

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'object') return value.constructor?.name ?? 'object';
  return typeof value === 'string' ? JSON.stringify(value) : `${typeof value} ${String(value)}`;
}

/**
 * @throws ArgumentTypeError when `value` is not a Float32Array; the message says how to convert.
 */
export function assertFloat32Array(value: unknown, title: string): asserts value is Float32Array {
  if (value instanceof Float32Array) return;
  const hint =
    Array.isArray(value) || ArrayBuffer.isView(value)
      ? `; convert with Float32Array.from(${title})`
      : '';
  throw new ArgumentTypeError(`"${title}" must be a Float32Array, got ${describe(value)}${hint}`);
}

/** @throws ArgumentTypeError when `value` is not a Uint8Array (a Buffer is one). */
export function assertBytes(value: unknown, title: string): asserts value is Uint8Array {
  if (value instanceof Uint8Array) return;
  const hint =
    value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? '; wrap it in a Uint8Array' : '';
  throw new ArgumentTypeError(`"${title}" must be a Uint8Array, got ${describe(value)}${hint}`);
}

/**
 * @throws ArgumentTypeError when `value` is not a number
 * @throws ArgumentRangeError when it is not an integer in [min, max]
 */
export function assertInteger(
  value: unknown,
  title: string,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): asserts value is number {
  if (typeof value !== 'number')
    throw new ArgumentTypeError(`"${title}" must be an integer, got ${describe(value)}`);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new ArgumentRangeError(`"${title}" must be an integer in [${min}, ${max}], got ${value}`);
}

/**
 * @throws ArgumentTypeError when `value` is not a number
 * @throws ArgumentRangeError when it is not finite
 */
export function assertFinite(value: unknown, title: string): asserts value is number {
  if (typeof value !== 'number')
    throw new ArgumentTypeError(`"${title}" must be a number, got ${describe(value)}`);
  if (!Number.isFinite(value))
    throw new ArgumentRangeError(`"${title}" must be finite, got ${value}`);
}
