/**
 * Small checks that a schema is put together from. A check takes a value of unknown type and the path
 * where it was found, and returns the value typed, or throws a ResultsError naming path and value.
 */
import { ResultsError } from './errors.ts';
import type { JsonValue } from './types.ts';

/** @throws ResultsError */
export type Check<T> = (value: unknown, path: string) => T;

/** A check for each field of `T`. */
export type Fields<T> = { readonly [Name in keyof T]-?: Check<T[Name]> };

export const string: Check<string> = (value, path) =>
  typeof value === 'string' ? value : refuse(value, path, 'a string');

/** A finite number in [min, max]. */
export function number(min: number = -Infinity, max: number = Infinity): Check<number> {
  return (value, path) =>
    typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max
      ? value
      : refuse(value, path, `a finite number${range(min, max)}`);
}

/** A safe integer of at least `min`. */
export function integer(min: number): Check<number> {
  return (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= min
      ? (value as number)
      : refuse(value, path, `an integer${range(min, Infinity)}`);
}

export function oneOf<const T extends string | number>(...allowed: readonly T[]): Check<T> {
  return (value, path) =>
    allowed.includes(value as T)
      ? (value as T)
      : refuse(value, path, allowed.map((item) => JSON.stringify(item)).join(' or '));
}

export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value, path) => (value === null ? null : check(value, path));
}

export function arrayOf<T>(check: Check<T>): Check<readonly T[]> {
  return (value, path) =>
    Array.isArray(value)
      ? value.map((item, i) => check(item, `${path}[${i}]`))
      : refuse(value, path, 'an array');
}

/** An object with any names. */
export function recordOf<T>(check: Check<T>): Check<{ readonly [name: string]: T }> {
  return (value, path) =>
    fromEntries(
      Object.entries(plainObject(value, path)).map(([name, item]) => [
        name,
        check(item, joinPath(path, name)),
      ]),
    );
}

/** An object with exactly these fields; a field nobody knows is a misspelt one or a newer format. */
export function object<T extends object>(fields: Fields<T>): Check<T> {
  return (value, path) => {
    const given = plainObject(value, path);
    const extra = Object.keys(given).find((name) => !Object.hasOwn(fields, name));
    if (extra !== undefined)
      throw new ResultsError(
        joinPath(path, extra),
        `unknown field; allowed: ${Object.keys(fields).join(', ')}`,
      );
    return checkFields(fields, given, path);
  };
}

/** An object with these fields and, besides, any others that JSON can hold. */
export function openObject<T extends object>(fields: Fields<T>): Check<T & JsonRecord> {
  return (value, path) => {
    const others = recordOf(json)(value, path);
    return { ...others, ...checkFields(fields, plainObject(value, path), path) };
  };
}

type JsonRecord = { readonly [name: string]: JsonValue };

/** Anything that survives JSON. */
export const json: Check<JsonValue> = (value, path) => {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return number()(value, path);
  return Array.isArray(value) ? arrayOf(json)(value, path) : recordOf(json)(value, path);
};

function checkFields<T extends object>(
  fields: Fields<T>,
  given: Record<string, unknown>,
  path: string,
): T {
  const names = Object.keys(fields) as (keyof T & string)[];
  return fromEntries(
    names.map((name) => {
      const place = joinPath(path, name);
      if (!Object.hasOwn(given, name)) throw new ResultsError(place, 'is missing');
      return [name, fields[name](given[name], place)];
    }),
  ) as T;
}

/** Object.fromEntries defines properties, so that a field named `__proto__` stays an ordinary one. */
function fromEntries<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries(entries);
}

function plainObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse(value, path, 'an object');
  return value as Record<string, unknown>;
}

function refuse(value: unknown, path: string, expected: string): never {
  throw new ResultsError(path, `expected ${expected}, got ${describe(value)}`);
}

const SHOWN = 80;

function describe(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value === 'number') return String(value); // JSON would turn NaN into null
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'an array' : 'an object';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

function range(min: number, max: number): string {
  if (min === -Infinity && max === Infinity) return '';
  return max === Infinity ? ` of at least ${min}` : ` in [${min}, ${max}]`;
}

function joinPath(path: string, name: string): string {
  if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === '' ? name : `${path}.${name}`;
}
