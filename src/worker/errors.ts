/**
 * Errors between threads: class, message and fields survive, and so does identity. An error that comes
 * back to where it was made is the very same object, and one that is sent twice arrives as one.
 */
import * as commErrors from '../../proto/comm-errors.ts';
import * as baseErrors from '../../proto/errors.ts';
import * as exchangeErrors from '../../proto/exchange-errors.ts';

/** An error on its way. */
export interface WireError {
  /** Name of the class. */
  readonly type: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  /** Number that the thread where it was made knows it by, and which thread that is. */
  readonly ref: number;
  readonly home: Side;
}

export type Side = 'caller' | 'worker';

type ErrorClass = abstract new (...args: never[]) => Error;

const CLASSES: ReadonlyMap<string, ErrorClass> = new Map(
  [
    ...Object.values(baseErrors),
    ...Object.values(commErrors),
    ...Object.values(exchangeErrors),
    ...[Error, TypeError, RangeError, EvalError, ReferenceError, SyntaxError, URIError],
  ].flatMap((value): [string, ErrorClass][] => (isErrorClass(value) ? [[value.name, value]] : [])),
);

function isErrorClass(value: unknown): value is ErrorClass & { readonly name: string } {
  return typeof value === 'function' && (value === Error || value.prototype instanceof Error);
}

/** Errors remembered by number; failures are few, and those of wrong arguments soon forgotten. */
const MAX_KNOWN = 256;

/** One thread's view of the errors that go to and fro. */
export class ErrorExchange {
  readonly #side: Side;
  readonly #refs: WeakMap<Error, { readonly home: Side; readonly ref: number }> = new WeakMap();
  readonly #known: Map<string, Error> = new Map();
  #next = 0;

  constructor(side: Side) {
    this.#side = side;
  }

  write(thrown: unknown): WireError {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    let place = this.#refs.get(error);
    if (place === undefined) {
      place = { home: this.#side, ref: this.#next++ };
      this.#remember(error, place);
    }
    const { message, stack, cause, ...own } = error as Error & Record<string, unknown>;
    return {
      type: this.#typeOf(error),
      message,
      stack,
      fields: cloneable({ ...own, name: error.name }),
      ...(cause !== undefined && { cause: this.#writeCause(cause) }),
      ...place,
    };
  }

  read(wire: WireError): Error {
    const { home, ref } = wire;
    const known = this.#known.get(keyOf(wire));
    if (known !== undefined) return known;
    const error = new Error(wire.message);
    Object.setPrototypeOf(error, (CLASSES.get(wire.type) ?? Error).prototype as object);
    for (const [name, value] of Object.entries(wire.fields))
      if (error[name as 'name'] !== value)
        Object.defineProperty(error, name, { value, enumerable: name !== 'name' });
    if (wire.cause !== undefined)
      Object.defineProperty(error, 'cause', { value: this.#readCause(wire.cause) });
    if (wire.stack !== undefined) error.stack = wire.stack;
    this.#remember(error, { home, ref });
    return error;
  }

  #typeOf(error: Error): string {
    for (let type = error.constructor as { name: string } | null; type;) {
      if (CLASSES.get(type.name) === type) return type.name;
      type = Object.getPrototypeOf(type) as typeof type;
    }
    return 'Error';
  }

  #remember(error: Error, place: { readonly home: Side; readonly ref: number }): void {
    this.#refs.set(error, place);
    this.#known.set(keyOf(place), error);
    if (this.#known.size <= MAX_KNOWN) return;
    const [oldest] = this.#known.keys();
    this.#known.delete(oldest!);
  }

  #writeCause(cause: unknown): unknown {
    return cause instanceof Error ? { error: this.write(cause) } : cloneable({ cause })['cause'];
  }

  #readCause(cause: unknown): unknown {
    const { error } = (cause ?? {}) as { error?: WireError };
    return error?.home === undefined ? cause : this.read(error);
  }
}

function keyOf({ home, ref }: { readonly home: Side; readonly ref: number }): string {
  return `${home} ${ref}`;
}

/** Fields that can be posted; others become text. */
function cloneable(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, canClone(value) ? value : String(value)]),
  );
}

function canClone(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (value === null || typeof value !== 'object') return true;
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
