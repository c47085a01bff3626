import { grouped, plural } from '../text.ts';
import { cellsOf, headedLine, oneLine, padCells, placeOf, type Look } from './cells.ts';
import { differingFields, droppedInWords, keptInWords } from './record-fields.ts';
import type { Report } from './report.ts';
import { emptyPhrases, unjudgedPhrases, type OtherRows } from './unjudged.ts';

/**
 * The verdict on a row that relates to a kept row: it repeats that row and is dropped; it repeats it with another label; it repeats it, which
 * is known; or it is near, but differs in fact. The last two are kept, and so are conflicts within INPUT.
 */
export const FOUND = ['dropped', 'conflict', 'accepted', 'differs'] as const;
export type Found = (typeof FOUND)[number];

/** Which rows count against the allowance: repeats, conflicts, or both. */
export type FailOn = 'duplicates' | 'conflicts' | 'any';

/** A row of the corpus, and the verdict on it. */
export type DuplicateRecord = {
  row: number;
  id?: string;
  verdict: 'kept' | 'unjudged' | Found;
  /** The kept row that it repeats, or relates to otherwise. */
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
  /** In what it differs in fact from the kept row, "10023 ≠ 10024", or the labels that disagree; the kept row first. */
  difference?: string;
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
export const LATER_DUPLICATE_COLUMNS: readonly DuplicateColumn[] = [
  'copy_of_row',
  'copy_of_id',
  'copy_of_file',
  'copy_of_line',
  'difference',
];

export type DuplicateSummary = {
  inputs: string[];
  against: string[];
  model: string | null;
  min_cosine: number;
  keep: string;
  /** In what copies may differ; absent where their texts must be equal. */
  fold?: 'form' | 'punctuation';
  /** What becomes of near-duplicates that differ in fact. */
  differing: 'keep' | 'drop';
  /** The field with the labels, where they are compared. */
  label_column?: string;
  rows: number;
  kept: number;
  dropped: number;
  /** Copies and near-duplicates that count as repeats; conflicts are counted by themselves. */
  exact: number;
  near: number;
  conflicts: number;
  /** Near-duplicates that differ in fact, and repeats that are accepted: both are kept. */
  differs: number;
  accepted: number;
  fail_on: FailOn;
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

type Counted = Pick<DuplicateSummary, 'allowed' | 'exact' | 'near' | 'conflicts' | 'fail_on'>;

/** The number of rows that count against the allowance. */
export function countedRows({ exact, near, conflicts, fail_on: failOn }: Omit<Counted, 'allowed'>): number {
  return (failOn === 'conflicts' ? 0 : exact + near) + (failOn === 'duplicates' ? 0 : conflicts);
}

/** Whether no more rows are found than are allowed. */
export function isAllowed(summary: Counted): boolean {
  return summary.allowed === null || countedRows(summary) <= summary.allowed;
}

/** Rows that relate to the same kept row: `size` is their number, `members` holds the most similar first. */
export type DuplicateGroup = { size: number; members: DuplicateRecord[] };

/** A report with one record per row; also the rows and the largest groups of a verdict. */
export type DuplicateReport = Report<DuplicateRecord, DuplicateRecord> & {
  summary: DuplicateSummary;
  /** Records of rows with one of these verdicts only, in order. */
  found(...verdicts: Found[]): AsyncIterable<DuplicateRecord[]>;
  /** Number of kept rows that rows with this verdict relate to. */
  groupsOf(verdict: Found): number;
  largest(verdict: Found, groups: number, members: number): Promise<DuplicateGroup[]>;
};

/** Number of groups, and of rows per group, in the text report. */
const GROUPS = 20;
const MEMBERS = 10;

/** What stands above the groups of a verdict; nothing above those of repeats, which are what the report is of. */
const HEADINGS: readonly (readonly [Found, string | undefined])[] = [
  ['conflict', 'repeats whose labels disagree'],
  ['dropped', undefined],
  ['differs', 'near, but different in fact: kept'],
];

/** The text report: the largest groups, conflicts first, then a line of totals. */
export async function* duplicateLines(report: DuplicateReport, look: Look): AsyncGenerator<string> {
  for (const [verdict, heading] of HEADINGS) {
    const groups = await report.largest(verdict, GROUPS, MEMBERS);
    if (groups.length > 0 && heading !== undefined) yield `${look.bold(`${heading}:`)}\n\n`;
    for (const group of groups) yield `${groupLines(group, report.summary, look)}\n`;
    const left = report.groupsOf(verdict) - groups.length;
    if (left > 0)
      yield `${grouped(left)} smaller ${left === 1 ? 'group is' : 'groups are'} not shown; --report FILE.html or FILE.csv lists them\n\n`;
  }
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
    const tail = tailOf(differenceInWords(member), copiedPlace(member) ?? '', droppedInWords(member, names));
    lines.push(
      headedLine(`  ${matchValue(member, summary)}  ${padCells(places[at + 1]!, widest)}`, member.text, { width, style: dim, tail }),
    );
  }
  if (size > members.length) lines.push(dim(`  … and ${plural(size - members.length, 'row')} more`));
  return `${lines.join('\n')}\n`;
}

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
