import type { Matrix } from './matrix.ts';

/** Vectors that are read row by row: from a file, or from a matrix in memory. */
export type VectorReader = {
  rows: number;
  cols: number;
  /** Fills `into` with rows, starting at `first`, and returns how many it read: fewer than fit only at the end. */
  read(first: number, into: Float32Array): number;
};

/** Rows as they are stored, [rows.length, dims], and their row numbers. */
export type StoredRows = { data: Float32Array; rows: Int32Array };

/**
 * Reads all rows that `keep` selects, in blocks of at most `blockRows`. Each block reuses the memory of the block before.
 *
 * @param keep 1 for each row to read; undefined reads every row
 */
export function* readBlocks(
  reader: VectorReader,
  { blockRows, keep }: { blockRows: number; keep?: Uint8Array | undefined },
): Generator<StoredRows> {
  const { cols } = reader;
  const size = Math.min(blockRows, reader.rows);
  const data = new Float32Array(size * cols);
  const rows = new Int32Array(size);
  let held = 0;
  for (let first = 0; first < reader.rows;) {
    const wanted = Math.min(size - held, reader.rows - first);
    const next = first + wanted;
    if (keep?.subarray(first, next).includes(1) === false) {
      first = next;
      continue;
    }
    reader.read(first, data.subarray(held * cols, (held + wanted) * cols));
    const base = held;
    for (let at = 0; at < wanted; at++) {
      if (keep && keep[first + at] !== 1) continue;
      if (held < base + at) data.copyWithin(held * cols, (base + at) * cols, (base + at + 1) * cols);
      rows[held++] = first + at;
    }
    first = next;
    if (held === size) {
      yield { data, rows };
      held = 0;
    }
  }
  if (held > 0) yield { data: data.subarray(0, held * cols), rows: rows.subarray(0, held) };
}

/** Reads the rows of these numbers, in this order. */
export function readRows(reader: VectorReader, rows: Int32Array): StoredRows {
  const { cols } = reader;
  const data = new Float32Array(rows.length * cols);
  rows.forEach((row, at) => reader.read(row, data.subarray(at * cols, (at + 1) * cols)));
  return { data, rows };
}

/** Lets a matrix in memory be read like a file. */
export function matrixReader({ data, rows, cols }: Matrix): VectorReader {
  return {
    rows,
    cols,
    read(first, into) {
      const count = Math.min(Math.floor(into.length / cols), rows - first);
      into.set(data.subarray(first * cols, (first + count) * cols));
      return count;
    },
  };
}

/** Returns a function that reads one row. The vector is valid until the next call. */
export function rowReader(reader: VectorReader): (row: number) => Float32Array {
  const vector = new Float32Array(reader.cols);
  return (row) => {
    reader.read(row, vector);
    return vector;
  };
}
