import type { QueryOperand } from '../engine/candidates.ts';
import { readBlocks, type StoredRows } from '../vectors/stored-rows.ts';
import { columnsOf, normalizeRows, rowsPerBlock, type CodeBlock, type BlockSource } from './row-blocks.ts';

/**
 * Turns unit vectors into 8-bit codes whose products are upper bounds of their cosines.
 *
 * A row x is s·c + r, codes c = round(x / s) within ±64, s = max|x| / 64; a query q is t·b + e within ±127. Then
 *   q·x ≤ s·t·(b·c) + |t·b|·|r| + |e|   (Cauchy–Schwarz twice, |x| = 1).
 * The product includes the middle term: some further codes hold R ≥ |r|/s in the row and V ≥ |b| in the query, so that the
 * kernel computes an upper bound. Projected rows (projection.ts) have a tail each; four more codes add the product of two
 * tails. Codes within ±64 against unsigned codes cannot saturate the 16-bit sums of CPUs without VNNI (docs/adr/003).
 */
const ROW_LIMIT = 64;
const QUERY_LIMIT = 127;
const ZERO_POINT = 128;

/**
 * Number of further codes that carry the residual. There are enough of them that each share of V is at most 127 even for the
 * longest possible query, |b| ≤ 127·√d, including what is added for rounding.
 */
function residualCodes(dims: number): number {
  return 4 * Math.ceil((dims + 1) / 512);
}

/** The code of a residual of length s. The longest possible residual, s·√d / 2, has the code 64. */
function codesPerScale(dims: number): number {
  return ROW_LIMIT / (Math.sqrt(dims) / 2);
}

function largestOf(data: Float32Array, from: number, to: number): number {
  let largest = 0;
  for (let at = from; at < to; at++) {
    const value = Math.abs(data[at]!);
    if (value > largest) largest = value;
  }
  return largest;
}

/** Number of codes that carry the product of two tails: each tail is the sum of two codes, so there are four products. */
const TAIL_CODES = 4;

/** Codes per row, including those of its residual and tail. */
export function codeWidth(dims: number, { tails = false }: { tails?: boolean } = {}): number {
  return dims + residualCodes(dims) + (tails ? TAIL_CODES : 0);
}

/** Rows per block at 384 dims, which is 6 MB of codes. The block size is fixed once codes are on disk, because they are transposed. */
const CODE_BLOCK_ROWS = 16_384;

/** Rows that are transposed together: one cache line for each of 384 dims is 25 KB, which stays in the first-level cache. */
const TILE_ROWS = 64;

/** Reads all rows as blocks of codes. Rows that are all zeros are left out. */
export function* codeBlocks(
  { reader, keep, name, tally }: BlockSource,
  { blockRows = rowsPerBlock(CODE_BLOCK_ROWS, reader.cols) }: { blockRows?: number } = {},
): Generator<CodeBlock> {
  const dims = reader.cols;
  for (const stored of readBlocks(reader, { blockRows, keep })) {
    const unit = normalizeRows(stored, { dims, name, tally });
    if (unit.rows.length > 0) yield codeBlock(unit, { dims });
  }
}

/**
 * Computes the codes of unit rows, transposed: code d of column i is at `d * columns + i`.
 *
 * @param tails for projected rows: length of the part that the projection left out, [rows]
 */
export function codeBlock({ data, rows }: StoredRows, { dims, tails }: { dims: number; tails?: Float64Array | undefined }): CodeBlock {
  const count = rows.length;
  const columns = columnsOf(count);
  const width = codeWidth(dims, { tails: tails !== undefined });
  const tailAt = dims + residualCodes(dims);
  const codes = new Int8Array(width * columns);
  const scales = new Float32Array(columns);
  const perScale = codesPerScale(dims);
  // a tile of rows at a time: writing row by row into the transposed block would cost a cache miss per code
  const tile = new Int8Array(width * TILE_ROWS);
  const tileWords = new Int32Array(tile.buffer);
  const words = new Int32Array(codes.buffer);
  for (let first = 0; first < columns; first += TILE_ROWS) {
    const tileRows = Math.min(TILE_ROWS, columns - first);
    for (let at = 0; at < tileRows; at++) {
      // the last group is padded with its own last row, so that its maximum does not change
      const row = Math.min(first + at, count - 1);
      const from = row * dims;
      const tail = tails?.[row] ?? 0;
      const scale = scaleOf(largestOf(data, from, from + dims), { tail, limit: ROW_LIMIT });
      const inverse = 1 / scale;
      let residual = 0;
      for (let d = 0, to = at; d < dims; d++, to += TILE_ROWS) {
        const value = data[from + d]! * inverse;
        // rounds to the nearest code, because the sum is positive
        const code = ((value + ROW_LIMIT + 0.5) | 0) - ROW_LIMIT;
        tile[to] = code;
        residual += (value - code) * (value - code);
      }
      scales[first + at] = scale;
      // rounded up, with a margin for the rounding of the float32 row
      const code = Math.min(ROW_LIMIT, Math.ceil(Math.sqrt(residual) * perScale + 1e-3));
      for (let d = dims; d < tailAt; d++) tile[d * TILE_ROWS + at] = code;
      if (tails) {
        const [one, two] = halvesOf(tail / scale, ROW_LIMIT);
        [one, one, two, two].forEach((half, d) => (tile[(tailAt + d) * TILE_ROWS + at] = half));
      }
    }
    // copies four codes at a time
    for (let d = 0; d < width; d++) {
      const from = (d * TILE_ROWS) / 4;
      const to = (d * columns + first) / 4;
      for (let word = 0; word < tileRows / 4; word++) words[to + word] = tileWords[from + word]!;
    }
  }
  return asBlock(codes, { dims, scales, rows, count });
}

