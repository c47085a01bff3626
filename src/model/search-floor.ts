import type { Model } from './model.ts';

/** The share of unrelated queries that scripts/measure-floor.ts has set the floors by. */
export const SHARE_BELOW_FLOOR = 0.95;

/**
 * The cosine that the best hits of most unrelated queries stay below, in a corpus of `rows` rows; undefined where none was measured. The more
 * rows there are, the nearer comes the nearest of them by chance.
 */
export function searchFloor({ build: { search } }: Pick<Model, 'build'>, rows: number): number | undefined {
  const floors = search?.floors ?? [];
  const above = floors.findIndex((floor) => floor.rows >= rows);
  if (above <= 0) return floors.at(above === 0 ? 0 : -1)?.cosine;
  const [low, high] = [floors[above - 1]!, floors[above]!];
  const share = Math.log(rows / low.rows) / Math.log(high.rows / low.rows);
  return Math.floor((low.cosine + share * (high.cosine - low.cosine)) * 100) / 100;
}
