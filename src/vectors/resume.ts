import { createHash } from 'node:crypto';
import { existsSync, fstatSync } from 'node:fs';
import { join } from 'node:path';
import { reopenFile, type PartFile } from '../files/part-file.ts';
import { readFully } from '../files/read-fully.ts';
import { yieldToEvents } from '../io.ts';
import { readJournal, type Commit } from './journal.ts';
import { NPY_HEADER_BYTES } from './npy.ts';
import type { Resume } from './set-writer.ts';
import { JOURNAL, type SetClaim } from './work-folder.ts';

export type Found = {
  /** What to resume from; undefined where nothing holds. */
  resume: Resume | undefined;
  /** Whether bytes are no longer those that the earlier run has written. */
  damaged: boolean;
};

/**
 * Looks for what an earlier run with this key has left in the folder of a claim. Every byte is compared with the hashes in the journal:
 * the first commit that does not hold is left out, with all that follow.
 */
export async function findResume({ npyPath, folder }: SetClaim, { key, signal }: { key: string; signal: AbortSignal }): Promise<Found> {
  const nothing: Found = { resume: undefined, damaged: false };
  const names = [JOURNAL, 'vectors', 'rows'].map((name) => join(folder, name));
  if (!names.every((path) => existsSync(path))) return nothing;
  const files: PartFile[] = [];
  try {
    for (const path of names) files.push(reopenFile(path, { becomes: npyPath }));
    const [journal, vectors, rows] = files as [PartFile, PartFile, PartFile];
    const { lines, damaged } = readJournal(journal);
    const head = lines[0]?.entry;
    if (!head || !('key' in head) || head.key !== key) return nothing;
    const commits: Commit[] = [];
    let at = { vectorBytes: NPY_HEADER_BYTES, rowsBytes: 0 };
    for (const { entry } of lines.slice(1)) {
      if (!('counts' in entry)) break;
      const own = [
        await hashBetween(vectors, at.vectorBytes, entry.vectorBytes, signal),
        await hashBetween(rows, at.rowsBytes, entry.rowsBytes, signal),
      ];
      if (own.join() !== entry.hashes.join()) break;
      commits.push(entry);
      at = entry;
    }
    const last = commits.at(-1);
    return {
      resume: last && { commits, last, end: lines[commits.length]!.end },
      damaged: damaged || commits.length < lines.length - 1,
    };
  } finally {
    files.forEach((file) => file.close());
  }
}

const CHUNK_BYTES = 4 << 20;

/** sha256 of a part of a file, in hex; undefined where the file does not have it. */
async function hashBetween({ descriptor, path }: PartFile, begin: number, end: number, signal: AbortSignal): Promise<string | undefined> {
  if (end < begin || end > fstatSync(descriptor).size) return undefined;
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - begin));
  for (let at = begin; at < end; at += chunk.length) {
    const some = chunk.subarray(0, Math.min(chunk.length, end - at));
    readFully(descriptor, some, { position: at, path });
    hash.update(some);
    await yieldToEvents(signal);
  }
  return hash.digest('hex');
}
