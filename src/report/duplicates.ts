import type { Report } from './report.ts';
import type { OtherRows } from './unjudged.ts';

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
  /** Both null where only texts were compared. */
  model: string | null;
  min_cosine: number | null;
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
  /** The baseline, where one is given. */
  baseline?: BaselineSummary;
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

/**
 * A file of known duplicates: its entries, the rows that are accepted because of it, and the entries that no longer occur; where it was
 * written, the entries that came and went.
 */
export type BaselineSummary = { file: string; entries: number; known: number; gone: number; added?: number; removed?: number };

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
