import { extname } from 'node:path';
import { EmbedError } from '../errors.ts';
import { CSV, TSV } from './delimited.ts';
import { JSONL } from './jsonl.ts';
import { LINES } from './lines.ts';
import type { FormatReader } from './records.ts';

/** Every input format. A new one is a file of its own and a line here. */
export type Format = 'lines' | 'csv' | 'tsv' | 'jsonl';

const READERS: Readonly<Record<Format, FormatReader>> = { lines: LINES, csv: CSV, tsv: TSV, jsonl: JSONL };

export const FORMATS: readonly Format[] = Object.keys(READERS) as Format[];

/**
 * Adds a format of the caller's own.
 *
 * @throws EmbedError where the name or a suffix is taken
 */
export function addReader(name: string, reader: FormatReader): void {
  const taken = reader.suffixes.find((suffix) => SUFFIXES.has(suffix));
  if (Object.hasOwn(READERS, name) || taken !== undefined) {
    throw new EmbedError(`Cannot add the format "${name}": ${taken === undefined ? 'there is one of that name' : `"${taken}" is taken`}`, {
      hint: 'Choose another name, or other suffixes',
    });
  }
  (READERS as Record<string, FormatReader>)[name] = reader;
  for (const suffix of reader.suffixes) SUFFIXES.set(suffix, name as Format);
}

export function readerOf(format: Format): FormatReader {
  return READERS[format];
}

const SUFFIXES: Map<string, Format> = new Map(
  FORMATS.flatMap((format) => READERS[format].suffixes.map((suffix) => [suffix, format] as const)),
);

/** Hints for file types that users try but embed does not read. */
const KNOWN_OTHERS: Readonly<Record<string, string>> = {
  '.xlsx': 'Save the sheet as CSV (UTF-8) and give that file',
  '.xls': 'Save the sheet as CSV (UTF-8) and give that file',
  '.ods': 'Save the sheet as CSV (UTF-8) and give that file',
  '.parquet': 'Write it as JSONL first, for example with duckdb or pandas: df.to_json("corpus.jsonl", orient="records", lines=True)',
  '.json': 'Write one object per line, for example with jq -c ".[]" corpus.json > corpus.jsonl',
  '.pdf': 'Extract its text first, for example with pdftotext',
  '.docx': 'Save it as plain text first',
  '.zip': 'Unpack it first',
  '.npy': 'It holds vectors already; encode takes text',
};

/**
 * The format of a file, by its suffix without `.gz`; standard input is read as lines.
 *
 * @throws EmbedError for an unknown suffix, with a hint how to convert the file
 */
export function formatOf(path: string): Format {
  if (path === '-') return 'lines';
  const suffix = extname(withoutGz(path)).toLowerCase();
  const format = SUFFIXES.get(suffix);
  if (format) return format;
  throw new EmbedError(`Cannot tell the format of ${path}: ${suffix ? `"${suffix}" is not a known suffix` : 'it has no suffix'}`, {
    hint: KNOWN_OTHERS[suffix] ?? `Name its format with --input-format ${FORMATS.join('|')}`,
  });
}

/** Whether a name has the suffix of a format. */
export function hasFormat(path: string): boolean {
  return SUFFIXES.has(extname(withoutGz(path)).toLowerCase());
}

/** `path` without its folder, `.gz` and format suffix: the base of output names. */
export function baseName(path: string): string {
  const file = withoutGz(path).replace(/^.*[/\\]/, '');
  return SUFFIXES.get(extname(file).toLowerCase()) ? file.slice(0, -extname(file).length) : file;
}

function withoutGz(path: string): string {
  return path.replace(/\.gz$/i, '');
}
