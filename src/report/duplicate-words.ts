import { cutToCells, oneLine, placeOf } from './cells.ts';
import type { DuplicateRecord, DuplicateSummary } from './duplicates.ts';
import { differingFields, droppedInWords, keptInWords } from './record-fields.ts';

/** "spam ≠ ham" of labels, or in what the row differs in fact; "" for a repeat. A label may be a whole text. */
export function differenceInWords({ difference = '' }: DuplicateRecord): string {
  return cutToCells(oneLine(difference), MAX_DIFFERENCE_CELLS);
}

const MAX_DIFFERENCE_CELLS = 80;

/** The field of the label, which the difference of a conflict tells. */
export function toldLabel(
  { verdict }: Pick<DuplicateRecord, 'verdict'>,
  { label_column: label }: Pick<DuplicateSummary, 'label_column'>,
): string | undefined {
  return verdict === 'conflict' ? label : undefined;
}

export function keeperPlace({ keeper_file: file, keeper_line: line, keeper_id: id, keeper_row: row }: DuplicateRecord): string {
  return placeOf({ row: row!, file, line, id });
}

/** "copy of t.csv:5", where that row is dropped itself. */
export function copiedPlace({
  copy_of_file: file,
  copy_of_line: line,
  copy_of_id: id,
  copy_of_row: row,
}: DuplicateRecord): string | undefined {
  return row === undefined ? undefined : `copy of ${placeOf({ row, file, line, id })}`;
}

/** "0.962", or "exact" for a copy; texts that were folded may differ, so they are not called exact. */
export function matchValue({ match, cosine }: DuplicateRecord, { fold }: Pick<DuplicateSummary, 'fold'>): string {
  return match === 'near' ? cosine!.toFixed(3) : fold === undefined ? 'exact' : 'copy ';
}

/** "repeats t.csv:2 (exact copy; kept: team it; dropped: team ops)" or "repeats t.csv:2 with another label: it ≠ ops (…)". */
export function findingInWords(record: DuplicateRecord, summary: Pick<DuplicateSummary, 'fold' | 'label_column'>): string {
  const isConflict = record.verdict === 'conflict';
  const label = isConflict ? ` with another label: ${differenceInWords(record)}` : '';
  // a row in conflict may be kept
  const [there, here] = isConflict ? ['there', 'here'] : ['kept', 'dropped'];
  const names = differingFields([record], { except: toldLabel(record, summary) });
  const [kept, dropped] = [keptInWords(record, names), droppedInWords(record, names)];
  const details = [
    matchInWords(record, summary),
    ...(kept === '' ? [] : [`${there}: ${kept}`]),
    ...(dropped === '' ? [] : [`${here}: ${dropped}`]),
  ];
  return `repeats ${keeperPlace(record)}${label} (${details.join('; ')})`;
}

/** "cosine 0.962" or "exact copy", for a sentence. */
function matchInWords(record: DuplicateRecord, { fold }: Pick<DuplicateSummary, 'fold'>): string {
  const { match, cosine } = record;
  const copied = copiedPlace(record);
  const exactly = fold === undefined ? 'exact ' : '';
  const near = cosine === undefined ? '' : `cosine ${cosine.toFixed(3)}`;
  return match === 'near' ? near : copied === undefined ? `${exactly}copy` : `${exactly}${copied}${near === '' ? '' : `, ${near}`}`;
}
