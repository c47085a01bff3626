import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile } from '../files/json-file.ts';
import { array, looseObject, misfitOf, numberBetween, wholeBetween, type Schema } from '../schema.ts';
import type { Model } from './model.ts';

/** The cosine that the best hits of most unrelated queries stay below, in a corpus of so many rows. */
type Floor = { rows: number; cosine: number };

const FLOORS: Schema<{ floors: Floor[] }> = looseObject({
  floors: array(looseObject({ rows: wholeBetween(1, 1e9), cosine: numberBetween(-1, 1) })),
});

/** The share of unrelated queries that scripts/measure-floor.ts has set the floors by. */
export const SHARE_BELOW_FLOOR = 0.95;

/**
 * The floor of a model for a corpus of `rows` rows; undefined where none was measured. The more rows there are, the nearer comes the nearest of
 * them by chance. The file is not build.json, which is part of a model's hash.
 */
export function searchFloor({ folder }: Pick<Model, 'folder'>, rows: number): number | undefined {
  const path = join(folder, 'search.json');
  if (!existsSync(path)) return undefined;
  const read = readJsonFile(path, { maxBytes: 1e5 });
  if (!('value' in read) || misfitOf(FLOORS, read.value) !== undefined) return undefined;
  const { floors } = read.value as { floors: Floor[] };
  const above = floors.findIndex((floor) => floor.rows >= rows);
  if (above <= 0) return floors.at(above === 0 ? 0 : -1)?.cosine;
  const [low, high] = [floors[above - 1]!, floors[above]!];
  const share = Math.log(rows / low.rows) / Math.log(high.rows / low.rows);
  return Math.floor((low.cosine + share * (high.cosine - low.cosine)) * 100) / 100;
}
