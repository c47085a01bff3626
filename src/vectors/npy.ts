import { closeSync, fstatSync } from 'node:fs';
import { totalmem } from 'node:os';
import { EmbedError } from '../errors.ts';
import { openRegularFile } from '../files/disk.ts';
import { readFully } from '../files/read-fully.ts';
import { grouped, megabytes } from '../text.ts';
import type { Matrix } from './matrix.ts';
import { MAGIC, readNpyHeader, type Fail } from './npy-header.ts';

/**
 * Length of the headers we write, in NumPy's array file format (source: numpy.lib.format). We write format 1.0 with headers
 * of fixed length, so that the row count can be filled in when a stream has ended. We read every version, and floats of 2, 4
 * and 8 bytes.
 */
export const NPY_HEADER_BYTES = 128;

/** Whether a path names an array: vectors, not texts. */
export function isNpyPath(path: string): boolean {
  return /\.npy$/i.test(path);
}

/** The header of an array [rows, cols], or [rows] without `cols`, in C order; float32 by default. */
export function npyHeader({ rows, cols, type = '<f4' }: { rows: number; cols?: number; type?: string }): Uint8Array {
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': (${rows},${cols === undefined ? '' : ` ${cols}`}), }`;
  const header = Buffer.alloc(NPY_HEADER_BYTES, ' ', 'latin1');
  header.write(`${MAGIC}\x01\x00`, 0, 'latin1');
  header.writeUInt16LE(NPY_HEADER_BYTES - 10, 8);
  header.write(dictionary, 10, 'latin1');
  header.write('\n', NPY_HEADER_BYTES - 1, 'latin1');
  return header;
}

/** A matrix on disk, read by rows. Other float types are converted to float32. */
export type NpyFile = {
  path: string;
  descriptor: number;
  rows: number;
  cols: number;
  /** Fills `into` with rows, starting at `first`, and returns how many it read: fewer than fit only at the end. */
  read(first: number, into: Float32Array): number;
  /** NumPy's name for the type of the values, such as "<f4". */
  type: string;
  /** Bytes of a stored row. */
  rowBytes: number;
  /** Fills `into` with stored bytes, starting at row `first`. */
  readBytes(first: number, into: Uint8Array): void;
  close(): void;
};

/**
 * Opens a matrix on disk.
 *
 * @throws EmbedError that says what is wrong with the file and how to fix it
 */
export function openNpy(path: string): NpyFile {
  const fail = failing(path);
  let descriptor: number;
  try {
    // a pipe or a device is not waited for
    descriptor = openRegularFile(path) ?? fail('it is not a file', 'Name a .npy file');
  } catch (cause) {
    if (cause instanceof EmbedError) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new EmbedError(`Cannot read vectors from ${path}: ${missing ? 'no such file' : (cause as Error).message}`, {
      hint: missing ? 'Check the path; it is relative to the current folder' : 'Check its permissions',
      cause,
    });
  }
  try {
    const { start, rows, cols, name, type } = readNpyHeader(descriptor, fail);
    const bytes = fstatSync(descriptor).size - start;
    const needed = rows * cols * type.bytes;
    if (bytes !== needed) {
      fail(
        `it has ${bytes} bytes of data where ${rows} × ${cols} values need ${needed}`,
        bytes < needed ? 'It is cut short: write or copy it again' : 'Its header and data disagree: write it again',
      );
    }
    const buffer = type.convert
      ? Buffer.alloc(Math.max(1, Math.floor((1 << 20) / Math.max(1, cols * type.bytes))) * cols * type.bytes)
      : undefined;
    return {
      path,
      descriptor,
      rows,
      cols,
      type: name,
      rowBytes: cols * type.bytes,
      readBytes: (first, into) => void readFully(descriptor, into, { position: start + first * cols * type.bytes, path }),
      read(first, into) {
        const count = Math.min(Math.floor(into.length / cols), rows - first);
        if (!type.convert || !buffer) {
          // one array of bytes cannot span more than 4 GB
          const batch = Math.ceil((1 << 30) / (cols * 4));
          for (let done = 0; done < count; done += batch) {
            const rows = Math.min(batch, count - done);
            const bytes = new Uint8Array(into.buffer, into.byteOffset + done * cols * 4, rows * cols * 4);
            readFully(descriptor, bytes, { position: start + (first + done) * cols * 4, path });
          }
          return count;
        }
        const batch = buffer.length / (cols * type.bytes);
        for (let done = 0; done < count; done += batch) {
          const part = buffer.subarray(0, Math.min(batch, count - done) * cols * type.bytes);
          readFully(descriptor, part, { position: start + (first + done) * cols * type.bytes, path });
          type.convert(part, into.subarray(done * cols));
        }
        return count;
      },
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function failing(path: string): Fail {
  return (why, hint) => {
    throw new EmbedError(`Cannot read vectors from ${path}: ${why}`, { hint });
  };
}

/** Reads a whole matrix into memory. */
export function readNpy(path: string): Matrix {
  const file = openNpy(path);
  try {
    const bytes = file.rows * file.cols * 4;
    if (bytes > totalmem()) {
      failing(path)(
        `its ${grouped(file.rows)} rows take ${megabytes(bytes)} of memory, and this machine has ${megabytes(totalmem())}`,
        'Give fewer rows at a time',
      );
    }
    const data = new Float32Array(file.rows * file.cols);
    file.read(0, data);
    return { data, rows: file.rows, cols: file.cols };
  } finally {
    file.close();
  }
}
