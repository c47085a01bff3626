import { stringify } from 'csv-stringify/sync';
import { recordsOf, type AnyReport } from './report.ts';
import { PLAIN, type TableStyle } from './table-style.ts';

/** The records as CSV (RFC 4180, by default with "\n" at the end of lines), as spreadsheets and Python's csv read it. */
export function csvChunks(report: AnyReport, { delimiter, newline, mark, told = '' }: TableStyle = PLAIN): AsyncGenerator<string> {
  // quoted, because some readers take a lone \r for the end of a line
  const options = { delimiter, record_delimiter: newline, quoted_match: /[\r\n]/ };
  return after(
    `${mark ? MARK : ''}${told}`,
    delimitedChunks(report, (rows) => stringify(rows, options)),
  );
}

const MARK = '\ufeff';

async function* after(beginning: string, chunks: AsyncIterable<string>): AsyncGenerator<string> {
  if (beginning !== '') yield beginning;
  yield* chunks;
}

/**
 * The records as tab-separated values (IANA, text/tab-separated-values), which have no quoting. Tabs and line breaks inside a
 * value become spaces, so that each line is a record and `cut` finds its columns.
 */
export function tsvChunks(report: AnyReport, { newline, mark }: TableStyle = PLAIN): AsyncGenerator<string> {
  const lineOf = (row: readonly string[]): string => row.map((value) => value.replace(/[\t\r\n]+/g, ' ')).join('\t') + newline;
  return after(
    mark ? MARK : '',
    delimitedChunks(report, (rows) => rows.map(lineOf).join('')),
  );
}

/**
 * A table with a header: the report's own columns, then all kept fields of all records. If records may have different fields,
 * they are read twice, because the header comes first.
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
