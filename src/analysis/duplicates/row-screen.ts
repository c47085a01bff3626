import { openCandidateKernel } from '../../engine/candidates.ts';
import { roundDown } from '../../vectors/matrix.ts';
import { readRows, type StoredRows, type VectorReader } from '../../vectors/stored-rows.ts';
import { codeBlock, codeWidth, queryCodes, type QueryCodes } from '../codes.ts';
import { drawRows } from '../random.ts';
import { normalizeRows, type CodeBlock } from '../row-blocks.ts';
import { openKeeperCodes, type KeeperCodes } from './keeper-codes.ts';
import { CROSS_TERMS, openProjection, type Projection } from './projection.ts';

/**
 * Proposes the pairs of rows that may reach a cosine. Rows come in blocks; each block is compared with the rows held so far
 * and with itself. The caller decides each proposed pair with `cosine`. No pair at or above the floor is lost, because scores
 * are upper bounds (codes.ts). Memory holds the codes of the held rows.
 */
export type RowScreen = {
  /** Reads some rows; undefined where all of them are zeros. Calls `onZero` with each row of zeros. */
  block(reader: VectorReader, rows: Int32Array, onZero?: (row: number) => void): Promise<ScreenBlock | undefined>;
  /** Calls `found` with pairs of a row of the block and an earlier row of the same block. */
  ownPairs(block: ScreenBlock, minCosine: number, found: Proposed): Promise<void>;
  /** A place for rows that are held; `close` closes it, too. */
  shelf(): Shelf;
  close(): Promise<void>;
};

/** Rows that are held. They are numbered in the order they are added. */
export type Shelf = {
  hold(block: ScreenBlock, column: number): void;
  /** Calls `found` with pairs of a row of the block and a held row, and the upper bound of their cosine; of some columns only, if they are given. */
  pairs(block: ScreenBlock, minCosine: number, found: Proposed, columns?: readonly number[]): Promise<void>;
};

/** Called with a proposed pair; `partner` is the number of a held row, or an earlier column of the block. */
export type Proposed = (column: number, partner: number, upper: number) => void;

/** Rows that are compared together. Each row that is not all zeros is a column. */
export type ScreenBlock = {
  /** Row numbers of the columns. */
  rows: Int32Array;
  count: number;
  /** The vector of a column, as it is stored. */
  vector(column: number): Float32Array;
  codes: CodeBlock;
  queries: Pick<QueryCodes, 'operand' | 'scale' | 'above'>;
};

/** Rows per block: a product of 1,024 rows with 4,096 others is fastest. */
export const BLOCK_ROWS = 1024;

/** Margin for the rounding of cosines to 6 decimals, and for float32's. */
export const ROUNDING = 2e-6;

type ScreenOptions = {
  /** Dims of a row. */
  dims: number;
  /** Makes rows shorter, which saves time and memory where little is left out. */
  projection: Projection | undefined;
  threads: number;
  /** The name of the vectors in errors. */
  name: string;
};

export async function openRowScreen({ dims, projection, threads, name }: ScreenOptions): Promise<RowScreen> {
  const width = codeWidth(projection?.dims ?? dims, { tails: projection !== undefined });
  const kernel = await openCandidateKernel({ kind: 'int8', width, bias: false, seedTop: undefined }, { threads });
  const shelves: KeeperCodes[] = [];
  return {
    async block(reader, rows, onZero) {
      const read = readUnitRows(reader, rows, { name, onZero });
      return read && { ...read, ...(await codesOf(read.unit, projection)) };
    },
    async ownPairs(block, minCosine, found) {
      const { data, columns, perRow } = block.codes;
      const operands = {
        queries: block.queries.operand,
        rows: { data, count: columns, perRow },
        floors: { least: leastOf(block, minCosine) },
      };
      await kernel.run(operands, (column, partner, score) => {
        if (partner < column) found(column, partner, upperOf(block, column, score));
      });
    },
    shelf() {
      const held = openKeeperCodes(kernel, { width, threads });
      shelves.push(held);
      return {
        hold: ({ codes }, column) => held.append(codes, column),
        async pairs(block, minCosine, found, columns) {
          const queries = columns ? someQueries(block, columns) : block.queries;
          await held.screen(queries.operand, leastOf({ queries }, minCosine), (at, number, score) =>
            found(columns ? columns[at]! : at, number, upperOf({ queries }, at, score)),
          );
        },
      };
    },
    async close() {
      await Promise.all(shelves.map((held) => held.close()));
      await kernel.close();
    },
  };
}

/** Codes of unit rows in both forms: to be held, and as queries against held rows. */
async function codesOf(unit: StoredRows, projection: Projection | undefined): Promise<Pick<ScreenBlock, 'codes' | 'queries'>> {
  const count = unit.rows.length;
  if (!projection) {
    const dims = unit.data.length / count;
    return { codes: codeBlock(unit, { dims }), queries: queryCodes(unit.data, { dims, count }) };
  }
  const { data, tails } = await projection.project(unit.data);
  const { dims } = projection;
  const queries = queryCodes(data, { dims, count, tails });
  queries.above.forEach((above, at) => (queries.above[at] = above + CROSS_TERMS));
  return { codes: codeBlock({ data, rows: unit.rows }, { dims, tails }), queries };
}

