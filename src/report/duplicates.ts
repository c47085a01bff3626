import { grouped, plural } from '../text.ts';
import { cellsOf, headedLine, padCells, placeOf, type Look } from './cells.ts';
import { differingFields, droppedInWords, keptInWords } from './record-fields.ts';
import type { Report } from './report.ts';
import { emptyPhrases, unjudgedPhrases, type OtherRows } from './unjudged.ts';

/** A row of the corpus, and the verdict on it. */
export type DuplicateRecord = {
  row: number;
  id?: string;
  verdict: 'kept' | 'dropped' | 'unjudged';
  /** The kept row that it repeats. */
  keeper_row?: number;
  keeper_id?: string;
  cosine?: number;
  file?: string;
  line?: number;
  /** How it repeats that row. */
  match?: 'exact' | 'near';
  /** Why it was not judged. */
  reason?: string;
  keeper_file?: string;
  keeper_line?: number;
  text?: string;
  keeper_text?: string;
  fields?: Record<string, unknown>;
  keeper_fields?: Record<string, unknown>;
  /** The row whose text it has, where that is not the kept row but one that is dropped itself. */
  copy_of_row?: number;
  copy_of_id?: string;
  copy_of_file?: string;
  copy_of_line?: number;
};

type DuplicateColumn = Exclude<keyof DuplicateRecord, 'fields' | 'keeper_fields'>;

export const DUPLICATE_COLUMNS: readonly DuplicateColumn[] = [
  'row',
  'id',
  'verdict',
  'keeper_row',
  'keeper_id',
  'cosine',
  'file',
  'line',
  'match',
  'reason',
  'keeper_file',
  'keeper_line',
  'text',
  'keeper_text',
];

/** Columns that came later: they stand after the kept fields, so that those stay where they were. */
export const LATER_DUPLICATE_COLUMNS: readonly DuplicateColumn[] = ['copy_of_row', 'copy_of_id', 'copy_of_file', 'copy_of_line'];

export type DuplicateSummary = {
  inputs: string[];
  against: string[];
  model: string | null;
  min_cosine: number;
  keep: string;
  /** In what copies may differ; absent where their texts must be equal. */
  fold?: 'form' | 'punctuation';
  rows: number;
  kept: number;
  dropped: number;
  exact: number;
  near: number;
  unjudged: number;
  unjudged_by_reason: Record<string, number>;
  /** The rows of each OTHER, in the order of `against`. */
  against_rows: OtherRows[];
  groups: number;
  allowed: number | null;
  /** Whether nothing could be compared although there are rows: then nothing is known of duplicates, and the check has not passed. */
  inconclusive: boolean;
  passed: boolean;
};

/** Whether no more rows are dropped than are allowed. */
export function isAllowed({ allowed, dropped }: Pick<DuplicateSummary, 'allowed' | 'dropped'>): boolean {
  return allowed === null || dropped <= allowed;
}

/** Rows that repeat the same kept row: `size` is their number, `members` holds the most similar first. */
export type DuplicateGroup = { size: number; members: DuplicateRecord[] };

/** A report with one record per row; for the text report, also the largest groups of dropped rows. */
export type DuplicateReport = Report<DuplicateRecord, DuplicateRecord> & {
  summary: DuplicateSummary;
  /** Records of dropped rows only, in order. */
  dropped(): AsyncIterable<DuplicateRecord[]>;
  largest(groups: number, members: number): Promise<DuplicateGroup[]>;
};

/** Number of groups, and of rows per group, in the text report. */
const GROUPS = 20;
const MEMBERS = 10;

/** The text report: the largest groups, then a line of totals. */
export async function* duplicateLines(report: DuplicateReport, look: Look): AsyncGenerator<string> {
  const groups = await report.largest(GROUPS, MEMBERS);
  for (const group of groups) yield `${groupLines(group, report.summary, look)}\n`;
  const left = report.summary.groups - groups.length;
  if (left > 0)
    yield `${grouped(left)} smaller ${left === 1 ? 'group is' : 'groups are'} not shown; --report FILE.html or FILE.csv lists them\n\n`;
  yield `${totals(report.summary)}\n`;
}

/** What follows a text: "[copy of t.csv:5; team ops]"; "" where there is nothing to say. */
function tailOf(...words: string[]): string {
  const said = words.filter((word) => word !== '');
  return said.length === 0 ? '' : `[${said.join('; ')}]`;
}

function groupLines({ size, members }: DuplicateGroup, summary: DuplicateSummary, { width, bold, dim }: Look): string {
  const [first] = members;
  const names = differingFields(members);
  const places = [keeperPlace(first!), ...members.map((member) => placeOf(member))];
  const widest = Math.min(40, Math.max(...places.slice(1).map(cellsOf)));
  const kept = tailOf(keptInWords(first!, names));
  const lines = [headedLine(places[0]!, first!.keeper_text, { width, style: bold, tail: kept })];
  for (const [at, member] of members.entries()) {
    const tail = tailOf(copiedPlace(member) ?? '', droppedInWords(member, names));
    lines.push(
      headedLine(`  ${matchValue(member, summary)}  ${padCells(places[at + 1]!, widest)}`, member.text, { width, style: dim, tail }),
    );
  }
  if (size > members.length) lines.push(dim(`  … and ${plural(size - members.length, 'row')} more`));
  return `${lines.join('\n')}\n`;
}

export function keeperPlace({ keeper_file: file, keeper_line: line, keeper_row: row }: DuplicateRecord): string {
  return placeOf({ row: row!, file, line });
}

/** "copy of t.csv:5", where that row is dropped itself. */
export function copiedPlace({ copy_of_file: file, copy_of_line: line, copy_of_row: row }: DuplicateRecord): string | undefined {
  return row === undefined ? undefined : `copy of ${placeOf({ row, file, line })}`;
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
  return [how, ...(kept === '' ? [] : [`kept: ${kept}`]), ...(dropped === '' ? [] : [`dropped: ${dropped}`])].join('; ');
}

/** The totals and the verdict, in one line. */
export function totals(summary: DuplicateSummary): string {
  const { rows, dropped, exact, near, fold, min_cosine: minCosine, against, allowed, inconclusive } = summary;
  const found =
    dropped > 0
      ? `${grouped(dropped)} of ${plural(rows, 'row')} ${dropped === 1 ? 'repeats' : 'repeat'} ${against.length > 0 ? `rows of ${against.join(', ')}` : 'another'}: ${fold === undefined ? `${grouped(exact)} exact` : plural(exact, 'copy')}, ${grouped(near)} near`
      : inconclusive
        ? `nothing could be compared among ${plural(rows, 'row')}`
        : `no duplicates among ${plural(rows, 'row')}`;
  const unjudged = unjudgedPhrases(summary);
  const verdict = isAllowed(summary)
    ? allowed
      ? `; ${grouped(allowed)} allowed`
      : ''
    : allowed === 0
      ? '; none is allowed'
      : `; only ${grouped(allowed!)} allowed`;
  const parts = [unjudged.length > 0 ? `not judged: ${unjudged.join(', ')}` : '', ...emptyPhrases(summary)];
  return `${found} (cosine ≥ ${minCosine})${parts.map((part) => (part === '' ? '' : `; ${part}`)).join('')}${verdict}`;
}
