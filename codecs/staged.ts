/** Codecs made of stages: the checks, the header and the body around one value stage. */
import { assertBytes, assertFinite, assertFloat32Array, assertInteger } from '../proto/assert.ts';
import { ArgumentRangeError, BufferTooSmallError, PayloadError } from '../proto/errors.ts';
import { HeaderTemplate, readHeader, type PayloadHeader } from '../proto/payload.ts';
import type { AdditiveValues, Codec, CodecTraits } from './codec.ts';
import { kernels } from './kernels/index.ts';
import { assertFiniteElements } from './non-finite.ts';
import type { EncodeRandom } from './random.ts';
import type { EncodeReport, Section } from './stage.ts';

/** Longest gradient in one payload, in elements. */
export const MAX_LENGTH: number = 2 ** 28;

/** A body behind a header that has been checked. */
export interface OpenedBody {
  readonly body: Uint8Array;
  readonly header: PayloadHeader;
}

/** Part of a codec that knows the body; `StagedCodec` does everything around it. */
export interface BodyCodec {
  readonly traits: CodecTraits;
  /** Decoding needs the shared stream, so the header carries its key. */
  readonly keyed: boolean;
  maxBodyBytes(length: number): number;
  /** `encodeBody` refuses what is not finite by itself, before it writes anything. */
  readonly checksFinite?: true;
  /**
   * Writes the body of a finite gradient; returns its length in bytes.
   * @throws NonFiniteGradientError where `checksFinite`
   */
  encodeBody(
    gradient: Float32Array,
    body: Uint8Array,
    random: EncodeRandom,
    report: EncodeReport,
  ): number;
  /**
   * Encodes gradient + residual, sums in float32, and leaves in `residual` what was lost. Absent
   * where that takes as many sweeps as adding, encoding and subtracting what was sent.
   * @param atomic whether the residual must stay as it is when the sums are refused
   * @throws NonFiniteGradientError before anything is written
   */
  encodeWithResidual?(
    gradient: Float32Array,
    residual: Float32Array,
    body: Uint8Array,
    random: EncodeRandom,
    report: EncodeReport,
    atomic: boolean,
  ): number;
  /**
   * Decodes into `out`, or into a new array when the body has passed all checks.
   * @throws PayloadError, before anything is written, unless decoding is safe and finite
   */
  decodeBody(body: Uint8Array, header: PayloadHeader, out: Float32Array | undefined): Float32Array;
  /** @throws PayloadError, like `decodeBody` */
  addBody(body: Uint8Array, header: PayloadHeader, sum: Float32Array, weight: number): void;
  /**
   * out = Σ weight · decoded, added in order. Absent where one sweep over `out` a body is the way.
   * @throws PayloadError, before anything is written
   */
  sumBodies?(parts: readonly OpenedBody[], out: Float32Array, weight: number): void;
  sections(body: Uint8Array, header: PayloadHeader): Section[];
  readonly values?: AdditiveValues;
}

function assertWeight(weight: number): void {
  assertFinite(weight, 'weight');
  if (!Number.isFinite(Math.fround(weight)))
    throw new ArgumentRangeError(`"weight" must be finite as a float32, got ${weight}`);
}

/** A codec over stages. */
export class StagedCodec implements Codec {
  readonly spec: string;
  readonly ids: readonly number[];
  readonly traits: CodecTraits;
  declare readonly values?: AdditiveValues;
  /** The same chain with error feedback; itself when it has feedback already. */
  readonly withFeedback: () => StagedCodec;
  readonly #body: BodyCodec;
  readonly #header: HeaderTemplate;
  readonly #report: EncodeReport = { saturated: 0 };

  constructor(
    spec: string,
    ids: readonly number[],
    body: BodyCodec,
    withFeedback: (self: StagedCodec) => StagedCodec,
  ) {
    this.spec = spec;
    this.ids = ids;
    this.traits = body.traits;
    if (body.values) this.values = body.values;
    this.withFeedback = () => withFeedback(this);
    this.#body = body;
    this.#header = new HeaderTemplate(ids, spec, body.keyed);
  }

  maxBytes(length: number): number {
    assertInteger(length, 'length', 0, MAX_LENGTH);
    return this.#header.byteLength + this.#body.maxBodyBytes(length);
  }

  encodeInto(gradient: Float32Array, out: Uint8Array, random: EncodeRandom): number {
    assertFloat32Array(gradient, 'gradient');
    this.checkOutput(gradient.length, out);
    if (!this.#body.checksFinite) assertFiniteElements({ x: gradient });
    return this.encodeFinite(gradient, out, random);
  }

  /** @throws BufferTooSmallError, ArgumentTypeError */
  checkOutput(length: number, out: Uint8Array): void {
    assertBytes(out, 'out');
    const needed = this.maxBytes(length);
    if (out.length < needed) throw new BufferTooSmallError(needed, out.length);
  }

  /** `encodeInto` for a gradient known to be finite and an output known to be large enough. */
  encodeFinite(gradient: Float32Array, out: Uint8Array, random: EncodeRandom): number {
    return this.#write(gradient.length, out, random, (room) =>
      this.#body.encodeBody(gradient, room, random, this.#report),
    );
  }