/**
 * With fewer than MANY_ROWS rows, or at most SHORT dims, a projection does not pay. It keeps KEPT_DIMS dims, and its basis is
 * found with BASIS_ROWS rows.
 */
const MANY_ROWS = 20_000;
const KEPT_DIMS = 120;
const SHORT = 160;
const BASIS_ROWS = 16_384;

/** Below this cosine, projected rows rule out too few pairs. */
const MIN_COSINE = 0.5;

/** Seconds per pair: screened by projected rows, screened by whole rows, and measured (bench/runs). */
const SECONDS = { short: 1 / 2.3e9, whole: 1 / 1.75e9, measured: 1.5e-6 };

/**
 * Chooses a projection for these rows, or none where the screen is faster without. A trial on a sample shows how many pairs
 * the screen would let through at this cosine.
 *
 * @param always whether to choose a projection without a trial
 */
export async function chooseProjection(
  reader: VectorReader,
  rows: Int32Array,
  { minCosine, threads, name, always = false }: { minCosine: number; threads: number; name: string; always?: boolean | undefined },
): Promise<Projection | undefined> {
  if (!always && (rows.length < MANY_ROWS || reader.cols <= SHORT || minCosine < MIN_COSINE)) return undefined;
  const sample = readUnitRows(reader, drawRows(rows, BASIS_ROWS, 1), { name });
  if (!sample) return undefined;
  const projection = await openProjection(sample.unit.data, { width: reader.cols, dims: Math.min(KEPT_DIMS, reader.cols - 1), threads });
  if (always) return projection;
  const seconds = async (kind: 'short' | 'whole'): Promise<number> => {
    const share = await survivingShare(sample.unit, { projection: kind === 'short' ? projection : undefined, minCosine, threads });
    return SECONDS[kind] + share * SECONDS.measured;
  };
  if ((await seconds('short')) < (await seconds('whole'))) return projection;
  await projection.close();
  return undefined;
}

const TRIAL = { queries: 1024, rows: 4096 };

/** Share of pairs among rows of a sample that the screen lets through. */
async function survivingShare(
  { data, rows }: StoredRows,
  { projection, minCosine, threads }: { projection: Projection | undefined; minCosine: number; threads: number },
): Promise<number> {
  const width = data.length / rows.length;
  const part = (from: number, to: number): StoredRows => ({ data: data.subarray(from * width, to * width), rows: rows.subarray(from, to) });
  const middle = Math.min(TRIAL.queries, Math.floor(rows.length / 2));
  const [some, others] = [part(0, middle), part(middle, Math.min(rows.length, middle + TRIAL.rows))];
  const [{ queries }, { codes }] = [await codesOf(some, projection), await codesOf(others, projection)];
  const codesWidth = codes.data.length / codes.columns;
  const kernel = await openCandidateKernel({ kind: 'int8', width: codesWidth, bias: false, seedTop: undefined }, { threads });
  let through = 0;
  try {
    const operands = { data: codes.data, count: codes.columns, perRow: codes.perRow };
    await kernel.run({ queries: queries.operand, rows: operands, floors: { least: leastOf({ queries }, minCosine) } }, () => through++);
  } finally {
    await kernel.close();
  }
  return through / (some.rows.length * others.rows.length);
}

/** The queries of some columns of a block. */
function someQueries({ queries: { operand, scale, above }, count }: ScreenBlock, columns: readonly number[]): ScreenBlock['queries'] {
  if (columns.length === count) return { operand, scale, above };
  const width = operand.data.length / operand.count;
  const data = new Uint8Array(columns.length * width);
  for (const [at, column] of columns.entries()) data.set(operand.data.subarray(column * width, (column + 1) * width), at * width);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(columns, (column) => values[column]!);
  return { operand: { data, count: columns.length }, scale: pick(scale), above: pick(above) };
}

/** For each column, the lowest score whose upper bound reaches a cosine. */
function leastOf({ queries: { scale, above } }: Pick<ScreenBlock, 'queries'>, minCosine: number): Float32Array {
  return Float32Array.from(scale, (step, at) => roundDown((minCosine - ROUNDING - above[at]!) / step));
}

/** The upper bound of a cosine, from its score. */
function upperOf({ queries: { scale, above } }: Pick<ScreenBlock, 'queries'>, column: number, score: number): number {
  return score * scale[column]! + above[column]!;
}

/** Reads rows as they are stored and, except those of zeros, as unit rows. */
function readUnitRows(
  reader: VectorReader,
  rows: Int32Array,
  { name, onZero }: { name: string; onZero?: ((row: number) => void) | undefined },
): (Pick<ScreenBlock, 'rows' | 'count' | 'vector'> & { unit: StoredRows }) | undefined {
  const dims = reader.cols;
  const { data: stored } = readRows(reader, rows);
  const unit = normalizeRows({ data: stored.slice(), rows: rows.slice() }, { dims, name, tally: { zeros: 0 } });
  const count = unit.rows.length;
  // rows of zeros leave gaps
  const places = new Int32Array(count);
  let column = 0;
  rows.forEach((row, place) => {
    if (unit.rows[column] === row) places[column++] = place;
    else onZero?.(row);
  });
  if (count === 0) return undefined;
  return { rows: unit.rows, count, unit, vector: (at) => stored.subarray(places[at]! * dims, (places[at]! + 1) * dims) };
}
