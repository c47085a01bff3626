import { version } from '../version.ts';
import type { DuplicateReport } from './duplicates.ts';
import type { AnyReport } from './report.ts';
import type { TableStyle } from './table-style.ts';

export type TableFormat = 'json' | 'jsonl' | 'csv' | 'tsv';

/** Formats of a report. Text is made by each command itself. */
export type ReportFormat = 'text' | TableFormat | DuplicateFormat;
type DuplicateFormat = 'github' | 'html' | 'markdown' | 'sarif' | 'junit' | 'gitlab';

/** One format: suffixes of its files, where it can go, and its writer. */
type Kind<Report> = {
  suffixes: readonly string[];
  places: readonly ('screen' | 'file')[];
  write(report: Report, style?: TableStyle): AsyncIterable<string>;
};

/** Formats that take any report, and formats that take only duplicates. A new format is a writer and a line here. Writers load when asked. */
const TABLES: Readonly<Record<TableFormat, Kind<AnyReport>>> = {
  json: { suffixes: ['.json'], places: ['screen', 'file'], write: later(async (report) => (await import('./json.ts')).jsonChunks(report)) },
  jsonl: {
    suffixes: ['.jsonl', '.ndjson'],
    places: ['screen', 'file'],
    write: later(async (report) => (await import('./json.ts')).jsonlChunks(report)),
  },
  csv: {
    suffixes: ['.csv'],
    places: ['screen', 'file'],
    write: later(async (report, style) => (await import('./csv.ts')).csvChunks(report, style)),
  },
  tsv: {
    suffixes: ['.tsv'],
    places: ['screen', 'file'],
    write: later(async (report, style) => (await import('./csv.ts')).tsvChunks(report, style)),
  },
};

const DUPLICATES: Readonly<Record<DuplicateFormat, Kind<DuplicateReport>>> = {
  github: { suffixes: [], places: ['screen'], write: later(async (report) => (await import('./github.ts')).githubChunks(report)) },
  html: { suffixes: ['.html'], places: ['file'], write: later(async (report) => (await import('./html.ts')).htmlChunks(report)) },
  markdown: {
    suffixes: ['.md'],
    places: ['screen', 'file'],
    write: later(async (report) => (await import('./markdown.ts')).markdownChunks(report)),
  },
  sarif: {
    suffixes: ['.sarif'],
    places: ['file'],
    write: later(async (report) => (await import('./sarif.ts')).sarifChunks(report, { version: version() })),
  },
  junit: { suffixes: ['.xml'], places: ['file'], write: later(async (report) => (await import('./junit.ts')).junitChunks(report)) },
  gitlab: { suffixes: [], places: ['file'], write: later(async (report) => (await import('./gitlab.ts')).gitlabChunks(report)) },
};

function later<Report>(open: (report: Report, style?: TableStyle) => Promise<AsyncIterable<string>>): Kind<Report>['write'] {
  return async function* (report, style) {
    yield* await open(report, style);
  };
}

export function isTable(format: ReportFormat): format is TableFormat {
  return Object.hasOwn(TABLES, format);
}

/** A report as a table or as JSON. */
export function tableChunks(report: AnyReport, format: TableFormat, style?: TableStyle): AsyncIterable<string> {
  return TABLES[format].write(report, style);
}

/** A report of duplicates in any format but text. */
export function duplicateChunks(report: DuplicateReport, format: TableFormat | DuplicateFormat, style?: TableStyle): AsyncIterable<string> {
  return isTable(format) ? tableChunks(report, format, style) : DUPLICATES[format].write(report);
}

/** Formats that every command can print. */
export const TABLES_AND_TEXT: readonly ReportFormat[] = ['text', ...(Object.keys(TABLES) as TableFormat[])];

/** Formats that dedup prints, or writes into files. */
export function duplicateFormats(place: 'screen' | 'file'): readonly ReportFormat[] {
  const more = (Object.keys(DUPLICATES) as DuplicateFormat[]).filter((format) => DUPLICATES[format].places.includes(place));
  return [...TABLES_AND_TEXT, ...more];
}

const SUFFIXES: readonly (readonly [ReportFormat, readonly string[]])[] = [
  ...Object.entries(TABLES).map(([format, { suffixes }]) => [format as TableFormat, suffixes] as const),
  ['text', ['.txt']],
  ...Object.entries(DUPLICATES).map(([format, { suffixes }]) => [format as DuplicateFormat, suffixes] as const),
];

/** The format that a word before a colon names: its name, or a suffix of its files, as in "sarif:findings" and "md:summary". */
export function formatCalled(word: string): ReportFormat | undefined {
  const name = word.toLowerCase();
  return SUFFIXES.find(([format, suffixes]) => format === name || suffixes.includes(`.${name}`))?.[0];
}

/** The format that a file's suffix names; undefined where it is not one of `formats`. */
export function reportFormatOf(path: string, formats: readonly ReportFormat[]): ReportFormat | undefined {
  const suffix = /\.[^./\\]*$/.exec(path.toLowerCase())?.[0] ?? '';
  return SUFFIXES.find(([format, suffixes]) => suffixes.includes(suffix) && formats.includes(format))?.[0];
}

/** The suffixes of these formats, one per format. */
export function suffixesOf(formats: readonly ReportFormat[]): string[] {
  return SUFFIXES.flatMap(([format, suffixes]) => (formats.includes(format) ? suffixes.slice(0, 1) : []));
}
