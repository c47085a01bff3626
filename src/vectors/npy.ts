import { closeSync, fstatSync, readSync } from 'node:fs';
import { EmbedError } from '../errors.ts';
import { openRegularFile } from '../files/disk.ts';
import { readFully } from '../files/read-fully.ts';
import type { Matrix } from './matrix.ts';

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

const MAGIC = '\x93NUMPY';

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
  const fail = (why: string, hint: string): never => {
    throw new EmbedError(`Cannot read vectors from ${path}: ${why}`, { hint });
  };
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
    const { start, rows, cols, name, type } = readHeader(descriptor, fail);
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
          readFully(descriptor, new Uint8Array(into.buffer, into.byteOffset, count * cols * 4), {
            position: start + first * cols * 4,
            path,
          });
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

/** Reads a whole matrix into memory. */
export function readNpy(path: string): Matrix {
  const file = openNpy(path);
  try {
    const data = new Float32Array(file.rows * file.cols);
    file.read(0, data);
    return { data, rows: file.rows, cols: file.cols };
  } finally {
    file.close();
  }
}

/** How values of a type are read; `convert` is absent where the bytes are float32 in this machine's byte order. */
type ValueType = { bytes: number; convert?: (from: Buffer, to: Float32Array) => void };

const TYPES: Readonly<Record<string, ValueType>> = {
  '<f4': { bytes: 4 },
  '>f4': { bytes: 4, convert: converter(4, (view, at) => view.getFloat32(at, false)) },
  '<f8': { bytes: 8, convert: converter(8, (view, at) => view.getFloat64(at, true)) },
  '>f8': { bytes: 8, convert: converter(8, (view, at) => view.getFloat64(at, false)) },
  '<f2': { bytes: 2, convert: converter(2, (view, at) => halfToSingle(view.getUint16(at, true))) },
  '>f2': { bytes: 2, convert: converter(2, (view, at) => halfToSingle(view.getUint16(at, false))) },
};

type Fail = (why: string, hint: string) => never;

function readHeader(descriptor: number, fail: Fail): { start: number; rows: number; cols: number; name: string; type: ValueType } {
  const head = Buffer.alloc(12);
  const length = readSync(descriptor, head, 0, 12, 0);
  if (length < 12 || head.toString('latin1', 0, 6) !== MAGIC) fail('it is not a .npy file', 'Give a file written by embed or numpy.save');
  const long = head[6]! >= 2;
  const from = long ? 12 : 10;
  const start = from + (long ? head.readUInt32LE(8) : head.readUInt16LE(8));
  if (start > 1 << 20) fail('its header is damaged', 'Write or copy it again');
  const header = Buffer.alloc(start - from);
  if (readSync(descriptor, header, 0, header.length, from) < header.length) fail('its header is cut short', 'Write or copy it again');
  const dictionary = header.toString('latin1');
  const name = /'descr':\s*'([^']*)'/.exec(dictionary)?.[1] ?? 'of several fields';
  const type = TYPES[name];
  if (!type) return fail(`its values are ${name}, not floats`, 'Save it with numpy.save(path, array.astype("float32"))');
  const shape =
    /'shape':\s*\(([^)]*)\)/
      .exec(dictionary)?.[1]
      ?.split(',')
      .filter((size) => size.trim() !== '') ?? [];
  // an encoder returns a single vector for a single text
  if (shape.length === 1) shape.unshift('1');
  if (shape.length !== 2) fail(`it has ${shape.length} dimensions, not two`, 'Save an array of shape (rows, dims)');
  if (/'fortran_order':\s*True/.test(dictionary)) {
    fail('it is in Fortran order, column by column', 'Save it with numpy.save(path, numpy.ascontiguousarray(array))');
  }
  const [rows, cols] = shape.map(Number) as [number, number];
  return { start, rows, cols, name, type };
}

function converter(bytes: number, get: (view: DataView, at: number) => number): NonNullable<ValueType['convert']> {
  return (from, to) => {
    const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
    for (let at = 0; at < from.length / bytes; at++) to[at] = get(view, at * bytes);
  };
}

/** The value of a 16-bit float (IEEE 754 binary16). */
export function halfToSingle(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
