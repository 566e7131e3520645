/** .npy files as numpy 2.4 writes them. */

/** Header and data of an array: `dictionary` is what numpy puts between the braces, behind descr. */
export function npyFile(options: {
  readonly descr?: string;
  readonly order?: 'True' | 'False';
  readonly shape: string;
  readonly data: Uint8Array;
  readonly version?: 1 | 2 | 3;
}): Uint8Array {
  const { descr = "'<f4'", order = 'False', shape, data, version = 1 } = options;
  const prelude = version === 1 ? 10 : 12;
  const text = `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const size = Math.ceil((prelude + text.length + 1) / 64) * 64 - prelude;
  const lengthBytes = version === 1 ? [size, size >> 8] : [size, size >> 8, 0, 0];
  const header = `${text.padEnd(size - 1)}\n`;
  return Uint8Array.from([
    ...[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0],
    ...lengthBytes.map((byte) => byte & 0xff),
    ...new TextEncoder().encode(header),
    ...data,
  ]);
}

/** Little-endian bytes of float32 values. */
export function floatBytes(values: ArrayLike<number>): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}