  /**
   * Encodes gradient + residual, and leaves in `residual` what was lost. `out` is large enough.
   * @throws NonFiniteGradientError before a byte is written; if atomic, the residual is unchanged
   */
  encodeWithResidual(
    gradient: Float32Array,
    residual: Float32Array,
    out: Uint8Array,
    random: EncodeRandom,
    atomic = true,
  ): number {
    const body = this.#body;
    if (body.encodeWithResidual)
      return this.#write(gradient.length, out, random, (room) =>
        body.encodeWithResidual!(gradient, residual, room, random, this.#report, atomic),
      );
    assertFiniteElements({ x: gradient, y: residual });
    kernels.addVector(gradient, residual);
    return this.encodeResidual(residual, out, random);
  }

  /** Encodes a finite residual, and leaves in it what was lost. `out` is large enough. */
  encodeResidual(residual: Float32Array, out: Uint8Array, random: EncodeRandom): number {
    const bytes = this.encodeFinite(residual, out, random);
    this.decodeAdd(out.subarray(0, bytes), residual, -1);
    return bytes;
  }

  /** Puts a header before the body that `encode` writes; returns the payload's length. */
  #write(
    length: number,
    out: Uint8Array,
    random: EncodeRandom,
    encode: (room: Uint8Array) => number,
  ): number {
    const start = this.#header.byteLength;
    this.#report.saturated = 0;
    const bodyBytes = encode(out.subarray(start, start + this.#body.maxBodyBytes(length)));
    const fields = { length, bodyBytes, saturated: this.#report.saturated, key: random.shared };
    this.#header.write(out, fields, kernels.checksum);
    return start + bodyBytes;
  }

  decodeInto(payload: Uint8Array, out: Float32Array): void {
    assertFloat32Array(out, 'out');
    const header = this.#open(payload, out.length);
    this.#body.decodeBody(payload.subarray(header.headerBytes), header, out);
  }

  decodeAdd(payload: Uint8Array, sum: Float32Array, weight = 1): void {
    assertFloat32Array(sum, 'sum');
    assertWeight(weight);
    const header = this.#open(payload, sum.length);
    this.#body.addBody(payload.subarray(header.headerBytes), header, sum, weight);
  }

  decodeSum(payloads: readonly Uint8Array[], out: Float32Array, weight = 1): void {
    assertFloat32Array(out, 'out');
    assertWeight(weight);
    const parts = payloads.map((payload) => {
      const header = this.#open(payload, out.length);
      return { header, body: payload.subarray(header.headerBytes) };
    });
    if (this.#body.sumBodies) {
      this.#body.sumBodies(parts, out, weight);
      return;
    }
    kernels.clear(out);
    for (const { body, header } of parts) this.#body.addBody(body, header, out, weight);
  }

  /** Header of a payload of this codec and `length`, everything behind it checked. */
  #open(payload: Uint8Array, length: number): PayloadHeader {
    assertBytes(payload, 'payload');
    const header = readHeader(payload, MAX_LENGTH, kernels.checksum);
    if (header.spec !== this.spec)
      throw new PayloadError(
        'GRADWIRE_PAYLOAD_CODEC',
        `payload is of codec ${JSON.stringify(header.spec)}, not ${JSON.stringify(this.spec)}`,
      );
    if (header.length !== length)
      throw new PayloadError(
        'GRADWIRE_PAYLOAD_LENGTH',
        `payload holds ${header.length} elements, the array has ${length}`,
      );
    this.#checkHeader(header);
    return header;
  }

  /** @throws PayloadError unless ids and key are this codec's */
  #checkHeader(header: PayloadHeader): void {
    if (header.codecIds.join() !== this.ids.join())
      throw new PayloadError(
        'GRADWIRE_PAYLOAD_CODEC',
        `codec ids ${header.codecIds.join()} in the header do not belong to ${header.spec}`,
      );
    if ((header.key !== undefined) !== this.#body.keyed)
      throw new PayloadError(
        'GRADWIRE_PAYLOAD_HEADER',
        `payload header is malformed: ${header.spec} ${this.#body.keyed ? 'needs a' : 'has no'} stream key`,
      );
  }

  /** Decodes a payload whose header was read and names this codec. @throws PayloadError */
  decodeOpened(payload: Uint8Array, header: PayloadHeader): Float32Array {
    this.#checkHeader(header);
    return this.#body.decodeBody(payload.subarray(header.headerBytes), header, undefined);
  }

  /** Sections of a payload that can be decoded. */
  sections(payload: Uint8Array, header: PayloadHeader): Section[] {
    return this.#body.sections(payload.subarray(header.headerBytes), header);
  }
}
