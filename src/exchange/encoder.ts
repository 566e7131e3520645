/** One encoding end: a codec, with its residual where the spec asks for feedback. */
import {
  errorFeedback,
  streamsFor,
  type Codec,
  type FeedbackCodec,
  type StreamCoordinates,
} from '../../codecs/index.ts';
import { readHeader } from '../../proto/payload.ts';
import { timed, type ExchangeCounts } from './meter.ts';

/** Encodes vectors of one length into a buffer of its own. */
export class Encoder {
  readonly #codec: Codec;
  readonly #feedback: FeedbackCodec | undefined;
  readonly #buffer: Uint8Array;

  /** @param length elements of every vector */
  constructor(codec: Codec, length: number) {
    this.#codec = codec;
    this.#feedback = codec.traits.feedback ? errorFeedback(codec, length) : undefined;
    this.#buffer = new Uint8Array(codec.maxBytes(length));
  }

  /** What is held back, or undefined without feedback. */
  get residual(): Float32Array | undefined {
    return this.#feedback?.residual;
  }

  /**
   * Encodes `vector`, which must be finite.
   * @returns a view of this encoder's buffer, valid until the next call
   */
  encode(vector: Float32Array, at: StreamCoordinates, counts: ExchangeCounts): Uint8Array {
    const random = streamsFor(at);
    const bytes = timed(counts, 'encode', () =>
      (this.#feedback ?? this.#codec).encodeInto(vector, this.#buffer, random),
    );
    const payload = this.#buffer.subarray(0, bytes);
    if (this.#codec.traits.range) counts.saturated += readHeader(payload, vector.length).saturated;
    return payload;
  }

  /** For a change of the learning rate: previous / next. */
  rescale(factor: number): void {
    this.#feedback?.rescale(factor);
  }
}
