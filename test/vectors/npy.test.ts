import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { npyHeader, openNpy, readNpy } from '../../src/vectors/npy.ts';
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
      fc.property(
        fc.nat({ max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.infiniteStream(fc.float({ noNaN: true })),
        (rows, cols, numbers) => {
          const data = Float32Array.from(numbers.take(rows * cols));
          write('a.npy', npyHeader({ rows, cols }), data);
          expect(readNpy('a.npy')).toEqual({ data, rows, cols });
        },
      ),
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

  it('with a header of wrong shape is refused, and every field is checked', () => {
    inFreshFolder();
    const header = (dictionary: string, { version = 1 } = {}): Buffer => {
      const text = Buffer.from(dictionary.padEnd(117), 'latin1');
      const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, 118, 0]);
      return Buffer.concat([head, text, Buffer.from('\n'), Buffer.alloc(24)]);
    };
    const fields = (shape: string, { descr = "'<f4'", order = 'False' } = {}): string =>
      `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;
    const refusals: [Buffer, string][] = [
      [header(fields('(2, 3)'), { version: 9 }), 'it is of version 9 of the format, and embed knows 1 to 3'],
      [header('nonsense'), 'its header is damaged'],
      [header(fields('(2, 3)', { descr: "'constructor'" })), 'its values are constructor, not floats'],
      [header(fields('(2, 3)', { descr: "[('a', '<f4')]" })), 'its values are of several fields, not floats'],
      [header(fields('(2, 3)', { order: 'None' })), 'its header does not say in which order its values are'],
      [header(fields('None')), 'its header has no shape'],
      [header(fields('(-2, 3)')), '"-2" in its shape is not a whole number'],
      [header(fields('(nan, 3)')), '"nan" in its shape is not a whole number'],
      [header(fields('(1.5, 4)')), '"1.5" in its shape is not a whole number'],
      [header(fields('(1, 2, 3)')), 'it has 3 dimensions, not two'],
      [header(fields('()')), 'it has 0 dimensions, not two'],
      [header(fields('(1000000000000, 1)')), 'it has 1,000,000,000,000 rows, and embed can hold at most 2,147,483,647'],
      [header(fields(`(${'9'.repeat(30)}, 1)`)), 'it has more than 9 × 10¹⁵ rows, and embed can hold at most 2,147,483,647'],
      [header(fields('(1, 1000000000000)')), 'its rows have 1,000,000,000,000 values, and embed can hold at most 1,000,000'],
      [header(fields('(5, 0)')), 'its rows have no values'],
      [header(fields('(2147483647, 1000000)')), 'it has 24 bytes of data where 2147483647 × 1000000 values need'],
    ];
    for (const [bytes, why] of refusals) {
      writeFileSync('a.npy', bytes);
      expect(() => openNpy('a.npy')).toThrow(`Cannot read vectors from a.npy: ${why}`);
    }
    writeFileSync('a.npy', header(fields('(2L, 3L)')));
    expect(readNpy('a.npy')).toMatchObject({ rows: 2, cols: 3 });
  });

  it.skipIf(process.platform === 'win32')('that is a named pipe is refused, not waited for', () => {
    inFreshFolder();
    execFileSync('mkfifo', ['a.npy']);
    expect(() => openNpy('a.npy')).toThrow('Cannot read vectors from a.npy: it is not a file');
  });
});
