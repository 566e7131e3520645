/** One encoding end: a codec, with its residual where the spec asks for feedback. */
import {
  errorFeedback,
  streamsFor,
  type Codec,
  type FeedbackCodec,
  type StreamCoordinates,
} from '../../codecs/index.ts';
import { NonFiniteGradientError } from '../../proto/errors.ts';
import { readHeader } from '../../proto/payload.ts';
import { timed, type ExchangeCounts } from './meter.ts';
import type { BufferSpace } from './space.ts';

/** Encodes vectors of one length into a buffer of its own. */
export class Encoder {
  readonly #codec: Codec;
  readonly #feedback: FeedbackCodec | undefined;
  readonly #buffer: Uint8Array;

  /** @param length elements of every vector */
  constructor(codec: Codec, length: number, space: BufferSpace) {
    this.#codec = codec;
    if (codec.traits.feedback)
      this.#feedback = errorFeedback(codec, length, {
        residual: space.vector(length),
        atomic: false,
      });
    this.#buffer = space.bytes(codec.maxBytes(length));
  }

  /** What is held back, or undefined without feedback. */
  get residual(): Float32Array | undefined {
    return this.#feedback?.residual;
  }

  /**
   * Encodes `vector`.
   * @param first index of its first element in the whole gradient, for messages
   * @returns a view of this encoder's buffer, valid until the next call
   * @throws NonFiniteGradientError; nothing of this vector is encoded, and the residual is of no use
   */
  encode(
    vector: Float32Array,
    at: StreamCoordinates,
    counts: ExchangeCounts,
    first = 0,
  ): Uint8Array {
    const random = streamsFor(at);
    const bytes = timed(counts, 'encode', () => {
      try {
        return (this.#feedback ?? this.#codec).encodeInto(vector, this.#buffer, random);
      } catch (error) {
        if (error instanceof NonFiniteGradientError) throw located(error, vector, at.rank, first);
        throw error;
      }
    });
    const payload = this.#buffer.subarray(0, bytes);
    if (this.#codec.traits.range) counts.saturated += readHeader(payload, vector.length).saturated;
    return payload;
  }

  /** For a change of the learning rate: previous / next. */
  rescale(factor: number): void {
    this.#feedback?.rescale(factor);
  }
}

/** The element as the caller of the exchange knows it. */
function located(
  { index, value }: NonFiniteGradientError,
  vector: Float32Array,
  rank: number | undefined,
  first: number,
): NonFiniteGradientError {
  const isOwn = !Number.isFinite(vector[index]!);
  const what = isOwn ? 'gradient' : 'gradient + residual';
  return new NonFiniteGradientError(first + index, value, `rank ${rank}: ${what}`);
}
