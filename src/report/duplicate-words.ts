import { grouped, plural } from '../text.ts';
import { oneLine, placeOf } from './cells.ts';
import { isAllowed, type DuplicateRecord, type DuplicateSummary } from './duplicates.ts';
import { differingFields, droppedInWords, keptInWords } from './record-fields.ts';
import { emptyPhrases, unjudgedPhrases } from './unjudged.ts';

/** "spam ≠ ham" of labels, or in what the row differs in fact; "" for a repeat. */
export function differenceInWords({ difference = '' }: DuplicateRecord): string {
  return oneLine(difference);
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

/** "cosine 0.962; kept: team it; dropped: team ops" or "exact copy", for a sentence about a dropped row. */
export function matchInWords(record: DuplicateRecord, { fold }: Pick<DuplicateSummary, 'fold'>): string {
  const { match, cosine } = record;
  const copied = copiedPlace(record);
  const exactly = fold === undefined ? 'exact ' : '';
  const near = cosine === undefined ? '' : `cosine ${cosine.toFixed(3)}`;
  const how = match === 'near' ? near : copied === undefined ? `${exactly}copy` : `${exactly}${copied}${near === '' ? '' : `, ${near}`}`;
  const names = differingFields([record]);
  const [kept, dropped] = [keptInWords(record, names), droppedInWords(record, names)];
  const difference = differenceInWords(record);
  return [
    how,
    ...(difference === '' ? [] : [difference]),
    ...(kept === '' ? [] : [`kept: ${kept}`]),
    ...(dropped === '' ? [] : [`dropped: ${dropped}`]),
  ].join('; ');
}

/** The totals and the verdict, in one line. */
export function totals(summary: DuplicateSummary): string {
  const { rows, exact, near, conflicts, differs, accepted, fold, min_cosine: minCosine, against, allowed, inconclusive } = summary;
  const repeats = exact + near;
  const of = plural(rows, 'row');
  const found =
    repeats > 0
      ? `${grouped(repeats)} of ${of} ${repeats === 1 ? 'repeats' : 'repeat'} ${against.length > 0 ? `rows of ${against.join(', ')}` : 'another'}: ${fold === undefined ? `${grouped(exact)} exact` : plural(exact, 'copy')}, ${grouped(near)} near`
      : inconclusive
        ? `nothing could be compared among ${of}`
        : `no duplicates among ${of}`;
  const others = [
    ...(conflicts > 0 ? [`${plural(conflicts, 'conflict')} of labels`] : []),
    ...(differs > 0 ? [`${grouped(differs)} near but different in fact`] : []),
    ...(accepted > 0 ? [`${grouped(accepted)} accepted`] : []),
  ];
  const unjudged = unjudgedPhrases(summary);
  const verdict = isAllowed(summary)
    ? allowed
      ? `; ${grouped(allowed)} allowed`
      : ''
    : allowed === 0
      ? '; none is allowed'
      : `; only ${grouped(allowed!)} allowed`;
  const parts = [...others, unjudged.length > 0 ? `not judged: ${unjudged.join(', ')}` : '', ...emptyPhrases(summary)];
  return `${found} (cosine ≥ ${minCosine})${parts.map((part) => (part === '' ? '' : `; ${part}`)).join('')}${verdict}`;
}
