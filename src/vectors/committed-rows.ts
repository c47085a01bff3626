import { readFileSync } from 'node:fs';
import { fileBytes, journalPath, setPaths } from './manifest.ts';
import type { Commit } from './set-writer.ts';

/** How many rows a stopped run has put on disk, for whatever input. */
export function committedRows(npyPath: string): number {
  const paths = setPaths(npyPath);
  try {
    const entries = readFileSync(journalPath(npyPath), 'utf8').split('\n').slice(0, -1);
    const last = entries.map((line) => JSON.parse(line) as Partial<Commit>).findLast(({ counts }) => counts !== undefined) as Commit;
    const whole = fileBytes(`${paths.vectors}.part`) >= last.vectorBytes && fileBytes(`${paths.rows}.part`) >= last.rowsBytes;
    return whole ? last.counts.rows : 0;
  } catch {
    return 0;
  }
}
