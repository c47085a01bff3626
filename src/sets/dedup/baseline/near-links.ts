import { findPairs } from '../../../analysis/duplicates/pairs.ts';
import type { Keeper, Relation } from '../../../analysis/duplicates/relation.ts';
import { comparisonOf, judgedOnly } from '../compare.ts';
import { relationIn } from '../relate.ts';
import type { DedupRun } from '../settings.ts';
import type { Sides } from '../sides.ts';

/** Which pairs are wanted, and what takes them. */
export type NearPairs = {
  wants(row: number, other: Keeper, relation: Relation): boolean;
  take(row: number, other: Keeper, relation: Relation): void;
};

/** Hands over the pairs at or above the threshold, of those that are wanted. */
export type LinkNear = (rows: Int32Array, pairs: NearPairs) => Promise<void>;

type Looking = { minCosine: number; within: boolean; threads: number } & Pick<DedupRun, 'signal' | 'onProgress'>;

export function linkNear(sides: Sides, { minCosine, ...how }: Looking): LinkNear {
  return async (rows, { wants, take }) => {
    const candidates = judgedOnly(sides.own, rows);
    const relate = relationIn(sides);
    await findPairs(sides.own.opened.set.vectors, candidates, {
      ...comparisonOf(sides, candidates.length, how),
      relate(row, other) {
        const relation = relate(row, other);
        return relation && wants(row, other, relation) ? relation : undefined;
      },
      minCosine: () => minCosine,
      onPairs(pairs) {
        for (const { row, other, relation } of pairs) take(row, other, relation);
      },
    });
  };
}
