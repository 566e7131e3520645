/** One-call forms: a gradient to bytes, bytes to a gradient, and what the bytes are. */
import { assertBytes, assertFloat32Array, assertInteger } from '../proto/assert.ts';
import { ArgumentRangeError, GradwireError, PayloadError } from '../proto/errors.ts';
import { readHeader, type PayloadHeader, type StreamKey } from '../proto/payload.ts';
import type { Codec } from './codec.ts';
import { CustomCodec } from './custom.ts';
import { kernels, withKernels, type KernelChoice } from './kernels/index.ts';
import { parseBuiltIn, parseCodec } from './parse.ts';
import { freshSeed, streamsFor, type EncodeRandom } from './random.ts';
import type { StagedCodec } from './staged.ts';
import { MAX_LENGTH } from './staged.ts';
import type { Section } from './stage.ts';

/** What to do with NaN and ±Infinity: refuse the gradient, or take such elements as 0. */
export type NonFinitePolicy = 'throw' | 'zero';

/** What an encoding is for. All numbers are non-negative integers. */
export interface EncodeOptions {
  /** Names all randomness; without it a fresh one is drawn. */
  readonly seed?: number | undefined;
  readonly rank?: number | undefined;
  readonly step?: number | undefined;
  readonly bucket?: number | undefined;
  /** Default `throw`. */
  readonly nonFinite?: NonFinitePolicy | undefined;
  /** Back end for this call; by default the one in use (`selectKernels`). All give the same bytes. */
  readonly kernels?: KernelChoice | undefined;
}

/** Options of `decode` and `inspect`. */
export interface DecodeOptions {
  /** Longest gradient accepted, in elements; bounds the memory a payload can ask for. Default 2²⁸. */
  readonly maxLength?: number | undefined;
  /** Users' own codecs (`defineCodec`) that payloads may be of. */
  readonly codecs?: readonly Codec[] | undefined;
  /** Back end for this call; by default the one in use (`selectKernels`). */
  readonly kernels?: KernelChoice | undefined;
}

/** Streams of an encoding. @throws ArgumentTypeError, ArgumentRangeError */
export function randomFor(options: EncodeOptions): EncodeRandom {
  const { seed = freshSeed(), rank = 0, step = 0, bucket = 0 } = options;
  for (const [title, value] of Object.entries({ seed, rank, step, bucket }))
    assertInteger(value, title, 0);
  return streamsFor({ seed, rank, step, bucket });
}

/** @throws ArgumentRangeError for a policy there is not */
export function checkPolicy(policy: NonFinitePolicy | undefined): void {
  if (policy !== undefined && policy !== 'throw' && policy !== 'zero')
    throw new ArgumentRangeError(`"nonFinite" must be 'throw' or 'zero', got ${String(policy)}`);
}

/** The gradient, or, where it holds non-finite elements, a copy with zeros in their place. */
function finitePart(gradient: Float32Array): Float32Array {
  if (gradient.every(Number.isFinite)) return gradient;
  return gradient.map((value) => (Number.isFinite(value) ? value : 0));
}

/**
 * Encodes a gradient, residual taken as zero.
 * @param codec a codec or its spec
 * @returns a new array, exactly as long as the payload
 * @throws NonFiniteGradientError, CodecSpecError, ArgumentTypeError, ArgumentRangeError
 */
export function encode(
  codec: Codec | string,
  gradient: Float32Array,
  options: EncodeOptions = {},
): Uint8Array {
  const chosen = typeof codec === 'string' ? parseCodec(codec) : codec;
  assertFloat32Array(gradient, 'gradient');
  checkPolicy(options.nonFinite);
  const input = options.nonFinite === 'zero' ? finitePart(gradient) : gradient;
  const out = new Uint8Array(chosen.maxBytes(input.length));
  const random = randomFor(options);
  const bytes = withKernels(options.kernels, () => chosen.encodeInto(input, out, random));
  return bytes === out.length ? out : out.slice(0, bytes);
}

/** Parsed codecs of recent payloads: a stream of payloads has one spec, or a few. */
const recent = new Map<string, StagedCodec>();
const RECENT_LIMIT = 32;

