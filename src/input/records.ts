/**
 * What every format reader yields: one record of the file with the line it begins on. Lines have one value and no
 * names; tables have the names of their header (or 1-based numbers); JSONL records keep their own keys.
 */
export type FileRecord = {
  line: number;
  /** Characters of the record, roughly: what a window may hold is bounded by it. */
  size: number;
  values: readonly unknown[] | { readonly [key: string]: unknown };
};

export type Format = 'lines' | 'csv' | 'tsv' | 'jsonl';

export const FORMATS: readonly Format[] = ['lines', 'csv', 'tsv', 'jsonl'];
