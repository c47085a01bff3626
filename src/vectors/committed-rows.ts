import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { reopenFile } from '../files/part-file.ts';
import { readJournal } from './journal.ts';
import { JOURNAL, workFolder } from './work-folder.ts';

/** How many rows of a set a stopped run has put on disk, for whatever input. */
export function committedRows(npyPath: string): number {
  const path = join(workFolder(npyPath), JOURNAL);
  if (!existsSync(path)) return 0;
  try {
    const file = reopenFile(path, { becomes: npyPath });
    try {
      const last = readJournal(file).lines.findLast(({ entry }) => 'counts' in entry)?.entry;
      return last && 'counts' in last ? last.counts.rows : 0;
    } finally {
      file.close();
    }
  } catch {
    // the next run cannot read it either
    return 0;
  }
}
