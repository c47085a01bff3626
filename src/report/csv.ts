import { stringify } from 'csv-stringify/sync';
import { cellText } from './record-fields.ts';
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
 * A table with a header: the report's own columns, then all kept fields of all records, then what came later. If the fields
 * are not known, the records are read twice, because the header comes first.
 */
async function* delimitedChunks(report: AnyReport, write: (rows: string[][]) => string): AsyncGenerator<string> {
  const safe = (value: unknown): string => (typeof value === 'string' && report.isData !== true ? inert(value) : cellText(value));
  const cell = (values: object | undefined, name: string): string => safe(valueOf(values, name));
  const fields = new Set<string>(report.fields);
  for await (const records of report.fields ? [] : recordsOf(report)) {
    for (const record of records) for (const name of Object.keys(record.fields ?? {})) fields.add(name);
  }
  const { columns: own, laterColumns: later = [], twinFields: { of: twin, names: twinNames } = { of: 'keeper', names: [] } } = report;
  const ours = new Set([...own, ...later]);
  const header = Array.from(fields, (name) => (ours.has(name) ? `fields.${name}` : name));
  const taken = new Set([...ours, ...header]);
  const twins = twinNames.map((name) => (taken.has(`${twin}_${name}`) ? `${twin}_fields.${name}` : `${twin}_${name}`));
  yield write([[...own, ...header, ...twins, ...later].map(safe)]);
  for await (const records of recordsOf(report)) {
    yield write(
      records.map((record) => [
        ...own.map((name) => cell(record, name)),
        ...Array.from(fields, (name) => cell(record.fields, name)),
        ...twinNames.map((name) => cell(record[`${twin}_fields`], name)),
        ...later.map((name) => cell(record, name)),
      ]),
    );
  }
}

/** A value by its own name: a column may be called __proto__. */
function valueOf(values: object | undefined, name: string): unknown {
  return values && Object.hasOwn(values, name) ? (values as Record<string, unknown>)[name] : undefined;
}

/**
 * A text that a spreadsheet takes for a formula gets an apostrophe, as OWASP advises: a row of a corpus must not run when a report of it is
 * opened. Numbers are harmless, whatever their sign.
 */
function inert(text: string): string {
  // one character alone is no formula
  return text.length > 1 && /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) && !/^[+-][\d.,]+(?:e[+-]?\d+)?%?$/i.test(text)
    ? `'${text}`
    : text;
}
