import { cutText } from '../text.ts';
import { oneLine, placeOf } from './cells.ts';
import { findingInWords } from './duplicate-words.ts';
import { isAllowed, type DuplicateRecord, type DuplicateReport, type DuplicateSummary } from './duplicates.ts';
import { hasOwnId } from './record-fields.ts';
import type { ReportRoot } from './report-root.ts';

/** The kinds of findings, as servers list them. */
export type Rule = 'label-conflict' | 'exact-copy' | 'near-duplicate';

/** What a check finds, conflicts first: where a reader takes only so many, duplicates must not crowd them out. */
export const FINDINGS = ['conflict', 'dropped'] as const;

export async function* findingsOf(report: DuplicateReport): AsyncGenerator<DuplicateRecord[]> {
  for (const verdict of FINDINGS) yield* report.found(verdict);
}

/** The number of rows that a check finds. */
export function foundRows({ exact, near, conflicts }: Pick<DuplicateSummary, 'exact' | 'near' | 'conflicts'>): number {
  return exact + near + conflicts;
}

export function ruleOf({ verdict, match }: Pick<DuplicateRecord, 'verdict' | 'match'>): Rule {
  return verdict === 'conflict' ? 'label-conflict' : match === 'near' ? 'near-duplicate' : 'exact-copy';
}

/** "Exact copy"; a copy under --fold may differ in form. */
export function titleOf(record: DuplicateRecord, { fold }: Pick<DuplicateSummary, 'fold'>): string {
  const titles = {
    'label-conflict': 'Conflict of labels',
    'near-duplicate': 'Near-duplicate',
    'exact-copy': fold === undefined ? 'Exact copy' : 'Copy',
  };
  return titles[ruleOf(record)];
}

/** An error is what fails the check; a warning is what the check allows, or does not count. */
export function levelOf({ verdict }: Pick<DuplicateRecord, 'verdict'>, summary: DuplicateSummary): 'error' | 'warning' {
  const { fail_on: failOn } = summary;
  const isCounted = failOn === 'any' || (failOn === 'conflicts') === (verdict === 'conflict');
  return isCounted && !isAllowed(summary) ? 'error' : 'warning';
}

type Telling = { root: ReportRoot; summary: Pick<DuplicateSummary, 'fold' | 'label_column'> };

/** What is found, for one who does not see the row: "Row t.csv:4 repeats t.csv:2 (exact copy): “…” and “…”". */
export function messageOf(record: DuplicateRecord, { root, summary }: Telling): string {
  const { text, keeper_text: keeperText } = record;
  const head = `Row ${cutText(nameOf(record, root), MAX_CHARACTERS)} ${findingInWords(root.rooted(record), summary)}`;
  const message = text === undefined || keeperText === undefined ? head : `${head}: “${quoted(text)}” and “${quoted(keeperText)}”`;
  // "[…](…)" would be a link
  return message.replaceAll('](', '] (');
}

/** The id of a row, or its place from the root. */
function nameOf(record: DuplicateRecord, root: ReportRoot): string {
  return hasOwnId(record) ? oneLine(record.id!) : placeOf(root.rooted(record));
}

/** Characters of a text in a message. */
const MAX_CHARACTERS = 160;

function quoted(text: string): string {
  return cutText(oneLine(cutText(text, 4 * MAX_CHARACTERS)), MAX_CHARACTERS);
}
