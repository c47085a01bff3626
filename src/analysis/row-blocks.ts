import { GROUP } from '../engine/candidates.ts';
import { CliError } from '../errors.ts';
import { scaleValues, squaredNorm, type Metric } from '../vectors/matrix.ts';
import { readBlocks, type StoredRows, type VectorReader } from '../vectors/stored-rows.ts';

/**
 * Rows made ready for a kernel. `rows[i]` is the row number of column i; columns from `count` on only fill the last
 * group.
 */
export type RowBlock = FloatBlock | CodeBlock;

type Columns = {
  rows: Int32Array;
  count: number;
  /** Columns, a multiple of GROUP. */
  columns: number;
};

/** Vectors, one after another; `perRow` is added to scores (euclidean), and empty otherwise. */
export type FloatBlock = Columns & {
  kind: 'float32';
  data: Float32Array;
  perRow: Float32Array;
  /** Largest length of a row. */
  maxNorm: number;
};

/** Transposed codes; `perRow` is the scale of each row, `gaps` that scale times its residual code. */
export type CodeBlock = Columns & {
  kind: 'int8';
  data: Int8Array;
  perRow: Float32Array;
  gaps: Float32Array;
  maxGap: number;
};

/** Rows of a block that has `rows` at up to 384 dims: blocks of wider vectors take no more memory. */
export function rowsPerBlock(rows: number, dims: number): number {
  return Math.max(GROUP, columnsOf(Math.floor(rows * Math.min(1, 384 / dims))));
}

/** Length² of a row that is as good as 1: float32 cannot say it better. */
const UNIT = 2 ** -21;

/** Length² beyond which products of float32 may overflow. */
export const LONGEST = 1e36;

/** Counts rows that have no direction: cosine leaves them out. */
export type Tally = { zeros: number };

/**
 * Checks rows and, for cosine, brings them to unit length.
 *
 * @returns rows without those of zero length, in place: `stored` is used up
 * @throws CliError that names the first row that holds NaN or infinity
 */
export function normalizeRows(stored: StoredRows, { dims, name, tally }: { dims: number; name: string; tally: Tally }): StoredRows {
  const { data, rows } = stored;
  let kept = 0;
  for (let at = 0; at < rows.length; at++) {
    const norm = squaredNorm(data, at * dims, (at + 1) * dims);
    assertFinite(norm, rows[at]!, name);
    if (norm === 0) {
      tally.zeros++;
      continue;
    }
    if (kept < at) {
      data.copyWithin(kept * dims, at * dims, (at + 1) * dims);
      rows[kept] = rows[at]!;
    }
    if (Math.abs(norm - 1) > UNIT) scaleValues(data, { from: kept * dims, to: (kept + 1) * dims, factor: 1 / Math.sqrt(norm) });
    kept++;
  }
  return { data: data.subarray(0, kept * dims), rows: rows.subarray(0, kept) };
}

/** What is read, for which metric; `name` is what errors call it. */
export type BlockSource = { reader: VectorReader; keep: Uint8Array | undefined; metric: Metric; name: string; tally: Tally };

/** All rows as blocks for the float32 kernel, each in the memory of the one before. */
export function* floatBlocks({ reader, keep, ...rest }: BlockSource, { blockRows }: { blockRows: number }): Generator<FloatBlock> {
  for (const stored of readBlocks(reader, { blockRows, keep })) yield floatBlock(stored, { dims: reader.cols, ...rest });
}

/** A block for the float32 kernel. Takes `stored.data` over where it has room for whole groups. */
export function floatBlock(
  stored: StoredRows,
  { dims, metric, name, tally }: { dims: number; metric: Metric; name: string; tally: Tally },
): FloatBlock {
  let maxNorm = 1;
  const euclidean = metric === 'euclidean';
  let { data, rows } = stored;
  const halves = new Float32Array(euclidean ? columnsOf(rows.length) : 0);
  if (metric === 'cosine') ({ data, rows } = normalizeRows(stored, { dims, name, tally }));
  else {
    maxNorm = 0;
    for (let at = 0; at < rows.length; at++) {
      const norm = squaredNorm(data, at * dims, (at + 1) * dims);
      assertShort(norm, { row: rows[at]!, metric, name });
      maxNorm = Math.max(maxNorm, norm);
      if (euclidean) halves[at] = -norm / 2;
    }
    maxNorm = Math.sqrt(maxNorm);
  }
  const count = rows.length;
  const columns = columnsOf(count);
  // the last group is filled with its own last row: its maximum stays what it is
  const padded = withRoom(data, columns * dims);
  for (let at = count; at < columns; at++) {
    padded.copyWithin(at * dims, (count - 1) * dims, count * dims);
    if (euclidean) halves[at] = halves[count - 1]!;
  }
  return { kind: 'float32', data: padded, perRow: halves, rows, count, columns, maxNorm };
}

/** `count` in whole groups. */
export function columnsOf(count: number): number {
  return Math.ceil(count / GROUP) * GROUP;
}

function withRoom(data: Float32Array, length: number): Float32Array {
  if (data.length === length) return data;
  // only a block's own memory has room that is nobody's
  if (data.byteOffset === 0 && length * 4 <= data.buffer.byteLength) return new Float32Array(data.buffer, data.byteOffset, length);
  const copy = new Float32Array(length);
  copy.set(data);
  return copy;
}

/** Refuses a row whose products float32 cannot hold. `norm` is its length². */
export function assertShort(norm: number, { row, metric, name }: { row: number; metric: Metric; name: string }): void {
  assertFinite(norm, row, name);
  if (norm <= LONGEST) return;
  throw new CliError(`Cannot compare the vectors of ${name} by ${metric}: row ${row} is too long for float32`, {
    hint: 'Scale the vectors down, or compare them by cosine',
  });
}

function assertFinite(norm: number, row: number, name: string): void {
  if (Number.isFinite(norm)) return;
  throw new CliError(`Cannot compare the vectors of ${name}: row ${row} holds NaN or infinity`, {
    hint: 'Find out which program wrote it, and encode again or take the row out',
  });
}
