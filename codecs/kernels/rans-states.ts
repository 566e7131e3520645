/**
 * rANS: range asymmetric numeral systems (Duda 2013, arXiv 1311.2540, §2.3) with four interleaved
 * states (Giesen 2014, arXiv 1402.3392) and a static table of 12-bit frequencies.
 *
 * A state x in [2¹⁵, 2³¹) holds what was coded so far as a number. Coding a symbol of frequency f and
 * cumulated frequency a maps it to ⌊x/f⌋·2¹² + a + x mod f, which adds log₂(2¹²/f) bits; 16 bits go to the
 * section when x would leave its range. Symbol i belongs to state i mod 4. Decoding runs backwards,
 * so the encoder starts at the last symbol and the decoder at the first.
 *
 * Bytes: four u32 states, then the words that the decoder takes, u16 each. The encoder begins with
 * all states at 2¹⁵; the decoder must end there.
 */
import type { PayloadError } from '../../proto/errors.ts';
import { bodyError } from './body-error.ts';

/** Bits of the sum of all frequencies. */
export const FREQUENCY_BITS = 12;

/** Sum of all frequencies of a table. */
export const FREQUENCY_TOTAL: number = 2 ** FREQUENCY_BITS;

/** States that take turns. */
export const LANES = 4;

/** Bytes of all states. */
export const STATE_BYTES: number = 4 * LANES;

/** States lie in [LOW, 2¹⁶·LOW). */
export const LOW: number = 2 ** 15;

/** A state at or above frequency · this must give 16 bits away first. */
export const LIMIT_PER_FREQUENCY: number = 2 ** (31 - FREQUENCY_BITS);

/** Writes the states to section[at..). */
export function writeStates(states: Int32Array, section: Uint8Array, at: number): void {
  for (let i = 0; i < STATE_BYTES; i++) section[at + i] = states[i >> 2]! >>> (8 * (i & 3));
}

/** Reads the states a section begins with. @throws PayloadError unless all are there and in range */
export function readStates(section: Uint8Array, states: Int32Array): void {
  if (section.length < STATE_BYTES) throw bodyError('the rANS states are cut off');
  for (let lane = 0; lane < LANES; lane++) {
    let state = 0;
    for (let i = 3; i >= 0; i--) state = state * 256 + section[4 * lane + i]!;
    if (state < LOW || state >= 2 ** 31) throw bodyError(`rANS state ${state} is out of range`);
    states[lane] = state;
  }
}

/** More words were asked for than there are. */
export function wordsCutOff(): PayloadError {
  return bodyError('the rANS words are cut off');
}

/** After the last symbol. @throws PayloadError unless all words are read and states where they began */
export function checkRansEnd(section: Uint8Array, end: number, states: Int32Array): void {
  if (end !== section.length) throw bodyError('bytes follow the last rANS word');
  for (let lane = 0; lane < LANES; lane++)
    if (states[lane] !== LOW) throw bodyError('rANS states do not end where encoders begin');
}
