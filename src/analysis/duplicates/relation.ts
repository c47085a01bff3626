/** A row that others are compared with. Source 0 is the corpus itself; 1, 2, … are other corpora, whose rows are never dropped. */
export type Keeper = { source: number; row: number };

/**
 * What a pair at or above the threshold means: one repeats the other, with the same label or in conflict; it does so, and that is known; or they
 * differ in fact.
 */
export const RELATIONS = ['repeat', 'conflict', 'known', 'differs'] as const;
export type Relation = (typeof RELATIONS)[number];

/** Tells how a row relates to another that is similar to it; undefined where a cosine says nothing. */
export type Relate = (row: number, other: Keeper) => Relation | undefined;

export const REPEATS: Relate = () => 'repeat';

/**
 * Whether a row with this relation is left out: a repeat is, and a conflict with a row of another corpus, which stays where it is. Of a
 * conflict within a corpus, nothing tells which label is right.
 */
export function isLeftOut({ relation, keeper }: { relation: Relation; keeper: Keeper }): boolean {
  return relation === 'repeat' || (relation === 'conflict' && keeper.source > 0);
}

/**
 * Facts of rows that set them apart, `count` of each row; 0 stands for none. Rows of which one fact is neither 0 nor the same relate as
 * "differs" or not at all.
 */
export type Apart = { count: number; of(row: number, fact: number): number };

/** Whether two rows of the corpus can only differ. */
export function areApart({ count, of }: Apart, a: number, b: number): boolean {
  for (let fact = 0; fact < count; fact++) {
    const [one, other] = [of(a, fact), of(b, fact)];
    if (one !== 0 && other !== 0 && one !== other) return true;
  }
  return false;
}
