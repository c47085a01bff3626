/**
 * A result in the form that every format takes: groups of records, which each writer reads once. Records are flat, except for
 * `fields`, the kept columns of a corpus.
 */
export type Report<Group, Fields extends ReportRecord> = {
  /** Name of the records' schema; docs/schemas has the JSON Schemas. */
  schema: string;
  summary: Record<string, unknown>;
  /** Names of the records' own values, in order, without `fields`. */
  columns: readonly string[];
  /** Names of all kept fields, if they are known; else tables read all records to find them. */
  fields?: readonly string[];
  /** Batches of groups, in order. */
  groups(): AsyncIterable<Group[]>;
  recordsOf(group: Group): readonly Fields[];
};

export type ReportRecord = { fields?: Record<string, unknown> | undefined };

/** Leaves out undefined values, which JSON and tables cannot hold. */
export function withoutUndefined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** A report of any shape, for writers that use only its records. */
export type AnyReport = Report<unknown, ReportRecord>;

export type TableFormat = 'json' | 'jsonl' | 'csv' | 'tsv';

/** Formats of a report; only dedup has the last four. */
export type ReportFormat = 'text' | TableFormat | 'github' | 'html' | 'sarif' | 'junit';

export function isTable(format: ReportFormat): format is TableFormat {
  return format === 'json' || format === 'jsonl' || format === 'csv' || format === 'tsv';
}

/** Formats that every command can print. */
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

/** The format that a file's suffix names; undefined where it is not one of `formats`. */
export function reportFormatOf(path: string, formats: readonly ReportFormat[]): ReportFormat | undefined {
  const format = SUFFIXES[/\.[^./\\]*$/.exec(path.toLowerCase())?.[0] ?? ''];
  return format && formats.includes(format) ? format : undefined;
}

/** The suffixes of these formats, one per format. */
export function suffixesOf(formats: readonly ReportFormat[]): string[] {
  return Object.entries(SUFFIXES).flatMap(([suffix, format]) => (formats.includes(format) && suffix !== '.ndjson' ? [suffix] : []));
}

/** Reads all records, in batches. */
export async function* recordsOf({ groups, recordsOf }: AnyReport): AsyncGenerator<ReportRecord[]> {
  for await (const batch of groups()) yield batch.flatMap((group) => recordsOf(group));
}
