import { stringify } from 'csv-stringify/sync';
import { recordsOf, type AnyReport } from './report.ts';

/** A table as spreadsheets and Python's csv read it (RFC 4180, with "\n" at the end of lines). */
export function csvChunks(report: AnyReport): AsyncGenerator<string> {
  // readers that take a lone \r for the end of a line would break a row there
  return delimitedChunks(report, (rows) => stringify(rows, { record_delimiter: '\n', quoted_match: /\r/ }));
}

/**
 * Tab-separated values, where a quote is a quote (IANA, text/tab-separated-values): tabs and line breaks inside a value
 * become spaces, so that a line is a record and `cut` finds its columns.
 */
export function tsvChunks(report: AnyReport): AsyncGenerator<string> {
  return delimitedChunks(report, (rows) =>
    rows.map((row) => `${row.map((value) => value.replace(/[\t\r\n]+/g, ' ')).join('\t')}\n`).join(''),
  );
}

/**
 * A table with a header: the report's own columns, then every kept field that any record has. The records are read
 * twice where fields may differ from record to record, because a header comes first.
 */
async function* delimitedChunks(report: AnyReport, write: (rows: string[][]) => string): AsyncGenerator<string> {
  const fields = new Set<string>(report.fields);
  for await (const records of report.fields ? [] : recordsOf(report)) {
    for (const record of records) for (const name of Object.keys(record.fields ?? {})) fields.add(name);
  }
  const own = report.columns;
  yield write([[...own, ...Array.from(fields, (name) => (own.includes(name) ? `fields.${name}` : name))]]);
  for await (const records of recordsOf(report)) {
    yield write(
      records.map((record) => [
        ...own.map((name) => cell(Object.hasOwn(record, name) ? (record as Record<string, unknown>)[name] : undefined)),
        ...Array.from(fields, (name) => cell(record.fields && Object.hasOwn(record.fields, name) ? record.fields[name] : undefined)),
      ]),
    );
  }
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}
