import type { OpenedRows } from '../opened-input.ts';
import { followCopies, judgeCopies } from './copies.ts';
import type { Deduplicated } from './deduplicate.ts';
import { parseKeep } from './keep.ts';
import { judgingOrder } from './order.ts';
import { settle, type DedupRun, type DedupSettings } from './settings.ts';
import { readThrough, rowReading, type OpenedSides } from './sides.ts';
import { openVerdicts } from './verdicts.ts';

/** Finds the rows of INPUT whose text others have, as `deduplicate` does, without a model or vectors: nothing else can repeat them. */
export async function deduplicateTexts(
  opened: OpenedSides<OpenedRows>,
  settings: DedupSettings,
  { note }: Pick<DedupRun, 'note'>,
): Promise<Deduplicated> {
  const settled = settle(settings);
  const { fold, within, differing, labelColumn } = settled;
  const keep = parseKeep(settled.keep);
  const reading = { ...rowReading(settled, 'text'), priority: keep.priority, scripts: undefined, note };
  const sides = { ...(await readThrough(opened, reading)), ignoresOrder: false };
  const { rows } = sides.own;
  const order = judgingOrder(rows, keep);
  const verdicts = openVerdicts(rows.total, rows.reasons);
  judgeCopies(sides, order, { within, verdicts });
  followCopies(verdicts, order);
  for (const row of order) if (rows.isAccepted(row)) verdicts.accept(row);
  return { sides, verdicts, threshold: undefined, fold, within, differing, labelColumn };
}
