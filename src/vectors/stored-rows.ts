import type { Matrix } from './matrix.ts';

/** Vectors that are read by rows: a file, or a matrix in memory. */
export type VectorReader = {
  rows: number;
  cols: number;
  /** Fills `into` with rows from `first` on and returns how many there were: fewer than fit only at the end. */
  read(first: number, into: Float32Array): number;
};

/** Rows as they are stored, one after another, and their numbers. */
export type StoredRows = { data: Float32Array; rows: Int32Array };

/**
 * Reads all rows in blocks of at most `blockRows`, without those that `keep` leaves out. Each block uses the memory of
 * the one before.
 *
 * @param keep 1 for each row that is wanted; every row where undefined
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

/** Some rows, as they are stored. */
export function readRows(reader: VectorReader, rows: Int32Array): StoredRows {
  const { cols } = reader;
  const data = new Float32Array(rows.length * cols);
  rows.forEach((row, at) => reader.read(row, data.subarray(at * cols, (at + 1) * cols)));
  return { data, rows };
}

/** A matrix in memory, to be read like a file. */
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

/** Reads single rows, as they are stored. The vector is valid until the next call. */
export function rowReader(reader: VectorReader): (row: number) => Float32Array {
  const vector = new Float32Array(reader.cols);
  return (row) => {
    reader.read(row, vector);
    return vector;
  };
}
