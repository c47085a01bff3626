import type { Source } from './source.ts';

/**
 * A record of a file, with the line on which it begins. Every format is read as such records. A line has one value, a table's
 * record one value per column, a JSONL record its own keys.
 */
export type FileRecord = {
  line: number;
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
