import { stringify } from 'csv-stringify/sync';
import { recordsOf, type AnyReport } from './report.ts';

/** The records as CSV (RFC 4180, with "\n" at the end of lines), as spreadsheets and Python's csv read it. */
export function csvChunks(report: AnyReport): AsyncGenerator<string> {
  // quoted, because some readers take a lone \r for the end of a line
  return delimitedChunks(report, (rows) => stringify(rows, { record_delimiter: '\n', quoted_match: /\r/ }));
}

/**
 * The records as tab-separated values (IANA, text/tab-separated-values), which have no quoting. Tabs and line breaks inside a
 * value become spaces, so that each line is a record and `cut` finds its columns.
 */
export function tsvChunks(report: AnyReport): AsyncGenerator<string> {
  return delimitedChunks(report, (rows) =>
    rows.map((row) => `${row.map((value) => value.replace(/[\t\r\n]+/g, ' ')).join('\t')}\n`).join(''),
  );
}

/**
 * A table with a header: the report's own columns, then all kept fields of all records. If records may have different fields,
 * they are read twice, because the header comes first.
 */
async function* delimitedChunks(report: AnyReport, write: (rows: string[][]) => string): AsyncGenerator<string> {
  const cell = report.isData === true ? cellOf : (value: unknown): string => (typeof value === 'string' ? inert(value) : cellOf(value));
  const fields = new Set<string>(report.fields);
  for await (const records of report.fields ? [] : recordsOf(report)) {
    for (const record of records) for (const name of Object.keys(record.fields ?? {})) fields.add(name);
  }
  const own = report.columns;
  yield write([[...own, ...Array.from(fields, (name) => (own.includes(name) ? `fields.${name}` : name))].map(cell)]);
  for await (const records of recordsOf(report)) {
    yield write(
      records.map((record) => [
        ...own.map((name) => cell(Object.hasOwn(record, name) ? (record as Record<string, unknown>)[name] : undefined)),
        ...Array.from(fields, (name) => cell(record.fields && Object.hasOwn(record.fields, name) ? record.fields[name] : undefined)),
      ]),
    );
  }
}

/**
 * A text that a spreadsheet takes for a formula gets an apostrophe, as OWASP advises: a row of a corpus must not run when a report of it is
 * opened. Numbers are harmless, whatever their sign.
 */
function inert(text: string): string {
  return /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) && !/^[+-][\d.,]+(?:e[+-]?\d+)?%?$/i.test(text) ? `'${text}` : text;
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}
