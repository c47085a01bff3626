import { grouped, plural } from '../text.ts';
import { oneLine } from './cells.ts';
import { isAllowed, type DuplicateSummary } from './duplicates.ts';
import { emptyPhrases, unjudgedPhrases } from './unjudged.ts';

/** The totals and the verdict of dedup, in one line. */
export function totals(summary: DuplicateSummary): string {
  const { differs, accepted, min_cosine: minCosine } = summary;
  const unjudged = unjudgedPhrases(summary);
  const parts = [
    `${foundInWords(summary)} (${minCosine === null ? 'by text' : `cosine ≥ ${minCosine}`})`,
    ...(differs > 0 ? [`${grouped(differs)} near but different in fact (kept)`] : []),
    ...(accepted > 0 ? [plural(accepted, 'accepted repeat')] : []),
    ...(unjudged.length > 0 ? [`not judged: ${unjudged.join(', ')}`] : []),
    ...emptyPhrases(summary),
    ...allowanceInWords(summary),
  ];
  // names of files are anybody's
  return oneLine(parts.join('; '));
}

/** "5 of 8 rows repeat another: 2 exact, 2 near, 1 conflict of labels". */
function foundInWords({ rows, exact, near, conflicts, fold, against, inconclusive, min_cosine: minCosine }: DuplicateSummary): string {
  const found = exact + near + conflicts;
  const of = plural(rows, 'row');
  if (found === 0) return inconclusive ? `nothing could be compared among ${of}` : `no duplicates among ${of}`;
  const kinds = [
    ...(exact + near > 0 ? [fold === undefined ? `${grouped(exact)} exact` : plural(exact, 'copy')] : []),
    ...(exact + near > 0 && minCosine !== null ? [`${grouped(near)} near`] : []),
    ...(conflicts > 0 ? [conflictsInWords(conflicts)] : []),
  ];
  const what = against.length > 0 ? `rows of ${against.join(', ')}` : 'another';
  return `${grouped(found)} of ${of} ${found === 1 ? 'repeats' : 'repeat'} ${what}: ${kinds.join(', ')}`;
}

/** "2 conflicts of labels". */
export function conflictsInWords(conflicts: number): string {
  return `${plural(conflicts, 'conflict')} of labels`;
}

/** How many rows of which kind are allowed; nothing where that is plain. */
function allowanceInWords(summary: DuplicateSummary): string[] {
  const { allowed, exact, near, conflicts, fail_on: failOn } = summary;
  if (allowed === null) return [];
  if (isAllowed(summary)) {
    if (allowed > 0) return [`${allowedRows(allowed, summary)} allowed`];
    const others = { any: 0, conflicts: exact + near, duplicates: conflicts }[failOn];
    return others > 0 ? [`only ${failOn} count`] : [];
  }
  if (allowed > 0) return [`only ${allowedRows(allowed, summary)} allowed`];
  const one = countedNoun(summary, 1);
  return [one === '' ? 'none is allowed' : `no ${one} is allowed`];
}

/** "3", or "3 conflicts" where not all rows that the line counts are meant. */
function allowedRows(allowed: number, summary: DuplicateSummary): string {
  return `${grouped(allowed)} ${countedNoun(summary, allowed)}`.trimEnd();
}

function countedNoun({ fail_on: failOn, conflicts, differs, accepted }: DuplicateSummary, count: number): string {
  const s = count === 1 ? '' : 's';
  if (failOn !== 'any') return `${failOn === 'conflicts' ? 'conflict' : 'duplicate'}${s}`;
  if (conflicts > 0) return count === 1 ? 'duplicate or conflict' : 'duplicates and conflicts';
  return differs + accepted > 0 ? `duplicate${s}` : '';
}

/** What is counted, for the name of a check: "duplicates", "conflicts of labels", or both. */
export function countedKinds({ fail_on: failOn, label_column: label }: Pick<DuplicateSummary, 'fail_on' | 'label_column'>): string {
  if (failOn === 'conflicts') return 'conflicts of labels';
  return failOn === 'any' && label !== undefined ? 'duplicates and conflicts of labels' : 'duplicates';
}
