import { areApart, type Keeper, type Relate, type Relation } from '../../analysis/duplicates/relation.ts';
import { factsDiffer } from '../../analysis/duplicates/facts/facts.ts';
import type { Sides, TextSides } from './sides.ts';
import { sameUnread } from './reasons.ts';

/**
 * How rows that are near each other relate: what the model could not read must be the same in both; they differ in fact, or repeat each
 * other, with other labels or with the same.
 */
export function relationIn(sides: Sides): Relate {
  const { own, at } = sides;
  return (row, other) => {
    const [ours, theirs] = [own.rows, at(other.source).rows];
    if (!sameUnread(ours.unreadOf(row), theirs.unreadOf(other.row))) return undefined;
    // without reading all facts of both, which takes longer
    if (other.source === 0 && ours.apart && areApart(ours.apart, row, other.row)) return 'differs';
    const [facts, others] = [ours.factsOf?.(row), theirs.factsOf?.(other.row)];
    if (facts && others && factsDiffer(facts, others)) return 'differs';
    return repeatIn(sides, row, other);
  };
}

/** How a row relates to one that it repeats: known where a baseline has it, in conflict where their labels disagree. */
export function repeatIn(sides: TextSides, row: number, other: Keeper): Relation {
  const relation = labelsDisagree(sides, row, other) ? 'conflict' : 'repeat';
  return sides.accepts?.(row, other, relation) ? 'known' : relation;
}

/** Whether two rows have labels that disagree; 0 stands for none, which agrees with any. */
export function labelsDisagree({ own, at }: TextSides, row: number, other: Keeper): boolean {
  const [ours, theirs] = [own.rows.labelOf(row), at(other.source).rows.labelOf(other.row)];
  return ours !== 0 && theirs !== 0 && ours !== theirs;
}
