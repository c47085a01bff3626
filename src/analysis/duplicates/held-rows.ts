import { rowReader, type VectorReader } from '../../vectors/stored-rows.ts';
import type { Apart, Keeper } from './relation.ts';
import type { Proposed, RowScreen, ScreenBlock, Shelf } from './row-screen.ts';

/**
 * The rows that are kept so far, numbered in the order in which they were added. Their vectors are read again for each comparison.
 *
 * Rows of a template, "order 1", "order 2", …, are all near each other and all kept: to compare each with each would take the square of
 * their number. So a row that differs in fact from one before it stands aside, by its fact: only rows with the same fact, or with none,
 * can repeat it, and they find it by a hash.
 */
export type HeldRows = {
  /** Holds a row, aside if it may be. Returns its number. */
  add(block: ScreenBlock, column: number, how?: { source?: number; aside?: boolean }): number;
  isAside(number: number): boolean;
  keeperOf(number: number): Keeper;
  /** The vector of a row; valid until the next call. */
  vector(number: number): Float32Array;
  /** Calls `found` with columns of a block and the rows that do not stand aside. */
  pairs(block: ScreenBlock, minCosine: number, found: Proposed): Promise<void>;
  /**
   * Calls `found` with columns of a block and rows aside that they can repeat; where `all` says so, with those that they can only differ from,
   * too.
   */
  asidePairs(block: ScreenBlock, minCosine: number, all: (column: number) => boolean, found: Proposed): Promise<void>;
};

/** Rows with one fact that stand aside; more are compared like others, because a hash finds them one by one. */
export const MAX_ASIDE = 64;

/** Rows on one shelf: their numbers, and for each the row before it that has the same fact. */
type Aside = { shelf: Shelf; rows: number[]; latest: Map<number, number>; before: number[]; depths: number[] };

export function openHeldRows(
  screen: RowScreen,
  readers: readonly VectorReader[],
  { capacity, apart }: { capacity: number; apart: Apart | undefined },
): HeldRows {
  const rows = new Int32Array(capacity);
  const sources = new Uint16Array(readers.length > 1 ? capacity : 0);
  const asideAt = new Uint8Array(apart ? capacity : 0);
  const reads = readers.map((reader) => rowReader(reader));
  const facts = apart?.count ?? 0;
  const main = screen.shelf();
  const numbers: number[] = [];
  const asides: (Aside | undefined)[] = Array.from({ length: facts }, () => undefined);
  let count = 0;

  /** Puts a row aside by its first fact; false where it has none, or too many rows have it. */
  const putAside = (block: ScreenBlock, column: number): boolean => {
    const row = block.rows[column]!;
    for (let fact = 0; fact < facts; fact++) {
      const value = apart!.of(row, fact);
      if (value === 0) continue;
      const aside = (asides[fact] ??= { shelf: screen.shelf(), rows: [], latest: new Map<number, number>(), before: [], depths: [] });
      const before = aside.latest.get(value) ?? -1;
      const depth = before < 0 ? 1 : aside.depths[before]! + 1;
      if (depth > MAX_ASIDE) return false;
      aside.shelf.hold(block, column);
      aside.latest.set(value, aside.rows.length);
      aside.rows.push(count);
      aside.before.push(before);
      aside.depths.push(depth);
      return true;
    }
    return false;
  };

  return {
    add(block, column, { source = 0, aside = false } = {}) {
      rows[count] = block.rows[column]!;
      if (source > 0) sources[count] = source;
      if (aside && putAside(block, column)) asideAt[count] = 1;
      else {
        main.hold(block, column);
        numbers.push(count);
      }
      return count++;
    },
    isAside: (number) => asideAt[number] === 1,
    keeperOf: (number) => ({ source: sources[number] ?? 0, row: rows[number]! }),
    vector: (number) => reads[sources[number] ?? 0]!(rows[number]!),
    pairs: (block, minCosine, found) => main.pairs(block, minCosine, (column, at, upper) => found(column, numbers[at]!, upper)),
    async asidePairs(block, minCosine, all, found) {
      for (const [fact, aside] of asides.entries()) {
        if (!aside) continue;
        const screened: number[] = [];
        for (let column = 0; column < block.count; column++) {
          const value = apart!.of(block.rows[column]!, fact);
          if (value === 0 || all(column)) screened.push(column);
          else for (let at = aside.latest.get(value) ?? -1; at >= 0; at = aside.before[at]!) found(column, aside.rows[at]!, 1);
        }
        if (screened.length > 0)
          await aside.shelf.pairs(block, minCosine, (column, at, upper) => found(column, aside.rows[at]!, upper), screened);
      }
    },
  };
}
