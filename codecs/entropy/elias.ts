/**
 * `entropy=elias`: the section is the codes' Elias codes (kernels/elias-words.ts), without a table.
 * Scratch: the coded section, less than a byte an element.
 */
import { bodyError } from '../body.ts';
import { kernels } from '../kernels/index.ts';
import { codesBytes } from '../kernels/levels-layout.ts';
import { ByteScratch, type EntropyCoding } from './coding.ts';

const scratch = new ByteScratch();

/** `entropy=elias` */
export const elias: EntropyCoding = {
  name: 'elias',
  encode(body, plan) {
    const section = scratch.get(Math.max(0, codesBytes(plan) - 1));
    const bytes = kernels.encodeElias(body, plan, section);
    return bytes > 0 ? section.subarray(0, bytes) : undefined;
  },
  checkRoom(section, { length }) {
    // Every code has a bit.
    if (length > 8 * section.length) throw bodyError('the Elias codes are cut off');
  },
  decode: (section, plan, body) => kernels.decodeElias(section, plan, body),
  tableBytes: () => 0,
};
