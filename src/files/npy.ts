/**
 * NumPy's .npy format, float32 only (numpy.lib.format, versions 1.0 to 3.0).
 *
 *   0  0x93 'NUMPY'   magic
 *   6  u8 u8          version
 *   8  u16 or u32     length of the header text in bytes (32 bits from version 2 on)
 *   …  text           a Python literal: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
 *   …  data
 */

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Writers pad the header with spaces so that data starts at a multiple of this. */
const ALIGNMENT = 64;
const PRELUDE_BYTES = 10;

/** The facts of a .npy header. */
export interface NpyHeader {
  /** Element type as numpy spells it, `<f4` for little-endian float32. */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the data starts, in bytes. */
  readonly dataOffset: number;
}

/** True when the bytes start like a .npy file. */
export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/** Header of a file for which `isNpy` holds, or what is wrong with it, in words. */
export function readNpyHeader(bytes: Uint8Array): NpyHeader | string {
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) return `.npy format version ${version} is unknown`;
  const wide = version > 1;
  const textStart = wide ? 12 : PRELUDE_BYTES;
  if (bytes.length < textStart) return 'the .npy header is cut off';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dataOffset = textStart + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (bytes.length < dataOffset) return 'the .npy header is cut off';
  const text = new TextDecoder().decode(bytes.subarray(textStart, dataOffset));
  return parseHeaderText(text, dataOffset) ?? 'the .npy header is not one that numpy writes';
}

function parseHeaderText(text: string, dataOffset: number): NpyHeader | undefined {
  const descr = /(['"])descr\1\s*:\s*(?:(['"])(.*?)\2|(\[))/.exec(text);
  const order = /(['"])fortran_order\1\s*:\s*(True|False)\b/.exec(text);
  const shape = /(['"])shape\1\s*:\s*\(([^)]*)\)/.exec(text);
  if (!descr || !order || !shape) return undefined;
  const sizes = shape[2]!.split(',').map((size) => size.trim());
  // A one-element tuple ends with a comma, and numpy leaves one behind longer ones too.
  if (sizes.at(-1) === '') sizes.pop();
  if (!sizes.every((size) => /^\d+L?$/.test(size))) return undefined;
  return {
    descr: descr[3] ?? 'a structured type',
    fortranOrder: order[2] === 'True',
    shape: sizes.map((size) => Number.parseInt(size, 10)),
    dataOffset,
  };
}

/** Header bytes of a one-dimensional float32 array of `length` elements, version 1.0. */
export function npyHeader(length: number): Uint8Array {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${length},), }`;
  const bytes = Math.ceil((PRELUDE_BYTES + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = new Uint8Array(bytes).fill(0x20);
  header.set(MAGIC);
  header.set([1, 0], 6);
  new DataView(header.buffer).setUint16(8, bytes - PRELUDE_BYTES, true);
  header.set(new TextEncoder().encode(dictionary), PRELUDE_BYTES);
  header[bytes - 1] = 0x0a;
  return header;
}
