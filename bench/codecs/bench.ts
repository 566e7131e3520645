/** What the cases of a suite work on, and share: only one runs at a time. */
import {
  allocateBytes,
  allocateVector,
  decode,
  releaseMemory,
  streamsFor,
  type Codec,
} from '../../codecs/index.ts';
import { withKernels } from '../../codecs/kernels/index.ts';
import type { Facts } from '../support/case.ts';
import { ensureWithinTraits } from './checks.ts';
import { sizeFacts } from './sizes.ts';

/**
 * Where vectors, payloads and residuals are: in the kernels' memory, where they are worked on in
 * place, or in ordinary arrays.
 */
export type Place = 'in place' | 'plain arrays';
export const places: readonly Place[] = ['in place', 'plain arrays'];

export const SEED = 1;

/** Arrays in one place. All are written before they are used, so that no page is touched first later. */
export class Arrays {
  /** What is encoded. */
  readonly gradient: Float32Array;
  readonly #place: Place;
  #out: Float32Array | undefined;
  #residual: Float32Array | undefined;
  #buffer: Uint8Array = new Uint8Array(0);

  constructor(place: Place, gradient: Float32Array) {
    this.#place = place;
    this.gradient = gradient;
    if (place === 'in place') {
      this.gradient = allocateVector(gradient.length);
      this.gradient.set(gradient);
    }
  }

  /** Where decoded gradients go. */
  get out(): Float32Array {
    this.#out ??= this.#vector();
    return this.#out;
  }

  /** Where what was not sent is kept. */
  get residual(): Float32Array {
    this.#residual ??= this.#vector();
    return this.#residual;
  }

  /** Where payloads go: long enough for those that `reserve` was told of. */
  get buffer(): Uint8Array {
    return this.#buffer;
  }

  #vector(): Float32Array {
    const { length } = this.gradient;
    return (this.#place === 'in place' ? allocateVector(length) : new Float32Array(length)).fill(1);
  }

  /** Makes `buffer` at least so long. */
  reserve(bytes: number): void {
    if (this.#buffer.length >= bytes) return;
    releaseMemory(this.#buffer);
    this.#buffer = this.#place === 'in place' ? allocateBytes(bytes) : new Uint8Array(bytes);
    this.#buffer.fill(1);
  }

  /** Gives back what is in the kernels' memory. */
  release(): void {
    const own = this.#place === 'in place' ? [this.gradient] : [];
    for (const array of [...own, this.#out, this.#residual, this.#buffer])
      if (array) releaseMemory(array);
  }
}

/** What encoding the gradient must give, by the reference kernels. */
export interface Truth {
  readonly payload: Uint8Array;
  readonly decoded: Float32Array;
  /** Sizes and the relative squared error. */
  readonly facts: Facts;
}

/** A gradient, in both places once they are asked for, and what codecs make of it. */
export class Bench {
  readonly length: number;
  readonly #gradient: Float32Array;
  readonly #arrays: Map<Place, Arrays> = new Map();
  readonly #payloads: Map<string, Uint8Array> = new Map();
  #truth: { readonly spec: string; readonly truth: Truth } | undefined;

  constructor(gradient: Float32Array) {
    this.#gradient = gradient;
    this.length = gradient.length;
  }

  /** The arrays in a place. */
  at(place: Place): Arrays {
    const known = this.#arrays.get(place);
    if (known) return known;
    const arrays = new Arrays(place, this.#gradient);
    this.#arrays.set(place, arrays);
    return arrays;
  }

  /** The gradient's payload, by the kernels in use when it is first asked for. */
  payloadOf(codec: Codec): Uint8Array {
    const known = this.#payloads.get(codec.spec);
    if (known) return known;
    const room = new Uint8Array(codec.maxBytes(this.length));
    const bytes = codec.encodeInto(this.#gradient, room, streamsFor({ seed: SEED }));
    const payload = room.slice(0, bytes);
    this.#payloads.set(codec.spec, payload);
    return payload;
  }

  /**
   * What is right. Kept for one codec at a time, because vectors are long.
   * @throws Error when the codec does not keep what its traits promise
   */
  truthOf(codec: Codec): Truth {
    if (this.#truth?.spec === codec.spec) return this.#truth.truth;
    const truth = this.#findTruth(codec);
    this.#truth = { spec: codec.spec, truth };
    return truth;
  }

  #findTruth(codec: Codec): Truth {
    const [payload, decoded] = withKernels('reference', () => {
      const bytes = this.payloadOf(codec);
      return [bytes, decode(bytes)] as const;
    });
    const squaredError = ensureWithinTraits(codec, this.#gradient, decoded);
    return { payload, decoded, facts: { ...sizeFacts(payload), squaredError } };
  }

  /** Gives back the kernels' memory. */
  close(): void {
    for (const arrays of this.#arrays.values()) arrays.release();
  }
}