/** Step between two codes: the largest value gets the code `limit`, and a tail fits into two codes. */
function scaleOf(largest: number, { tail, limit }: { tail: number; limit: number }): number {
  return Math.fround(Math.max(largest / limit, tail / (2 * limit - 1)));
}

/** Splits a number of steps, rounded up, into two codes. */
function halvesOf(steps: number, limit: number): [number, number] {
  const whole = Math.min(2 * limit, Math.ceil(steps + 1e-3));
  const one = Math.ceil(whole / 2);
  return [one, whole - one];
}

/** Makes a block from its stored parts. */
export function asBlock(
  codes: Int8Array,
  { dims, scales, rows, count }: { dims: number; scales: Float32Array; rows: Int32Array; count: number },
): CodeBlock {
  const columns = scales.length;
  const gaps = new Float32Array(columns);
  let maxGap = 0;
  for (let at = 0; at < columns; at++) {
    gaps[at] = scales[at]! * codes[dims * columns + at]!;
    maxGap = Math.max(maxGap, gaps[at]!);
  }
  return { kind: 'int8', data: codes, perRow: scales, rows, count, columns, gaps, maxGap };
}

/** Codes of unit queries, and the numbers that turn the kernel's scores into bounds: q·x ≤ score · scale + above. */
export type QueryCodes = { operand: QueryOperand; scale: Float64Array; above: Float64Array; gap: Float64Array };

/**
 * Computes the codes of unit queries.
 *
 * @param queries [count, dims]
 * @param tails as for `codeBlock`, [count]
 */
export function queryCodes(
  queries: Float32Array,
  { dims, count, tails }: { dims: number; count: number; tails?: Float64Array | undefined },
): QueryCodes {
  const width = codeWidth(dims, { tails: tails !== undefined });
  const extra = residualCodes(dims);
  const data = new Uint8Array(count * width).fill(ZERO_POINT);
  const scale = new Float64Array(count);
  const above = new Float64Array(count);
  const gap = new Float64Array(count);
  const perScale = codesPerScale(dims);
  for (let query = 0; query < count; query++) {
    const from = query * dims;
    const tail = tails?.[query] ?? 0;
    const step = scaleOf(largestOf(queries, from, from + dims), { tail, limit: QUERY_LIMIT }) || 1;
    const inverse = 1 / step;
    let residual = 0;
    let length = 0;
    for (let d = 0; d < dims; d++) {
      const value = queries[from + d]! * inverse;
      // rounds to the nearest code, because the sum is positive
      const code = ((value + ZERO_POINT + 0.5) | 0) - ZERO_POINT;
      data[query * width + d] = ZERO_POINT + code;
      residual += (value - code) * (value - code);
      length += code * code;
    }
    // R is |r| / s in steps of 1 / perScale, so V must be |b| / perScale; it is spread over the further codes
    const each = Math.ceil(Math.sqrt(length) / perScale / extra + 1e-6);
    data.fill(ZERO_POINT + each, query * width + dims, query * width + dims + extra);
    if (tails) {
      const [one, two] = halvesOf(tail / step, QUERY_LIMIT);
      [one, two, one, two].forEach((half, d) => (data[query * width + dims + extra + d] = ZERO_POINT + half));
    }
    scale[query] = step;
    // 1e-6 covers the float32 rounding of scales, products and unit vectors
    above[query] = Math.sqrt(residual) * step + 1e-6;
    gap[query] = 2 * step * each * extra;
  }
  return { operand: { data, count }, scale, above, gap };
}
