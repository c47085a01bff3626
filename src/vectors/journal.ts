import { createHash } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { array, fits, literal, nullable, object, string, union, whole, wholeNumbers, type Schema } from '../schema.ts';
import { COUNTS, type Counts } from './manifest.ts';
import type { PartFile } from '../files/part-file.ts';
import { readFully } from '../files/read-fully.ts';

/** A line of the journal that states that everything up to these lengths is on disk. */
export type Commit = {
  counts: Counts;
  /** Lengths of the vectors and of the rows up to here, and hashes of what was appended to them since the commit before. */
  vectorBytes: number;
  rowsBytes: number;
  hashes: string[];
  rowOffsets: number[];
  blankRows: number[];
  /** Checksums of the groups that have become whole, and of the open group: of its vectors and of its rows. */
  checksums: { vectors: number[]; rows: number[]; open: number[] };
  /** Identifies the input that was read so far. */
  digest: string;
};

const COMMIT: Schema<Commit> = object({
  counts: COUNTS,
  vectorBytes: whole(),
  rowsBytes: whole(),
  hashes: array(string()),
  rowOffsets: wholeNumbers(),
  blankRows: wholeNumbers(),
  checksums: object({ vectors: wholeNumbers(), rows: wholeNumbers(), open: wholeNumbers() }),
  digest: string(),
});

/** What a line can say: which run it is of, a commit, or that every file is whole and only names are missing. */
export type JournalEntry = { key: string | null } | Commit | { state: 'finalising' };

const ENTRY: Schema<JournalEntry> = union([object({ key: nullable(string()) }), COMMIT, object({ state: literal('finalising') })]);

/** An entry, and the length and the hash of the journal up to its end. */
export type JournalLine = { entry: JournalEntry; end: JournalEnd };
export type JournalEnd = { bytes: number; chain: string };

/**
 * Reads the lines of a journal up to the first one that does not hold. Each line ends with a hash of itself and of the lines before it,
 * so that no change, loss or repetition of a line goes unnoticed.
 *
 * @returns the lines that hold, and whether a line does not. Half a line, as a run leaves that is killed while it writes, is no damage.
 */
export function readJournal({ descriptor, path }: PartFile): { lines: JournalLine[]; damaged: boolean } {
  const content = Buffer.alloc(fstatSync(descriptor).size);
  readFully(descriptor, content, { position: 0, path });
  const lines: JournalLine[] = [];
  let end: JournalEnd = { bytes: 0, chain: '' };
  for (const line of content.toString('utf8').split('\n').slice(0, -1)) {
    const json = line.slice(0, -HASH_LENGTH - 1);
    const chain = hashOf(end.chain, json);
    const entry = line.slice(-HASH_LENGTH) === chain ? (JSON.parse(json) as unknown) : undefined;
    if (!fits(ENTRY, entry)) return { lines, damaged: true };
    end = { bytes: end.bytes + Buffer.byteLength(line) + 1, chain };
    lines.push({ entry, end });
  }
  return { lines, damaged: false };
}

/** A journal that is being written. Each entry is on the disk when `append` returns. */
export type JournalWriter = { append(entry: JournalEntry): void };

/** @param after the end of the last line to keep */
export function openJournal(file: PartFile, after: JournalEnd = { bytes: 0, chain: '' }): JournalWriter {
  let { bytes, chain } = after;
  return {
    append(entry) {
      const json = JSON.stringify(entry);
      chain = hashOf(chain, json);
      const line = Buffer.from(`${json} ${chain}\n`);
      file.write(line, bytes);
      file.sync();
      bytes += line.length;
    },
  };
}

const HASH_LENGTH = 16;

function hashOf(chain: string, entry: string): string {
  return createHash('sha256').update(chain).update(entry).digest('hex').slice(0, HASH_LENGTH);
}
