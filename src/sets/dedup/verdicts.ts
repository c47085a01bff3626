import type { Keeper } from '../../analysis/duplicates/duplicates.ts';
import type { Reason, Reasons } from './rows.ts';

/**
 * Why a row is dropped: the kept row that it repeats, their cosine where they have one, and whether it is a copy by text: of that
 * row, or of `copied`, a row of INPUT that is dropped itself.
 */
export type Drop = { keeper: Keeper; cosine: number | undefined; exact: boolean; copied?: number | undefined };

/** The verdict on each row of INPUT. A row is kept until it is dropped; 19 bytes per row. */
export type Verdicts = {
  total: number;
  /** Drops a row; dropped again, it takes the later verdict. */
  drop(row: number, drop: Drop): void;
  /** Leaves a row unjudged. */
  leave(row: number, reason: Reason): void;
  isDropped(row: number): boolean;
  /** The row that a dropped row repeats; undefined for a kept one. */
  keeperOf(row: number): Keeper | undefined;
  /** Whether a row is dropped as an exact copy, not as a near-duplicate. */
  isExact(row: number): boolean;
  /** The dropped row whose text a copy has; undefined where that is its keeper. */
  copiedBy(row: number): number | undefined;
  /** Cosine of a dropped row and its keeper; undefined where one of them has no direction, or before it is measured. */
  cosineOf(row: number): number | undefined;
  /** Why a row is not judged by its cosine; undefined where it is. It may be dropped as an exact copy all the same. */
  reasonOf(row: number): Reason | undefined;
  /** Rows that are dropped, or those that are not, rising. */
  rows(which: 'dropped' | 'kept'): Int32Array;
};

export function openVerdicts(total: number, reasons: Reasons): Verdicts {
  const keepers = new Int32Array(total).fill(NONE);
  const sources = new Uint16Array(total);
  const cosines = new Float64Array(total).fill(NaN);
  const exact = new Uint8Array(total);
  const copies = new Int32Array(total).fill(NONE);
  const isDropped = (row: number): boolean => keepers[row] !== NONE;
  return {
    total,
    drop(row, { keeper, cosine = NaN, exact: isCopy, copied = NONE }) {
      keepers[row] = keeper.row;
      sources[row] = keeper.source;
      cosines[row] = cosine;
      exact[row] = Number(isCopy);
      copies[row] = copied;
    },
    leave: reasons.set,
    isDropped,
    keeperOf: (row) => (isDropped(row) ? { source: sources[row]!, row: keepers[row]! } : undefined),
    isExact: (row) => exact[row] === 1,
    copiedBy: (row) => (copies[row] === NONE ? undefined : copies[row]),
    cosineOf: (row) => (Number.isNaN(cosines[row]) ? undefined : cosines[row]),
    reasonOf: reasons.of,
    rows: (which) => allRows(total).filter((row) => isDropped(row) === (which === 'dropped')),
  };
}

const NONE = -1;

/** The numbers of so many rows. */
export function allRows(total: number): Int32Array {
  return Int32Array.from({ length: total }, (_, row) => row);
}
