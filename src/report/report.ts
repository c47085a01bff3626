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
  /** Names of all kept fields, where they are known; tables look through all records for them otherwise. */
  fields?: readonly string[];
  /** Batches of groups, in order. */
  groups(): AsyncIterable<Group[]>;
  recordsOf(group: Group): readonly Fields[];
};

export type ReportRecord = { fields?: Record<string, unknown> | undefined };

/** A record's values without those that are not known: JSON has no undefined, and a table no cell for it. */
export function withoutUndefined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** A report of any shape, to writers that only look at records. */
export type AnyReport = Report<unknown, ReportRecord>;

export type TableFormat = 'json' | 'jsonl' | 'csv' | 'tsv';

/** Forms of a report; the last four are those of dedup alone. */
export type ReportFormat = 'text' | TableFormat | 'github' | 'html' | 'sarif' | 'junit';

export function isTable(format: ReportFormat): format is TableFormat {
  return format === 'json' || format === 'jsonl' || format === 'csv' || format === 'tsv';
}

/** What every command can print. */
export const TABLES_AND_TEXT: readonly ReportFormat[] = ['text', 'json', 'jsonl', 'csv', 'tsv'];

const SUFFIXES: Readonly<Record<string, ReportFormat>> = {
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.txt': 'text',
  '.html': 'html',
  '.sarif': 'sarif',
  '.xml': 'junit',
};

/** The format that a file's suffix asks for; undefined where it asks for none of these. */
export function reportFormatOf(path: string, formats: readonly ReportFormat[]): ReportFormat | undefined {
  const format = SUFFIXES[/\.[^./\\]*$/.exec(path.toLowerCase())?.[0] ?? ''];
  return format && formats.includes(format) ? format : undefined;
}

/** Suffixes that ask for these formats, one for each. */
export function suffixesOf(formats: readonly ReportFormat[]): string[] {
  return Object.entries(SUFFIXES).flatMap(([suffix, format]) => (formats.includes(format) && suffix !== '.ndjson' ? [suffix] : []));
}

/** All records, batch by batch. */
export async function* recordsOf({ groups, recordsOf }: AnyReport): AsyncGenerator<ReportRecord[]> {
  for await (const batch of groups()) yield batch.flatMap((group) => recordsOf(group));
}
