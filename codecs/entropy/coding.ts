/** What an entropy coding is: level codes to a shorter section and back, without loss. */
import type { LevelsPlan } from '../kernels/index.ts';
import { CODES_GROUP } from '../kernels/reference/codes.ts';

/** Codes that codings hold unpacked at a time. */
export const WINDOW: number = 32 * CODES_GROUP;

/** Reads the codes of one section, in order. There is one per coding: sections are read one by one. */
export interface CodeReader {
  /** Begins a section. @throws PayloadError when its tables are unsound */
  open(section: Uint8Array, plan: LevelsPlan): void;
  /** Bytes of the tables in front of the coded symbols. */
  readonly tableBytes: number;
  /** Writes the next `count` codes, each at most 2·levels. @throws PayloadError */
  read(codes: Uint8Array, count: number): void;
  /** @throws PayloadError unless the section ends exactly behind the last code read */
  finish(): void;
}

/** A coding of level codes. */
export interface EntropyCoding {
  readonly name: 'elias' | 'rans';
  /**
   * Codes the codes of a packed body. The result is scratch, good until the next call.
   * @returns undefined when the section would not be shorter than the packed codes
   */
  encode(body: Uint8Array, plan: LevelsPlan): Uint8Array | undefined;
  readonly reader: CodeReader;
}

/** Bytes that grow to the largest use, at most one an element and a constant, and are then kept. */
export class SectionScratch {
  #bytes = new Uint8Array(0);

  /** At least `length` bytes, at an even offset. */
  get(length: number): Uint8Array {
    if (this.#bytes.length < length) this.#bytes = new Uint8Array((length + 1) & ~1);
    return this.#bytes;
  }
}
