import type { OpenedRows } from '../opened-input.ts';
import { openBook } from './baseline/book.ts';
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
  const { fold, within, differing, labelColumn, baseline } = settled;
  const keep = parseKeep(settled.keep);
  const book = baseline && openBook(baseline);
  const reading = { ...rowReading(settled, 'text'), priority: keep.priority, scripts: undefined, marks: book?.marks, note };
  const read = await readThrough(opened, reading);
  const { rows } = read.own;
  const byPriority = judgingOrder(rows, keep);
  const known = await book?.consult(read, byPriority, { near: undefined, settled, note });
  const sides = known ? { ...read, accepts: known.accepts } : read;
  const order = known?.order ?? byPriority;
  const verdicts = openVerdicts(rows.total, rows.reasons);
  judgeCopies(sides, order, { within, verdicts });
  followCopies(sides, verdicts, order);
  for (const row of order) if (rows.isAccepted(row)) verdicts.accept(row);
  return { sides, verdicts, threshold: undefined, known: known?.outcome(verdicts), fold, within, differing, labelColumn };
}
