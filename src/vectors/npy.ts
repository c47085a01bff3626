import { readFileSync } from 'node:fs';
import { CliError } from '../errors.ts';
import type { Matrix } from './matrix.ts';

/**
 * NumPy's array file, format 1.0. Source: numpy.lib.format. Our headers are always 128 bytes, so that the row count
 * can be written last, in place, when a stream has ended.
 */
export const NPY_HEADER_BYTES = 128;

/** The header of a float32 array [rows, cols] in C order. */
export function npyHeader({ rows, cols }: { rows: number; cols: number }): Uint8Array {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`;
  const header = Buffer.alloc(NPY_HEADER_BYTES, ' ', 'latin1');
  header.write('\x93NUMPY\x01\x00', 0, 'latin1');
  header.writeUInt16LE(NPY_HEADER_BYTES - 10, 8);
  header.write(dictionary, 10, 'latin1');
  header.write('\n', NPY_HEADER_BYTES - 1, 'latin1');
  return header;
}

/** Reads a whole float32 matrix into memory. Throws a CliError that names what is wrong with the file. */
export function readNpy(path: string): Matrix {
  const file = readFileSync(path);
  const fail = (why: string, hint: string): never => {
    throw new CliError(`Cannot read vectors from ${path}: ${why}`, { hint });
  };
  if (file.toString('latin1', 0, 6) !== '\x93NUMPY') fail('it is no .npy file', 'Give a file written by embed or numpy.save');
  const long = file[6]! >= 2;
  const start = (long ? 12 : 10) + (long ? file.readUInt32LE(8) : file.readUInt16LE(8));
  const header = file.toString('latin1', 10, start);
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const [rows, cols] = (/'shape':\s*\((\d+),\s*(\d+),?\s*\)/.exec(header) ?? []).slice(1).map(Number);
  if (type !== '<f4') fail(`its type is ${type ?? 'unknown'}, not float32`, 'Save it with array.astype("<f4")');
  if (/'fortran_order':\s*True/.test(header)) fail('it is in Fortran order', 'Save it with numpy.ascontiguousarray(array)');
  if (rows === undefined || cols === undefined) return fail('it is not two-dimensional', 'Save an array of shape (rows, dims)');
  if (file.length !== start + rows * cols * 4) {
    fail(
      `it has ${file.length - start} bytes of data where ${rows} × ${cols} rows need ${rows * cols * 4}`,
      'Write it again; it looks cut short',
    );
  }
  return { data: new Float32Array(file.buffer.slice(file.byteOffset + start, file.byteOffset + file.length)), rows, cols };
}
