/** What an entropy coding is: level codes to a shorter section and back, without loss. */
import type { LevelsPlan } from '../kernels/index.ts';

/** A coding of level codes. */
export interface EntropyCoding {
  readonly name: 'elias' | 'rans';
  /**
   * Codes the codes of a packed body. The result is scratch, good until the next call.
   * @returns undefined when the section would not be shorter than the packed codes
   */
  encode(body: Uint8Array, plan: LevelsPlan): Uint8Array | undefined;
  /**
   * Refuses sections, any bytes, that are too short for so many codes, before memory is taken for them.
   * @throws PayloadError
   */
  checkRoom(section: Uint8Array, plan: LevelsPlan): void;
  /**
   * Reads a section, any bytes, and packs its codes behind the scales of `body`.
   * @throws PayloadError unless it is sound and nothing is left over; the codes of `body` are then
   * undefined
   */
  decode(section: Uint8Array, plan: LevelsPlan, body: Uint8Array): void;
  /** Bytes of the tables in front of the coded symbols of a sound section. */
  tableBytes(section: Uint8Array, plan: LevelsPlan): number;
}

/** Bytes that grow to the largest use and are then kept. */
export class ByteScratch {
  #bytes = new Uint8Array(0);

  /** Exactly `length` bytes that hold anything. */
  get(length: number): Uint8Array {
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
    return this.#bytes.subarray(0, length);
  }

  /** Gives the memory back. */
  release(): void {
    this.#bytes = new Uint8Array(0);
  }
}
