import { openCandidateKernel } from '../../engine/candidates.ts';
import { roundDown } from '../../vectors/matrix.ts';
import { readRows, type StoredRows, type VectorReader } from '../../vectors/stored-rows.ts';
import { codeBlock, codeWidth, queryCodes } from '../codes.ts';
import { drawRows } from '../random.ts';
import { normalizeRows, type CodeBlock } from '../row-blocks.ts';
import { openKeeperCodes } from './keeper-codes.ts';
import { CROSS_TERMS, openProjection, type Projection } from './projection.ts';

/**
 * Finds the pairs of rows that may reach a cosine: rows come in blocks, and each block is compared with rows that were held
 * before, and with itself. What is proposed is decided by `cosine`, elsewhere; no pair at or above the floor is lost, because
 * scores are upper bounds (codes.ts). Memory is the codes of the rows that are held.
 */
export type RowScreen = {
  /** Reads some rows; undefined where none of them has a direction. `onZero` is told those of length zero. */
  block(reader: VectorReader, rows: Int32Array, onZero?: (row: number) => void): Promise<ScreenBlock | undefined>;
  /** Calls `found` with rows of the block and rows held before, by their numbers, and the most their cosine can be. */
  heldPairs(block: ScreenBlock, minCosine: number, found: Proposed): Promise<void>;
  /** Calls `found` with rows of the block and earlier rows of the same block. */
  ownPairs(block: ScreenBlock, minCosine: number, found: Proposed): Promise<void>;
  /** Holds a row of a block. Rows are numbered in the order they come. */
  hold(block: ScreenBlock, column: number): void;
  close(): Promise<void>;
};

/** `partner` is the number of a row that is held, or an earlier column of the block. */
export type Proposed = (column: number, partner: number, upper: number) => void;

/** Rows that are compared at once. A column is a row that has a direction. */
export type ScreenBlock = {
  /** Row numbers of the columns. */
  rows: Int32Array;
  count: number;
  /** A column's vector, as it is stored. */
  vector(column: number): Float32Array;
  codes: CodeBlock;
  queries: ReturnType<typeof queryCodes>;
};

/** Rows of a block: a product of so many with 4,096 others is fastest. */
export const BLOCK_ROWS = 1024;

/** Less than any two cosines that differ by a rounding to 6 decimals, and what float32 adds. */
export const ROUNDING = 2e-6;

type ScreenOptions = {
  /** Dims of a row. */
  dims: number;
  /** Makes rows shorter, which is faster and takes less memory where little is left out. */
  projection: Projection | undefined;
  threads: number;
  /** What errors call the vectors. */
  name: string;
};

export async function openRowScreen({ dims, projection, threads, name }: ScreenOptions): Promise<RowScreen> {
  const width = codeWidth(projection?.dims ?? dims, { tails: projection !== undefined });
  const kernel = await openCandidateKernel({ kind: 'int8', width, bias: false, seedTop: undefined }, { threads });
  const held = openKeeperCodes(kernel, { width, threads });
  return {
    async block(reader, rows, onZero) {
      const read = readUnitRows(reader, rows, { name, onZero });
      return read && { ...read, ...(await codesOf(read.unit, projection)) };
    },
    async heldPairs(block, minCosine, found) {
      await held.screen(block.queries.operand, leastOf(block, minCosine), (column, number, score) =>
        found(column, number, upperOf(block, column, score)),
      );
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
    hold: ({ codes }, column) => held.append(codes, column),
    async close() {
      await held.close();
      await kernel.close();
    },
  };
}

/** Codes of unit rows, as they are held and as they are compared with those that are. */
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

/** Rows from which on a basis is worth finding, dims that are kept, and dims of rows that are short enough as they are. */
const MANY_ROWS = 20_000;
const KEPT_DIMS = 120;
const SHORT = 160;
const BASIS_ROWS = 16_384;

/** Below this, short rows rule nothing out. */
const MIN_COSINE = 0.5;

/** Seconds for a pair that is screened, by short and by whole rows, and for one that is measured (bench/runs). */
const SECONDS = { short: 1 / 2.3e9, whole: 1 / 1.75e9, measured: 1.5e-6 };

/**
 * A projection for these rows, where the screen is faster with one: pairs among a sample show how many it would let through
 * at this cosine.
 *
 * @param always whether to take one without a trial
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

/** Share of the pairs among some rows of a sample that a screen lets through. */
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

/** For each column, the least score whose bound reaches a cosine. */
function leastOf({ queries: { scale, above } }: Pick<ScreenBlock, 'queries'>, minCosine: number): Float32Array {
  return Float32Array.from(scale, (step, at) => roundDown((minCosine - ROUNDING - above[at]!) / step));
}

/** The most that a cosine can be, by its score. */
function upperOf({ queries: { scale, above } }: ScreenBlock, column: number, score: number): number {
  return score * scale[column]! + above[column]!;
}

/** Some rows as they are stored, and, but for those of length zero, as unit rows. */
function readUnitRows(
  reader: VectorReader,
  rows: Int32Array,
  { name, onZero }: { name: string; onZero?: ((row: number) => void) | undefined },
): (Pick<ScreenBlock, 'rows' | 'count' | 'vector'> & { unit: StoredRows }) | undefined {
  const dims = reader.cols;
  const { data: stored } = readRows(reader, rows);
  const unit = normalizeRows({ data: stored.slice(), rows: rows.slice() }, { dims, name, tally: { zeros: 0 } });
  const count = unit.rows.length;
  // rows of length zero leave gaps
  const places = new Int32Array(count);
  let column = 0;
  rows.forEach((row, place) => {
    if (unit.rows[column] === row) places[column++] = place;
    else onZero?.(row);
  });
  if (count === 0) return undefined;
  return { rows: unit.rows, count, unit, vector: (at) => stored.subarray(places[at]! * dims, (places[at]! + 1) * dims) };
}