function builtInFor(spec: string): StagedCodec {
  const known = recent.get(spec);
  if (known) return known;
  let codec: StagedCodec;
  try {
    codec = parseBuiltIn(spec);
  } catch (cause) {
    if (!(cause instanceof GradwireError)) throw cause;
    throw codecError(`payload names a codec that cannot be parsed: ${cause.message}`, cause);
  }
  if (codec.spec !== spec)
    throw codecError(`payload spec ${JSON.stringify(spec)} is not canonical (${codec.spec})`);
  if (recent.size >= RECENT_LIMIT) recent.clear();
  recent.set(spec, codec);
  return codec;
}

function codecError(message: string, cause?: unknown): PayloadError {
  return new PayloadError('GRADWIRE_PAYLOAD_CODEC', message, { cause });
}

/** Codec of a payload: a user's, found by spec, or a built-in one. @throws PayloadError */
function codecFor(header: PayloadHeader, codecs: readonly Codec[]): StagedCodec {
  for (const codec of codecs) {
    if (!(codec instanceof CustomCodec)) continue;
    if (codec.spec === header.spec) return codec;
    if (`${codec.spec}+ef` === header.spec) return codec.withFeedback();
  }
  return builtInFor(header.spec);
}

function open(
  payload: Uint8Array,
  options: DecodeOptions,
): { codec: StagedCodec; header: PayloadHeader } {
  assertBytes(payload, 'payload');
  const { maxLength = MAX_LENGTH, codecs = [] } = options;
  assertInteger(maxLength, 'maxLength', 0, MAX_LENGTH);
  const header = readHeader(payload, maxLength, kernels.checksum);
  return { codec: codecFor(header, codecs), header };
}

/**
 * Decodes a payload from its bytes alone.
 * @throws PayloadError for any bytes that are not a sound payload; nothing else is thrown for
 * hostile bytes, and no more than `maxLength` elements are ever allocated
 */
export function decode(payload: Uint8Array, options: DecodeOptions = {}): Float32Array {
  return withKernels(options.kernels, () => {
    const { codec, header } = open(payload, options);
    return codec.decodeOpened(payload, header);
  });
}

/** What a payload holds. */
export interface PayloadInfo {
  readonly spec: string;
  readonly version: number;
  readonly codecIds: readonly number[];
  /** Elements of the gradient. */
  readonly length: number;
  readonly totalBytes: number;
  /** Header first; the bytes of all sections add up to `totalBytes`. */
  readonly sections: readonly Section[];
  /** 8 · totalBytes / length; null for length 0. */
  readonly bitsPerElement: number | null;
  /** 4 · length / totalBytes. */
  readonly compressionRatio: number;
  /** Bits an element if every section with symbols took no more than their entropy; null for length 0. */
  readonly entropyBitsPerElement: number | null;
  /** Bytes by which the payload would then be shorter; a fraction of a byte counts. */
  readonly savableBytes: number;
  /** Finite values that were clipped to the range of a narrower format. */
  readonly saturated: number;
  readonly checksum: number;
  readonly key: StreamKey | undefined;
}

/** Bits of a section whose symbols are coded ideally. It may do better than their frequencies tell. */
function idealBits({ bytes, entropyBits = Infinity }: Section): number {
  return Math.min(8 * bytes, entropyBits);
}

/**
 * Describes a payload: spec, length, bytes by section beside the entropy of their symbols.
 * @throws PayloadError, like `decode`
 */
export function inspect(payload: Uint8Array, options: DecodeOptions = {}): PayloadInfo {
  return withKernels(options.kernels, () => describe(payload, options));
}

function describe(payload: Uint8Array, options: DecodeOptions): PayloadInfo {
  const { codec, header } = open(payload, options);
  codec.decodeOpened(payload, header);
  const { length, headerBytes } = header;
  const sections = [{ name: 'header', bytes: headerBytes }, ...codec.sections(payload, header)];
  const entropyBits = sections.reduce((bits, section) => bits + idealBits(section), 0);
  return {
    spec: header.spec,
    version: header.version,
    codecIds: header.codecIds,
    length,
    totalBytes: payload.length,
    sections,
    bitsPerElement: length === 0 ? null : (8 * payload.length) / length,
    compressionRatio: (4 * length) / payload.length,
    entropyBitsPerElement: length === 0 ? null : entropyBits / length,
    savableBytes: payload.length - entropyBits / 8,
    saturated: header.saturated,
    checksum: header.checksum,
    key: header.key,
  };
}
