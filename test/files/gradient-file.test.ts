import { describe, expect, it } from 'vitest';
import { formatOf, gradientFromBytes, gradientToBytes } from '../../src/files/gradient-file.ts';
import { floatBytes, npyFile } from './npy.ts';

const values = [0, -1.5, 3e38, 1e-45, 2, -0];
const data = floatBytes(values);

function refusal(bytes: Uint8Array, path = 'x.npy'): string {
  try {
    gradientFromBytes(bytes, path);
  } catch (error) {
    expect(error).toMatchObject({ code: 'GRADWIRE_FILE_FORMAT', path });
    return (error as Error).message;
  }
  throw new Error('accepted');
}

describe('.npy', () => {
  it.each([1, 2, 3] as const)('of format version %d is read', (version) => {
    const file = npyFile({ shape: '(6,)', data, version });
    expect(gradientFromBytes(file, 'x.npy')).toEqual(Float32Array.from(values));
  });

  it.each([
    ['(6,)', 6],
    ['(2, 3)', 6],
    ['(1, 6, 1)', 6],
    ['(6L,)', 6],
    ['()', 1],
    ['(0, 4)', 0],
  ])('of shape %s is read flat', (shape, length) => {
    const file = npyFile({ shape, data: data.subarray(0, 4 * length) });
    expect(gradientFromBytes(file, 'x.npy')).toEqual(Float32Array.from(values.slice(0, length)));
  });

  it('is told by its magic, whatever its name', () => {
    const file = npyFile({ shape: '(6,)', data });
    expect(gradientFromBytes(file, 'x.bin')).toHaveLength(6);
    expect(refusal(data)).toContain('does not start with the .npy magic');
  });

  it('is read at any alignment', () => {
    const file = npyFile({ shape: '(6,)', data });
    for (let offset = 0; offset < 4; offset++) {
      const moved = new Uint8Array(file.length + offset);
      moved.set(file, offset);
      expect(gradientFromBytes(moved.subarray(offset), 'x.npy')).toEqual(Float32Array.from(values));
    }
  });

  it.each(["'<f8'", "'>f4'", "'<i4'", "'<f2'", "'|O'", "[('x', '<f4')]"])(
    'of %s is refused with the conversion',
    (descr) => {
      const message = refusal(npyFile({ descr, shape: '(6,)', data }));
      expect(message).toContain('numpy.save("float32.npy", numpy.load("x.npy").astype("<f4"))');
      if (!descr.startsWith('[')) expect(message).toContain(descr.slice(1, -1));
    },
  );

  it('in Fortran order is refused unless it has one dimension', () => {
    const matrix = npyFile({ order: 'True', shape: '(2, 3)', data });
    expect(refusal(matrix)).toContain('.copy(order="C")');
    const vector = npyFile({ order: 'True', shape: '(6,)', data });
    expect(gradientFromBytes(vector, 'x.npy')).toHaveLength(6);
  });

  it.each([
    ['too little data', npyFile({ shape: '(7,)', data }), 'asks for 28 bytes'],
    ['too much data', npyFile({ shape: '(5,)', data }), '24 are there'],
    ['a huge shape', npyFile({ shape: '(4294967296, 4294967296)', data }), 'asks for'],
    ['an unknown version', npyFile({ shape: '(6,)', data }).with(6, 9), 'version 9'],
    ['no shape', npyFile({ shape: '6', data }), 'not one that numpy writes'],
    ['a strange shape', npyFile({ shape: '(-6,)', data }), 'not one that numpy writes'],
    ['a header cut off', npyFile({ shape: '(6,)', data }).subarray(0, 60), 'cut off'],
    ['a prelude cut off', npyFile({ shape: '(6,)', data }).subarray(0, 9), 'cut off'],
    ['a magic alone', npyFile({ shape: '(6,)', data }).subarray(0, 6), 'version 0'],
  ])('with %s is refused', (_, file, reason) => {
    expect(refusal(file)).toContain(reason);
  });

  it('is written as numpy writes it', () => {
    const parts = gradientToBytes(Float32Array.from(values), 'npy');
    expect(Buffer.concat(parts)).toEqual(Buffer.from(npyFile({ shape: '(6,)', data })));
    expect(Buffer.concat(parts).length % 4).toBe(0);
  });
});

describe('raw float32', () => {
  it('is read and written as it is', () => {
    expect(gradientFromBytes(data, 'x.f32')).toEqual(Float32Array.from(values));
    expect(gradientFromBytes(new Uint8Array(0), 'x.f32')).toHaveLength(0);
    expect(gradientToBytes(Float32Array.from(values), 'raw')).toEqual([data]);
  });

  it.each([1, 2, 3, 5])('of %d bytes is refused', (length) => {
    expect(refusal(new Uint8Array(length), 'x.f32')).toContain(`${length} bytes`);
  });

  it('is not looked for in a .npz archive', () => {
    expect(refusal(new Uint8Array(8), 'x.npz')).toContain('numpy.save');
  });
});

it('takes the format of an output from its name', () => {
  expect(['a.npy', 'A.NPY', 'a.f32', 'npy', '-'].map(formatOf)).toEqual([
    'npy',
    'npy',
    'raw',
    'raw',
    'raw',
  ]);
});
