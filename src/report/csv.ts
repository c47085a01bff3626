import { stringify } from 'csv-stringify/sync';
import { recordsOf, type AnyReport, type ReportRecord } from './report.ts';

/**
 * A table with a header: the report's own columns, then every kept field that any record has. The records are read
 * twice, because a header comes first and fields may differ from record to record.
 */
export async function* csvChunks(report: AnyReport, { delimiter }: { delimiter: ',' | '\t' }): AsyncGenerator<string> {
  const fields = new Set<string>();
  for await (const records of recordsOf(report)) {
    for (const record of records) for (const name of Object.keys(record.fields ?? {})) fields.add(name);
  }
  const own = report.columns as readonly string[];
  const header = [...own, ...Array.from(fields, (name) => (own.includes(name) ? `fields.${name}` : name))];
  const table = (rows: unknown[][]): string => stringify(rows, { delimiter, record_delimiter: '\n' });
  yield table([header]);
  for await (const records of recordsOf(report)) {
    if (records.length > 0)
      yield table(records.map((record) => [...own, ...fields].map((name, at) => cell(record, { name, own: at < own.length }))));
  }
}

function cell(record: ReportRecord, { name, own }: { name: string; own: boolean }): string {
  const value = own ? (record as Record<string, unknown>)[name] : record.fields?.[name];
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}
