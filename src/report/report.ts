/**
 * A result as every format takes it: groups of records, read once by each writer. Records are flat, but for `fields`, the
 * kept columns of a corpus.
 */
export type Report<Group, Fields extends ReportRecord> = {
  /** Names the form of the records; docs/schemas has one JSON Schema for each. */
  schema: string;
  summary: Record<string, unknown>;
  /** Names of the records' own values, in order. */
  columns: readonly string[];
  /** Batches of groups, in order. */
  groups(): AsyncIterable<Group[]>;
  recordsOf(group: Group): readonly Fields[];
};

export type ReportRecord = { fields?: Record<string, unknown> | undefined };

/** A report of any shape, to writers that only look at records. */
export type AnyReport = Report<unknown, ReportRecord>;

export type ReportFormat = 'text' | 'json' | 'jsonl' | 'csv' | 'tsv';

export const REPORT_FORMATS: readonly ReportFormat[] = ['text', 'json', 'jsonl', 'csv', 'tsv'];

const SUFFIXES: Readonly<Record<string, ReportFormat>> = {
  '.txt': 'text',
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
  '.tsv': 'tsv',
};

/** The format that a file's suffix asks for; undefined where it asks for none we write. */
export function reportFormatOf(path: string): ReportFormat | undefined {
  return SUFFIXES[/\.[^./\\]*$/.exec(path.toLowerCase())?.[0] ?? ''];
}

/** All records, batch by batch. */
export async function* recordsOf({ groups, recordsOf }: AnyReport): AsyncGenerator<ReportRecord[]> {
  for await (const batch of groups()) yield batch.flatMap((group) => recordsOf(group));
}
