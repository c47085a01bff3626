import { GROUP } from '../engine/candidates.ts';
import { EmbedError } from '../errors.ts';
import { scaleValues, squaredNorm, type Metric } from '../vectors/matrix.ts';
import { readBlocks, type StoredRows, type VectorReader } from '../vectors/stored-rows.ts';

/**
 * Rows that are prepared for a kernel. `rows[i]` is the row number of column i. Columns from `count` on are padding that
 * completes the last group.
 */
export type RowBlock = FloatBlock | CodeBlock;

type Columns = {
  rows: Int32Array;
  count: number;
  /** Number of columns, a multiple of GROUP. */
  columns: number;
};

/** Vectors, [columns, dims]. For the euclidean metric `perRow` [columns] is added to scores; else it is empty. */
export type FloatBlock = Columns & {
  kind: 'float32';
  data: Float32Array;
  perRow: Float32Array;
  /** Length of the longest row. */
  maxNorm: number;
};

/** Transposed codes; `perRow` holds the scale of each row, `gaps` that scale times the row's residual code. */
export type CodeBlock = Columns & {
  kind: 'int8';
  data: Int8Array;
  perRow: Float32Array;
  gaps: Float32Array;
  maxGap: number;
};

/** Rows per block, in whole groups: `rows` at up to 384 dims, fewer for wider vectors, so that blocks take no more memory. */
export function rowsPerBlock(rows: number, dims: number): number {
  return Math.max(GROUP, columnsOf(Math.floor(rows * Math.min(1, 384 / dims))));
}

/** A row whose squared length differs from 1 by less than this has unit length, as far as float32 can tell. */
const UNIT = 2 ** -21;

/** Squared length above which float32 products may overflow. */
export const LONGEST = 1e36;

/** Counts the rows that are all zeros: they have no cosine and are left out. */
export type Tally = { zeros: number };

/**
 * Scales rows to unit length, in place, and leaves out rows of zeros.
 *
 * @returns the rows that are left; they share the memory of `stored`, which must not be used afterwards
 * @throws EmbedError that names the first row with NaN or infinity
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

/** The vectors that blocks are made from, and the metric they are for; errors call the vectors `name`. */
export type BlockSource = { reader: VectorReader; keep: Uint8Array | undefined; metric: Metric; name: string; tally: Tally };

/** Reads all rows as blocks for the float32 kernel. Each block reuses the memory of the block before. */
export function* floatBlocks({ reader, keep, ...rest }: BlockSource, { blockRows }: { blockRows: number }): Generator<FloatBlock> {
  for (const stored of readBlocks(reader, { blockRows, keep })) yield floatBlock(stored, { dims: reader.cols, ...rest });
}

/** Makes a block for the float32 kernel. It uses the memory of `stored.data` if whole groups fit into it. */
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
  // the last group is padded with its own last row, so that its maximum does not change
  const padded = withRoom(data, columns * dims);
  for (let at = count; at < columns; at++) {
    padded.copyWithin(at * dims, (count - 1) * dims, count * dims);
    if (euclidean) halves[at] = halves[count - 1]!;
  }
  return { kind: 'float32', data: padded, perRow: halves, rows, count, columns, maxNorm };
}

/** `count`, rounded up to whole groups. */
export function columnsOf(count: number): number {
  return Math.ceil(count / GROUP) * GROUP;
}

function withRoom(data: Float32Array, length: number): Float32Array {
  if (data.length === length) return data;
  // memory beyond the data may be used only if the buffer belongs to this block
  if (data.byteOffset === 0 && length * 4 <= data.buffer.byteLength) return new Float32Array(data.buffer, data.byteOffset, length);
  const copy = new Float32Array(length);
  copy.set(data);
  return copy;
}

/** Throws where products of the row would overflow float32. `norm` is its squared length. */
export function assertShort(norm: number, { row, metric, name }: { row: number; metric: Metric; name: string }): void {
  assertFinite(norm, row, name);
  if (norm <= LONGEST) return;
  throw new EmbedError(`Cannot compare the vectors of ${name} by ${metric}: row ${row} is too large for float32`, {
    hint: 'Scale the vectors down, or compare them by cosine',
  });
}

function assertFinite(norm: number, row: number, name: string): void {
  if (Number.isFinite(norm)) return;
  throw new EmbedError(`Cannot compare the vectors of ${name}: row ${row} contains NaN or infinity`, {
    hint: 'Check the program that wrote it: encode again, or remove the row',
  });
}
