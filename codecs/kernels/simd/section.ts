/** A coded section on its way through the second window, front to back. */
import { CODES_WINDOW } from './codes.ts';
import { WINDOW, type SimdMemory } from './memory.ts';

/** Bytes that codes of one window may take, 16 bits each, and a word more. */
const AHEAD = 2 * CODES_WINDOW + 16;

/** Bytes of the window. */
const ROOM = 4 * WINDOW;

/** Brings the bytes that are read next into the window. */
export class SectionWindow {
  readonly #memory: SimdMemory;
  readonly #section: Uint8Array;
  /** Position of the window's first byte in the section. */
  #begin = 0;

  constructor(memory: SimdMemory, section: Uint8Array) {
    this.#memory = memory;
    this.#section = section;
    this.#load(0);
  }

  /** Address of byte `position` of the section; behind it lie AHEAD bytes, zeros beyond the end. */
  address(position: number): number {
    if (position - this.#begin + AHEAD > ROOM) this.#load(position);
    return this.#memory.at.y + position - this.#begin;
  }

  #load(position: number): void {
    const { bytes, at } = this.#memory;
    const part = this.#section.subarray(position, position + ROOM);
    bytes.set(part, at.y);
    bytes.fill(0, at.y + part.length, at.y + Math.min(ROOM, part.length + AHEAD));
    this.#begin = position;
  }
}
