import { isLeftOut, RELATIONS, type Keeper, type Relation } from '../../analysis/duplicates/relation.ts';
import type { Found } from '../../report/duplicates.ts';
import { rowsWhere } from '../row-numbers.ts';
import type { Reason, Reasons } from './reasons.ts';

/**
 * How a row relates to a kept row: that row, their cosine where they have one, and whether it is a copy by text: of that row, or of
 * `copied`, a row of INPUT that is dropped itself.
 */
export type Finding = {
  relation: Relation;
  keeper: Keeper;
  cosine: number | undefined;
  exact: boolean;
  copied?: number | undefined;
};

/** The verdict on each row of INPUT. A row without a finding is kept; 21 bytes per row. */
export type Verdicts = {
  total: number;
  /** Says what was found of a row; said again, the later holds. */
  find(row: number, finding: Finding): void;
  /** Leaves a row unjudged. */
  leave(row: number, reason: Reason): void;
  /** Keeps a row that repeats another, because that is known. */
  accept(row: number): void;
  /** How a row relates to its keeper; undefined for one that relates to none. */
  relationOf(row: number): Relation | undefined;
  /** The verdict on a row that relates to its keeper. */
  foundOf(row: number): Found | undefined;
  /** Whether a row is left out of the corpus. */
  isDropped(row: number): boolean;
  /** The kept row that a row relates to. */
  keeperOf(row: number): Keeper | undefined;
  /** Whether a row has the text of its keeper, or of the row that it copies. */
  isExact(row: number): boolean;
  /** The dropped row whose text a copy has; undefined where that is its keeper. */
  copiedBy(row: number): number | undefined;
  /** Cosine of a row and its keeper; undefined where one of them has no direction, or before it is measured. */
  cosineOf(row: number): number | undefined;
  /** Why a row is not judged by its cosine; undefined where it is. It may be an exact copy all the same. */
  reasonOf(row: number): Reason | undefined;
  /** Rows that are dropped, or those that are not, rising. */
  rows(which: 'dropped' | 'kept'): Int32Array;
  /** Rows with this verdict, rising. */
  found(verdict: Found): Int32Array;
};

export function openVerdicts(total: number, reasons: Reasons): Verdicts {
  const relations = new Uint8Array(total);
  const keepers = new Int32Array(total).fill(NONE);
  const sources = new Uint16Array(total);
  const cosines = new Float64Array(total).fill(NaN);
  const exact = new Uint8Array(total);
  const copies = new Int32Array(total).fill(NONE);
  // a row that relates to none is not looked up: an index of -1 is slow
  const relationOf = (row: number): Relation | undefined => (relations[row] === 0 ? undefined : RELATIONS[relations[row]! - 1]);
  const accepted = new Uint8Array(total);
  const foundOf = (row: number): Found | undefined => {
    const relation = relationOf(row);
    return relation && (accepted[row] === 1 && relation !== 'differs' ? 'accepted' : VERDICTS[relation]);
  };
  const isDropped = (row: number): boolean => {
    const relation = accepted[row] === 1 ? undefined : relationOf(row);
    return relation !== undefined && isLeftOut({ relation, keeper: { source: sources[row]!, row: keepers[row]! } });
  };
  return {
    total,
    find(row, { relation, keeper, cosine = NaN, exact: isCopy, copied = NONE }) {
      relations[row] = RELATIONS.indexOf(relation) + 1;
      keepers[row] = keeper.row;
      sources[row] = keeper.source;
      cosines[row] = cosine;
      exact[row] = Number(isCopy);
      copies[row] = copied;
    },
    leave: reasons.set,
    accept: (row) => void (accepted[row] = 1),
    relationOf,
    foundOf,
    isDropped,
    keeperOf: (row) => (keepers[row] === NONE ? undefined : { source: sources[row]!, row: keepers[row]! }),
    isExact: (row) => exact[row] === 1,
    copiedBy: (row) => (copies[row] === NONE ? undefined : copies[row]),
    cosineOf: (row) => (Number.isNaN(cosines[row]) ? undefined : cosines[row]),
    reasonOf: reasons.of,
    rows: (which) => rowsWhere(total, (row) => isDropped(row) === (which === 'dropped')),
    found: (verdict) => rowsWhere(total, (row) => foundOf(row) === verdict),
  };
}

const VERDICTS = { repeat: 'dropped', conflict: 'conflict', known: 'accepted', differs: 'differs' } as const satisfies Record<
  Relation,
  Found
>;

const NONE = -1;
