import { isWithin, judgedRows } from './compare.ts';
import type { Deduplicated } from './deduplicate.ts';

/**
 * Whether nothing could be compared although there are rows: no row that is kept was judged, or there are rows to compare it with and none
 * of them was judged. Nothing is known then, so a check must not pass. An OTHER without rows is another case: nothing can repeat it.
 */
export function isInconclusive({ sides, verdicts, within }: Omit<Deduplicated, 'threshold'>): boolean {
  const kept = verdicts.rows('kept');
  if (kept.length === 0) return false;
  if (kept.every((row) => verdicts.reasonOf(row) !== undefined)) return true;
  if (isWithin(sides, { within })) return false;
  return sides.others.some(({ rows }) => rows.total > 0) && sides.others.every((other) => judgedRows(other).length === 0);
}
