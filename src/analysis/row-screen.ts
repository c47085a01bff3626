import { openCandidateKernel } from '../engine/candidates.ts';
import { roundDown } from '../vectors/matrix.ts';
import type { VectorReader } from '../vectors/stored-rows.ts';
import { codeBlock, codeWidth, queryCodes } from './codes.ts';
import { openKeeperCodes } from './keeper-codes.ts';
import { normalizeRows, type CodeBlock } from './row-blocks.ts';

/**
 * Finds the pairs of rows that may reach a cosine: rows come in blocks, and each block is compared with rows that were held
 * before, and with itself. What is proposed is decided by `cosine`, elsewhere; no pair at or above the floor is lost, because
 * scores are upper bounds (codes.ts). Memory is the codes of the rows that are held.
 */
export type RowScreen = {
  /** Reads some rows; undefined where none of them has a direction. `onZero` is told those of length zero. */
  block(reader: VectorReader, rows: Int32Array, onZero?: (row: number) => void): ScreenBlock | undefined;
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

/** @param name what errors call the vectors */
export async function openRowScreen({ dims, threads, name }: { dims: number; threads: number; name: string }): Promise<RowScreen> {
  const kernel = await openCandidateKernel({ kind: 'int8', width: codeWidth(dims), bias: false, seedTop: undefined }, { threads });
  const held = openKeeperCodes(kernel, { dims, threads });
  return {
    block: (reader, rows, onZero) => screenBlock(reader, rows, { name, onZero }),
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

/** For each column, the least score whose bound reaches a cosine. */
function leastOf({ queries: { scale, above } }: ScreenBlock, minCosine: number): Float32Array {
  return Float32Array.from(scale, (step, at) => roundDown((minCosine - ROUNDING - above[at]!) / step));
}

/** The most that a cosine can be, by its score. */
function upperOf({ queries: { scale, above } }: ScreenBlock, column: number, score: number): number {
  return score * scale[column]! + above[column]!;
}

function screenBlock(
  reader: VectorReader,
  rows: Int32Array,
  { name, onZero }: { name: string; onZero: ((row: number) => void) | undefined },
): ScreenBlock | undefined {
  const dims = reader.cols;
  const stored = new Float32Array(rows.length * dims);
  rows.forEach((row, at) => reader.read(row, stored.subarray(at * dims, (at + 1) * dims)));
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
  return {
    rows: unit.rows,
    count,
    vector: (at) => stored.subarray(places[at]! * dims, (places[at]! + 1) * dims),
    codes: codeBlock(unit, { dims }),
    queries: queryCodes(unit.data, { dims, count }),
  };
}
