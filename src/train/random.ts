/**
 * Seeded random numbers for initial weights, data splits and sharding: xoshiro128** 1.1 (Blackman and
 * Vigna, "Scrambled linear pseudorandom number generators", 2021), its state filled by SplitMix32-style
 * mixing of the seed and a purpose. Integer arithmetic only, so every rank draws the same numbers on
 * every machine. Nothing here touches Math.random. Not for cryptography.
 */
import { assertInteger } from '../../proto/assert.ts';

/** Seeds are integers in [0, 2⁵³). */
export class SeededRandom {
  readonly #state: Uint32Array;

  /** @param purpose separates streams of one seed, for example 'split' and 'weights' */
  constructor(seed: number, purpose: string) {
    assertInteger(seed, 'seed', 0);
    let hash = mix((seed >>> 0) ^ 0x9e3779b9);
    hash = mix(hash ^ Math.floor(seed / 2 ** 32));
    for (let i = 0; i < purpose.length; i++) hash = mix(hash ^ purpose.charCodeAt(i));
    this.#state = new Uint32Array(4);
    for (let i = 0; i < 4; i++) {
      hash = (hash + 0x9e3779b9) >>> 0;
      this.#state[i] = mix(hash);
    }
    // The all-zero state is the one the generator never leaves.
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1;
  }

  /** 32 random bits as an integer in [0, 2³²). */
  bits(): number {
    return nextBits(this.#state);
  }

  /** Uniform in [0, 1), a multiple of 2⁻³². */
  uniform(): number {
    return this.bits() / 2 ** 32;
  }

  /** Uniform integer in [0, bound), without modulo bias. `bound` ≤ 2³². */
  below(bound: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const bits = this.bits();
      if (bits < limit) return bits % bound;
    }
  }

  /** Fisher–Yates in place; returns its argument. */
  shuffle<Indices extends Uint32Array | number[]>(indices: Indices): Indices {
    for (let i = indices.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const swapped = indices[i]!;
      indices[i] = indices[j]!;
      indices[j] = swapped;
    }
    return indices;
  }
}

/** The numbers 0 … length − 1 in random order. */
export function permutation(length: number, random: SeededRandom): Uint32Array {
  return random.shuffle(Uint32Array.from({ length }, (_, i) => i));
}

/** One step of xoshiro128** on a state of four words, not all 0: returns an integer in [0, 2³²). */
export function nextBits(state: Uint32Array): number {
  const [s0, s1, s2, s3] = [state[0]!, state[1]!, state[2]!, state[3]!];
  const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0;
  const t2 = s2 ^ s0;
  const t3 = s3 ^ s1;
  state[1] = s1 ^ t2;
  state[0] = s0 ^ t3;
  state[2] = t2 ^ (s1 << 9);
  state[3] = rotate(t3, 11);
  return result;
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** A bijection of 32-bit words with full avalanche (the finaliser of MurmurHash3). */
function mix(word: number): number {
  let h = word >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
