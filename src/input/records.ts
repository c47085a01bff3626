import type { Source } from './source.ts';

/**
 * A record of a file, with the line on which it begins. Every format is read as such records. A line has one value, a table's
 * record one value per column, a JSONL record its own keys.
 */
export type FileRecord = {
  line: number;
  /** Its number among the records that begin on this line, where it is not the first: JSON may have many on one line. */
  nth?: number;
  /** Length of the record, roughly, in characters: it limits how many rows a window holds. */
  size: number;
  values: readonly unknown[] | { readonly [key: string]: unknown };
};

/** The records of a file, and the names of its columns; undefined for JSONL, where each record has its own keys. */
export type FileRecords = { records: AsyncIterable<FileRecord[]>; names: readonly string[] | undefined };

/** How a file is read, as far as its format leaves a choice. */
export type ReadingOptions = {
  delimiter: string | undefined;
  header: boolean;
  encoding: string | undefined;
  /** Whether an option of the command names the encoding; false changes what an error advises. */
  hasEncodingOption?: boolean | undefined;
  /** The column of the ids: numbers of JSON keep their spelling there, or in this other one. */
  idColumn?: string | undefined;
  spelledColumn?: string | undefined;
  /** What becomes of markup in texts: kept if undefined, and then said. */
  html?: 'strip' | 'keep' | undefined;
  /** The list of a JSON object whose elements are the records, by its path. */
  records?: string | undefined;
  /** Largest record in bytes of UTF-8; undefined for the default. It decides what is refused, never what is read. */
  maxRecordSize?: number | undefined;
};

/** One input format. `formats.ts` has the table of them. */
export type FormatReader = {
  suffixes: readonly string[];
  /** Whether a header names the columns of all records. */
  hasHeader: boolean;
  /** Whether line ends within quotes are part of a value; undefined for formats in which nothing but "\n" ends a line. */
  quotes?: boolean;
  /** @param note called with a message where the file was read in a way that the user should know of */
  open(source: Source, options: ReadingOptions, note: (message: string) => void): Promise<FileRecords>;
};

/** Where a record begins: its line, and its number on it. */
export type RecordPlace = Pick<FileRecord, 'line' | 'nth'>;

/** The id of a record that has none of its own: "file:line", or "file:line#2" for the second record that begins on that line. */
export function defaultId(label: string, { line, nth }: RecordPlace): string {
  return `${label}:${line}${nth === undefined ? '' : `#${nth}`}`;
}

/** "line 3", or "line 1 (record 3 on it)", for a message. */
export function placeInWords({ line, nth }: RecordPlace): string {
  return nth === undefined ? `line ${line}` : `line ${line} (record ${nth} on it)`;
}
