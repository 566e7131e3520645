/**
 * Error classes of the library. Every one carries a stable `code`: programs branch on the code,
 * people read the message. Wrong kinds of argument are `TypeError`s and wrong values `RangeError`s,
 * so `isGradwireError` asks for the code and not for a base class.
 */

/** Codes never change their meaning and are never reused. */
export type ErrorCode = `GRADWIRE_${string}`;

/** Common base of errors that are neither a wrong type nor a wrong value of an argument. */
export class GradwireError extends Error {
  /** Stable identifier of the kind of failure. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** An argument of the wrong type; the message says what was expected and how to convert. */
export class ArgumentTypeError extends TypeError {
  readonly code = 'GRADWIRE_ARGUMENT_TYPE';
  override readonly name = 'ArgumentTypeError';
}

/** An argument of the right type with a value outside its range. */
export class ArgumentRangeError extends RangeError {
  readonly code = 'GRADWIRE_ARGUMENT_RANGE';
  override readonly name = 'ArgumentRangeError';
}

/** The caller's output buffer cannot hold the result. Lengths are in bytes. */
export class BufferTooSmallError extends RangeError {
  readonly code = 'GRADWIRE_BUFFER_TOO_SMALL';
  override readonly name = 'BufferTooSmallError';
  readonly needed: number;
  readonly given: number;

  constructor(needed: number, given: number) {
    super(
      `output buffer of ${given} bytes is too small: up to ${needed} bytes are needed (codec.maxBytes)`,
    );
    this.needed = needed;
    this.given = given;
  }
}

/** A codec spec that names an unknown codec, key or value, or a combination that cannot be right. */
export class CodecSpecError extends GradwireError {
  /** The spec as given. */
  readonly spec: string;

  constructor(spec: string, problem: string) {
    super('GRADWIRE_CODEC_SPEC', `codec spec ${JSON.stringify(spec)}: ${problem}`);
    this.spec = spec;
  }
}

/** A gradient (or gradient plus residual) holds NaN or ±Infinity. Nothing was written or changed. */
export class NonFiniteGradientError extends GradwireError {
  /** Index of the first non-finite element. */
  readonly index: number;
  readonly value: number;

  constructor(index: number, value: number, what = 'gradient') {
    super(
      'GRADWIRE_NON_FINITE_GRADIENT',
      `${what}[${index}] is ${value}; codecs take finite values only ` +
        `(pass nonFinite: 'zero' to replace such elements by 0)`,
    );
    this.index = index;
    this.value = value;
  }
}

/** Why a payload was refused. */
export type PayloadErrorCode =
  | 'GRADWIRE_PAYLOAD_TRUNCATED'
  | 'GRADWIRE_PAYLOAD_OVERSIZED'
  | 'GRADWIRE_PAYLOAD_FOREIGN'
  | 'GRADWIRE_PAYLOAD_VERSION'
  | 'GRADWIRE_PAYLOAD_LIMIT'
  | 'GRADWIRE_PAYLOAD_CHECKSUM'
  | 'GRADWIRE_PAYLOAD_HEADER'
  | 'GRADWIRE_PAYLOAD_BODY'
  | 'GRADWIRE_PAYLOAD_CODEC'
  | 'GRADWIRE_PAYLOAD_LENGTH';

/** Bytes that are not a payload this library can decode. No output was written. */
export class PayloadError extends GradwireError {
  declare readonly code: PayloadErrorCode;

  constructor(code: PayloadErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/**
 * A snapshot of error feedback or of an exchange that does not belong here or is damaged; or one that cannot be
 * taken now.
 */
export class SnapshotError extends GradwireError {
  constructor(message: string, options?: ErrorOptions) {
    super('GRADWIRE_SNAPSHOT', message, options);
  }
}

/** True for every error this library throws on purpose. */
export function isGradwireError(error: unknown): error is Error & { readonly code: ErrorCode } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('GRADWIRE_')
  );
}
