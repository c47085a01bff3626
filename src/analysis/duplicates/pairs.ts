import { cosine } from '../../vectors/matrix.ts';
import type { VectorReader } from '../../vectors/stored-rows.ts';
import { compareBlocks, type ComparisonOptions } from './compare-blocks.ts';
import { REPEATS, type Keeper, type Relation } from './relation.ts';
import { BLOCK_ROWS } from './row-screen.ts';

/** Pairs that are collected before they are handed over, roughly. */
const PAIRS_AT_ONCE = 200_000;

/** Rows of the first block, while the share of similar pairs is unknown. */
const FIRST_BLOCK_ROWS = 256;

/** A pair of rows at or above a cosine. `other` comes before `row`, or is from another corpus. */
export type Pair = { row: number; other: Keeper; cosine: number; relation: Relation };

/**
 * Finds all pairs at or above a cosine, one block of rows at a time.
 *
 * @param order rows to compare
 * @param minCosine called once per block, so that the threshold may rise while pairs come in
 */
export async function findPairs(
  reader: VectorReader,
  order: Int32Array,
  { minCosine, onPairs, ...options }: ComparisonOptions & { minCosine: () => number; onPairs: (pairs: Pair[]) => Promise<void> | void },
): Promise<void> {
  const { within = true, relate = REPEATS } = options;
  let blockRows = FIRST_BLOCK_ROWS;
  await compareBlocks(
    reader,
    order,
    { ...options, apart: undefined, floor: minCosine(), blockRows: () => blockRows },
    async ({ block, screen, held }) => {
      const floor = minCosine();
      // no cosine is above 1
      if (floor > 1) return;
      const pairs: Pair[] = [];
      const compare = (column: number, other: Keeper, vector: () => Float32Array): void => {
        const row = block.rows[column]!;
        const relation = relate(row, other);
        if (relation === undefined) return;
        const value = cosine(block.vector(column), vector());
        if (value >= floor) pairs.push({ row, other, cosine: value, relation });
      };
      await held.pairs(block, floor, (column, number) => compare(column, held.keeperOf(number), () => held.vector(number)));
      if (within) {
        await screen.ownPairs(block, floor, (column, partner) =>
          compare(column, { source: 0, row: block.rows[partner]! }, () => block.vector(partner)),
        );
        for (let column = 0; column < block.count; column++) held.add(block, column);
      }
      // if nearly all pairs are similar, those of a large block would not fit into memory
      blockRows = Math.min(BLOCK_ROWS, 2 * blockRows, Math.max(1, Math.floor((blockRows * PAIRS_AT_ONCE) / (pairs.length || 1))));
      await onPairs(pairs);
    },
  );
}
