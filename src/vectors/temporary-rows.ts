import { createFile } from '../files/part-file.ts';
import { ROWS_PER_OFFSET } from './manifest.ts';
import { openRows, rowsPieces, type RowsFile, type SetRow } from './rows-file.ts';

/** Rows that are written to a file of their own, to be looked up like those of a set. */
export type TemporaryRows = {
  add(rows: readonly SetRow[]): void;
  /** Opens what was written. */
  finish(): RowsFile;
  /** Closes a file that is not finished. */
  abandon(): void;
};

export function writeTemporaryRows(path: string): TemporaryRows {
  const file = createFile(path);
  const rowOffsets: number[] = [];
  let written = 0;
  let at = 0;
  return {
    add(rows) {
      const lines = rows.map((row) => JSON.stringify(row));
      const before = written;
      for (const { bytes, end } of rowsPieces(lines, before)) {
        if (written % ROWS_PER_OFFSET === 0) rowOffsets.push(at);
        file.write(bytes, at);
        at += bytes.length;
        written = before + end;
      }
    },
    finish() {
      file.close();
      return openRows(path, { rows: written, rowOffsets, checksums: undefined });
    },
    abandon: file.close,
  };
}
