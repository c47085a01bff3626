import { closeSync, openSync, statSync } from 'node:fs';
import { EmbedError } from '../errors.ts';
import { readFully } from '../files/read-fully.ts';
import { ROWS_PER_OFFSET } from './manifest.ts';

/** A line of NAME.rows.jsonl: the text that a vector was made from, and where it is. */
export type SetRow = {
  id: string;
  text?: string;
  file?: string;
  line?: number;
  fields?: Record<string, unknown>;
  /** Whether the model read only the beginning of the text, because of its length limit. */
  cut?: boolean;
  /** Share of the text's tokens that the model does not know, 0 to 1. */
  unknown?: number;
};

/** The rows of a set on disk. Only the rows that are asked for are read. */
export type RowsFile = {
  /** Looks rows up by their numbers; each lookup reads a group of 256 rows. */
  get(rows: Iterable<number>): Map<number, SetRow>;
  /** All rows, in order. */
  scan(): Generator<SetRow>;
  close(): void;
};

/**
 * Opens the rows file of a set.
 *
 * @param rowOffsets byte offsets of rows 0, 256, 512, …, from the manifest
 */
export function openRows(path: string, { rowOffsets }: { rowOffsets: readonly number[] }): RowsFile {
  const descriptor = openSync(path, 'r');
  const { size } = statSync(path);
  const parse = (line: string, row: number): SetRow => {
    try {
      return JSON.parse(line) as SetRow;
    } catch (cause) {
      throw new EmbedError(`Cannot read row ${row} in ${path}: it is not JSON`, { hint: 'Encode the corpus again', cause });
    }
  };
  const readGroup = (group: number): string[] => {
    const from = rowOffsets[group] ?? size;
    const bytes = Buffer.alloc((rowOffsets[group + 1] ?? size) - from);
    readFully(descriptor, bytes, { position: from, path });
    return bytes.toString('utf8').trimEnd().split('\n');
  };
  return {
    get(rows) {
      const found = new Map<number, SetRow>();
      let held = -1;
      let lines: string[] = [];
      for (const row of [...new Set(rows)].toSorted((a, b) => a - b)) {
        const group = Math.floor(row / ROWS_PER_OFFSET);
        if (group !== held) {
          lines = readGroup(group);
          held = group;
        }
        found.set(row, parse(lines[row % ROWS_PER_OFFSET] ?? '', row));
      }
      return found;
    },
    *scan() {
      let row = 0;
      for (let group = 0; group < rowOffsets.length; group++) for (const line of readGroup(group)) yield parse(line, row++);
    },
    close: () => closeSync(descriptor),
  };
}
