/**
 * Tables from the binary formats of the usual image sets.
 *
 * IDX (the MNIST family): bytes 0, 0, element type, number of dimensions; then each dimension as a
 * big-endian 32-bit integer; then the elements. Images and labels are two files. Unsigned bytes only.
 *
 * CIFAR-10 binary: records of 3073 bytes, one label and three planes of 32×32 (red, green, blue). The
 * planes are interleaved here, because the models take the channel last.
 */
import { DataError } from '../errors.ts';
import type { DataFile } from './file.ts';
import type { Table } from './table.ts';
import { elementsOf } from './table.ts';

/** The content of one IDX file. */
export interface IdxArray {
  readonly path: string;
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

const IDX_UNSIGNED_BYTE = 0x08;

/** Whether the bytes start like an IDX file of any element type. */
export function isIdx({ bytes }: DataFile): boolean {
  return (
    bytes.length >= 4 &&
    bytes[0] === 0 &&
    bytes[1] === 0 &&
    bytes[2]! >= 0x08 &&
    bytes[2]! <= 0x0e &&
    bytes[3]! >= 1 &&
    bytes[3]! <= 4
  );
}

/** @throws DataError when the header and the length of the file do not fit together */
export function readIdx({ path, bytes }: DataFile): IdxArray {
  if (bytes[2] !== IDX_UNSIGNED_BYTE)
    throw new DataError(
      path,
      `IDX element type 0x${bytes[2]!.toString(16)} is not supported, only unsigned bytes (0x8)`,
      { offset: 2 },
    );
  const dimensions = bytes[3]!;
  const header = 4 + 4 * dimensions;
  if (bytes.length < header)
    throw new DataError(path, `the IDX header of ${header} bytes is cut short`, {
      offset: bytes.length,
    });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = header + elementsOf(shape);
  if (bytes.length !== expected)
    throw new DataError(
      path,
      `the IDX header announces [${shape.join(', ')}] elements, ${expected} bytes in all, ` +
        `but the file has ${bytes.length}`,
      { offset: Math.min(bytes.length, expected) },
    );
  return { path, shape, values: bytes.subarray(header) };
}

/**
 * Joins an array of images ([n, height, width], [n, height, width, channels] or [n, columns]) and one
 * of labels ([n]).
 *
 * @throws DataError when they have different numbers of samples, or none
 */
export function joinIdx(images: IdxArray, labels: IdxArray): Table {
  const [rows = 0, ...sample] = images.shape;
  if (labels.values.length !== rows)
    throw new DataError(
      labels.path,
      `holds ${labels.values.length} labels for the ${rows} images of ${images.path}`,
    );
  if (images.values.length === 0) throw new DataError(images.path, 'holds no images');
  return {
    rows,
    shape: sample.length === 2 ? [...sample, 1] : sample,
    features: images.values,
    labels: Array.from(labels.values, String),
    locateLabel: (row) => ({ path: labels.path, offset: 8 + row }),
  };
}

const CIFAR_SIDE = 32;
const CIFAR_PLANE = CIFAR_SIDE * CIFAR_SIDE;
const CIFAR_RECORD = 1 + 3 * CIFAR_PLANE;
const CIFAR_CLASSES = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

/** Whether a file looks like CIFAR-10 by its name (`.bin`, `.bin.gz`). */
export function isCifar({ path }: DataFile): boolean {
  return /\.bin(\.gz)?$/i.test(path);
}

/** @throws DataError when the length is not a multiple of the record, or a label is above 9 */
export function readCifar({ path, bytes }: DataFile): Table {
  const rows = Math.floor(bytes.length / CIFAR_RECORD);
  if (rows === 0 || bytes.length % CIFAR_RECORD !== 0)
    throw new DataError(
      path,
      `${bytes.length} bytes are not a whole number of CIFAR-10 records of ${CIFAR_RECORD} bytes`,
      { offset: rows * CIFAR_RECORD },
    );
  const features = new Uint8Array(rows * 3 * CIFAR_PLANE);
  const labels: string[] = [];
  for (let row = 0; row < rows; row++) {
    const record = row * CIFAR_RECORD;
    const label = CIFAR_CLASSES[bytes[record]!];
    if (label === undefined)
      throw new DataError(path, `label ${bytes[record]} of a CIFAR-10 record is not in 0 … 9`, {
        offset: record,
      });
    labels.push(label);
    const target = row * 3 * CIFAR_PLANE;
    for (let channel = 0; channel < 3; channel++) {
      const plane = record + 1 + channel * CIFAR_PLANE;
      for (let pixel = 0; pixel < CIFAR_PLANE; pixel++)
        features[target + pixel * 3 + channel] = bytes[plane + pixel]!;
    }
  }
  return {
    rows,
    shape: [CIFAR_SIDE, CIFAR_SIDE, 3],
    features,
    labels,
    locateLabel: (row) => ({ path, offset: row * CIFAR_RECORD }),
  };
}
