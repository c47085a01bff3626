import { readSync } from 'node:fs';
import { grouped } from '../text.ts';
import { VALUE_TYPES, type ValueType } from './value-types.ts';

/** How an array is stored: where its values begin, its shape, and NumPy's name of its type. */
export type NpyShape = { start: number; rows: number; cols: number; name: string; type: ValueType };

/** Raises the error for a file that will not do: why, and what to do next. */
export type Fail = (why: string, hint: string) => never;

export const MAGIC = '\x93NUMPY';

/** Rows are numbered by 32-bit integers. */
const MAX_ROWS = 2 ** 31 - 1;

/** Far more than any model gives; buffers hold at least one row. */
const MAX_COLS = 1_000_000;

const MAX_HEADER_BYTES = 1 << 20;

/** Reads the header of an open file, and checks every field of it. */
export function readNpyHeader(descriptor: number, fail: Fail): NpyShape {
  const head = Buffer.alloc(12);
  const length = readSync(descriptor, head, 0, 12, 0);
  if (length < 12 || head.toString('latin1', 0, 6) !== MAGIC) fail('it is not a .npy file', 'Give a file written by embed or numpy.save');
  const version = head[6]!;
  if (version < 1 || version > 3) {
    fail(`it is of version ${version} of the format, and embed knows 1 to 3`, 'Write or copy it again');
  }
  const from = version >= 2 ? 12 : 10;
  const start = from + (version >= 2 ? head.readUInt32LE(8) : head.readUInt16LE(8));
  if (start > MAX_HEADER_BYTES) fail('its header is damaged', 'Write or copy it again');
  const header = Buffer.alloc(start - from);
  if (readSync(descriptor, header, 0, header.length, from) < header.length) fail('its header is cut short', 'Write or copy it again');
  const dictionary = header.toString('latin1');
  if (!/^\s*\{[^]*\}\s*$/.test(dictionary)) fail('its header is damaged', 'Write or copy it again');
  const name = /'descr':\s*'([^']*)'/.exec(dictionary)?.[1] ?? 'of several fields';
  const type = VALUE_TYPES.get(name);
  if (!type) return fail(`its values are ${name.slice(0, 40)}, not floats`, 'Save it with numpy.save(path, array.astype("float32"))');
  const order = /'fortran_order':\s*(True|False)/.exec(dictionary)?.[1];
  if (order === undefined) fail('its header does not say in which order its values are', 'Write it again with numpy.save');
  const { rows, cols } = shapeOf(dictionary, fail);
  if (order === 'True') {
    fail('it is in Fortran order, column by column', 'Save it with numpy.save(path, numpy.ascontiguousarray(array))');
  }
  return { start, rows, cols, name, type };
}

function shapeOf(dictionary: string, fail: Fail): { rows: number; cols: number } {
  const shape = /'shape':\s*\(([^)]*)\)/.exec(dictionary)?.[1];
  if (shape === undefined) return fail('its header has no shape', 'Write it again with numpy.save');
  const sizes = shape
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '');
  // NumPy for Python 2 wrote long integers with an L
  const odd = sizes.find((size) => !/^\d+L?$/.test(size));
  if (odd !== undefined) fail(`"${odd.slice(0, 40)}" in its shape is not a whole number`, 'Write it again with numpy.save');
  // an encoder returns a single vector for a single text
  if (sizes.length === 1) sizes.unshift('1');
  if (sizes.length !== 2) fail(`it has ${sizes.length} dimensions, not two`, 'Save an array of shape (rows, dims)');
  const [rows, cols] = sizes.map((size) => Number(size.replace('L', ''))) as [number, number];
  if (rows > MAX_ROWS) {
    fail(`it has ${counted(rows)} rows, and embed can hold at most ${grouped(MAX_ROWS)}`, 'Split it into smaller files');
  }
  if (cols > MAX_COLS) {
    fail(`its rows have ${counted(cols)} values, and embed can hold at most ${grouped(MAX_COLS)}`, 'Save an array of shape (rows, dims)');
  }
  if (cols === 0) fail('its rows have no values', 'Save an array of shape (rows, dims)');
  return { rows, cols };
}

/** A number for a message, however large it is. */
function counted(value: number): string {
  return Number.isSafeInteger(value) ? grouped(value) : 'more than 9 × 10¹⁵';
}
