import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { npyHeader, readNpy } from '../../src/vectors/npy.ts';
import { start } from '../children.ts';
import { inFreshFolder } from '../run.ts';

const write = (path: string, header: Uint8Array, data: Float32Array): void =>
  writeFileSync(path, Buffer.concat([header, new Uint8Array(data.buffer)]));

const python = await start('python3', ['-c', 'import numpy']).ended.then(
  ({ code }) => code === 0,
  () => false,
);
if (!python) console.warn('skipped: python3 with numpy is absent, numpy.load is not tried');

describe('.npy', () => {
  it('comes back as it was written', () => {
    inFreshFolder();
    fc.assert(
      fc.property(fc.nat({ max: 20 }), fc.nat({ max: 20 }), fc.infiniteStream(fc.float({ noNaN: true })), (rows, cols, numbers) => {
        const data = Float32Array.from(numbers.take(rows * cols));
        write('a.npy', npyHeader({ rows, cols }), data);
        expect(readNpy('a.npy')).toEqual({ data, rows, cols });
      }),
    );
  });

  it('has a header of 128 bytes whatever its shape', () => {
    for (const rows of [0, 1, 1_000_000_000]) expect(npyHeader({ rows, cols: 384 })).toHaveLength(128);
  });

  it.skipIf(!python)('is what numpy.load reads', async () => {
    inFreshFolder();
    write('a.npy', npyHeader({ rows: 2, cols: 3 }), Float32Array.from([1, 2, 3, 4, 5, 6]));
    const script = "import numpy; a = numpy.load('a.npy'); print(a.dtype, a.shape, a.tolist())";
    const { out } = await start('python3', ['-c', script]).ended;
    expect(out).toBe('float32 (2, 3) [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]\n');
  });

  const header = (text: string): Buffer => {
    const bytes = Buffer.alloc(128, ' ');
    bytes.write('\x93NUMPY\x01\x00', 0, 'latin1');
    bytes.writeUInt16LE(118, 8);
    bytes.write(text, 10);
    return bytes;
  };
  it.each([
    ['another file', Buffer.from('hello'), /it is not a \.npy file/],
    ['integers', header("{'descr': '<i4', 'fortran_order': False, 'shape': (1, 1), }"), /its values are <i4, not floats/],
    ['Fortran order', header("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }"), /it is in Fortran order/],
    ['three dimensions', header("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1), }"), /it has 3 dimensions, not two/],
    [
      'missing data',
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }"),
      /it has 0 bytes of data where 1 × 1 values need 4/,
    ],
  ])('that is %s is an error', (_, bytes, message) => {
    inFreshFolder();
    writeFileSync('a.npy', bytes);
    expect(() => readNpy('a.npy')).toThrow(message);
  });
});
