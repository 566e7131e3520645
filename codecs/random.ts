/**
 * Randomness of the codecs: named streams, no hidden state, the same bits on every machine.
 *
 * A stream is a 64-bit key, hashed from what it is for (seed, rank, step, bucket, …). Values are
 * drawn by a generator seeded per key *and chunk*, so that windows, threads and back ends can start
 * anywhere and agree. Seeding goes through a strong integer hash and never by addition: xoshiro
 * lanes seeded with consecutive numbers are strongly correlated, and correlated ranks lose the 1/P
 * variance reduction that averaging promises.
 *
 * Sources: xoshiro128+ 1.0, Blackman & Vigna, "Scrambled linear pseudorandom number generators"
 * (2018); `triple32`, C. Wellons' hash prospector, a bijection of 32-bit integers.
 */
import type { StreamKey } from '../proto/payload.ts';

/** A random stream, named by its 64-bit key. Streams of different keys are independent. */
export type RandomStream = StreamKey;

/** The two streams an encoding may draw from. */
export interface EncodeRandom {
  /** Equal on all ranks: what sender and receivers must agree on without sending it. */
  readonly shared: RandomStream;
  /** Independent across ranks, steps, buckets, chunks and phases: the dither. */
  readonly own: RandomStream;
}

/** What an encoding is for; together with the seed it names its streams. */
export interface StreamCoordinates {
  /** Non-negative integer, the same on all ranks. */
  readonly seed: number;
  readonly rank?: number;
  readonly step?: number;
  readonly bucket?: number;
  readonly chunk?: number;
  /** Distinguishes the encodings of one chunk in one step (worker's, owner's). */
  readonly phase?: number;
}

/** Bijective mixing of a 32-bit integer; bias 0.02 %, avalanche close to ideal. */
export function triple32(value: number): number {
  let x = value | 0;
  x ^= x >>> 17;
  x = Math.imul(x, 0xed5ad4bb);
  x ^= x >>> 11;
  x = Math.imul(x, 0xac4c1b51);
  x ^= x >>> 15;
  x = Math.imul(x, 0x31848bab);
  x ^= x >>> 14;
  return x;
}

/** Chains the hash over integers, 64 bits each, low half first; `start` separates domains. */
function hashIntegers(start: number, integers: readonly number[]): number {
  let h = triple32(start);
  for (let i = 0; i < integers.length; i++) {
    const value = integers[i]!;
    h = triple32(h ^ (value >>> 0));
    h = triple32(h ^ (Math.floor(value / LOW_HALF) >>> 0));
  }
  return h >>> 0;
}

const LOW_HALF = 2 ** 32;
const SHARED_DOMAIN = 0x73686172;
const OWN_DOMAIN = 0x6f776e00;

function keyFrom(domain: number, integers: readonly number[]): RandomStream {
  return { low: hashIntegers(domain, integers), high: hashIntegers(domain ^ 0x5bd1e995, integers) };
}

/** The pair of streams for one encoding. */
export function streamsFor(at: StreamCoordinates): EncodeRandom {
  const { seed, rank = 0, step = 0, bucket = 0, chunk = 0, phase = 0 } = at;
  return {
    shared: keyFrom(SHARED_DOMAIN, [seed, step, bucket, chunk]),
    own: keyFrom(OWN_DOMAIN, [seed, rank, step, bucket, chunk, phase]),
  };
}

/** A seed nobody chose: 52 random bits from the platform's generator. */
export function freshSeed(): number {
  const words = globalThis.crypto.getRandomValues(new Uint32Array(2));
  return words[0]! * 2 ** 20 + (words[1]! >>> 12);
}

/** Elements (or draws) after which a generator is seeded anew from key and chunk number. */
export const CHUNK_LENGTH = 65536;

/** Lanes of the generator; word `w` of lane `l` is state[4·w + l]. */
export const LANES = 4;

/**
 * Seeds four xoshiro128+ lanes for chunk `chunk` of a stream.
 * @param state 16 words: s0 of lanes 0..3, then s1, s2, s3
 */
export function seedLanes(state: Int32Array, stream: RandomStream, chunk: number): void {
  // Both halves of the key enter every word separately: folded into 32 bits, streams would collide.
  const base = triple32(triple32(stream.low) ^ chunk);
  for (let i = 0; i < 16; i++) state[i] = triple32(triple32(base ^ triple32(i + 1)) ^ stream.high);
  // The all-zero state is a fixed point of the generator.
  for (let lane = 0; lane < LANES; lane++)
    if (!(state[lane]! | state[4 + lane]! | state[8 + lane]! | state[12 + lane]!)) state[lane] = 1;
}

/**
 * Scalar uniform draws from one stream: a single xoshiro128+ lane, seeded anew every
 * `CHUNK_LENGTH` draws so that draw j depends on (key, ⌊j / CHUNK_LENGTH⌋) alone.
 */
export class UniformSource {
  readonly #state = new Int32Array(16);
  #stream: RandomStream = { low: 0, high: 0 };
  #drawn = 0;

  /** Starts at draw 0 of `stream`. */
  reset(stream: RandomStream): void {
    this.#stream = stream;
    this.#drawn = 0;
  }

  /** Uniform in [0, 1) with 53 bits. */
  next(): number {
    if (this.#drawn % CHUNK_LENGTH === 0)
      seedLanes(this.#state, this.#stream, this.#drawn / CHUNK_LENGTH);
    this.#drawn++;
    const high = this.#word() >>> 0;
    const low = this.#word() >>> 11;
    return (high * 2 ** 21 + low) * 2 ** -53;
  }

  #word(): number {
    const s = this.#state;
    const s0 = s[0]!;
    const s1 = s[4]!;
    const s2 = s[8]! ^ s0;
    const s3 = s[12]! ^ s1;
    const result = (s0 + s[12]!) | 0;
    s[4] = s1 ^ s2;
    s[0] = s0 ^ s3;
    s[8] = s2 ^ (s1 << 9);
    s[12] = (s3 << 11) | (s3 >>> 21);
    return result;
  }
}
