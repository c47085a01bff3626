/** A row that others are compared with. Source 0 is the corpus itself; 1, 2, … are the entries of `against`. */
export type Keeper = { source: number; row: number };

/**
 * What a pair at or above the threshold means. Only a row that repeats another is not kept; the others are kept and told: a conflict has
 * another label, an accepted pair is known, and a pair that differs says something else in fact.
 */
export const RELATIONS = ['repeat', 'conflict', 'accepted', 'differs'] as const;
export type Relation = (typeof RELATIONS)[number];

/**
 * Whether a row with this relation is left out: a repeat is, and a conflict with a row of another corpus, which stays where it is. Of a
 * conflict within a corpus, nothing tells which label is right.
 */
export function isLeftOut({ relation, keeper }: { relation: Relation; keeper: Keeper }): boolean {
  return relation === 'repeat' || (relation === 'conflict' && keeper.source > 0);
}

/** Tells how a row relates to another that is similar to it. */
export type Relate = (row: number, other: Keeper) => Relation | undefined;
