import type { Keeper, Relate, Relation } from '../../analysis/duplicates/relation.ts';
import { factsDiffer } from '../../analysis/duplicates/facts/facts.ts';
import type { Sides, TextSides } from './sides.ts';
import { sameUnread } from './rows.ts';

/**
 * How rows that are near each other relate: what the model could not read must be the same in both; they differ in fact, or repeat each
 * other, with other labels or with the same.
 */
export function relationIn(sides: Sides): Relate {
  const { own, at, ignoresOrder: order } = sides;
  return (row, other) => {
    const [ours, theirs] = [own.rows, at(other.source).rows];
    if (!sameUnread(ours.unreadOf(row), theirs.unreadOf(other.row))) return undefined;
    const [facts, others] = [ours.factsOf?.(row), theirs.factsOf?.(other.row)];
    if (facts && others && factsDiffer(facts, others, { order })) return 'differs';
    return repeatIn(sides, row, other);
  };
}

/** How a row relates to one that it repeats: in conflict where their labels disagree. */
export function repeatIn({ own, at }: TextSides, row: number, other: Keeper): Relation {
  return labelsDiffer(own.rows.labelOf(row), at(other.source).rows.labelOf(other.row)) ? 'conflict' : 'repeat';
}

/** Whether labels disagree; 0 stands for none, which agrees with any. */
function labelsDiffer(a: number, b: number): boolean {
  return a !== 0 && b !== 0 && a !== b;
}
