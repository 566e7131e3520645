/** Gradients in files: raw little-endian float32, or NumPy's .npy. */
import { FileError } from './errors.ts';
import { isNpy, npyHeader, readNpyHeader, type NpyHeader } from './npy.ts';

/** How a gradient is written. */
export type GradientFormat = 'raw' | 'npy';

/** The format a file name asks for: `.npy`, else raw. */
export function formatOf(path: string): GradientFormat {
  return path.toLowerCase().endsWith('.npy') ? 'npy' : 'raw';
}

/** Bytes of a gradient in a format, as parts to be written one behind the other. */
export function gradientToBytes(values: Float32Array, format: GradientFormat): Uint8Array[] {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return format === 'npy' ? [npyHeader(values.length), data] : [data];
}

/**
 * The float32 values in a file, told apart by the .npy magic. Arrays of any shape are flattened.
 * @param path its name, for messages and for what its ending promises
 * @returns a view of `bytes` where alignment allows, else a copy
 * @throws FileError (GRADWIRE_FILE_FORMAT) that says how to convert what is not float32
 */
export function gradientFromBytes(bytes: Uint8Array, path: string): Float32Array {
  if (isNpy(bytes)) return fromNpy(bytes, path);
  const name = path.toLowerCase();
  if (name.endsWith('.npy'))
    throw formatError(path, 'named .npy, but it does not start with the .npy magic');
  if (name.endsWith('.npz'))
    throw formatError(path, 'a .npz archive; save one array of it with numpy.save');
  if (bytes.length % 4 !== 0)
    throw formatError(
      path,
      `${bytes.length} bytes are no raw float32 (4 bytes an element), and not .npy either`,
    );
  return floatsAt(bytes, 0, bytes.length / 4);
}

function formatError(path: string, problem: string): FileError {
  return new FileError('GRADWIRE_FILE_FORMAT', path, problem);
}

function fromNpy(bytes: Uint8Array, path: string): Float32Array {
  const header = readNpyHeader(bytes);
  if (typeof header === 'string') throw formatError(path, header);
  checkType(header, path);
  const length = header.shape.reduce((product, size) => product * size, 1);
  const present = bytes.length - header.dataOffset;
  if (present !== 4 * length)
    throw formatError(
      path,
      `its shape (${header.shape.join(', ')}) asks for ${4 * length} bytes of float32, ` +
        `${present} are there`,
    );
  return floatsAt(bytes, header.dataOffset, length);
}

function checkType(header: NpyHeader, path: string): void {
  const converted = `numpy.save("float32.npy", numpy.load(${JSON.stringify(path)})`;
  if (header.descr !== '<f4')
    throw formatError(
      path,
      `elements are ${header.descr}, not little-endian float32 (<f4); convert with ` +
        `${converted}.astype("<f4"))`,
    );
  if (header.fortranOrder && header.shape.length > 1)
    throw formatError(
      path,
      `elements are in Fortran order, not C order; convert with ${converted}.copy(order="C"))`,
    );
}

function floatsAt(bytes: Uint8Array, offset: number, length: number): Float32Array {
  const start = bytes.byteOffset + offset;
  if (start % 4 === 0) return new Float32Array(bytes.buffer, start, length);
  return new Float32Array(bytes.slice(offset, offset + 4 * length).buffer);
}
