import { createHash } from 'node:crypto';
import type { DuplicateRecord } from './duplicates.ts';
import type { ReportRoot } from './report-root.ts';

/**
 * What tells a finding from others, wherever its line moves to: the file, the text of the row, and which of several such rows it is. Conflicts
 * are counted by themselves, so that one which is settled changes no other.
 */
export function fingerprints(root: ReportRoot): (record: DuplicateRecord) => string {
  const seen = new Map<string, number>();
  return ({ verdict, file, text, id, row }) => {
    const parts = [file === undefined ? '' : root.pathOf(file), text ?? id ?? String(row), ...(verdict === 'conflict' ? [verdict] : [])];
    const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
    const count = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, count);
    return `${hash}:${count}`;
  };
}
