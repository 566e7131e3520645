/**
 * Dither: one uniform 15-bit integer per element, the same for every back end.
 *
 * Elements come in groups of 32. Step t (0..3) of a group draws one word from each of four
 * xoshiro128+ lanes; the low 15 bits of lane l's word go to element 4t + l, the high 15 bits to
 * element 16 + 4t + l: the halves that a 4-bit plane packs into one byte. Generators are seeded anew
 * every `CHUNK_LENGTH` elements.
 */
import { CHUNK_LENGTH, LANES, seedLanes, type RandomStream } from '../../random.ts';

const GROUP = 32;

/** Sequential producer of dither, from element 0 of a stream onwards. */
export class DitherSource {
  readonly #state = new Int32Array(4 * LANES);
  #stream: RandomStream = { low: 0, high: 0 };
  #position = 0;

  /** Starts at element 0 of `stream`. */
  reset(stream: RandomStream): void {
    this.#stream = stream;
    this.#position = 0;
  }

  /**
   * Writes the dither of the next `count` elements to out[0..count), `count` a multiple of 32.
   */
  fill(out: Uint16Array, count: number): void {
    let done = 0;
    while (done < count) {
      const inChunk = this.#position % CHUNK_LENGTH;
      if (inChunk === 0) seedLanes(this.#state, this.#stream, this.#position / CHUNK_LENGTH);
      const run = Math.min(count - done, CHUNK_LENGTH - inChunk);
      for (let lane = 0; lane < LANES; lane++) fillLane(this.#state, lane, out, done, run);
      done += run;
      this.#position += run;
    }
  }
}

/** One lane's share of out[offset, offset + count): its state stays in registers. */
function fillLane(
  state: Int32Array,
  lane: number,
  out: Uint16Array,
  offset: number,
  count: number,
): void {
  let s0 = state[lane]!;
  let s1 = state[LANES + lane]!;
  let s2 = state[2 * LANES + lane]!;
  let s3 = state[3 * LANES + lane]!;
  const end = offset + count;
  for (let group = offset; group < end; group += GROUP) {
    for (let at = group + lane; at < group + 16; at += LANES) {
      const word = (s0 + s3) | 0;
      out[at] = word & 0x7fff;
      out[at + 16] = word >>> 17;
      const t = s1 << 9;
      s2 ^= s0;
      s3 ^= s1;
      s1 ^= s2;
      s0 ^= s3;
      s2 ^= t;
      s3 = (s3 << 11) | (s3 >>> 21);
    }
  }
  state[lane] = s0;
  state[LANES + lane] = s1;
  state[2 * LANES + lane] = s2;
  state[3 * LANES + lane] = s3;
}
