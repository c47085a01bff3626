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

export type Format = 'lines' | 'csv' | 'tsv' | 'jsonl';

export const FORMATS: readonly Format[] = ['lines', 'csv', 'tsv', 'jsonl'];
